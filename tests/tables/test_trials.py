"""Real exports and hostile files: every oddity is found, nothing crashes."""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import pytest

from wbcval.door.importers import names
from wbcval.door.tables import Checked, ReadOptions, kind_of, raise_on_errors, read
from wbcval.values.errors import InputError

CBC = {
    "sample_id": "ID", "NEUT#": "NEU", "LYMPH#": "LYM", "MONO#": "MONO", "EO#": "EOS",
    "BASO#": "BASO", "NEUT%": "NEUR", "LYMPH%": "LYMR", "MONO%": "MONOR", "EO%": "EOSR",
    "BASO%": "BASOR",
}  # fmt: skip


def rows_of(checked: Checked) -> dict[str, int]:
    return {finding.rule: finding.rows for finding in checked.findings}


def answer(path: Path, role: str) -> Checked | InputError:
    try:
        return read(path, role)
    except InputError as error:
        return error


def test_hospital_counts_and_their_oddities(shared: Path) -> None:
    # data/cbc/README.md lists them; the counts were taken from the file itself
    checked = read(shared / "data/cbc/bacteremia_cbc.csv", "reference", ReadOptions(columns=CBC))
    said = rows_of(checked)

    raise_on_errors(checked.findings)
    assert len(checked.frame) == 2991
    assert checked.resolution == {
        "WBC": 0.01, "NEUT#": 0.1, "LYMPH#": 0.1, "MONO#": 0.1, "EO#": 0.1, "BASO#": 0.1,
    }  # fmt: skip
    assert said["implausible"] == 2  # WBC 0, and WBC 604.47 with LYM 578.1
    assert said["missing"] == 263  # rows with at least one missing value
    assert said["count-sum"] == 150
    computed = next(finding for finding in checked.findings if finding.rule == "computed")
    assert "NEUR" in computed.column
    assert checked.frame["WBC"].max() > 600
    assert checked.frame["WBC"].min() == 0


def test_bare_class_columns_of_the_hospital_are_counts(shared: Path) -> None:
    checked = read(
        shared / "data/cbc/bacteremia_cbc.csv",
        "reference",
        ReadOptions(columns={"sample_id": "ID"}),
    )

    raise_on_errors(checked.findings)
    assert checked.frame["NEUT#"].iloc[0] == 22.0
    assert "class-columns-read" in rows_of(checked)


def test_names_of_the_column_map_are_understood(shared: Path) -> None:
    path = shared / "data/cbc/column_map.csv"
    with path.open(encoding="utf-8") as stream:
        pairs = {row[1]: row[0] for row in csv.reader(stream)}

    measurands = {
        names.meaning(xn).subject for xn in pairs if names.meaning(xn).kind == "measurand"
    }
    assert {"WBC", *CBC} - {"sample_id"} <= measurands


@pytest.mark.parametrize(
    ("name", "sample_id", "expected"),
    [
        # values divided by hand by the scale in the header
        ("sysmex_XS-500i.csv", "13894", {"WBC": 8.06, "NEUT%": 54.2, "EO#": 0.07}),
        ("sysmex_XS-1000i_a.csv", "011784929", {"WBC": 11.12, "NEUT#": 7.05, "BASO%": 0.1}),
        ("sysmex_XS-1000i_b.csv", "011784945", {"WBC": 6.29, "NEUT#": 5.0, "BASO#": 0.05}),
        ("edan_3part_gbk.csv", "1", {"WBC": 4.76, "LYMPH#": 1.4, "LYMPH%": 29.4}),
    ],
)
def test_analyzer_exports(
    shared: Path, name: str, sample_id: str, expected: dict[str, float]
) -> None:
    path = shared / "data/analyzer_exports" / name

    checked = read(path, "reference")

    raise_on_errors(checked.findings)
    (row,) = checked.frame.to_dict("records")
    assert row["sample_id"] == sample_id
    assert {measurand: row[measurand] for measurand in expected} == expected


def test_flags_of_the_flagged_export(shared: Path) -> None:
    checked = read(shared / "data/analyzer_exports/sysmex_XS-1000i_b.csv", "reference")

    flags = checked.frame["flags"].iloc[0].split(";")
    assert {"NEUT#:*", "LYMPH#:*", "NEUT%:*", "EO#:*"} <= set(flags)
    assert not any(flag.startswith(("WBC", "BASO")) for flag in flags)


def test_a_gbk_export_and_a_three_part_differential_are_said(shared: Path) -> None:
    said = rows_of(read(shared / "data/analyzer_exports/edan_3part_gbk.csv", "reference"))

    assert {"encoding", "three-part", "unit-unstated"} <= set(said)


