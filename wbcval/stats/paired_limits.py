"""What the samples say of a paired difference, and the lower limit where losses lie unseen.

The judgement is in ``_paired_difference``; the reasons are in docs/decisions/0020 and 0032.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from wbcval.stats._tango import tango_interval
from wbcval.stats.bootstrap import MIN_CLUSTERS
from wbcval.stats.clustered import degrees_of_freedom
from wbcval.stats.metric import Floats
from wbcval.values.reasons import NO_REASON, Reason


@dataclass(frozen=True, slots=True)
class Losses:
    """How losses strike that these samples need not show.

    Attributes:
        correlation: ρ₀ of losses within a sample, 0 to 1, where they are spread over the cells.
        whole_samples: whether whole samples may be lost instead; then each counts once.

    Raises:
        ValueError: for a correlation outside 0 to 1.
    """

    correlation: float = 0.10
    whole_samples: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.correlation <= 1:
            raise ValueError(f"a correlation lies between 0 and 1, got {self.correlation}")

    @property
    def assumed(self) -> float:
        """The correlation that decides: 1 where a sample may be lost whole."""
        return 1.0 if self.whole_samples else self.correlation


SPREAD = Losses()  # of §12


@dataclass(frozen=True, slots=True)
class Spread:
    """One paired difference, before any interval.

    Attributes:
        value: Σ net/Σ cells, as a fraction.
        gains, losses: cells, net within each sample.
        cells: n. clusters: that hold a cell. largest: cells of the largest of them.
        size: m̃ = Σn_s²/n, cells of the cluster in which a cell lies, on average.
        deff: at least 1; 1 where nothing is discordant. df: of its t; 0 below 5 clusters.
    """

    value: float
    gains: float
    losses: float
    cells: float
    clusters: int
    largest: float
    size: float
    deff: float
    df: float

    def design_effect(self, correlation: float) -> float:
        """Of cells that depend on each other so much within a cluster."""
        return design_effect(self.size, correlation)

    def trials(self, correlation: float) -> float:
        """Independent trials that the cells then are; with ρ = 1 Kish's number of clusters."""
        return self.cells / self.design_effect(correlation)

    @property
    def correlation(self) -> float:
        """ρ that the design effect seen stands for, from 0 to 1; 0 where a cluster is a cell."""
        return min((self.deff - 1) / (self.size - 1), 1.0) if self.size > 1 else 0.0


def design_effect(size: float, correlation: float) -> float:
    """1 + (m̃ − 1)ρ: of cells with that correlation within clusters of m̃ = Σn_s²/n on average.

    Source: Kish, Survey Sampling 1965, §8.2.
    """
    return 1 + (size - 1) * correlation


def spread(net: Floats, sums: Floats, sizes: Floats) -> Spread | None:
    """What the clusters say; ``None`` where none holds a cell.

    Args:
        net: shape (S,), candidate's hits minus the baseline's, per sample.
        sums: shape (clusters,), the same per cluster.
        sizes: shape (clusters,), cells.

    Source: Bell & McCaffrey, Surv Methodol 2002;28:169 (variance, df); Kish, Survey Sampling
        1965, §11.7 (number of unequal clusters).
    """
    held = sizes > 0
    d, m = sums[held], sizes[held]
    n, clusters = float(m.sum()), int(held.sum())
    if n == 0:
        return None
    gains, losses = float(np.maximum(net, 0).sum()), float(np.maximum(-net, 0).sum())
    value, deff, df = (gains - losses) / n, 1.0, 0.0
    if clusters >= MIN_CLUSTERS:
        df = degrees_of_freedom(m)
        independent = max(gains + losses - (gains - losses) ** 2 / n, 0.0) / n**2
        if independent > 0:
            variance = math.fsum((d - m * value) ** 2 / (n - m)) / n  # exact: blind to order
            deff = max(1.0, variance / independent)
    size = float((m**2).sum()) / n
    return Spread(value, gains, losses, n, clusters, float(m.max()), size, deff, df)


