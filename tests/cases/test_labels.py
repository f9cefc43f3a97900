"""What columns and labels are called: parts of a class, depth, labels elsewhere, other names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build.protocols import called, protocol
from tests.build.tables import table
from tests.cases.conftest import Judged, Report
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.verbs.road import protocol_of

XN = "NEUT%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)"
SAME = ("--predictions", "p.csv", "--mode", "same-cells")


def differentials(n: int = 24) -> list[tuple[int, ...]]:
    """Segmented, band and the other four of 100 cells in each of n samples."""
    rng = np.random.default_rng(3)
    shares = (0.55, 0.05, 0.28, 0.07, 0.03, 0.02)
    return [tuple(row) for row in rng.multinomial(100, shares, size=n).tolist()]


def analyzer(off: int = 0) -> str:
    """The same differentials by an analyzer, whose neutrophils are all of them."""
    rows = [(s + b, *rest, o + off) for s, b, *rest, o in differentials()]
    return table(XN, rows)


def figures(judged: Judged, measurand: str = "NEUT%") -> Mapping[str, Any]:
    return {
        m["statistic"]: (m["value"], m["n"])
        for m in judged.results["measurements"]
        if (m["subject"], m["stratum"]) == (measurand, "all")
        and m["measure"] in ("error", "bland_altman")
    }


def accuracy(judged: Judged) -> Mapping[str, Any]:
    return next(
        m for m in judged.results["measurements"]
        if (m["measure"], m["subject"], m["stratum"], m["statistic"])
        == ("classification", "all", "all", "accuracy")
    )  # fmt: skip


def run(mode: str) -> tuple[str, ...]:
    return ("--predictions", "p.csv", "--reference", "r.csv", "--mode", mode)


def test_neutrophils_and_bands_are_neutrophils(report: Report) -> None:
    header = "Neutrophils %,Bands %,Lymphocytes %,Monocytes %,Eosinophils %,Basophils %"

    judged = report(*run("same-slide"), p_csv=table(header, differentials()), r_csv=analyzer(off=1))
    whole = report(*run("same-slide"), p_csv=analyzer(), r_csv=analyzer(off=1))

    assert figures(judged)["share_within:10"] == (1.0, 24)
    assert figures(judged)["bias"] == (0.0, 24)
    assert (judged.code, figures(judged)) == (whole.code, figures(whole))
    assert "NEUT = 'Neutrophils %' + 'Bands %'; the percentages add up to 100" in judged.console


def test_counted_cells_with_a_total_are_cells(report: Report) -> None:
    header = "Segmented neutrophil,Band neutrophil,Lymphocyte,Monocyte,Eosinophil,Basophil,Total"
    rows = [(*counts, 100) for counts in differentials()]

    judged = report(*run("same-slide"), p_csv=analyzer(off=1), r_csv=table(header, rows))

    assert figures(judged)["bias"] == (0.0, 24)
    assert "read as cells" in judged.console


def test_a_sum_that_may_be_either_is_not_guessed(report: Report) -> None:
    rows = [(s, b, y, m) for s, b, y, m, *_ in differentials()]
    text = table("Neutrophils %,Bands %,Lymphocytes %,Monocytes %", rows)

    judged = report(*run("same-slide"), p_csv=text, r_csv=analyzer())

    assert judged.code == 2
    assert "'Bands %'" in judged.console
    assert "part-columns" in judged.console


def cells(called: Mapping[str, list[str]], n: int = 20, truth: bool = True) -> str:
    """40 cells a sample, three of four neutrophils or so; one in twenty is called eosinophil."""
    lines = ["sample_id,cell_id,predicted_class" + ",true_class" * truth]
    k = 0
    for i in range(n):
        for j in range(40):
            true = FIVE[0] if j < 20 + i else FIVE[1 + j % 4]
            names = called.get(true, [true])
            k += 1
            label = "eosinophil" if k % 20 == 0 else names[k % len(names)]
            lines.append(f"S{i:02d},{j},{label}" + f",{true}" * truth)
    return "\n".join(lines) + "\n"


JUDGED = partial(protocol, called(name="accuracy"), mode="same-cells")


FINER = [
    {"neutrophil": ["segmented neutrophil", "band neutrophil"]},
    {"neutrophil": ["neutrophil", "band"]},
    {"lymphocyte": ["lymphocyte", "variant lymphocyte"]},
    {"neutrophil": ["segs"], "lymphocyte": ["LGL"]},
]


def test_two_depths_of_labels_are_named_and_are_no_error_rate(report: Report) -> None:
    judged = report(protocol_toml=JUDGED(), p_csv=cells(FINER[0]))
    page = (judged.bundle / "report.html").read_text(encoding="utf-8")
    stated = report(protocol_toml=JUDGED(top='rollup = "manual5"'), p_csv=cells(FINER[0]))

    assert (judged.code, stated.code) == (3, 0)
    assert accuracy(judged)["value"] == accuracy(stated)["value"] == 0.95
    assert "different depth" in judged.console
    assert "The two sides name neutrophil at different depth" in page
    assert "label-depths" in judged.console
    assert "state rollup = 'manual5'" in judged.console


@pytest.mark.representatives(3)
@pytest.mark.parametrize("exchanged", [False, True])
@pytest.mark.parametrize("finer", FINER)
def test_the_depths_of_any_family_are_told_on_either_side(
    tmp_path: Path, finer: Mapping[str, list[str]], exchanged: bool
) -> None:
    def text(called: Mapping[str, list[str]]) -> str:
        header, rows = cells(called).split("\n", 1)
        other = header.replace("predicted_class,true_class", "true_class,predicted_class")
        return f"{other if exchanged else header}\n{rows}"

    alike, nothing = studied(tmp_path, p=text({}))
    study, said = studied(tmp_path, p=text(finer))

    assert confusion(study) == confusion(alike)
    assert study.cell_marks("all") == ("label_depths",)
    assert "label-depths" in said
    assert "label-depths" not in nothing


def test_labels_kept_apart_by_the_protocol_are_errors_and_it_is_said(report: Report) -> None:
    finer = {"neutrophil": ["segmented neutrophil"]}

    judged = report(protocol_toml=JUDGED(top='rollup = "full"'), p_csv=cells(finer))

    assert judged.code == 1
    assert accuracy(judged)["value"] < 0.3
    assert "rollup = 'full' is stated" in judged.console


def test_a_model_that_never_calls_bands_errs(report: Report) -> None:
    text = cells({"neutrophil": ["segmented neutrophil"]})
    lines = text.splitlines()
    for i in range(1, len(lines)):  # the expert tells segmented and band apart, as the model could
        expert = "band" if i % 4 == 0 else "segmented neutrophil"
        lines[i] = lines[i].removesuffix("neutrophil") + expert if lines[i].endswith(
            ",neutrophil") else lines[i]  # fmt: skip

    judged = report(protocol_toml=JUDGED(), p_csv="\n".join(lines) + "\n")

    assert judged.code == 1
    assert "label-depths" not in judged.console


def studied(folder: Path, **files: str) -> tuple[Study, str]:
    """The study of the tables, and the findings in words."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    paths = [folder / f"{name}.csv" for name in files if name != "labels"]
    labels = [folder / "labels.csv"] if "labels" in files else []
    study = build(
        read_inputs(protocol_of({"predictions": paths, "reference": labels}, "same-cells"))
    )
    return study, "\n".join(finding.text() for finding in study.findings)


