"""Units: every spelling of the field, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.values import units
from wbcval.values.measurands import MEASURANDS
from wbcval.values.units import Dimension


@pytest.mark.parametrize(
    "text",
    # LAB.md §2, table of unit spellings, factor 1
    [
        "10*3/uL",
        "10*9/L",
        "10^3/uL",
        "10^3/µL",
        "x10^9/L",
        "×10⁹/L",
        "K/uL",
        "G/L",
        "/nl",
        "Thou/uL",
        "10(9)/L",
        "10\\S\\3/µl",
        "10^3/μL",
        "10e3/mm³",
        "10^6/mL",
        " x 10^9 /l ",
    ],
)
def test_spellings_of_the_canonical_count(text: str) -> None:
    unit = units.parse(text)

    assert unit is not None
    assert (unit.dimension, unit.factor) == (Dimension.COUNT, 1.0)


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("/uL", 0.001),
        ("cells/uL", 0.001),
        ("/mm3", 0.001),
        ("cells/mm3", 0.001),
        ("10/uL", 0.01),
        ("10*2/uL", 0.1),
        ("10/uL%", 0.01),  # a typing error of the analyzer's software: IG#(10/uL%)
        ("10^12/L", 1000.0),
    ],
)
def test_scaled_counts(text: str, factor: float) -> None:
    unit = units.parse(text)

    assert unit is not None
    assert (unit.dimension, unit.factor) == (Dimension.COUNT, factor)


@pytest.mark.parametrize(
    ("text", "factor"),
    [("%", 1.0), ("percent", 1.0), ("10^(-1)%", 0.1), ("10⁻²%", 0.01), ("1", 100.0)],
)
def test_shares(text: str, factor: float) -> None:
    unit = units.parse(text)

    assert unit is not None
    assert (unit.dimension, unit.factor) == (Dimension.SHARE, factor)


@pytest.mark.parametrize(
    "text", ["", "fL", "pg", "g/dL", "/100WBC", "ch", "Diff.", "mg", "10^(-1)fL", "/", "10^x/L"]
)
def test_other_units_are_none(text: str) -> None:
    assert units.parse(text) is None


def test_the_canonical_units_are_their_own() -> None:
    for measurand, text in ((m, m.unit) for m in MEASURANDS):
        unit = units.parse(text)
        assert unit is not None, measurand
        assert unit.factor == 1.0
        assert units.CANONICAL[unit.dimension] == text


@given(st.text(max_size=20))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    unit = units.parse(text)

    assert unit is None or unit.factor > 0
