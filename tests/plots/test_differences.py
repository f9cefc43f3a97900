"""Histogram and mountain: what their marks say of the differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.plots import histogram, mountain
from wbcval.plots.pictures.forest import ForestRow, forest
from wbcval.plots.scene import BLUE, VERMILLION, Area, Curve, Scene, Stroke, Upright
from wbcval.values.estimate import Estimate

VALUES = st.lists(st.integers(-200, 200), min_size=1, max_size=80)


def marks(scene: Scene, kind: type) -> list:
    return [mark for mark in scene.marks if isinstance(mark, kind)]


@given(VALUES, st.sampled_from([0.1, 1.0]))
@settings(max_examples=60)
def test_the_bars_hold_every_sample_and_part_at_zero(values: list[int], unit: float) -> None:
    d = unit * np.array(values, dtype=float)
    (bars,) = marks(histogram(d, float(np.median(d)), [], title="h", x_title="x"), Area)
    edges, heights = bars.x[::2], bars.high[1:-1:2]

    assert heights.sum() == len(d)
    assert edges[0] <= d.min() + 1e-9
    assert d.max() <= edges[-1] + 1e-9
    assert len(heights) <= 80
    if len(set(values)) > 1 and edges[0] < 0 < edges[-1]:
        assert np.abs(edges).min() < 1e-9
    assert np.allclose(np.diff(edges), edges[1] - edges[0])


@given(VALUES)
@settings(max_examples=60)
def test_the_mountain_rises_to_the_median_and_falls(values: list[int]) -> None:
    d = np.array(values, dtype=float)
    scene = mountain(d, float(np.median(d)), [], title="m", x_title="x")
    (line,) = marks(scene, Curve)

    top = int(line.y.argmax())
    assert (np.diff(line.y[: top + 1]) > 0).all()
    assert (np.diff(line.y[top + 1 :]) < 0).all()
    assert line.y.max() <= 50
    assert line.y[0] == pytest.approx(50 / len(d))
    assert line.x[top] <= np.median(d)


@pytest.mark.parametrize("draw", [histogram, mountain])
def test_median_and_limits_stand_where_they_are(draw: object) -> None:
    d = np.linspace(-4, 6, 41)
    scene = draw(d, 1.0, [-3.8, 5.9], title="d", x_title="x")  # type: ignore[operator]

    found = [(mark.value, mark.colour) for mark in marks(scene, Upright)]
    assert found[1:] == [(1.0, BLUE), (-3.8, VERMILLION), (5.9, VERMILLION)]
    assert found[0][0] == 0


def test_a_large_study_is_drawn_in_few_points() -> None:
    d = np.random.default_rng(5).standard_cauchy(20_000)
    for draw in (histogram, mountain):
        scene = draw(d, 0.0, [-25.0, 25.0], title="d", x_title="x")
        assert sum(len(mark.x) for mark in marks(scene, Curve)) <= 160


def test_a_forest_marks_both_ends_of_what_is_allowed_within_its_axis() -> None:
    row = ForestRow("WBC at 4", Estimate(1.0, 0.5, 1.5), "1.0", allowed=(-5.0, 5.0))
    scene = forest([row], title="bias", axis="%", at=0.0)

    bars = [mark for mark in marks(scene, Stroke) if mark.colour == VERMILLION]
    assert [bar.x0 for bar in bars] == [bar.x1 for bar in bars] == [scene.x.at(-5), scene.x.at(5)]
    assert scene.x.low < -5 < 5 < scene.x.high
