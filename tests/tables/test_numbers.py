"""Numbers from text: what is one, what is none, and what a comma is."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.door.tables._numbers import AmbiguousCommaError, comma_of, parse


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        ("5.25", 5.25, None),
        (" 5 ", 5.0, None),
        (".5", 0.5, None),
        ("1e-3", 0.001, None),
        ("-3", -3.0, None),  # negative is a number here; the door excludes it
        ("", math.nan, "missing"),
        ("-", math.nan, "missing"),
        ("N/A", math.nan, "missing"),
        ("----", math.nan, "masked"),
        ("++++", math.nan, "masked"),
        ("****", math.nan, "masked"),
        ("***.**", math.nan, "masked"),
        ("ERROR", math.nan, "masked"),
        ("DISCRETE", math.nan, "masked"),
        ("<0.30", math.nan, "censored"),
        ("> 440", math.nan, "censored"),
        ("inf", math.nan, "infinite"),
        ("5.5*", 5.5, "mark"),
        ("5.5 H", 5.5, "mark"),
        ("@440.00", 440.0, "mark"),
        ("5.5-", 5.5, "mark"),
        ("five", math.nan, "not-a-number"),
        ("5.5.5", math.nan, "not-a-number"),
        ("0x10", math.nan, "not-a-number"),
        ("1_000", math.nan, "not-a-number"),
        ("٣", math.nan, "not-a-number"),
    ],
)
def test_cells(cell: str, value: float, rule: str | None) -> None:
    numbers = parse(pa.array([cell]))

    assert numbers.values[0] == value or (math.isnan(value) and math.isnan(numbers.values[0]))
    assert (numbers.odd[0].rule if 0 in numbers.odd else None) == rule


def test_typed_columns_keep_their_values() -> None:
    numbers = parse(pa.array([1.5, None, math.inf, 2.25]))

    assert numbers.values[[0, 3]].tolist() == [1.5, 2.25]
    assert {i: odd.rule for i, odd in numbers.odd.items()} == {1: "missing", 2: "infinite"}
    assert numbers.decimals == 2


@pytest.mark.parametrize(
    ("column", "decimals"),
    [
        (pa.array([4.76, 0.1 + 0.2]), 2),  # 0.30000000000000004 was meant as 0.3
        (pa.array([4.75, 0.1], pa.float32()), 2),
        (pa.array([4, 5]), 0),
        (pa.array([100 / 7]), 10),
    ],
)
def test_decimals_of_typed_columns(column: pa.Array, decimals: int) -> None:
    assert parse(column).decimals == decimals


@pytest.mark.parametrize(
    ("columns", "comma"),
    [
        ([["5.1", "6"]], None),
        ([["a, b"]], None),
        ([["90,3"]], "decimal"),
        ([["0,300"], ["6,500"], ["90,3"]], "decimal"),
        ([["1.234,5"]], "decimal"),
        ([["6,500"], ["90.3"]], "thousands"),
    ],
)
def test_what_a_comma_is(columns: list[list[str]], comma: str | None) -> None:
    assert comma_of([pa.array(column) for column in columns]) == comma


@pytest.mark.parametrize("columns", [[["6,500"]], [["90,3", "5.1"]], [["90,3"], ["5.1"]]])
def test_an_ambiguous_comma_is_no_guess(columns: list[list[str]]) -> None:
    with pytest.raises(AmbiguousCommaError):
        comma_of([pa.array(column) for column in columns])


def test_90_comma_3_is_never_90() -> None:
    assert parse(pa.array(["90,3"]), "decimal").values.tolist() == [90.3]
    assert np.isnan(parse(pa.array(["90,3"])).values[0])
    assert parse(pa.array(["1.234,5"]), "decimal").values.tolist() == [1234.5]
    assert parse(pa.array(["6,500"]), "thousands").values.tolist() == [6500.0]


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (["5", "6"], 0),
        (["5.1", "6"], 1),
        (["24.1", "11.58"], 2),
        (["5.1"] * 99 + ["5.123456"], 1),  # one odd cell does not refine the column
        (["x"], None),
        (["90.9090909090909"], 13),
    ],
)
def test_decimals_as_printed(cells: list[str], decimals: int | None) -> None:
    assert parse(pa.array(cells)).decimals == decimals


@given(st.floats(-1e100, 1e100))
def test_a_printed_number_reads_back_exactly(number: float) -> None:
    assert parse(pa.array([repr(number)])).values.tolist() == [number]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_any_text_is_a_number_or_has_a_reason(cells: list[str]) -> None:
    numbers = parse(pa.array(cells, pa.string()))

    for i, value in enumerate(numbers.values):
        assert not np.isnan(value) or numbers.odd[i].rule in {
            "missing", "masked", "censored", "infinite", "not-a-number",
        }  # fmt: skip


def test_scaled_integers_become_the_decimal_meant() -> None:
    from wbcval.door.tables._units import scale

    values = np.arange(0, 100_000, dtype=np.float64)

    assert scale(values, 0.01).tolist() == [float(f"{v / 100:.2f}") for v in values]
    assert scale(np.array([0.57]), 100.0).tolist() == [57.0]
