"""References and sample counts: units, marks, duplicates, sums."""

from __future__ import annotations

import math
from pathlib import Path

import openpyxl
import pytest

from tests.build.tables import Write, rules
from wbcval.door.tables import Checked, ReadOptions, check, kind_of, raise_on_errors, read
from wbcval.values.errors import InputError

FIVE = "NEUT%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)"
XN = "Sample No.,Measurement Mode,Discrete,Date,Time,WBC(10^3/uL),WBC/M,NEUT#(10^3/uL),NEUT#/M"


def values(checked: Checked, column: str) -> list[float | None]:
    return [None if math.isnan(v) else v for v in checked.frame[column].tolist()]


@pytest.mark.parametrize(
    ("header", "cell", "options", "rule"),
    [
        ("WBC(%)", "5", {}, "unit-contradiction"),
        ("NEUT%(10^9/L)", "5", {}, "unit-contradiction"),
        ("NEUT#(%)", "5", {}, "unit-contradiction"),
        ("WBC(furlong)", "5", {}, "unknown-unit"),
        ("WBC(10^9/L)", "5", {"WBC": "/uL"}, "unit-contradiction"),
        ("WBC", "7500", {}, "unit-contradiction"),
        ("WBC(10^9/L)", "7500", {}, "unit-contradiction"),
        ("WBC(/uL)", "7.500", {}, "unit-contradiction"),  # a point that parts thousands
    ],
)
def test_units_that_cannot_be_are_errors(
    write: Write, header: str, cell: str, options: dict[str, str], rule: str
) -> None:
    checked = read(
        write(f"sample_id,{header}\nS1,{cell}\nS2,{cell}\nS3,{cell}\n"),
        "reference",
        ReadOptions(units=options),
    )

    assert rules(checked)[rule] == "error"
    with pytest.raises(InputError):
        raise_on_errors(checked.findings)


def test_stated_units_scale(write: Write) -> None:
    path = write("sample_id,WBC,NEUT%\nS1,7500,0.57\n")
    options = ReadOptions(units={"WBC": "/uL", "NEUT%": "1"})

    checked = read(path, "reference", options)

    assert checked.findings == ()
    assert (values(checked, "WBC"), values(checked, "NEUT%")) == ([7.5], [57.0])
    assert checked.resolution == {"WBC": 0.001, "NEUT%": 1.0}


def test_an_unstated_unit_is_said(write: Write) -> None:
    checked = read(write("sample_id,WBC,NEUT%\nS1,7.5,60\n"), "reference")

    (said,) = checked.findings
    assert (said.rule, str(said.severity)) == ("unit-unstated", "warn")
    assert (said.column, said.got) == ("WBC, NEUT%", "read as 10*9/L, read as %")
    assert checked.units == {"WBC": "", "NEUT%": ""}


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("WBC(10^9/L),NEUT#(/uL),NEUT%", "7.5,4500000,60"),  # counts a thousand times too large
        ("WBC(10^9/L),NEUT#(10^9/L),NEUT%", "7.5,0.45,60"),
    ],
)
def test_a_factor_of_ten_inside_a_table_is_an_error(write: Write, columns: str, row: str) -> None:
    checked = read(write(f"sample_id,{columns}\nS1,{row}\n"), "reference")

    assert rules(checked)["unit-contradiction"] == "error"


def test_fractions_under_a_percent_header_are_an_error(write: Write) -> None:
    checked = read(write(f"sample_id,{FIVE}\nS1,.6,.3,.05,.04,.01\n"), "reference")

    assert rules(checked) == {"unit-contradiction": "error"}


