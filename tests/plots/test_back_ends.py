"""A scene is drawn once: an SVG element and a matplotlib figure show every mark in one place."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from tests.build.pairs import pairs
from wbcval.plots import (
    agreement,
    changes,
    distribution,
    forest,
    histogram,
    mountain,
    regression,
    residuals,
    verification,
)  # fmt: skip
from wbcval.plots.figure import _HEAD, DPI, paint
from wbcval.plots.pictures.agreement import Line
from wbcval.plots.pictures.changes import ChangeRow
from wbcval.plots.pictures.cloud import MOST_DOTS
from wbcval.plots.pictures.forest import ForestRow
from wbcval.plots.pictures.regression import Fitted, fitted
from wbcval.plots.pictures.verification import Funnel
from wbcval.plots.scale import LINEAR, LOG, SYMLOG, Axis
from wbcval.plots.scene import BLUE, GREEN, Dots, Mark, Scene, Text
from wbcval.plots.svg import svg
from wbcval.stats import deming, passing_bablok
from wbcval.stats.functions.bland_altman import bland_altman
from wbcval.stats.functions.error import Error, error
from wbcval.stats.metric import Context
from wbcval.values.estimate import Estimate


def errors(n: int = 60) -> Error:
    """Some far outside, one infinite."""
    rng = np.random.default_rng(2)
    reference = np.r_[0.0, rng.uniform(1, 60, n - 1)]
    model = np.r_[3.0, reference[1:] * rng.normal(1, 0.3, n - 1)]
    found: Error = error(pairs(reference, model), Context()).detail
    return found


def verified(n: int = 60) -> Scene:
    found = errors(n)
    funnel = Funnel(np.full(n, -4.0), np.full(n, 4.0))
    groups = {"site=A": np.arange(n) % 2 == 0}
    drawn = verification(found, found.acceptances["10"], title="errors", unit="%", covering=20.0,
                         covering_label="covers", limit_label="limit", funnel=funnel,
                         groups=groups)  # fmt: skip
    return drawn.scene


def agreed() -> Scene:
    rng = np.random.default_rng(1)
    r = rng.uniform(2, 90, 150)
    found = bland_altman(r, r * rng.normal(1, 0.2, 150))
    lines = [Line(found.lower, "lower"), Line(found.upper, "upper")]
    return agreement(
        found, Line(found.bias, "bias"), lines, title="d", x_title="x", y_title="y"
    ).scene


def regressed(wide: float = 30) -> tuple[np.ndarray, np.ndarray, list[Fitted]]:
    rng = np.random.default_rng(3)
    x = rng.uniform(wide, 80, 60)
    y = 1.05 * x + rng.normal(0, 2, 60)
    return x, y, [*fitted(deming(x, y), passing_bablok(x, y)).values()]


ROWS = [
    ForestRow("site=A", Estimate(0.9, 0.8, 0.95), "90"),
    ForestRow("B", Estimate(0.5), "50", allowed=(0.4, 0.7)),
]
DIFFERENCES = np.random.default_rng(6).normal(0.1, 1, 90)
SCENES: dict[str, Callable[[], Scene]] = {
    "verification": verified,
    "verification of a crowd": lambda: verified(MOST_DOTS + 2),
    "agreement": agreed,
    "distribution": lambda: distribution(errors(), 10, title="errors").scene,
    "forest": lambda: forest(ROWS, title="shares", axis="%", at=0.8, percent=True),
    "regression": lambda: regression(*regressed(), title="r", x_title="x", y_title="y").scene,
    "residuals": lambda: residuals(
        *regressed()[:2], regressed()[2][0], title="r", x_title="x", y_title="y"
    ),
    "histogram": lambda: histogram(DIFFERENCES, 0.1, [-2.0, 2.1], title="h", x_title="x"),
    "mountain": lambda: mountain(DIFFERENCES, 0.1, [-2.0, 2.1], title="m", x_title="x"),
    "forest of nothing": lambda: forest([], title="nothing", axis="%"),
    "changes": lambda: changes(
        [ChangeRow("a", -1.0, -3.0, 1.0, 2.0, "-1", BLUE)], title="changes", axis="points"
    ),
}


@dataclass
class Drawn:
    """A scene on matplotlib's axes, and where it puts data: pixels of the scene's view box."""

    scene: Scene

    def __post_init__(self) -> None:
        self.figure = Figure(dpi=DPI)
        self.axes = paint(self.scene, self.figure, "title")
        self.figure.draw_without_rendering()

    def pixels(self, x: float, y: float) -> tuple[float, float]:
        right, up = self.axes.transData.transform((x, y))
        return right, self.scene.height + _HEAD - up - _HEAD


def test_every_kind_of_mark_is_tried() -> None:
    marks = {type(mark) for scene in SCENES.values() for mark in scene().marks}
    assert marks == {*get_args(Mark)}


@pytest.mark.parametrize("name", SCENES)
def test_both_back_ends_write_every_picture(name: str) -> None:
    scene = SCENES[name]()
    words = {mark.text for mark in scene.marks if isinstance(mark, Text)}

    painted, element = Drawn(scene).axes.texts, svg(scene)

    assert words <= {text.get_text() for text in painted}
    assert words <= {html.unescape(text) for text in re.findall(r">([^<>]+)</text>", element)}


AXES = {
    LINEAR: lambda start, end: Axis(-3, 40, start, end),
    LOG: lambda start, end: Axis(0.1, 90, start, end, LOG),
    SYMLOG: lambda start, end: Axis(-500, 500, start, end, SYMLOG, 10),
}


@pytest.mark.parametrize("across", AXES)
@pytest.mark.parametrize("up", AXES)
@pytest.mark.parametrize("down", [False, True], ids=["upwards", "downwards"])
def test_a_value_stands_at_one_place_on_any_axes(across: str, up: str, down: bool) -> None:
    ends = (40.0, 340.0) if down else (340.0, 40.0)
    scene = Scene("axes", AXES[across](66.0, 580.0), AXES[up](*ends), 760.0, 390.0)
    xs, ys = (np.linspace(axis.low, axis.high, 23) for axis in (scene.x, scene.y))
    scene.add(Dots(xs, ys, BLUE, 5))

    drawn = Drawn(scene)

    places = np.array([drawn.pixels(x, y) for x, y in zip(xs, ys, strict=True)])
    np.testing.assert_allclose(places[:, 0], scene.x(xs), atol=1e-6)
    np.testing.assert_allclose(places[:, 1], scene.y(ys), atol=1e-6)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_what_lies_beyond_an_axis_stands_at_its_end(values: list[float]) -> None:
    scene = Scene("axes", Axis(0, 10, 66, 580), Axis(-5, 5, 340, 40), 760, 390)
    given_values = np.array(values)
    scene.add(Dots(given_values, given_values, GREEN, 5))

    drawn = Drawn(scene)

    (dots,) = drawn.axes.collections
    places = np.array([drawn.pixels(x, y) for x, y in dots.get_offsets()])
    np.testing.assert_allclose(places[:, 0], scene.x(given_values), atol=1e-6)
    np.testing.assert_allclose(places[:, 1], scene.y(given_values), atol=1e-6)
