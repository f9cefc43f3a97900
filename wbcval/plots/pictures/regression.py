"""The regression plot: the model against the reference, the lines fitted, and identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval.plots.pictures.cloud import cloud
from wbcval.plots.scale import Floats, spanning
from wbcval.plots.scene import BLUE, FAINT, PURPLE, VERMILLION, Area, Curve, Drawing, Frame, Scene
from wbcval.stats import Deming, PassingBablok

SIZE = 400.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 386.0, 34.0, 340.0
_STEPS = 60  # of a band that bends
_PENS = ((BLUE, None), (VERMILLION, "8 4"), (PURPLE, "3 3"))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A line, and what it is called; ``band``: (x, low, high) of its interval, shape (k,) each."""

    slope: float
    intercept: float
    label: str
    band: tuple[Floats, Floats, Floats] | None = None

    def at(self, x: Floats) -> Floats:
        """Its height, shape as given."""
        return self.intercept + self.slope * x


def fitted(deming: Deming | None, ranks: PassingBablok | None) -> dict[str, Fitted]:
    """The lines that there are, by the name of their measure."""
    lines = {}
    if deming is not None:
        x = np.linspace(deming.reference.min(), deming.reference.max(), _STEPS)
        line = deming.line_at(x)
        band = None if line is None else (x, *line[1:])
        lines["deming"] = Fitted(*_ends(deming), "Deming", band)
    if ranks is not None:
        lines["passing_bablok"] = Fitted(*_ends(ranks), "Passing–Bablok")
    return lines


def _ends(found: Deming | PassingBablok) -> tuple[float, float]:
    slope, intercept = found.slope.value, found.intercept.value
    assert slope is not None and intercept is not None  # noqa: S101, PT018 (a fitted line)
    return slope, intercept


def regression(
    reference: Floats,
    model: Floats,
    lines: Sequence[Fitted],
    *,
    title: str,
    x_title: str,
    y_title: str,
) -> Drawing:
    """Draw the pairs on axes of one scale, identity, and at most three fitted lines (§6).

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite.
        lines: each over the reference's range alone, which is what it was fitted to.
        title: for the screen reader.
        x_title: of the reference, with its unit.
        y_title: of the model, with its unit.
    """
    both = [*reference.tolist(), *model.tolist()]
    x, y = spanning(both, LEFT, RIGHT), spanning(both, BOTTOM, TOP)
    scene = Scene(title, x, y, SIZE, SIZE)
    ends = np.array([x.low, x.high])
    scene.add(Frame(x_title, y_title), Curve(ends, ends, FAINT, "2 3"))
    measured = np.array([reference.min(), reference.max()])
    for line, (colour, _) in zip(lines, _PENS, strict=False):
        if line.band is not None:
            scene.add(Area(*line.band, colour))
    cloud(scene, reference, model)
    for line, (colour, dash) in zip(lines, _PENS, strict=False):
        scene.add(Curve(measured, line.at(measured), colour, dash, 1.8))
    names = [(colour, f.label) for f, (colour, _) in zip(lines, _PENS, strict=False)]
    scene.legend(RIGHT, 16, names)
    return Drawing(scene, x(reference), y(model))
