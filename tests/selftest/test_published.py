"""A figure as its source prints it, and when a number agrees with it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.selftest.types import Check, Published, recomputed

NUMBERS = st.floats(1e-12, 1e12) | st.floats(-1e12, -1e-12)


@pytest.mark.parametrize(
    ("text", "got", "agreed"),
    [
        ("38.8", 38.7651, 3),
        ("38.8", 38.86, 2),
        ("-2.1", -2.1176, 2),
        ("-2.1", 2.1176, 0),  # the sign is no small matter
        ("0.17", 0.165741, 2),
        ("0.079", 0.07904, 2),
        ("0.079", 0.0796, 1),
        ("2.28155932971014E-10", 2.28155932973858e-10, 10),
        ("0.100000000000000", 0.100000000558794, 8),
        ("0", 0.0, 1),
        ("0", 0.7, 0),
        ("9.2", math.nan, 0),
        ("9.2", math.inf, 0),
        ("9.2", 1e300, 0),
    ],
)
def test_digits_that_agree(text: str, got: float, agreed: int) -> None:
    # by hand: rounded to the places printed, else the whole part of -log10 |got/printed - 1|
    assert Published(text).agreed(got) == agreed


@given(NUMBERS, st.integers(0, 14))
def test_a_number_agrees_with_itself_as_printed(number: float, places: int) -> None:
    figure = Published(f"{number:.{places}e}")

    assert figure.printed == places + 1
    assert figure.agreed(number) == figure.printed


@given(NUMBERS, st.integers(1, 12))
def test_a_digit_that_is_wrong_does_not_agree(number: float, digit: int) -> None:
    figure = Published(f"{number:.14e}")

    # off by 10^-digit of itself; which side of the power it falls is a matter of rounding
    assert figure.agreed(number * (1 + 10.0**-digit)) in (digit - 1, digit)


@pytest.mark.parametrize("digits", [0, 4])
def test_no_more_digits_are_asked_for_than_are_printed(digits: int) -> None:
    with pytest.raises(ValueError, match="does not print"):
        Published("38.8", digits)


def one(text: str, value: object, digits: int | None = None) -> tuple[bool, str]:
    check = Check("x", "a book", {"figure": Published(text, digits)}, lambda: {"figure": value})
    (found,) = recomputed("family", check)
    return found.passed, found.digits


@pytest.mark.parametrize(
    ("text", "value", "digits", "passed", "said"),
    [
        ("38.8", 38.7651, None, True, "3 of 3 digits"),
        ("38.8000", 38.8009, 3, True, "4 of 6 digits, 3 asked"),
        ("38.8000", 38.8009, 5, False, "4 of 6 digits, 5 asked"),
        ("accepted", "accepted", None, True, "the same"),
        ("accepted", "rejected", None, False, "not the same"),
        ("59", "59", None, True, "the same"),
        ("59", "59.0", None, False, "not the same"),
        ("accepted", 1.0, None, False, "not the same"),
        ("1.0", math.nan, None, False, "not the same"),
        ("1.0", None, None, False, "0 of 2 digits"),
        ("1.0", True, None, False, "0 of 2 digits"),
    ],
)
def test_what_passes(text: str, value: object, digits: int | None, passed: bool, said: str) -> None:
    assert one(text, value, digits) == (passed, said)


def test_a_check_that_breaks_is_a_miss_of_each_of_its_figures() -> None:
    def broken() -> dict[str, float]:
        return {"a": 1 / 0}

    found = recomputed("f", Check("x", "y", {"a": Published("1"), "b": Published("2")}, broken))

    assert [(f.passed, f.said) for f in found] == [
        (False, "ZeroDivisionError: division by zero")
    ] * 2


def test_a_figure_that_no_computation_gives_is_a_miss() -> None:
    (found,) = recomputed("f", Check("x", "y", {"a": Published("1")}, lambda: {"A": 1.0}))

    assert (found.passed, found.said) == (False, "not estimable")