def test_marks_flag_and_masks_mask(write: Write) -> None:
    rows = ["S1,WB,CBC+DIFF,,,5,*,3,@", "S2,WB,CBC+DIFF,,,6,,4,----", "S3,WB,CBC+DIFF,,,----,+,2,-"]

    checked = read(write("\n".join([XN, *rows])), "reference")

    assert checked.dialect == "sysmex-xn"
    assert values(checked, "WBC") == [5.0, 6.0, None]
    assert values(checked, "NEUT#") == [3.0, None, 2.0]
    assert checked.frame["flags"].tolist() == ["WBC:*;NEUT#:@", "", "NEUT#:-"]
    assert [(e.sample_id, e.subject, e.reason) for e in checked.exclusions] == [
        ("S3", "WBC", "masked by the analyzer (----)"),
        ("S2", "NEUT#", "masked by the analyzer (----)"),
    ]


def test_a_channel_not_ordered_is_missing_and_never_zero(write: Write) -> None:
    checked = read(write(f"{XN}\nS1,WB,CBC,,,5,,0.00,\n"), "reference")

    assert values(checked, "NEUT#") == [None]
    assert checked.exclusions[0].reason == "not measured (ordered: CBC)"


def test_zeros_in_every_class_are_missing_unless_rounding_explains_them(write: Write) -> None:
    header = "sample_id,WBC(10^9/L),NEUT#,LYMPH#,MONO#,EO#,BASO#"

    checked = read(
        write(f"{header}\nS1,5.0,0.0,0.0,0.0,0.0,0.0\nS2,0.1,0.0,0.0,0.0,0.0,0.0\n"), "reference"
    )

    assert values(checked, "NEUT#") == [None, 0.0]


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    "row",
    [
        "QC-123,WB,CBC,,,5,,3,",
        "BACKGROUNDCHECK,WB,CBC,,,0,,0,",
        "CAL-7,WB,CBC,,,5,,3,",
        "xncal1,WB,CBC,,,5,,3,",
        "ERR0012,WB,CBC,,,5,,3,",
        "PRE-CHK-1,WB,CBC,,,5,,3,",
        "S9,QC,CBC,,,5,,3,",
        "S9,BF,CBC,,,5,,3,",
        "S9,LW,CBC,,,5,,3,",
        "S9,PD,CBC,,,5,,3,",
        *("Mean,,,,,5,,3,", ",,,,,,,,"),
    ],
)
def test_rows_that_are_no_patients_are_ignored(write: Write, row: str) -> None:
    checked = read(write(f"{XN}\n{row}\nCALVIN,WB,CBC+DIFF,,,5,,3,\n"), "reference")

    assert checked.frame["sample_id"].tolist() == ["CALVIN"]
    assert [(e.row, e.action) for e in checked.log] == [("2", "ignored"), ("3", "kept")]


DAY, NEXT = "2026/07/01,08:00:00", "02-07-2026,07:00:00"


@pytest.mark.parametrize(
    ("first", "second", "policy", "wbc"),
    [
        (f"{DAY},5", f"{NEXT},6", None, 6.0),  # an analyzer's default: last valid
        (f"{NEXT},5", f"{DAY},6", None, 5.0),  # by time, not by place in the file
        (",,5", ",,6", None, 6.0),  # no times: the order in the file
        (f"{DAY},5", ",,6", None, 6.0),
        (f"{DAY},5", f"{NEXT},----", None, 5.0),  # the last valid one
        (f"{DAY},5", f"{NEXT},6", "first", 5.0),
        (f"{DAY},----", f"{NEXT},----", None, None),
    ],
)
def test_repeats_on_an_analyzer(
    write: Write, first: str, second: str, policy: str | None, wbc: float | None
) -> None:
    header = "Sample No.,Measurement Mode,Date,Time,WBC(10^3/uL)"

    checked = read(
        write(f"{header}\nS1,WB,{first}\nS1,WB,{second}\n"),
        "reference",
        ReadOptions(duplicates=policy),
    )

    assert values(checked, "WBC") == [wbc]
    assert rules(checked)["superseded"] == "warn"
    assert [e.action for e in checked.log].count("ignored") == 1