def confusion(study: Study) -> Mapping[tuple[str, str, str], int]:
    counts = study.counts
    assert counts is not None
    return {
        (sample, true, called): int(counts.confusion[i, j, k])
        for i, sample in enumerate(counts.sample_ids)
        for j, true in enumerate(counts.labels)
        for k, called in enumerate(counts.labels)
        if counts.confusion[i, j, k]
    }


def split(text: str, key: str = "cell_id") -> tuple[str, str]:
    """Predictions, and the labels of the same cells in a file of their own, in another order."""
    rows = [line.split(",") for line in text.splitlines()[1:]]
    called = [f"{s},{key[0]}/{s}-{c}.png,{p}" if key == "image" else f"{s},{c},{p}"
              for s, c, p, _ in rows]  # fmt: skip
    true = [rf".\{key[0]}\{s}-{c}.png,{t},{s}" if key == "image" else f"{c},{t},{s}"
            for s, c, _, t in reversed(rows)]  # fmt: skip
    return ("\n".join([f"sample_id,{key},predicted_class", *called]) + "\n",
            "\n".join([f"{key},true_class,sample_id", *true]) + "\n")  # fmt: skip


def test_labels_in_a_second_file_are_joined(report: Report) -> None:
    whole = report(*SAME, p_csv=cells({}))
    predictions, labels = split(cells({}))

    judged = report(*SAME, "--reference", "r.csv", p_csv=predictions, r_csv=labels)

    assert judged.code == whole.code
    assert judged.results["measurements"] == whole.results["measurements"]
    assert [i["role"] for i in judged.results["provenance"]["inputs"]] == ["cells", "labels"]


def test_labels_are_joined_on_the_image_with_either_separator(tmp_path: Path) -> None:
    predictions, labels = split(cells({}), "image")

    whole, _ = studied(tmp_path, p=cells({}))
    joined, said = studied(tmp_path, p=predictions, labels=labels)

    assert confusion(joined) == confusion(whole)
    assert "prediction" not in said