def unseen_low(
    gains: Floats | float,
    losses: Floats | float,
    cells: Floats | float,
    deff: Floats | float,
    trials: Floats | float,
    df: Floats | float,
    level: float,
) -> Floats:
    """Tango's lower limit on fewer trials, of the mean and variance that were seen.

    A trial is a gain, a loss or nothing; b − c and b + c follow from mean and variance. The
    restricted variance at −Δ then is at least that of Δ of the trials lost whole; with nothing
    seen the limit is −t²/(trials + t²). Where n/deff is fewer than the trials, and where each is
    one cell, it is Tango's at n/deff.

    Args:
        gains, losses, cells, deff: of the cells; numbers or arrays of one shape.
        trials: how many the cells stand for at most (``Spread.trials``). df: of Student's t.
        level: two-sided.
    """
    counted = as_trials(gains, losses, cells, deff, trials)
    return np.asarray(tango_interval(*counted, level, df=df)[0])


def as_trials(
    gains: Floats | float,
    losses: Floats | float,
    cells: Floats | float,
    deff: Floats | float,
    trials: Floats | float,
) -> tuple[Floats, Floats, Floats]:
    """Gains, losses and number of the trials of :func:`unseen_low`, whose arguments these are."""
    b, c, n = (np.asarray(each, dtype=np.float64) for each in (gains, losses, cells))
    most = np.minimum(trials, n / deff)
    value = (b - c) / n
    variance = deff * np.maximum(b + c - (b - c) ** 2 / n, 0.0) / n**2
    net = most * value
    # |net| at least, since no trial can be less than a whole one: on the safe side
    discordant = np.clip(most * (most * variance + value**2), np.abs(net), most)
    up, down = np.maximum(discordant + net, 0.0) / 2, np.maximum(discordant - net, 0.0) / 2
    return up, down, most


def share_unseen(clusters: int, level: float) -> float:
    """Largest share of samples of which none need be among so many drawn: 1 − (α/2)^(1/S).

    >>> round(share_unseen(60, 0.95), 4)
    0.0596
    """
    return 1 - float(((1 - level) / 2) ** (1 / clusters))


def samples_needed(margin: float, level: float = 0.95, *, trials: float = 1.0) -> int:
    """Fewest samples that can exclude a drop of Δ where nothing is discordant.

    With fewer only a candidate that gains can.

    Args:
        margin: Δ, 0 < Δ < 1.
        level: two-sided confidence.
        trials: how many one sample stands for: 1 where whole samples may be lost.

    >>> [samples_needed(margin) for margin in (0.01, 0.02, 0.05, 0.1)]
    [383, 191, 76, 38]
    >>> samples_needed(0.02, trials=20 / (1 + 19 * 0.1))
    30
    """

    def enough(samples: int) -> bool:
        square = float(special.stdtrit(samples - 1, (1 + level) / 2)) ** 2
        return square / (samples * trials + square) < margin

    found = fewest(enough)
    assert found is not None  # noqa: S101 (some number always is enough)
    return found


def fewest(enough: Callable[[int], bool], most: int = 1 << 40) -> int | None:
    """Smallest number of samples that is enough, 5 at least; ``None``: not even the most is.

    Args:
        enough: whether so many are; once they are, more are too.
        most: where the search ends.
    """
    few, many = MIN_CLUSTERS - 1, MIN_CLUSTERS
    while not enough(many):
        if many >= most:
            return None
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many


def too_few(of: Spread, losses: Losses, margin: float, level: float, labels: str) -> Reason:
    """Why "not worse" is out of reach of these samples even with nothing lost, else none.

    Args:
        of: of the cells.
        losses: assumed.
        labels: what a cluster is called.
    """
    trials = of.trials(losses.assumed)
    if margin >= 1 or unseen_low(0.0, 0.0, of.cells, 1.0, trials, of.df, level) > -margin:
        return NO_REASON
    kish = of.trials(1.0)
    needed = samples_needed(margin, level, trials=trials / kish)
    asked: dict[str, float | str] = {"units": labels, "margin": margin, "needed": needed}
    if kish < 0.95 * of.clusters:
        return Reason("weigh_too_few", have=of.clusters, weigh=math.floor(kish), **asked)
    return Reason("cannot_exclude", have=of.clusters, **asked)
