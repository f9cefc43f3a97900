"""A proportion of cells that come in samples: Wilson at n/deff with Student's t.

STATISTICS.md §8: cells of one sample are not independent, so that the interval rests on how much
the samples differ, not on how many cells were counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats as sps

from wbcval.errors import NotEstimable
from wbcval.estimate import Estimate
from wbcval.stats._binomial import wilson
from wbcval.stats._bootstrap import MIN_CLUSTERS, cluster_sums, guarded
from wbcval.stats._metric import Ints

Counts = NDArray[np.generic]
ASSUMED = "assumed_deff"  # flag: deff could not be seen, it was borrowed or set to 1


def design_effect(hits: Counts, sizes: Counts) -> float:
    """How much the variance of a proportion exceeds that of independent cells; at least 1.

    deff = max(1, V/(p(1 − p)/n)) with V = S/(S − 1)·Σ(k_s − n_s p)²/n² over the S clusters that
    hold a cell (the linearised ratio estimator's variance; Rao & Scott, Biometrics 1992;48:577).

    Args:
        hits: shape (S,), k_s.
        sizes: shape (S,), n_s ≥ k_s; clusters of size 0 do not count.

    Raises:
        NotEstimable: with fewer than 2 clusters, or where all cells are hits or none is.
    """
    k, m = np.asarray(hits, np.float64), np.asarray(sizes, np.float64)
    clusters, n = int((m > 0).sum()), float(m.sum())
    if clusters < 2:
        raise NotEstimable(f"design effect needs 2 samples, got {clusters}")
    p = float(k.sum()) / n
    if p in (0.0, 1.0):
        raise NotEstimable("design effect: every cell agrees, nothing varies")
    variance = clusters / (clusters - 1) * float(((k - m * p) ** 2).sum()) / n**2
    return max(1.0, variance / (p * (1 - p) / n))


def clustered_proportion(
    hits: Counts,
    sizes: Counts,
    cluster: Ints | None = None,
    *,
    level: float = 0.95,
    assumed_deff: float = 1.0,
) -> Estimate:
    """Share of hits with the Wilson interval at n/deff and z → t(S − 1), S clusters holding any.

    Args:
        hits: shape (S,), hits per sample.
        sizes: shape (S,), cells per sample that the proportion rests on.
        cluster: shape (S,), codes of the patient where given; ``None``: each row by itself.
        level: two-sided confidence.
        assumed_deff: design effect at a share of 0 or 1, where none can be seen (§8: the largest
            of the other classes', or 1); the estimate is then flagged ``assumed_deff``.

    Returns:
        The estimate, with deff and n = cells. Fewer than 5 clusters: no interval, the value
        stands; fewer than 20: flag ``few_samples``.

    Raises:
        NotEstimable: where no sample holds a cell.

    Known limits: 95 % intervals, measured on beta-binomial samples of 50 cells (10 000 runs),
    cover 92–98 % for shares of 0.5–0.95 at an intraclass correlation up to 0.1. They cover less
    where a few bad samples make all the errors: at a share of 0.99 and 20 samples 84 % (0.1) and
    64 % (0.3). Where the cells per sample vary by a CV of 0.7, 1–3 points less; of 1.2, 3–8.

    Source: effective size after Korn & Graubard, Surv Methodol 1998;24:193 (there with exact
        limits); Wilson, JASA 1927;22:209.
    """
    k, m = np.asarray(hits, np.float64), np.asarray(sizes, np.float64)
    if cluster is not None:
        k, m = cluster_sums(k, cluster), cluster_sums(m, cluster)
    n, clusters = float(m.sum()), int((m > 0).sum())
    if n == 0:
        raise NotEstimable("no cell to count: the denominator is 0")
    p = float(k.sum()) / n
    if clusters < MIN_CLUSTERS:
        return guarded(Estimate(p, n=int(n), method="clustered proportion"), clusters)
    assumed = p in (0.0, 1.0)
    deff = assumed_deff if assumed else design_effect(k, m)
    low, high = wilson(p, n / deff, float(sps.t.ppf((1 + level) / 2, clusters - 1)))
    said = f"deff {deff:.3g} assumed" if assumed else f"deff {deff:.3g}"
    method = f"Wilson at n/deff, {said}, t({clusters - 1})"
    flags = (ASSUMED,) if assumed else ()
    found = Estimate(p, low, high, level, method, int(n), flags=flags, deff=deff)
    return guarded(found, clusters)
