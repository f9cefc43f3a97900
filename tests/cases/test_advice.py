"""Each advice, followed, leads on: the same words never come twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from wbcval.protocol.protocol_file import parse
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError

CELLS = [f"S{i % 5},{i},{FIVE[i % 4]},{FIVE[i % 4 if i % 9 else 1]}" for i in range(60)]
CALLED = "\n".join(["sample_id,cell_id,predicted_class", *(c.rpartition(",")[0] for c in CELLS)])
TRUE = "\n".join(["sample_id,cell_id,true_class",
                  *(",".join(c.split(",")[:2] + c.split(",")[3:]) for c in CELLS)])  # fmt: skip
BOTH = "\n".join(["sample_id,cell_id,predicted_class,true_class", *CELLS])
XN = "\n".join(["sample_id,WBC(10^9/L),NEUT%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)",
                *(f"S{i},{6 + i / 10},{60 - i},{28 + i},7,3,2" for i in range(5))])  # fmt: skip


def renamed(text: str, **names: str) -> str:
    header, rest = text.split("\n", 1)
    for ours, theirs in names.items():
        header = header.replace(ours, theirs)
    return f"{header}\n{rest}"


def relabelled(text: str, labels: Mapping[str, str]) -> str:
    for ours, theirs in labels.items():
        text = text.replace("," + ours, "," + theirs)
    return text


SAME = 'mode = "same-cells"\n[inputs]\npredictions = "p.csv"\n'
LABELS = SAME + 'reference = "r.csv"\n'
APART = 'mode = "different-aliquot"\n[inputs]\npredictions = "p.csv"\nreference = "r.csv"\n'
INTEGERS = {name: f"{i}.0" for i, name in enumerate(FIVE)}


@dataclass(frozen=True)
class Asked:
    """What is refused, what is said, and the advice in the form of code.

    Attributes:
        protocol, files: what is refused.
        says: of the refusal: what is wrong, and the advice.
        then: files that the advice changes.
        more: what it adds to the protocol; ``instead``: the protocol that it makes of it.
    """

    protocol: str
    files: Mapping[str, str]
    says: tuple[str, ...]
    then: Mapping[str, str] = field(default_factory=dict)
    more: str = ""
    instead: str = ""


ADVICE = {
    "no truth: a column": Asked(
        SAME, {"p": CALLED}, ("true class", "add a true_class column"), {"p": BOTH}),
    "no truth: labels as the reference": Asked(
        SAME, {"p": CALLED}, ("a table of labels as the reference",), {"r": TRUE}, instead=LABELS),
    "no truth: another mode": Asked(
        SAME, {"p": CALLED}, ("or name another mode",), {"r": XN}, instead=APART),
    "labels and predictions exchanged": Asked(
        LABELS, {"p": TRUE, "r": CALLED}, ("labels-alone", "the predictions as predictions"),
        {"p": CALLED, "r": TRUE}),
    "labels alone": Asked(
        SAME, {"p": TRUE}, ("give it as the reference of mode same-cells",),
        {"p": CALLED, "r": TRUE}, instead=LABELS),
    "labels of cells in another mode": Asked(
        APART, {"p": CALLED, "r": TRUE}, ("say mode same-cells",), instead=LABELS),
    "labels twice: leave the reference out": Asked(
        LABELS, {"p": BOTH, "r": TRUE}, ("leave the reference out",), instead=SAME),
    "labels twice: remove the column": Asked(
        LABELS, {"p": BOTH, "r": TRUE}, ("or remove the column",), {"p": CALLED}),
    "the truth under the header of predictions": Asked(
        LABELS, {"p": CALLED, "r": renamed(TRUE, true_class="predicted_class")},
        ('true_class = "predicted_class" under [columns.reference]',),
        more='[columns.reference]\ntrue_class = "predicted_class"'),
    "predicted cells and an analyzer exchanged": Asked(
        APART, {"p": XN, "r": CALLED}, ("exchange the two files",), {"p": CALLED, "r": XN}),
    "labels without a sample": Asked(
        LABELS, {"p": CALLED, "r": "\n".join(x.partition(",")[2] for x in TRUE.splitlines()[:-9])
                 + "\nx9,monocyte"},
        ("1 of 52 labelled cells: 'x9'", "add sample_id to the labels: a labelled cell"),
        {"r": "\n".join(TRUE.splitlines()[:-9]) + "\nS1,x9,monocyte"}),
    "labels named by another key": Asked(
        LABELS, {"p": CALLED, "r": renamed(TRUE, cell_id="image")},
        ("add the column image to the predictions",), {"p": renamed(CALLED, cell_id="image")}),
    "ids of two spellings": Asked(
        LABELS, {"p": CALLED, "r": TRUE.replace("\nS", "\nX")},
        ("no-label-met", "make the ids, or the paths, of both files the same"), {"r": TRUE}),
    "a truth with an unknown name": Asked(
        LABELS, {"p": CALLED, "r": renamed(TRUE, true_class="gt label")},
        ('true_class = "gt label" under [columns.reference]',),
        more='[columns.reference]\ntrue_class = "gt label"'),
    "predictions with an unknown name": Asked(
        SAME, {"p": renamed(BOTH, predicted_class="answer of the net")},
        ('predicted_class = "answer of the net" under [columns.predictions]',),
        more='[columns.predictions]\npredicted_class = "answer of the net"'),
    "a sample with an unknown name": Asked(
        SAME, {"p": renamed(BOTH, sample_id="slide")},
        ('sample_id = "slide" under [columns.predictions]',),
        more='[columns.predictions]\nsample_id = "slide"'),
    "a long table with unknown names": Asked(
        APART, {"p": XN, "r": "Component,Measurement,sample_id\n" + "\n".join(
            f"White Blood Cells,{6 + i / 10} 10^9/L,S{i}" for i in range(5))},
        ('parameter = "Component" and value = "Measurement" under [columns.reference]',),
        more='[columns.reference]\nparameter = "Component"\nvalue = "Measurement"'),
    "integers as labels": Asked(
        SAME, {"p": relabelled(BOTH, INTEGERS)}, ("integer-class", "under [class_map]"),
        more="[class_map]\n" + "\n".join(f'"{i}" = "{name}"' for i, name in enumerate(FIVE))),
    "labels nobody knows": Asked(
        SAME, {"p": relabelled(BOTH, {"monocyte": "Mnz"})},
        ("'Mnz'", "add the label to [class_map]"),
        more='[class_map]\nMnz = "monocyte"'),
    "two columns of one meaning": Asked(
        SAME, {"p": "\n".join(["sample_id,cell_id,prediction,pred_label,true_class",
                              *(c + "," + c.rpartition(",")[2] for c in CELLS)])},
        ("name the right one under [columns.predictions]",),
        more='[columns.predictions]\npredicted_class = "prediction"'),
    "parts that may be in the whole": Asked(
        APART,
        {"p": XN, "r": renamed(XN, **{"MONO%": "Bands %", ",EO%(%)": ",other", "BASO%": "x"})},
        ("part-columns", "say which column holds the others under [columns.reference]"),
        more='[columns.reference]\n"NEUT%" = "NEUT%(%)"'),
    "a name that the sums refute": Asked(
        APART + '[columns.reference]\n"NEUT%" = "Neutrophils %"\n',
        {"p": XN, "r": "\n".join(
            ["sample_id,Neutrophils %,Bands %,Lymphocytes %,Monocytes %,Eosinophils %,Basophils %",
             *(f"S{i},{56 - i},4,{28 + i},7,3,2" for i in range(5))])},
        ("part-columns-refuted", "leave that column out of [columns.reference]"), instead=APART),
    "a unit that the values deny": Asked(
        APART, {"p": XN, "r": renamed(XN, WBC="WBC").replace("10^9/L", "/uL")},
        ("unit-contradiction", "correct the unit or the values in the file"), {"r": XN}),
    "a unit that nobody states": Asked(
        APART, {"p": XN, "r": "sample_id,WBC\n" + "\n".join(
            f"S{i},{6000 + 100 * i}" for i in range(5))},
        ("unit-contradiction", "what no header states goes under [units.reference]"),
        more='[units.reference]\nWBC = "/uL"'),
    "classes that may be anything": Asked(
        APART, {"p": XN, "r": "sample_id,Neutrophils,Lymphocytes\n" + "\n".join(
            f"S{i},{60 - i},{28 + i}" for i in range(5))},
        ("class-columns", "say 10*9/L, % or cells for these columns under [units.reference]"),
        more='[units.reference]\nNeutrophils = "%"\nLymphocytes = "%"'),
    "commas that may be either": Asked(
        APART, {"p": XN, "r": "sample_id;WBC(10^9/L)\n" + "\n".join(
            f"S{i};6,{i}00" for i in range(5))},
        ("a comma that may be decimal or part thousands", "save with decimal points"),
        {"r": "sample_id;WBC(10^9/L)\n" + "\n".join(f"S{i};6.{i}" for i in range(5))}),
}  # fmt: skip


def judged(folder: Path, protocol: str, files: Mapping[str, str]) -> Study:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return build(read_inputs(parse(protocol, "protocol.toml", folder)))


@pytest.mark.representatives(6)
@pytest.mark.parametrize("case", ADVICE)
def test_advice_that_is_followed_leads_on(case: str, tmp_path: Path) -> None:
    asked = ADVICE[case]

    with pytest.raises(InputError) as refused:
        judged(tmp_path, asked.protocol, asked.files)
    study = judged(
        tmp_path, (asked.instead or asked.protocol) + asked.more, {**asked.files, **asked.then}
    )

    for words in asked.says:
        assert words in str(refused.value)
    assert study.values
    assert len(study.sample_ids) == 5
