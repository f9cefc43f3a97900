"""What is left of the model's values beside a fitted line."""

from __future__ import annotations

from wbcval.plots.pictures.cloud import cloud
from wbcval.plots.pictures.regression import BOTTOM, LEFT, RIGHT, SIZE, TOP, Fitted
from wbcval.plots.scale import Floats, spanning
from wbcval.plots.scene import BLUE, Frame, Level, Scene


def residuals(
    reference: Floats,
    model: Floats,
    line: Fitted,
    *,
    title: str,
    x_title: str,
    y_title: str,
) -> Scene:
    """Draw model − line against the reference: a bend or a funnel shows that no line holds (§6).

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite.
        line: fitted to them.
        title: for the screen reader.
        x_title: of the reference, with its unit.
        y_title: of the residuals, with its unit.
    """
    left = model - line.at(reference)
    x = spanning(reference.tolist(), LEFT, RIGHT)
    y = spanning([0.0, *left.tolist()], BOTTOM, TOP)
    scene = Scene(title, x, y, SIZE, SIZE)
    scene.add(Frame(x_title, y_title), Level(0, BLUE, width=1.8))
    cloud(scene, reference, left)
    return scene
