"""Lines by median slopes of resampled points: medians by how often a pair was drawn.

The slopes are sorted once. A resample gives each pair a weight, and its median is where half of
the weight lies below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wbcval.stats._pairwise_middle import middles
from wbcval.stats.bootstrap import bca_limits, draws, guarded
from wbcval.stats.metric import Floats, Ints
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

MOST_POINTS = 1000  # beyond, the slopes would fill the memory
_CHUNK = 1_000_000  # weights of pairs at once
_WINDOW = 4.5  # standard errors of the rank of the median, to both sides of the middle


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines of resampled patients, of which any combination has its BCa interval.

    Attributes:
        lines: shape (B, 2), slope and intercept of each resample; NaN where no line rises.
        jackknife: shape (clusters, 2), each patient left out once.
        level: two-sided confidence.
        method: of the line itself.
    """

    lines: Floats
    jackknife: Floats
    level: float
    method: str

    def estimate(self, value: float, n: int, along: Floats, *, less: float = 0.0) -> Estimate:
        """A number that is ``along`` · (slope, intercept) − ``less`` on each line.

        Args:
            value: on the data.
            n: pairs.
            along: shape (2,).
            less: a constant.
        """
        size = len(self.lines)
        method = f"{self.method}; patients resampled, BCa, {size} resamples"
        if not size:
            return Estimate(value, method=self.method, n=n, reason=Reason("not_asked"))
        drawn = self.lines @ along - less
        known = np.isfinite(drawn)
        if 2 * known.sum() < size:
            undefined = int(size - known.sum())
            why = Reason("resamples_undefined", undefined=undefined, resamples=size)
            return Estimate(value, method=method, n=n, reason=why)
        left_out = self.jackknife @ along - less
        low, high, flags = bca_limits(value, drawn[known], left_out, self.level)
        found = Estimate(value, low, high, self.level, method, n, flags=flags)
        return guarded(found, len(self.jackknife))


def lines_drawn(
    line: WeightedLine, cluster: Ints | None, rng: np.random.Generator, replicates: int
) -> tuple[Floats, Floats]:
    """Lines of resampled patients, and with each left out: shapes (B, 2), (clusters, 2)."""
    n = len(line.x)
    codes = np.arange(n) if cluster is None else cluster
    order = np.lexsort((line.y, line.x))  # the order of the samples decides nothing
    patients, first = np.unique(codes[order], return_index=True)
    place = np.empty(len(patients), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(patients))
    member = (place[codes] == np.arange(len(patients))[:, None]).astype(np.float64)
    parts = [line(times @ member) for times in draws(len(member), rng, replicates)]
    return np.concatenate([np.empty((0, 2)), *parts]), line(1.0 - member)


@dataclass(frozen=True)
class WeightedLine:
    """Slope and intercept of weighted points.

    Attributes:
        x, y: shape (n,).
        first, second: shape (N,), the points of each slope, in rising order of the slopes.
        slopes: shape (N,), along the diagonal (see :mod:`wbcval.stats._pairwise_middle`).
    """

    x: Floats
    y: Floats
    first: Ints
    second: Ints
    slopes: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats, along: Ints, across: Ints) -> WeightedLine:
        """Of points, and the same as integers along the diagonal and across it, shape (n,)."""
        i, j = np.triu_indices(len(x), 1)
        return cls._of(x, y, i, j, along[i] - along[j], across[i] - across[j])

    @classmethod
    def of_steepness(cls, x: Floats, y: Floats, right: Ints, up: Ints) -> WeightedLine:
        """Of points, and the same as integers, shape (n,): what falls counts as it rises."""
        i, j = np.triu_indices(len(x), 1)
        dx, dy = abs(right[i] - right[j]), abs(up[i] - up[j])
        return cls._of(x, y, i, j, dx + dy, dy - dx)

    @classmethod
    def _of(cls, x: Floats, y: Floats, i: Ints, j: Ints, dx: Ints, dy: Ints) -> WeightedLine:
        kept = dx != 0
        i, j, slopes = i[kept], j[kept], dy[kept] / dx[kept]
        order = np.argsort(slopes, kind="stable")
        return cls(x, y, i[order], j[order], slopes[order])

    def __call__(self, weights: Floats) -> Floats:
        """Shape (B, 2): the line of each row of weights, whole numbers of shape (B, n)."""
        low, high = self._medians(weights)
        slope = middles(low, high)
        left = self.y - slope[:, None] * self.x
        order = np.argsort(left, axis=1)
        points = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
        ends = [
            np.take_along_axis(left, np.take_along_axis(order, at[:, None], 1), 1)[:, 0]
            for at in np.minimum(
                _reached(points, points[:, -1]), len(self.x) - 1
            )  # of no points NaN
        ]
        return np.column_stack([slope, (ends[0] + ends[1]) / 2])

    def _medians(self, weights: Floats) -> tuple[Floats, Floats]:
        """The two central slopes of each row, alike for an odd total, shape (B,) each.

        Looked for in a window about the middle, with the weight below it from one product of
        matrices; rows whose middle lies outside, which are few, among all slopes.
        """
        n, size = len(self.x), len(self.slopes)
        half = int(_WINDOW * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)) + 1
        start, stop = max(size // 2 - half, 0), min(size // 2 + half, size)
        total = self._weight(weights, 0, size)
        below = self._weight(weights, 0, start) if start else np.zeros_like(total)
        found = self._searched(weights, below, total, start, stop)
        missed = np.isnan(found).any(axis=0)
        if missed.any():
            rows, none = weights[missed], np.zeros(int(missed.sum()))
            found[:, missed] = self._searched(rows, none, total[missed], 0, size)
        return found[0], found[1]

    def _weight(self, weights: Floats, start: int, stop: int) -> Floats:
        """Of the slopes of these ranks, shape (B,)."""
        pairs = np.zeros((len(self.x), len(self.x)))
        pairs[self.first[start:stop], self.second[start:stop]] = 1.0
        return np.asarray(np.einsum("bj,bj->b", weights @ pairs, weights))

    def _searched(
        self, weights: Floats, below: Floats, total: Floats, start: int, stop: int
    ) -> Floats:
        """Shape (2, B): the central slopes where they have these ranks, else NaN."""
        first, second = self.first[start:stop], self.second[start:stop]
        slopes = np.append(self.slopes[start:stop], np.nan)
        rows = max(1, _CHUNK // max(stop - start, 1))
        parts = []
        for at in range(0, len(weights), rows):
            w, under = weights[at : at + rows], below[at : at + rows]
            pairs = np.cumsum(w[:, first] * w[:, second], axis=1) + under[:, None]
            lower, upper = (slopes[place] for place in _reached(pairs, total[at : at + rows]))
            outside = np.floor((total[at : at + rows] + 1) / 2) <= under
            parts.append(np.where(outside, np.nan, [lower, upper]))
        return np.concatenate(parts, axis=1)


def _reached(cumulated: Floats, total: Floats) -> tuple[Ints, Ints]:
    """Places of each row where half of the total is reached; one past the end: nowhere."""
    lower, upper = np.floor((total + 1) / 2), np.floor(total / 2) + 1
    first, second = ((cumulated < rank[:, None]).sum(axis=1) for rank in (lower, upper))
    return first, second
