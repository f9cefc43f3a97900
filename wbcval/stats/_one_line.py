"""Is one column the other times a factor, or plus a constant? STATISTICS.md §18, "Two sides".

Calibrated methods agree in the mean. No two measurements agree to the last printed digit about
whatever line: each has its own imprecision.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats

CHANCE = 1e-6  # that two measurements come so near, or that rounding makes so many equal
CLOSEST = 0.01  # SD of two measurements' differences, of the value: below 0.7 % CV on each side
_ENDS = 12  # low and high samples, through each two of which a line is drawn
_FEWEST = 10  # values that differ, on either side: of fewer a line is no wonder
_PART = 0.5  # of the samples; fewer on a line are no copy of the whole
_SLOPES = (0.5, 2.0)  # no calibration is beyond
_REFITS = 3  # of a line, by the samples that lie on it
_EDGE = 1e-9


def on_one_line(
    reference: Floats,
    model: Floats,
    step: Floats,
    model_step: float,
    cells: Floats | None = None,
) -> bool:
    """Whether more samples lie on a line, but for rounding, than two measurements ever do.

    The line y = a + b·x is the one with the most samples on it, so that others may lie anywhere. A
    sample is on it by what rounding the model's value leaves, or the rounding of both sides: the
    copy was made of the printed value, or of one before it was printed. By chance it is on it with
    2Φ(room/σ) − 1, σ = 1 % of the value; so many are, with the binomial chance of the mean
    (Hoeffding), times the n² lines that two samples draw.

    Of percentages of the same cells it is another chance: what the line moves, the model called
    otherwise, cell by cell. So many cells of the sample or one number more are the likeliest by
    b(k; n, s), s the share that is moved; a window of w numbers has w times that, at most. Where a
    line moves nothing, as y = x, that is 1, and it tells nothing.

    Args:
        reference, model: shape (n,), above 0, in one unit.
        step: shape (n,), of the printed reference, 0 where exact or unknown.
        model_step: likewise, of the model's values.
        cells: shape (n,), that the model counted, where the reference may be of the same cells and
            both are percentages; ``None``: two measurements.
    """
    if min(len(np.unique(reference)), len(np.unique(model))) < _FEWEST:
        return False
    wide, tight = (model_step + step) / 2, np.full(len(step), model_step / 2)
    # of values that no printing rounded, as shares of cells, nothing says how near chance brings
    rooms = [room for room in (tight, wide) if (room > 0).all()]
    return any(
        _chance(_most(reference, model, room), room, reference, cells) < CHANCE for room in rooms
    )


def _most(x: Floats, y: Floats, room: Floats) -> tuple[int, float, float]:
    """Samples on the line that has most of them, its slope and its intercept."""
    # strictly inside: else a line between two printed values would have both on it
    room = room * (1 - _EDGE) - _EDGE * y
    best = (0, 1.0, 0.0)
    for a, b in _lines(x, y, room):
        on = np.abs(y - a - b * x) < room
        best = max(best, (int(on.sum()), b, a))
    return best


def _lines(x: Floats, y: Floats, room: Floats) -> Iterator[tuple[float, float]]:
    """Intercept and slope of a few lines: the best through two samples, fitted to those on it."""
    order = np.argsort(x, kind="stable")
    ends = min(_ENDS, len(x) // 3)
    third = len(x) // 3
    places = np.linspace(0, third - 1, ends).astype(int)
    low, high = order[places], order[len(x) - 1 - places]
    rise = np.subtract.outer(y[high], y[low])
    run = np.subtract.outer(x[high], x[low])
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = rise / run
    at = np.flatnonzero(((slopes > _SLOPES[0]) & (slopes < _SLOPES[1])).ravel())
    if not len(at):
        return
    b = slopes.ravel()[at]
    a = y[low][at % ends] - b * x[low][at % ends]
    near = np.abs(y - a[:, None] - b[:, None] * x) < 2 * room  # two ends, each rounded
    best = int(near.sum(axis=1).argmax())
    on = near[best]
    yield float(a[best]), float(b[best])
    for _ in range(_REFITS):
        if on.sum() < _FEWEST or np.ptp(x[on]) == 0:
            return
        slope, intercept = np.polyfit(x[on], y[on], 1)
        yield float(intercept), float(slope)
        on = np.abs(y - intercept - slope * x) < room


def _chance(
    found: tuple[int, float, float], room: Floats, x: Floats, cells: Floats | None
) -> float:
    """At most how often so many samples lie so near to some line."""
    on, slope, intercept = found
    if cells is None:
        p = 2 * special.ndtr(room / (CLOSEST * slope * x)) - 1
    else:
        p = _by_mistakes(intercept + (slope - 1) * x, room, cells)
    mean, n = float(p.mean()), len(x) - 2  # two samples are on a line of their own
    if on < _PART * len(x) or on - 2 < n * mean + 1:
        return 1.0
    return float(special.bdtrc(on - 3, n, mean)) * len(x) ** 2


def _by_mistakes(moved: Floats, room: Floats, cells: Floats) -> Floats:
    """At most how often as many cells are miscalled as a line moves, in percent, within room."""
    # the line may lie anywhere within the rounding
    share = np.clip((np.abs(moved) - room) / 100, 0, 0.5)
    k = np.floor((cells + 1) * share)
    ways = special.gammaln(cells + 1) - special.gammaln(k + 1) - special.gammaln(cells - k + 1)
    likeliest = np.exp(ways + special.xlogy(k, share) + special.xlog1py(cells - k, -share))
    return np.asarray(np.minimum(1.0, np.maximum(1.0, 2 * room * cells / 100) * likeliest))
