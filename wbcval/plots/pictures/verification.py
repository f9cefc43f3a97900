"""The verification plot: error against reference, the limit, and the covering error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbcval.plots.pictures.cloud import GROUP_COLOURS, MOST_DOTS, Groups, cloud, dot_size
from wbcval.plots.scale import SYMLOG, Axis, Floats, spanning
from wbcval.plots.scene import (
    BLUE,
    FAINT,
    PAPER,
    VERMILLION,
    Curve,
    Dashes,
    Dots,
    Drawing,
    Frame,
    Level,
    Scene,
    Triangles,
)
from wbcval.stats.functions.error import Acceptance, Error

NAMED = 10  # worst outside samples with their names on the plot
WORST = 300  # drawn as dots over a raster cloud
_TRIANGLE = 6  # from the tip to the middle of a triangle, in pixels
_WIDTH, _HEIGHT = 760.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 600.0, 40.0, 350.0


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counting noise alone: bounds of the error in percent at each sample, shape (n,)."""

    low: Floats
    high: Floats


def error_scale(signed: Floats, limit: float, start: float, end: float) -> Axis:
    """An axis of signed errors: linear, or compressed beyond the limit when errors are large."""
    finite = np.abs(signed[np.isfinite(signed)])
    reach = max(float(finite.max(initial=0.0)), 1.6 * limit)
    if reach > 6 * limit:
        return Axis(-1.15 * reach, 1.15 * reach, start, end, SYMLOG, limit)
    return Axis(-1.08 * reach, 1.08 * reach, start, end)


def verification(
    error: Error,
    acceptance: Acceptance,
    *,
    title: str,
    unit: str,
    covering: float | None = None,
    covering_label: str = "",
    limit_label: str = "",
    funnel: Funnel | None = None,
    groups: Groups | None = None,
) -> Drawing:
    """Draw the verification plot (STATISTICS.md §3).

    Args:
        error: relative errors of one measurand.
        acceptance: the same against the limit drawn.
        title: what is shown, for the screen reader.
        unit: of the reference, as written.
        covering: covering error in percent; no line where it is ``None`` or infinite.
        covering_label: written at the line of the covering error.
        limit_label: written at the line of the limit.
        funnel: counting noise at each sample.
        groups: strata to colour.

    Returns:
        The drawing; a sample with an infinite error stands at the upper edge.
    """
    pairs, signed = error.pairs, error.signed
    x = spanning(pairs.reference.tolist(), _LEFT, _RIGHT, log_from=20)
    y = error_scale(signed, acceptance.limit, _BOTTOM, _TOP)
    scene = Scene(title, x, y, _WIDTH, _HEIGHT)
    beyond = ", scale compressed beyond the limit" if y.kind == SYMLOG else ""
    of = f"{pairs.subject}, {unit}" if unit else pairs.subject
    scene.add(Frame(f"Reference {of}", f"Error, % of the reference{beyond}"))
    scene.add(Level(0, width=0.8))
    if funnel is not None:
        _funnel(scene, pairs.reference, funnel)
    _points(scene, error, acceptance, groups)
    _limit(scene, acceptance)
    labels = [(float(acceptance.limit_at(np.array([x.high]))[0]), limit_label, VERMILLION)]
    if covering is not None and math.isfinite(covering):
        for sign in (1, -1):
            scene.add(Level(sign * covering, BLUE, "2 4", 1.8))
        labels.append((covering, covering_label, BLUE))
    scene.margin(labels)
    _name_outside(scene, error, acceptance)
    if groups:
        scene.legend(_WIDTH - 10, 14, list(zip(GROUP_COLOURS, groups, strict=False)))
    at = np.where(np.isfinite(signed), y(np.nan_to_num(signed)), _TOP + _TRIANGLE)
    return Drawing(scene, x(pairs.reference), at)


def _limit(scene: Scene, acceptance: Acceptance) -> None:
    xs = np.linspace(_LEFT, _RIGHT, 160)
    references = scene.x.data_at(xs if acceptance.floor else xs[[0, -1]])
    allowed = acceptance.limit_at(np.maximum(references, 0))
    for sign in (1, -1):
        scene.add(Curve(references, sign * allowed, VERMILLION, "8 4", 1.8))


def _funnel(scene: Scene, reference: Floats, funnel: Funnel) -> None:
    for bound in (funnel.low, funnel.high):
        inside = np.isfinite(bound) & (bound >= scene.y.low) & (bound <= scene.y.high)
        scene.add(Dashes(reference[inside], bound[inside], FAINT))


def _points(scene: Scene, error: Error, acceptance: Acceptance, groups: Groups | None) -> None:
    reference, signed = error.pairs.reference, error.signed
    finite = np.isfinite(signed)
    outside = finite & ~acceptance.within
    if len(signed) > MOST_DOTS:
        cloud(scene, reference[finite], signed[finite])
        worst = worst_first(acceptance, outside, WORST)
        scene.add(Dots(reference[worst], signed[worst], VERMILLION, 4))
    else:
        # a ring around each sample outside: wider dots under the dot, the upper one of paper
        for wider, colour in ((5.4, VERMILLION), (2.6, PAPER)):
            size = dot_size(len(signed)) + wider
            scene.add(Dots(reference[outside], signed[outside], colour, size))
        cut = {name: mask[finite] for name, mask in (groups or {}).items()}
        cloud(scene, reference[finite], signed[finite], cut)
    scene.add(Triangles(reference[~finite], VERMILLION))


def worst_first(
    acceptance: Acceptance, among: NDArray[np.bool_], most: int = WORST
) -> NDArray[np.intp]:
    """Places of at most so many samples of those given, the largest effective error first."""
    order = np.argsort(-acceptance.errors, kind="stable")
    worst: NDArray[np.intp] = order[among[order]][:most]
    return worst


def _name_outside(scene: Scene, error: Error, acceptance: Acceptance) -> None:
    worst = worst_first(acceptance, ~acceptance.within, NAMED)
    names = [error.pairs.sample_ids[i] for i in worst]
    signed = error.signed[worst]
    ys = np.where(np.isfinite(signed), scene.y(np.nan_to_num(signed)), _TOP + _TRIANGLE)
    dots = np.isfinite(error.signed)
    scene.names(
        scene.x(error.pairs.reference[worst]), ys, names,
        scene.x(error.pairs.reference[dots]), scene.y(error.signed[dots]),
    )  # fmt: skip
