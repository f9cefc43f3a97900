"""What an equally good model needs to be shown "not worse": told of the baseline alone (§12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy import special

from wbcval.stats._tango import score
from wbcval.stats.bootstrap import FEW_CLUSTERS, MIN_CLUSTERS, cluster_sums
from wbcval.stats.clustered import MOST, Counts
from wbcval.stats.metric import Ints
from wbcval.stats.paired_limits import SPREAD, Losses, Spread, as_trials, fewest, spread
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason

POWER = 0.8
DISAGREE = (0.01, 0.03, 0.05)  # share of the cells on which two equal models say different things
_CORRELATION = 0.02  # of these differences within a sample: they hardly go one way
_GRID = 401
_MOST = 100_000  # samples


@dataclass(frozen=True, slots=True)
class Needs:
    """What one proportion asks of an equal model.

    Attributes:
        samples: that hold a cell, in the baseline.
        disagree: share of the cells that the two see differently, half of them for the better.
        power: chance that such a model is not worse on so many samples; ``None``: no interval.
        needed: fewest samples like these for the power asked for, 20 at least; ``None``: more
            than 100 000.
    """

    samples: int
    disagree: float
    power: float | None
    needed: int | None


def equal_model_needs(
    cells: Counts,
    cluster: Ints,
    margin: float,
    disagree: float,
    *,
    losses: Losses = SPREAD,
    level: float = 0.95,
    power: float = POWER,
) -> Needs:
    """Chance that a model which lost nothing is not worse, and the samples it takes.

    The estimate is taken as normal about 0 with SE² = deff·d/n, deff = 1 + (m̃ − 1)·0.02; it is
    not worse where the lower limit of that estimate, Tango's, lies above −Δ. More samples are
    taken to be like these: as many cells, as uneven.

    Beside the power simulated (docs/explanation/gate-simulation.md) mostly within 10 points with 5
    to 200 cells in a sample, sooner too low; up to 16 too low where a sample is one cell.

    Args:
        cells: shape (S,), cells per sample: true cells of a class, or 1 where samples are counted.
        cluster: shape (S,), codes of the patient where given, else of the sample.
        margin: Δ.
        disagree: d, a fraction.
        losses: how they strike. level: two-sided. power: a fraction.

    Raises:
        NotEstimable: without a cell.
    """
    sizes = cluster_sums(np.asarray(cells, dtype=np.float64), cluster)
    of = spread(np.zeros(1), np.zeros(len(sizes)), sizes)
    if of is None:
        raise NotEstimable(Reason("no_cell"))
    return _needs(of, margin, disagree, losses, level, power)


@lru_cache(maxsize=256)  # of measurands that were counted in the same cells it is the same
def _needs(
    of: Spread, margin: float, disagree: float, losses: Losses, level: float, power: float
) -> Needs:
    def chance(samples: int) -> float:
        ratio = samples / of.clusters
        like = replace(of, cells=of.cells * ratio, clusters=samples, df=of.df * ratio)
        return _chance(like, margin, disagree, losses, level)

    if of.clusters < MIN_CLUSTERS or of.largest > MOST * of.cells:
        return Needs(of.clusters, disagree, None, None)
    needed = fewest(lambda samples: chance(samples) >= power, _MOST)
    if needed is not None:
        needed = max(needed, FEW_CLUSTERS)  # fewer decide nothing unless the protocol accepts it
    return Needs(of.clusters, disagree, chance(of.clusters), needed)


def _chance(of: Spread, margin: float, disagree: float, losses: Losses, level: float) -> float:
    n, deff = of.cells, of.design_effect(_CORRELATION)
    value = np.linspace(-disagree, disagree, _GRID)
    gains, lost = n * (disagree + value) / 2, n * (disagree - value) / 2
    shrunk = (gains / deff, lost / deff, np.full(_GRID, n / deff))
    quantile = special.stdtrit(max(of.df, 1.0), (1 + level) / 2)
    passes = np.ones(_GRID, dtype=bool)
    for each in (shrunk, as_trials(gains, lost, n, deff, of.trials(losses.assumed))):
        b, c, trials = np.broadcast_arrays(*each)
        passes &= score(b, c, trials, np.asarray(-margin)) > quantile  # its lower limit is above
    if not passes.any():
        return 0.0
    least = value[int(np.argmax(passes))]
    error = float(np.sqrt(deff * disagree / n))
    return 1.0 if passes[0] else float(special.ndtr(-least / error))
