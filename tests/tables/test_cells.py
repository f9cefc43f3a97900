"""Cells: labels, probabilities, duplicates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build.tables import Write, rules
from wbcval.door.tables import CellTables, Checked, ReadOptions, open_predictions, read
from wbcval.values.errors import InputError
from wbcval.values.findings import Severity

HEADER = "sample_id,cell_id,predicted_class"


def test_ids_are_text_as_given(write: Write) -> None:
    ids = ["007", "=cmd|' /C calc'!A0", '<b>&"x"', "1e5", "Ünïcode", " 12 "]
    quoted = ('"' + i.replace('"', '""') + '"' for i in ids)

    checked = read(write(HEADER + "\n" + "".join(f"{i},a,EO\n" for i in quoted)), "predictions")

    assert checked.frame["sample_id"].tolist() == [i.strip() for i in ids]
    assert checked.findings == ()


@pytest.mark.parametrize(
    ("label", "rule"), [("3", "integer-class"), ("3.0", "integer-class"), ("blob", "unknown-class")]
)
def test_a_label_that_names_no_class_is_an_error(write: Write, label: str, rule: str) -> None:
    checked = read(write(f"{HEADER}\nS1,a,EO\nS1,b,{label}\n"), "predictions")

    (finding,) = checked.findings
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
    assert (finding.first_row, finding.got) == (3, repr(label))


def test_the_protocols_map_wins(write: Write) -> None:
    path = write(f"{HEADER}\nS1,a,0\nS1,b,EO\n")
    options = ReadOptions(class_map={"0": "blast", "EO": "basophil"})

    checked = read(path, "predictions", options)

    assert checked.frame["predicted_class"].tolist() == ["blast", "basophil"]
    with pytest.raises(InputError, match="is no class"):
        read(path, "predictions", ReadOptions(class_map={"0": "nothing"}))


def test_a_cell_met_twice_is_an_error(write: Write) -> None:
    checked = read(write(f"{HEADER}\nS1,a,EO\nS2,a,EO\nS1,a,EO\n"), "predictions")

    (finding,) = checked.findings
    assert (finding.rule, finding.first_row, finding.rows) == ("duplicate-cell", 4, 1)


def through(options: ReadOptions, *paths: Path) -> tuple[list[int], list[Checked]]:
    """Sizes of all batches, and what there is to say of each file."""
    tables = CellTables(options)
    sizes = [
        len(batch) for path in paths for batch in tables.batches(open_predictions(path, options))
    ]
    return sizes, tables.checked()


def test_duplicates_are_found_across_batches_and_files(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbcval.door.importers._text._BLOCK", 1 << 14)
    path = write(HEADER + "\n" + "".join(f"S{i % 7},c{i},EO\n" for i in range(10_000)))
    other = tmp_path / "other.csv"
    other.write_text(f"{HEADER}\nS0,new,EO\nS0,c0,EO\nS1,new,EO\n", encoding="utf-8")

    sizes, (first, second) = through(ReadOptions(batch_rows=1000), path, other)

    assert len(sizes) > 2
    assert (first.findings, first.rows) == ((), 10_000)
    assert [(f.rule, f.rows, f.first_row, f.got) for f in second.findings] == [
        ("duplicate-cell", 1, 3, "c0")
    ]
    assert second.rows == 2
    assert [(e.row, e.sample_id, e.action) for e in second.log] == [
        ("2", "", "kept"),
        ("3", "S0", "excluded"),
        ("4", "", "kept"),
    ]


def test_findings_of_batches_are_those_of_the_whole(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbcval.door.importers._text._BLOCK", 1 << 12)
    path = write(HEADER + "\n" + "".join(f"S1,c{i},{'EO' if i % 2 else ''}\n" for i in range(2000)))

    sizes, (checked,) = through(ReadOptions(batch_rows=1), path)

    assert len(sizes) > 2
    assert checked.findings == read(path, "predictions").findings


def test_rows_without_id_or_label_are_left_out_and_listed(write: Write) -> None:
    checked = read(write(f"{HEADER}\nS1,a,EO\n,b,EO\nS1,,EO\nS1,c,\n\n"), "predictions")

    assert checked.frame["cell_id"].tolist() == ["a"]
    assert rules(checked) == {
        "blank-id": "error", "missing-label": "exclude", "not-a-sample": "warn",
    }  # fmt: skip
    actions = {(entry.row, entry.action, entry.rule) for entry in checked.log}
    assert actions == {
        ("2", "kept", ""),
        ("3", "excluded", "blank-id"),
        ("4", "excluded", "blank-id"),
        ("5", "excluded", "missing-label"),
        ("6", "ignored", "not-a-sample"),
    }


P = "sample_id,cell_id,predicted_class,prob_NEU,prob_LYM,prob_EO"


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ("EO,0.3,0.3,0.41", "probability-sum"),
        ("EO,0.3,0.3,0.398", "probability-sum"),
        ("EO,0.5,0.3,0.2", "not-argmax"),
        ("blast,0.5,0.3,0.2", "not-argmax"),  # a leukocyte without a probability of its own
        ("EO,-0.1,0.1,1.0", "not-a-probability"),
        ("EO,0,x,1", "not-a-number"),
        ("EO,0,,1", "missing-probability"),
    ],
)
def test_a_cell_with_bad_probabilities_is_left_out(write: Write, cells: str, rule: str) -> None:
    checked = read(write(f"{P}\nS1,a,NEU,0.8,0.1,0.1\nS1,b,{cells}\n"), "predictions")

    assert checked.frame["cell_id"].tolist() == ["a"]
    assert rules(checked) == {rule: "exclude"}
    assert [(e.row, e.action) for e in checked.log] == [("2", "kept"), ("3", "excluded")]


@pytest.mark.parametrize(
    "cells",
    [
        "EO,0.3,0.3,0.401",  # a sum of 1.001 is within 1e-3
        "EO,0.3,0.3,0.399",
        "EO,0.4,0.2,0.4",  # a tie accepts either label
        "unclassified,0.4,0.3,0.3",  # an abstention is no argmax
        "artefact,0.4,0.3,0.3",
        "EO,,,",  # no probabilities at all
    ],
)
def test_a_cell_with_good_probabilities_stays(write: Write, cells: str) -> None:
    checked = read(write(f"{P}\nS1,b,{cells}\n"), "predictions")

    assert checked.findings == ()
    assert len(checked.frame) == 1


def test_an_abstention_with_a_probability_is_no_argmax_either(write: Write) -> None:
    text = f"{P},prob_unclassified\nS1,a,unclassified,0.5,0.2,0.2,0.1\n"

    assert read(write(text), "predictions").findings == ()


def staged(*cells: str) -> str:
    head = "sample_id,cell_id,predicted_class,prob_NEU,prob_EO,prob_artefact,stage\n"
    return head + "".join(f"S1,{i},{cell}\n" for i, cell in enumerate(cells))


@pytest.mark.parametrize("stage", ["identification", "differentiation"])
def test_stages_decide_leukocyte_or_not_apart(write: Write, stage: str) -> None:
    checked = read(write(staged(f"EO,0.25,0.35,0.4,{stage}", "EO,0,1,0,x")), "predictions")

    assert len(checked.frame) == 2
    (said,) = checked.findings
    assert (said.rule, said.rows, said.first_row) == ("label-of-stage", 1, 2)


@pytest.mark.parametrize("cell", [
    "EO,0.5,0.3,0.2,differentiation",  # between leukocytes no stage before it decided
    "EO,0.25,0.35,0.4,second",  # words that name no stage, or none
    "EO,0.25,0.35,0.4,model",
    "EO,0.25,0.35,0.4,",
])  # fmt: skip
def test_a_column_of_stages_explains_no_other_label(write: Write, cell: str) -> None:
    """Nor does it refuse one: stages of other names may have decided (DESIGN.md)."""
    checked = read(write(staged(cell, "EO,0,1,0,differentiation")), "predictions")

    assert len(checked.frame) == 2
    assert rules(checked) == {"label-unexplained": "warn"}


def rounded(decimals: int, scale: float = 1.0, more: str = "") -> str:
    """Sixty cells whose probabilities were printed with so many decimals."""
    rng = np.random.default_rng(18)
    values = scale * rng.dirichlet([9, 1, 1], 60)
    rows = [f"S1,{i},NEU," + ",".join(f"{v:.{decimals}f}" for v in row)
            for i, row in enumerate(values) if row.argmax() == 0]  # fmt: skip
    return "\n".join([P, *rows, more])


@pytest.mark.parametrize("decimals", [2, 3, 4, 6])
def test_probabilities_add_up_as_their_decimals_allow(write: Write, decimals: int) -> None:
    assert read(write(rounded(decimals)), "predictions").findings == ()


@pytest.mark.parametrize("text", [
    rounded(2, 0.96),  # off by more than rounding
    rounded(3, 1.004),
    rounded(6, 1.002),  # of many decimals no rounding explains it
    rounded(1),  # nothing is known to one decimal
])  # fmt: skip
def test_and_no_further(write: Write, text: str) -> None:
    assert rules(read(write(text), "predictions")) == {"probability-sum": "exclude"}


def test_decimals_are_those_of_all_cells(write: Write) -> None:
    checked = read(write(rounded(6, more="S1,z,NEU,0.98,0.01,0")), "predictions")

    (said,) = checked.findings
    assert (said.rule, said.rows) == ("probability-sum", 1)


def test_classes_merged_by_the_map_add_their_probabilities(write: Write) -> None:
    text = "sample_id,cell_id,predicted_class,prob_a,prob_b,prob_c\nS1,x,c,0.3,0.3,0.4\n"
    class_map = {"a": "lymphocyte", "b": "lymphocyte", "c": "eosinophil"}

    checked = read(write(text), "predictions", ReadOptions(class_map=class_map))

    assert checked.findings == ()
    assert checked.frame["probability_lymphocyte"].tolist() == [0.6]


def test_decimal_commas_in_probabilities(write: Write) -> None:
    text = f"{P}\nS1,a,NEU,0.8,0.1,0.1\n".replace(",", ";").replace("0.", "0,")

    checked = read(write(text), "predictions")

    assert checked.frame["probability_neutrophil"].tolist() == [0.8]
    assert rules(checked) == {"comma": "warn"}


def test_an_unknown_probability_column_is_an_error(write: Write) -> None:
    checked = read(write(f"{HEADER},prob_0\nS1,a,EO,1\n"), "predictions")

    assert rules(checked) == {"integer-class": "error"}


CASCADE = (
    "sample_id,cell_id,image,predicted_class,{stage}probability_lymphocyte,probability_artefact,"
    "probability_identification_leukocyte,probability_identification_artefact,"
    "probability_differentiation_lymphocyte,x_min,y_min,x_max,y_max\n"
)


def test_what_a_stage_said_is_neither_summed_nor_warned_of(write: Write) -> None:
    rows = (
        "S1,a,S1/a.png,lymphocyte,differentiation,0.9,0.1,0.9,0.1,1,0,0,9,9\n"
        "S1,b,S1/b.png,unclassified,identification,0.5,0.5,0.5,0.5,1,0,0,9,9\n"
        "S1,c,S1/c.png,artefact,,,,,,,0,0,9,9\n"  # no probabilities, and no stage
    )

    checked = read(write(CASCADE.format(stage="stage,") + rows), "predictions")

    assert checked.findings == ()
    assert checked.frame["stage"].tolist() == ["differentiation", "identification", ""]
    assert {name for name in checked.frame if name.startswith("probability_")} == {
        "probability_lymphocyte", "probability_artefact",
    }  # fmt: skip


def test_without_a_column_of_stages_their_outputs_name_no_class(write: Write) -> None:
    rows = "S1,a,S1/a.png,lymphocyte,0.9,0.1,0.9,0.1,1,0,0,9,9\n"

    checked = read(write(CASCADE.format(stage="") + rows), "predictions")

    assert {(f.rule, str(f.severity), f.got) for f in checked.findings} == {
        ("unknown-class", "error", "'identification_leukocyte'"),
        ("unknown-class", "error", "'identification_artefact'"),
        ("unknown-class", "error", "'differentiation_lymphocyte'"),
    }


@pytest.mark.parametrize("label", ["blob", "_blob", "blob_"])
def test_beside_stages_a_label_without_a_stage_is_no_stages_output(
    write: Write, label: str
) -> None:
    text = f"{HEADER},stage,probability_EO,probability_{label}\nS1,a,EO,one,1,0\n"

    assert rules(read(write(text), "predictions")) == {"unknown-class": "error"}


def test_a_column_that_the_protocol_names_is_no_stages_output(write: Write) -> None:
    options = ReadOptions(columns={"probability_one_blob": "p9"})
    text = f"{HEADER},stage,p9\nS1,a,EO,one,1\n"

    assert rules(read(write(text), "predictions", options)) == {"unknown-class": "error"}


def test_a_class_with_an_underscore_stays_a_class_beside_stages(write: Write) -> None:
    text = f"{HEADER},stage,probability_band_neutrophil,probability_EO\nS1,a,EO,one,0.4,0.4\n"

    assert rules(read(write(text), "predictions")) == {"probability-sum": "exclude"}


def test_boxes_are_known_of_cells_alone(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("sample_id,NEUT%,x_min\nS1,50.5,3\nS2,40.5,3\n", encoding="utf-8")

    assert "extra-column" in rules(read(path, "reference"))


@pytest.mark.parametrize("drop", ["sample_id", "cell_id", "predicted_class"])
def test_a_missing_column_is_an_error(write: Write, drop: str) -> None:
    header = (HEADER + ",true_label").replace(drop, "something")

    checked = read(write(f"{header}\nS1,a,EO,EO\n"), "predictions")

    assert ("missing-column", drop) in {(f.rule, f.column) for f in checked.findings}
    assert "sample_id" in checked.frame  # empty, of the right shape
    assert checked.frame.empty


def test_extra_columns_are_said_and_not_kept(write: Write) -> None:
    checked = read(write(f"{HEADER},Patient Name,remark\nS1,a,EO,Xaviera Quux,A\n"), "predictions")

    assert rules(checked) == {"personal-data": "warn", "extra-column": "warn"}
    assert "Quux" not in repr(checked)
    assert list(checked.frame) == [
        "sample_id", "cell_id", "predicted_class", "cell_hash", "row",
    ]  # fmt: skip


def test_our_own_spelling_is_preferred_and_equals_must_agree(write: Write) -> None:
    preferred = read(write(f"{HEADER},sample\nS1,a,EO,blood\n"), "predictions")
    twice = read(write("sample,sample,cell_id,predicted_class\nS1,S2,a,EO\n"), "predictions")

    assert preferred.frame["sample_id"].tolist() == ["S1"]
    assert "ambiguous-column" in rules(twice)
