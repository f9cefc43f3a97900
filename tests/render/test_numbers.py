"""Numbers as written: as precise as the interval, never against the verdict, never NaN."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.render.make_study import make_study, within
from wbcval.judge.criteria import judge
from wbcval.measure.results import Measurement, Results
from wbcval.protocol.types import Criterion
from wbcval.render._basis import Basis
from wbcval.render._numbers import (
    Footnotes,
    aligned,
    cell,
    error_text,
    heat,
    interval,
    numerals,
    share,
    whole,
)
from wbcval.stats.acceptance import is_within
from wbcval.stats.metric import Better
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason
from wbcval.values.wording import places_against


@pytest.mark.parametrize(
    ("estimate", "percent", "written"),
    [
        (Estimate(0.95, 0.912, 0.976), True, ("95.0", "91.2", "97.6")),
        (Estimate(0.9990, 0.9985, 0.9993), True, ("99.90", "99.85", "99.93")),
        (Estimate(251.3, 107.2, 396.1), False, ("251", "107", "396")),
        (Estimate(-0.017, -0.053, 0.019), False, ("−0.02", "−0.05", "0.02")),
        (Estimate(12.345), False, ("12.3", "–", "–")),
        (Estimate(math.inf, 900.0, None), False, ("∞", "900", "–")),
        (Estimate(1.0, 1.0, 1.0), True, ("100.0", "100.0", "100.0")),
    ],
)
def test_as_precise_as_the_interval(
    estimate: Estimate, percent: bool, written: tuple[str, str, str]
) -> None:
    assert numerals(estimate, percent) == written


def test_an_interval_off_zero_is_not_written_as_touching_it() -> None:
    assert numerals(Estimate(0.45, 0.02, 0.88)) == ("0.5", "0.0", "0.9")
    assert numerals(Estimate(0.45, 0.02, 0.88), False, 0.0) == ("0.45", "0.02", "0.88")


@given(st.floats(-1e4, 1e4, allow_nan=False), st.sampled_from([5.0, 10.0, 15.0, 6.5]))
@example(9.96, 10.0)
@example(10.04, 10.0)
@example(-10.0001, 10.0)
@example(10.0 * (1 + 5e-10), 10.0)
@settings(max_examples=200)
def test_a_written_error_lies_on_the_side_of_the_limit_where_it_lies(
    error: float, limit: float
) -> None:
    shown = abs(float(error_text(error, limit).replace("−", "-").replace("+", "")))
    inside = bool(is_within(abs(error), limit))
    if not inside and abs(error) < limit * (1 + 1e-6):
        return  # nearer than any decimal that can be printed
    assert (shown <= limit) == inside


@pytest.mark.parametrize(
    ("value", "bound", "start", "digits"),
    [(94.99, 95, 1, 2), (95.0, 95, 1, 1), (95.04, 95, 1, 2), (None, 95, 1, 1), (math.inf, 1, 0, 0)],
)
def test_decimals_against_a_bound(
    value: float | None, bound: float, start: int, digits: int
) -> None:
    assert places_against(value, bound, start) == digits


def test_a_missing_value_is_a_dash_with_its_reason() -> None:
    notes = Footnotes()
    assert cell(Estimate.missing(Reason.told("needs 3 pairs, got 1")), notes) == (
        '<td class="num">–<sup>a</sup></td>'
    )
    assert "(7.00 to –)" in interval(Estimate(9.0, 7.0, None, reason=Reason.told("needs n ≥ 72")))
    cell(None, notes)
    cell(Estimate.missing(Reason.told("needs 3 pairs, got 1")), notes)
    assert [*notes.items()] == [("a", "needs 3 pairs, got 1"), ("b", "not measured")]


def test_letters_go_on_after_z() -> None:
    notes = Footnotes()
    marks = [notes(f"reason {i}") for i in range(28)]
    assert marks[25:] == ["<sup>z</sup>", "<sup>aa</sup>", "<sup>ab</sup>"]


@pytest.mark.parametrize(
    ("part", "text"),
    [(None, "–"), (0.0, "0.0 %"), (1e-5, "<0.1 %"), (0.99999, ">99.9 %"), (1.0, "100.0 %")],
)
def test_a_small_part_is_never_none_nor_a_large_one_all(part: float | None, text: str) -> None:
    assert share(part).replace("\N{NO-BREAK SPACE}", " ") == text


def test_columns_counts_and_shades() -> None:
    assert aligned([0.1, 11.3, None, math.inf]) == ["0.1", "11.3", "–", "∞"]
    assert aligned([1 / 3, 2.0]) == ["0.33", "2.00"]
    assert whole(12345).replace("\N{NARROW NO-BREAK SPACE}", " ") == "12 345"
    assert [heat(p) for p in (None, 0.0, 0.04, 0.96, 1.0)] == [
        "", "heat-0", "heat-0", "heat-10", "heat-10",
    ]  # fmt: skip


def _judged(criterion: Criterion, *found: Measurement) -> Basis:
    results = Results(found, {})
    return Basis(make_study(2), results, judge([criterion], results))


def test_a_table_cell_is_written_on_its_criterions_side_of_the_bound() -> None:
    wide = Estimate(10.3, 8.1, 25.0, 0.95, n=60)
    covering = Measurement("error", "WBC", "all", "covering_error:0.95", wide, "%", Better.LOWER)
    other = replace(covering, subject="NEUT%")
    basis = _judged(within("WBC"), covering, other)

    assert "10.3" in basis.cell(Footnotes(), *covering.key[:2], covering.statistic)
    assert ">10 <" in basis.cell(Footnotes(), *other.key[:2], other.statistic)


def test_fractions_are_percent_but_scores_are_not() -> None:
    e = Estimate(0.8996, 0.85, 0.93, 0.95, n=600)
    sensitivity = Measurement(
        "classification", "monocyte", "all", "sensitivity", e, "1", Better.HIGHER
    )
    f1 = replace(sensitivity, statistic="f1")
    asked = Criterion("s", "classification", "monocyte", "sensitivity", min=0.9)
    basis = _judged(asked, sensitivity, f1)

    assert "89.96" in basis.cell(Footnotes(), "classification", "monocyte", "sensitivity")
    assert ">0.90 <" in basis.cell(Footnotes(), "classification", "monocyte", "f1")