def test_labels_of_several_files_of_predictions_are_joined_in_any_order(tmp_path: Path) -> None:
    predictions, labels = split(cells({}))
    header, *rows = predictions.splitlines()
    first, second = ("\n".join([header, *part]) + "\n" for part in (rows[1::2], rows[::2]))

    whole, _ = studied(tmp_path, p=cells({}))
    for files in ({"a": first, "b": second}, {"a": second, "b": first}):
        joined, _ = studied(tmp_path, **files, labels=labels)
        assert confusion(joined) == confusion(whole)


def test_a_labelled_cell_that_nobody_called_anything_is_missed(tmp_path: Path) -> None:
    predictions, labels = split(cells({}))
    header, *rows = predictions.splitlines()
    kept = [line for line in rows if not line.endswith("eosinophil")]  # no mistake is left

    study, said = studied(tmp_path, p="\n".join([header, *kept]) + "\n", labels=labels)

    found = confusion(study)
    assert sum(found.values()) == 800
    assert sum(n for (_, true, called), n in found.items() if true == called) == len(kept)
    assert f"{800 - len(kept)} of 800 labelled cells" in said


def test_predictions_without_a_label_are_counted_and_said(tmp_path: Path) -> None:
    predictions, labels = split(cells({}))
    header, *rows = labels.splitlines()

    study, said = studied(tmp_path, p=predictions, labels="\n".join([header, *rows[7:]]) + "\n")

    assert sum(confusion(study).values()) == 793
    assert "prediction-without-label · 7 predictions" in said


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda p, t: (p, t + t.splitlines()[1] + "\n"), "duplicate-cell"),
        (lambda p, t: (p.replace("S", "T"), t), "no-label-met"),
        (lambda p, t: (p, t.replace("true_class", "klass")), "missing-column"),
        (lambda p, t: (p, t.replace(",monocyte,", ",xyz,")), "unknown-class"),
        (lambda p, t: (p, "\n".join(x.rpartition(",")[0] for x in t.splitlines()) + "\n"),
         "duplicate-cell"),  # the labels name no sample, and ids repeat between samples
        (lambda p, t: (cells({}), t), "give the labels once"),
    ],
)  # fmt: skip
def test_labels_that_do_not_fit_are_refused(
    report: Report, change: Callable[[str, str], tuple[str, str]], rule: str
) -> None:
    predictions, labels = change(*split(cells({})))

    judged = report(*SAME, "--reference", "r.csv", p_csv=predictions, r_csv=labels)

    assert judged.code == 2
    assert rule in judged.console


@pytest.mark.parametrize(("label", "key"), [("{}.0", "{}"), ("{}", "{}.0"), ("{}.", "{}")])
def test_an_integer_label_written_as_a_float_is_that_integer(
    report: Report, label: str, key: str
) -> None:
    text = cells({})
    for i, name in enumerate(FIVE):
        text = text.replace("," + name, "," + label.format(i))
    lines = [f'"{key.format(i)}" = "{name}"' for i, name in enumerate(FIVE)]
    mapped = "\n".join(["[class_map]", *lines])

    judged = report(protocol_toml=JUDGED() + mapped, p_csv=text)

    assert accuracy(judged)["value"] == 0.95


@pytest.mark.parametrize("name", ["Absolute Neutrophil Count", "abs_neuts"])
def test_names_of_counts_in_information_systems(report: Report, name: str) -> None:
    rows = [f'S{i:02d},WBC,7.1,10^9/L\nS{i:02d},"{name}",{4000 + 10 * i},/uL' for i in range(30)]
    counts = [f"S{i:02d},7.0,{4.01 + i / 100:.2f}" for i in range(30)]

    judged = report(
        *run("different-aliquot"),
        p_csv="\n".join(["sample_id,WBC(10^9/L),NEUT#(10^9/L)", *counts]) + "\n",
        r_csv="\n".join(["Sample ID,Test Name,Result,Unit", *rows]) + "\n",
    )  # fmt: skip

    assert figures(judged, "NEUT#")["bias"] == (pytest.approx(0.01), 30)


def test_other_words_and_another_order_give_the_same_figures(tmp_path: Path) -> None:
    words = {"neutrophil": "Neutrófilos", "lymphocyte": "淋巴细胞", "monocyte": "Monozyt",
             "eosinophil": "EO", "basophil": "好塩基球"}  # fmt: skip
    header, *rows = cells({}).splitlines()
    spelt = [",".join(words.get(cell, cell) for cell in row.split(",")) for row in rows]

    plain, _ = studied(tmp_path, p="\n".join([header, *rows]) + "\n")
    other, _ = studied(tmp_path, p="\n".join([header, *reversed(spelt)]) + "\n")

    assert confusion(other) == confusion(plain)
    for name in plain.values:
        assert other.values[name].model.tolist() == plain.values[name].model.tolist()
