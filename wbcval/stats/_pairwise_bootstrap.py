"""Passing–Bablok's line of resampled points: medians of the slopes by how often a pair was drawn.

The slopes are sorted once. A resample gives each pair a weight, and its median is where half of
the weight lies below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wbcval.stats.metric import Floats, Ints

MOST_POINTS = 1000  # beyond, the slopes would fill the memory
_CHUNK = 2_000_000  # weights of pairs at once


@dataclass(frozen=True)
class WeightedLine:
    """Slope and intercept of weighted points.

    Attributes:
        x, y: shape (n,).
        first, second: shape (N,), the points of each slope, in rising order of the slopes.
        slopes: shape (N,), along the diagonal (see :mod:`wbcval.stats.functions.passing_bablok`).
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
        dx, dy = along[i] - along[j], across[i] - across[j]
        kept = dx != 0
        i, j, slopes = i[kept], j[kept], dy[kept] / dx[kept]
        order = np.argsort(slopes, kind="stable")
        return cls(x, y, i[order], j[order], slopes[order])

    def __call__(self, weights: Floats) -> Floats:
        """(slope, intercept) of each row of weights, whole numbers of shape (B, n): shape (B, 2)."""
        rows = max(1, _CHUNK // max(len(self.slopes), 1))
        parts = [self._lines(weights[at : at + rows]) for at in range(0, len(weights), rows)]
        return np.concatenate(parts)

    def _lines(self, weights: Floats) -> Floats:
        pairs = np.cumsum(weights[:, self.first] * weights[:, self.second], axis=1)
        low, high = (self.slopes[at] for at in _central(pairs))
        slope = _ordinary(low, high)
        left = self.y - slope[:, None] * self.x
        order = np.argsort(left, axis=1)
        points = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
        ends = [
            np.take_along_axis(left, np.take_along_axis(order, at[:, None], 1), 1)[:, 0]
            for at in _central(points)
        ]
        return np.column_stack([slope, (ends[0] + ends[1]) / 2])


def _central(cumulated: Floats) -> tuple[Ints, Ints]:
    """Places of the two central ones of each row, alike for an odd total."""
    total = cumulated[:, -1]
    lower, upper = np.floor((total + 1) / 2), np.floor(total / 2) + 1
    found = [
        np.minimum((cumulated < rank[:, None]).sum(axis=1), cumulated.shape[1] - 1)
        for rank in (lower, upper)
    ]
    return found[0], found[1]


def _ordinary(first: Floats, second: Floats) -> Floats:
    """Slopes in x and y of two central ones along the diagonal; NaN where no line rises."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [(1 + s) / (1 - s) for s in (first, second)]
        between = np.tan((np.arctan(first) + np.arctan(second)) / 2)
        bisector = np.where(between < 1, (1 + between) / (1 - between), np.nan)
        both = (first > -1) & (second < 1)
        found = np.where(both, np.sqrt(np.where(both, ends[0] * ends[1], 1.0)), bisector)
        return np.where(first == second, np.where(first < 1, ends[0], np.nan), found)