def test_a_repeated_id_without_a_policy_is_an_error(write: Write) -> None:
    path = write("sample_id,WBC(10^9/L)\nS1,5\nS2,6\nS1,5\n")

    checked = read(path, "reference")
    (finding,) = checked.findings

    assert (finding.rule, finding.first_row, finding.got) == ("duplicate-id", 4, "S1")
    assert values(read(path, "reference", ReadOptions(duplicates="last")), "WBC") == [6.0, 5.0]


def test_class_columns_are_read_by_what_they_add_up_to(write: Write) -> None:
    header = "sample_id,WBC,NEU,LYM,MONO,EOS,BASO"

    counts = read(write(f"{header}\nS1,7.5,4.5,2.2,0.5,0.2,0.1\n"), "reference")
    percent = read(write(f"{header}\nS1,7.5,60,30,7,2,1\n"), "reference")
    neither = read(write(f"{header}\nS1,7.5,6,3,7,2,1\n"), "reference")

    assert values(counts, "NEUT#") == [4.5]
    assert values(percent, "NEUT%") == [60.0]
    assert rules(counts)["class-columns-read"] == rules(percent)["class-columns-read"] == "warn"
    assert rules(neither)["class-columns"] == "error"


def test_class_columns_with_a_stated_unit_need_no_guess(write: Write) -> None:
    path = write("sample_id,NEU,LYM\nS1,4500,2200\n")
    by_ours = ReadOptions(units={"NEUT#": "/uL", "LYMPH#": "/uL"})
    by_theirs = ReadOptions(units={"NEU": "/uL", "LYM": "/uL"})

    for options in (by_ours, by_theirs):
        checked = read(path, "reference", options)
        assert checked.findings == ()
        assert values(checked, "NEUT#") == [4.5]


def test_counted_cells_become_percent_of_the_total(write: Write) -> None:
    header = "sample_id,neutrophil,lymphocyte,monocyte,eosinophil,basophil"
    five = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")

    told = read(write(f"{header},total\nS1,60,30,6,3,1,100\n"), "reference")
    stated = read(
        write(f"{header},blast\nS1,60,30,6,3,1,100\n"),
        "reference",
        ReadOptions(units=dict.fromkeys(five, "cells")),
    )

    assert values(told, "NEUT%") == [60.0]
    assert told.frame["n_cells"].tolist() == [100.0]
    assert told.resolution == {}
    assert values(stated, "NEUT%") == [30.0]  # blasts are countable leukocytes
    assert stated.units["NEUT%"] == "cells"


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        # half the last digit is 0.5 in four columns and 0.05 in one; with 0.5 it makes 2.55
        ("60,30,7,2,3.5", False),
        ("60,30,7,2,3.6", True),
    ],
)
def test_percentages_off_100(write: Write, percent: str, said: bool) -> None:
    checked = read(write(f"sample_id,{FIVE}\nS1,{percent}\n"), "reference")

    assert ("percent-sum" in rules(checked)) is said
    assert len(checked.frame) == 1  # a warning keeps the row


@pytest.mark.parametrize(
    ("more", "values", "named"),
    [
        ("Blast%", "8.0", "'Blast%'"),
        ("Blast%,Plasma cell%", "5.0,3.0", "'Blast%' and 'Plasma cell%'"),
    ],
)
def test_the_columns_outside_the_five_are_named(
    write: Write, more: str, values: str, named: str
) -> None:
    text = f"sample_id,{FIVE},{more}\nS1,52.0,30.0,6.0,3.0,1.0,{values}\n"
    checked = read(write(text), "predictions")
    (found,) = (f for f in checked.findings if f.rule == "percent-sum")
    assert found.got.endswith(f"; in none of the five: {named}")


