"""Axes: pixels, ticks, and the choice of a logarithmic axis."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.plots.scale import LINEAR, LOG, SYMLOG, Axis, spanning


@pytest.mark.parametrize(
    ("scale", "value", "pixel"),
    [
        (Axis(0, 10, 100, 200), 5, 150),
        (Axis(0, 10, 200, 100), 10, 100),  # a y axis: pixels fall as values rise
        (Axis(1, 100, 0, 200, LOG), 10, 100),
        (Axis(-100, 100, 0, 400, SYMLOG, 10), 10, 300),  # one unit linear, one decade beyond
        (Axis(-100, 100, 0, 400, SYMLOG, 10), -100, 0),
        (Axis(-100, 100, 0, 400, SYMLOG, 10), 5, 250),
    ],
)
def test_pixel_of_a_value(scale: Axis, value: float, pixel: float) -> None:
    assert scale.at(value) == pytest.approx(pixel)


def test_values_beyond_the_axis_are_drawn_at_its_end() -> None:
    scale = Axis(0, 10, 0, 100)
    assert scale(np.array([-5.0, 50.0, math.inf])).tolist() == [0, 100, 100]


@pytest.mark.parametrize(
    ("scale", "labels"),
    [
        (Axis(-12, 12, 0, 1), ["−10", "−5", "0", "5", "10"]),
        (Axis(0.1, 0.35, 0, 1), ["0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]),
        (Axis(0.8, 30, 0, 1, LOG), ["1", "2", "5", "10", "20"]),
        (Axis(-300, 300, 0, 1, SYMLOG, 10), ["−100", "−10", "0", "10", "100"]),
    ],
)
def test_ticks_are_round_numbers(scale: Axis, labels: list[str]) -> None:
    assert [label for _, label in scale.ticks(6)] == labels


def test_ticks_of_fractions_as_percent() -> None:
    assert [t for _, t in Axis(0.9, 1.0, 0, 1).ticks(5, percent=True)] == [
        "90", "92", "94", "96", "98", "100",
    ]  # fmt: skip


@given(
    st.lists(st.floats(0, 1e6, allow_nan=False), max_size=20),
    st.sampled_from([0.0, 20.0]),
)
@settings(max_examples=60)
def test_any_data_give_an_axis_that_holds_them(values: list[float], log_from: float) -> None:
    scale = spanning(values, 0, 100, log_from=log_from)
    assert scale.low < scale.high
    assert np.isfinite(scale(np.array(values))).all()
    ticks = scale.ticks()
    assert all(scale.low - 1e-9 <= v <= scale.high + 1e-9 * abs(scale.high) for v, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks), "two ticks of one name"


def test_a_wide_range_of_positive_values_is_logarithmic_and_a_narrow_one_is_not() -> None:
    assert spanning([1, 21], 0, 1, log_from=20).kind == LOG
    assert spanning([1, 19], 0, 1, log_from=20).kind == LINEAR
    assert spanning([-1, 100], 0, 1, log_from=20).kind == LINEAR


def test_a_zero_stands_at_the_left_end_of_a_logarithmic_axis() -> None:
    scale = spanning([0, 1, 100], 0, 1, log_from=20)
    assert scale.kind == LOG
    assert scale.at(0) == 0


def test_values_that_differ_by_rounding_alone_are_one_value() -> None:
    # the same share from different counts: 100 · 3.06 / 5.1 and 100 · 3.12 / 5.2
    values = [100 * (3 + 0.06 * i) / (5 + 0.1 * i) for i in range(1, 26)]
    assert len(set(values)) > 1
    assert spanning(values, 0, 100).ticks()[0][1] == "30"
