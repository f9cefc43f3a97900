"""The parts of a share's error, and the misclassifications behind them: means over samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.bootstrap import bca
from wbcval.stats.metric import Floats, Ints
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

NO_REFERENCE = Reason("share_untold")


@dataclass(frozen=True, slots=True)
class Pair:
    """Cells of one class called another, and what that adds to the share of one of the two.

    Attributes:
        true, predicted: the two classes.
        points: percentage points, > 0 for the predicted class and < 0 for the true one.
    """

    true: str
    predicted: str
    points: Estimate

    @property
    def called(self) -> str:
        """As in: monocytes called basophil."""
        plural = "other cells" if self.true == "other" else f"{self.true}s"
        return f"{plural} called {self.predicted}"

    @property
    def sentence(self) -> str:
        """As in: monocytes called basophil, +5.1 points."""
        return f"{self.called}, {_points(self.points)}"


class Parts:
    """Means over samples of every part and pair, from one stream of resamples."""

    def __init__(
        self,
        uses: NDArray[np.bool_],
        parts: Floats,
        moved: Floats,
        cluster: Ints,
        rng: np.random.Generator,
        level: float,
        replicates: int,
    ) -> None:
        c = uses.shape[1]
        self._of: dict[tuple[int, int | tuple[int, int]], int] = {}
        self._n = uses.sum(axis=0)
        owner: list[int] = []
        columns: list[Floats] = []

        def add(p: int, name: int | tuple[int, int], values: Floats) -> None:
            used = np.where(uses[:, p], values, 0.0)
            if np.isfinite(used).all():
                self._of[p, name] = len(columns)
                owner.append(p)
                columns.append(used)

        for p in range(c):
            for i in range(parts.shape[2]):
                add(p, i, parts[:, p, i])
            for q in range(c):
                for a, b, sign in ((q, p, 1.0), (p, q, -1.0)):
                    if moved[:, a, b].any():
                        add(p, (a, b), sign * moved[:, a, b])
        features = np.column_stack([uses.astype(np.float64), *columns])
        self._means = bca(
            features, lambda totals: totals[:, c:] / totals[:, owner], cluster, rng, level,
            replicates,
        )  # fmt: skip

    def _mean(self, p: int, name: int | tuple[int, int]) -> Estimate:
        place = self._of.get((p, name))
        if place is None:
            return Estimate.missing(NO_REFERENCE, n=0)
        return replace(self._means[place], n=int(self._n[p]))

    def parts(self, p: int) -> tuple[Estimate, ...]:
        return tuple(self._mean(p, i) for i in range(4))

    def pairs(self, p: int, labels: tuple[str, ...]) -> tuple[Pair, ...]:
        found = [
            Pair(labels[name[0]], labels[name[1]], self._mean(owner, name))
            for owner, name in self._of
            if owner == p and not isinstance(name, int)
        ]
        return tuple(sorted(found, key=lambda pair: -abs(pair.points.value or 0.0)))


def _points(estimate: Estimate) -> str:
    return f"{estimate.value:+.1f} points".replace("-", "\N{MINUS SIGN}")