@pytest.mark.parametrize(("lymphocytes", "said"), [("45.0", True), ("30.0", False)])
def test_some_percentages_never_add_up_to_more_than_100(
    write: Write, lymphocytes: str, said: bool
) -> None:
    checked = read(write(f"sample_id,NEUT%,LYMPH%\nS1,60.0,{lymphocytes}\n"), "predictions")

    assert ("percent-sum" in rules(checked)) is said


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("-5", "negative"),
        ("inf", "infinite"),
        ("1e999", "infinite"),
        ("", "missing"),
        ("x", "not-a-number"),
        ("<0.30", "censored"),
        ("101", "above-100"),
    ],
)
def test_values_left_out(write: Write, cell: str, rule: str) -> None:
    checked = read(write(f"sample_id,NEUT%(%)\nS1,50\nS2,{cell}\n"), "reference")

    assert values(checked, "NEUT%") == [50.0, None]
    assert rules(checked) == {rule: "exclude"}
    assert [(e.sample_id, e.subject) for e in checked.exclusions] == [("S2", "NEUT%")]
    assert ("3", "excluded") in {(e.row, e.action) for e in checked.log}


@pytest.mark.parametrize("wbc", ["0", "604"])
def test_implausible_values_are_kept_and_said(write: Write, wbc: str) -> None:
    checked = read(write(f"sample_id,WBC(10^9/L)\nS1,{wbc}\n"), "reference")

    assert values(checked, "WBC") == [float(wbc)]
    assert rules(checked) == {"implausible": "warn"}


def test_a_negative_total_is_left_out_and_not_called_kept(write: Write) -> None:
    checked = read(write("sample_id,WBC(10^9/L)\nS1,-5.1\n"), "reference")

    assert values(checked, "WBC") == [None]
    assert rules(checked) == {"negative": "exclude"}


@pytest.mark.parametrize("cells", ["0.4", "1e18"])
def test_a_share_or_an_absurd_number_is_no_count_of_cells(write: Write, cells: str) -> None:
    checked = read(write(f"sample_id,n_cells,NEUT%(%)\nS1,200,50\nS2,{cells},50\n"), "reference")

    assert rules(checked) == {"cell-count": "error"}
    assert checked.findings[0].first_row == 3


@pytest.mark.parametrize(("count", "said"), [("5.1", True), ("5.0", False)])
def test_a_class_above_the_total_is_said(write: Write, count: str, said: bool) -> None:
    # half a step of each, 0.05 + 0.005, may be rounding: 4.95 against 5.0
    text = f"sample_id,WBC(10^9/L),NEUT#(10^9/L)\nS1,4.95,{count}\nS2,5.01,3.1\nS3,5.02,3.2\n"
    checked = read(write(text), "reference")

    assert ("class-above-wbc" in rules(checked)) is said
    assert len(checked.frame) == 3


def test_a_repeat_in_the_models_table_offers_no_policy_it_does_not_have(write: Write) -> None:
    text = "sample_id,WBC(10^9/L)\nS1,5\nS1,6\n"

    (finding,) = read(write(text), "predictions").findings
    assert finding.rule == "duplicate-id"
    assert finding.advice.startswith("keep one row per sample")


def test_computed_and_identical_columns_are_said(write: Write) -> None:
    rows = "".join(f"S{i},{v},{v},{v / 7:.12f}\n" for i, v in enumerate((11.5, 12.5, 13.5)))

    checked = read(write(f"sample_id,NEUT%(%),LYMPH%(%),EO%(%)\n{rows}"), "reference")

    assert rules(checked) == {"computed": "warn", "identical-columns": "warn"}
    assert "EO%" not in checked.resolution


def test_decimal_commas(write: Write) -> None:
    checked = read(write("sample_id;NEUT%(%)\nS1;90,3\n"), "reference")

    assert values(checked, "NEUT%") == [90.3]
    assert rules(checked) == {"comma": "warn"}
    assert checked.resolution == {"NEUT%": 0.1}


def test_unquoted_decimal_commas_never_shift_a_row(write: Write) -> None:
    checked = read(write("sample_id,NEUT%,LYMPH%,\nS1,90,3,5.2\n"), "reference")

    assert rules(checked)["unnamed-column"] == "error"


