"""A proportion of cells that come in samples: Wilson at n/deff with Student's t.

STATISTICS.md §8: cells of one sample are not independent, so that the interval rests on how much
the samples differ, not on how many cells were counted. Where the cells per sample are uneven,
variance and degrees of freedom are Bell and McCaffrey's; with equal ones they are §8's
(docs/decisions/0005).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wbcval.errors import NotEstimable
from wbcval.estimate import Estimate
from wbcval.stats._binomial import wilson
from wbcval.stats._bootstrap import MIN_CLUSTERS, cluster_sums, guarded
from wbcval.stats._metric import Ints

Counts = NDArray[np.generic]
ASSUMED = "assumed_deff"  # flag: deff could not be seen, it was borrowed or set to 1
MOST = 0.95  # of the cells in one sample: beyond it intervals covered as little as 39 %


def design_effect(hits: Counts, sizes: Counts) -> float:
    """How much the variance of a proportion exceeds that of independent cells; at least 1.

    deff = max(1, V/(p(1 − p)/n)) with V = Σ((k_s − n_s p)²/(1 − n_s/n))/n² over the clusters.
    A large cluster pulls p towards itself; 1 − n_s/n undoes that, so that V is unbiased where
    cells are independent. With S equal sizes it is §8's S/(S − 1)·Σ(k_s − n_s p)²/n².

    Args:
        hits: shape (S,), k_s.
        sizes: shape (S,), n_s ≥ k_s; clusters of size 0 do not count.

    Raises:
        NotEstimable: with fewer than 2 clusters, or where all cells are hits or none is.

    Source: variance of a ratio after Rao & Scott, Biometrics 1992;48:577; its correction (CR2)
        Bell & McCaffrey, Surv Methodol 2002;28:169.
    """
    k, m = np.asarray(hits, np.float64), np.asarray(sizes, np.float64)
    clusters, n = int((m > 0).sum()), float(m.sum())
    if clusters < 2:
        raise NotEstimable(f"design effect needs 2 samples, got {clusters}")
    p = float(k.sum()) / n
    if p in (0.0, 1.0):
        raise NotEstimable("design effect: every cell agrees, nothing varies")
    variance = float(((k - m * p) ** 2 / (n - m)).sum()) / n
    return max(1.0, variance / (p * (1 - p) / n))


def degrees_of_freedom(sizes: Counts) -> float:
    """Satterthwaite's degrees of freedom of V in :func:`design_effect`, from 1 to S − 1.

    df = 1/(Σw² + Σ_{s≠t} a_s a_t), w_s = n_s/n, a_s = w_s²/(1 − w_s): the chi-square that matches
    mean and variance of V for independent cells. Equal sizes give S − 1, a dominant one nearly 1.

    Args:
        sizes: shape (S,), n_s; clusters of size 0 do not count. Two at least hold a cell.

    Source: Bell & McCaffrey, Surv Methodol 2002;28:169, for a mean of clusters weighted by size.
    """
    m = np.sort(np.asarray(sizes, np.float64))
    n = float(m.sum())
    w, a = m / n, m**2 / (n * (n - m))
    # each product with the smaller ones: (Σa)² − Σa² would cancel where one cluster dominates
    cross = 2 * float((a[1:] * np.cumsum(a)[:-1]).sum())
    return 1 / (float((w**2).sum()) + cross)


def clustered_proportion(
    hits: Counts,
    sizes: Counts,
    cluster: Ints | None = None,
    *,
    level: float = 0.95,
    assumed_deff: float = 1.0,
) -> Estimate:
    """Share of hits with the Wilson interval at n/deff and z → t(df), df by the clusters' sizes.

    Args:
        hits: shape (S,), hits per sample.
        sizes: shape (S,), cells per sample that the proportion rests on.
        cluster: shape (S,), codes of the patient where given; ``None``: each row by itself.
        level: two-sided confidence.
        assumed_deff: design effect at a share of 0 or 1, where none can be seen (§8: the largest
            of the other classes', or 1); the estimate is then flagged ``assumed_deff``.

    Returns:
        The estimate, with deff and n = cells. Fewer than 5 clusters: no interval, the value
        stands; fewer than 20: flag ``few_samples``. One sample with more than 95 % of the cells:
        no interval, for hardly anything is known between samples.

    Raises:
        NotEstimable: where no sample holds a cell.

    Known limits (docs/decisions/0005): 95 % intervals cover some 93 % or more, shares up to 0.9,
    intraclass correlation up to 0.1; mostly above 95 % and wide where few samples hold most
    cells. They cover less where a few bad samples make all the errors: at a share of
    0.95 as little as 91 % (correlation 0.1) and 75 % (0.3), at 0.99 with 20 samples 81 % and
    58 %. Also where large samples are classified better or worse than small ones: 88–96 % with
    up to 10 samples.

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
    if m.max() > MOST * n:
        why = f"interval: one sample holds more than {MOST:.0%} of the cells"
        return Estimate(p, method="clustered proportion", n=int(n), reason=why)
    assumed = p in (0.0, 1.0)
    deff = assumed_deff if assumed else design_effect(k, m)
    df = degrees_of_freedom(m)
    low, high = wilson(p, n / deff, float(special.stdtrit(df, (1 + level) / 2)))
    said = f"deff {deff:.3g} assumed" if assumed else f"deff {deff:.3g}"
    method = f"Wilson at n/deff, {said}, t({round(df, 1):g})"
    flags = (ASSUMED,) if assumed else ()
    found = Estimate(p, low, high, level, method, int(n), flags=flags, deff=deff)
    return guarded(found, clusters)