def test_blank_runs_are_no_samples_and_a_repeat_needs_a_policy(shared: Path) -> None:
    path = shared / "data/analyzer_exports/human_3part.tsv"

    checked = read(path, "reference")
    chosen = read(path, "reference", ReadOptions(duplicates="last"))

    assert "duplicate-id" in rows_of(checked)
    ignored = [(e.row, e.reason) for e in chosen.log if e.reason.startswith("blank")]
    assert ignored == [("5-6", "blank (Blank)")]
    assert chosen.frame.set_index("sample_id").loc["AUTO_00004", "WBC"] == 0.36
    assert "L" in "".join(chosen.frame["flags"])


def test_synthetic_xn_with_every_trap(shared: Path) -> None:
    checked = read(shared / "lab/samples/xn_ipu_edgecases_SYNTHETIC.csv", "reference")
    frame = checked.frame.set_index("sample_id")

    raise_on_errors(checked.findings)
    assert checked.dialect == "sysmex-xn"
    # QC, background check and body fluid ignored; the rerun of …404 counts
    assert frame.index.tolist() == [f"000012340{i}" for i in (1, 2, 3, 4, 6)]
    ignored = {entry.row: entry.reason for entry in checked.log if entry.action == "ignored"}
    assert sorted(ignored) == ["2", "3", "7", "9"]
    assert frame.loc["0000123404", "WBC"] == 0.48
    assert math.isnan(frame.loc["0000123402", "NEUT#"])  # ----
    assert frame.loc["0000123402", "EO#"] == 1.02  # *
    assert frame.loc["0000123403", "WBC"] == 440.0  # @
    assert math.isnan(frame.loc["0000123403", "NEUT%"])  # ++++
    assert math.isnan(frame.loc["0000123406", "BASO#"])  # zero-filled, Discrete = CBC
    assert frame.loc["0000123406", "WBC"] == 5.9


def test_cells_of_the_tiny_model(shared: Path) -> None:
    path = shared / "data/predictions/tiny_wbc_oof.csv"

    checked = read(path, "predictions")

    assert kind_of(path, ReadOptions()) == "cells"
    assert len(checked.frame) == 806
    # the data's README: accuracy 0.799
    right = (checked.frame["predicted_class"] == checked.frame["true_class"]).mean()
    assert round(float(right), 3) == 0.799
    assert rows_of(checked) == {"extra-column": 1}


def test_expert_counts_are_cells(shared: Path) -> None:
    checked = read(shared / "data/trial/expert_counts_by_sample.csv", "reference")

    first = checked.frame.iloc[0]
    assert (first["NEUT%"], first["n_cells"]) == (100 * 10 / 23, 23)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("role", ["predictions", "reference", "samples"])
def test_no_trial_file_crashes(shared: Path, role: str) -> None:
    folders = ["data/analyzer_exports", "data/cbc", "data/trial", "data/paired", "data/predictions"]
    folders += ["lab/samples", "data/cells", "data/cells_other", "data/fields"]
    paths = [p for folder in folders for p in sorted((shared / folder).glob("*.*")) if p.is_file()]

    assert len(paths) > 25
    for path in paths:
        said = answer(path, role)
        if isinstance(said, InputError):
            assert len(str(said).splitlines()) <= 3, path
        else:
            assert said.findings or len(said.frame), path


def test_no_name_of_a_person_survives(shared: Path) -> None:
    # Jim Brown is the patient of the genuine ASTM capture
    for path in (shared / "lab/samples").glob("*.*"):
        said = answer(path, "reference")
        assert "Brown" not in f"{said!r} {said}"
        assert "Testpatient" not in f"{said!r} {said}"


def test_mangled_files_end_in_findings_or_an_input_error(tmp_path: Path) -> None:
    """Bytes changed at random in a table of an analyzer: never anything but an answer."""
    header = "Sample No.,Measurement Mode,Discrete,Date,Time,WBC(10^3/uL),WBC/M,NEUT%(%),NEUT%/M\n"
    line = "S{0},WB,CBC+DIFF,2026/07/01,08:0{0}:00,5.{0},*,6{0}.1,\n"
    whole = (header + "".join(line.format(i) for i in range(1, 8))).encode()
    generator = random.Random(20260701)  # noqa: S311
    path = tmp_path / "mangled.csv"
    answers: list[type] = []
    alphabet = b"\x00\r\n,;\t\"'-+*<>=0159.aE\xff\xb5%#&/()"

    for _ in range(300):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 12)):
            data[generator.randrange(len(data))] = generator.choice(alphabet)
        if generator.random() < 0.2:
            del data[generator.randrange(len(data)) :]
        path.write_bytes(bytes(data))
        for role in ("predictions", "reference", "samples"):
            said = answer(path, role)
            answers.append(type(said))
            assert not isinstance(said, InputError) or len(str(said).splitlines()) <= 3
    assert set(answers) == {Checked, InputError}