def test_swapped_files_are_said(write: Write) -> None:
    export = read(write(f"{XN}\nS1,WB,CBC+DIFF,,,5,,3,\n"), "predictions")
    cells = read(write("sample_id,cell_id,predicted_class\nS1,a,EO\n"), "reference")

    assert rules(export) == rules(cells) == {"swapped-files": "error"}


def test_long_tables(write: Write) -> None:
    text = (
        "sample_id,loinc,result,unit\n"
        "S1,6690-2,7500,/uL\nS1,770-8,60,%\nS2,6690-2,8000,/uL\nS2,770-8,50,%\nS2,718-7,14,g/dL\n"
    )

    checked = read(write(text), "reference")

    assert kind_of(write(text), ReadOptions()) == "counts"
    assert values(checked, "WBC") == [7.5, 8.0]
    assert values(checked, "NEUT%") == [60.0, 50.0]
    assert rules(checked) == {"extra-column": "warn"}


def test_a_code_that_contradicts_its_unit_gives_way_and_is_said(write: Write) -> None:
    # LAB.md §1.6: absolute-count codes sent with %
    checked = read(write("sample_id,loinc,value,unit\nS1,751-8,60,%\n"), "reference")

    assert values(checked, "NEUT%") == [60.0]
    assert rules(checked) == {"code-unit": "warn"}


def test_a_long_table_repeats_a_sample(write: Write) -> None:
    text = "sample_id,parameter,value,unit\nS1,WBC,5,G/L\nS1,WBC,6,G/L\n"

    assert rules(read(write(text), "reference")) == {"duplicate-id": "error"}


def test_ids_held_as_numbers_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["sample_id", "NEUT%(%)"], [123.0, 60], [45, 50.5]):
        book.active.append(row)
    book.save(tmp_path / "lis.xlsx")

    checked = read(tmp_path / "lis.xlsx", "reference")

    assert checked.frame["sample_id"].tolist() == ["123", "45"]
    assert rules(checked) == {"id-as-number": "warn"}
    assert checked.dialect == "excel"


@pytest.mark.parametrize("sample_id", ["123.0", "1.23E+11"])
def test_ids_that_once_were_numbers_are_said_and_kept(write: Write, sample_id: str) -> None:
    checked = read(write(f"sample_id,NEUT%(%)\n{sample_id},50\n"), "reference")

    assert checked.frame["sample_id"].tolist() == [sample_id]
    assert rules(checked) == {"id-as-number": "warn"}


def test_columns_of_the_protocol_win_and_must_exist(write: Write) -> None:
    path = write("Probe,N,WBC(10^9/L)\nS1,60,5\n")
    mapped = ReadOptions(columns={"sample_id": "Probe", "NEUT%": "N"})

    assert values(read(path, "reference", mapped), "NEUT%") == [60.0]
    missing = read(path, "reference", ReadOptions(columns={"sample_id": "Prob"}))
    assert "nearest is 'Probe'" in missing.findings[0].got
    with pytest.raises(InputError, match="no name of ours"):
        read(path, "reference", ReadOptions(columns={"id": "Probe"}))


def test_check_is_the_door_for_frames_too(write: Write) -> None:
    clean = read(write("sample_id,WBC(10^9/L)\nS1,5\nS2,-1\n"), "reference")

    again = check(clean.frame, "reference")

    assert again.frame.equals(clean.frame)
    assert again.measurands == ("WBC",)
    without_id = check(clean.frame.drop(columns="sample_id"), "reference")
    assert rules(without_id) == {"missing-column": "error"}


def test_errors_are_listed_up_to_twenty(write: Write) -> None:
    header = ",".join(f"NEUT%(u{i})" for i in range(1))
    checked = read(write(f"sample_id,{header}\nS1,5\n"), "reference")

    with pytest.raises(InputError) as error:
        raise_on_errors(checked.findings * 25)

    assert len(str(error.value).splitlines()) == 21
    assert "\n  5 more: wbcval validate" in str(error.value)
