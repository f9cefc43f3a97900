"""What the samples say of a paired difference, and the lower limit that counts each once.

The judgement is in ``_paired_difference``; the reasons are in docs/decisions/0020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from wbcval.stats._bootstrap import MIN_CLUSTERS
from wbcval.stats._clustered import degrees_of_freedom
from wbcval.stats._metric import Floats
from wbcval.stats._tango import tango_interval


@dataclass(frozen=True, slots=True)
class Spread:
    """One paired difference, before any interval.

    Attributes:
        value: Σ net/Σ cells, as a fraction.
        gains, losses: cells, net within each sample.
        cells: n. clusters: that hold a cell. largest: cells of the largest of them.
        units: Kish's effective number of clusters, n²/Σn_s².
        deff: at least 1; 1 where nothing is discordant. df: of its t; 0 below 5 clusters.
    """

    value: float
    gains: float
    losses: float
    cells: float
    clusters: int
    largest: float
    units: float
    deff: float
    df: float


def spread(net: Floats, sums: Floats, sizes: Floats) -> Spread | None:
    """What the clusters say; ``None`` where none holds a cell.

    Args:
        net: shape (S,), candidate's hits minus the baseline's, per sample.
        sums: shape (clusters,), the same per cluster.
        sizes: shape (clusters,), cells.

    Source: Bell & McCaffrey, Surv Methodol 2002;28:169 (variance, df); Kish, Survey Sampling
        1965, §11.7 (units).
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
    units = n**2 / float((m**2).sum())
    return Spread(value, gains, losses, n, clusters, float(m.max()), units, deff, df)


def by_sample_low(
    gains: Floats | float,
    losses: Floats | float,
    cells: Floats | float,
    deff: Floats | float,
    units: Floats | float,
    df: Floats | float,
    level: float,
) -> Floats:
    """Tango's lower limit with the samples as trials, of the mean and variance that were seen.

    A trial is a gain, a loss or nothing; b − c and b + c follow from mean and variance. The
    restricted variance at −Δ then is that of Δ of the samples lost whole, the worst there is;
    with nothing seen the limit is −t²/(units + t²). Where n/deff is fewer than the units, and
    where each sample is one cell, it is Tango's at n/deff.

    Args:
        gains, losses, cells, deff: of the cells; numbers or arrays of one shape.
        units: how many trials the samples stand for. df: of Student's t. level: two-sided.
    """
    b, c, n = (np.asarray(each, dtype=np.float64) for each in (gains, losses, cells))
    trials = np.minimum(units, n / deff)
    value = (b - c) / n
    variance = deff * np.maximum(b + c - (b - c) ** 2 / n, 0.0) / n**2
    net = trials * value
    # |net| at least, since no trial can be less than a whole one: on the safe side
    discordant = np.clip(trials * (trials * variance + value**2), np.abs(net), trials)
    up, down = np.maximum(discordant + net, 0.0) / 2, np.maximum(discordant - net, 0.0) / 2
    return np.asarray(tango_interval(up, down, trials, level, df=df)[0])


def samples_needed(margin: float, level: float = 0.95) -> int:
    """Fewest samples, of equal size, that can exclude a drop of Δ where nothing is discordant.

    With fewer only a candidate that gains can.

    Args:
        margin: Δ, 0 < Δ < 1.
        level: two-sided confidence.

    >>> [samples_needed(margin) for margin in (0.01, 0.02, 0.05, 0.1)]
    [383, 191, 76, 38]
    """
    few, enough = 1, 2
    while not _can_exclude(enough, margin, level):
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if _can_exclude(middle, margin, level) else (middle, enough)
    return max(enough, MIN_CLUSTERS)


def too_few(of: Spread, margin: float, level: float, labels: str) -> str:
    """Why "not worse" is out of reach of these samples even with nothing lost; else "".

    Args:
        labels: what a cluster is called.
    """
    if margin >= 1 or by_sample_low(0.0, 0.0, of.cells, 1.0, of.units, of.df, level) > -margin:
        return ""
    have = f"{of.clusters} {labels}"
    if of.units < 0.95 * of.clusters:
        have += f" that weigh like {math.floor(of.units)} of equal size"
    return f"{have} cannot exclude a drop of {margin:g}: needs {samples_needed(margin, level)}"


def _can_exclude(samples: int, margin: float, level: float) -> bool:
    square = float(special.stdtrit(samples - 1, (1 + level) / 2)) ** 2
    return square / (samples + square) < margin
