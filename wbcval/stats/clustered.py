"""A proportion of cells that come in samples: Wilson at n/deff with Student's t.

STATISTICS.md §8: cells of one sample are not independent, so that the interval rests on how much
the samples differ, not on how many cells were counted. Variance and degrees of freedom are Bell
and McCaffrey's (docs/decisions/0005), with one more sample that is wrong throughout
(docs/decisions/0027).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wbcval.stats.binomial import wilson
from wbcval.stats.bootstrap import MIN_CLUSTERS, cluster_sums, guarded
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

Counts = NDArray[np.generic]
ASSUMED = "assumed_deff"  # flag: deff could not be seen
HIGH = "high_correlation"  # flag: beyond what the coverage of the interval was shown for
LEAST_ICC, ASSUMED_ICC, MOST_ICC = 0.01, 0.10, 0.30
# that independent cells fail in so many pairs; by a share of pairs, which is less sure
_CHANCE, _CHANCE_BY_PAIRS = 1e-4, 1e-8
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
        raise NotEstimable(Reason("deff_too_few", got=clusters))
    p = float(k.sum()) / n
    if p in (0.0, 1.0):
        raise NotEstimable(Reason("deff_unseen"))
    return max(1.0, _variance(k, m, p) / (p * (1 - p) / n))


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


def correlation(hits: Counts, sizes: Counts) -> float:
    """Intra-sample correlation ρ̂ of cells being hits, cut to 0 … 1.

    (MSB − MSW)/(MSB + (n₀ − 1)·MSW) of the analysis of variance, n₀ = (n − Σn_s²/n)/(S − 1).

    Args:
        hits: shape (S,), k_s.
        sizes: shape (S,), n_s ≥ k_s; clusters of size 0 do not count.

    Returns:
        0 where every cluster holds one cell, or nothing varies.

    Raises:
        NotEstimable: with fewer than 2 clusters.

    Source: Ridout, Demétrio & Firth, Biometrics 1999;55:137, eq. 5.
    """
    k, m = np.asarray(hits, np.float64), np.asarray(sizes, np.float64)
    k, m = k[m > 0], m[m > 0]
    clusters, n = len(m), float(m.sum())
    if clusters < 2:
        raise NotEstimable(Reason("icc_too_few", got=clusters))
    p = float(k.sum()) / n
    within = float((k * (m - k) / m).sum())
    between = float(((k - m * p) ** 2 / m).sum()) / (clusters - 1)
    if n == clusters or between == within == 0:
        return 0.0
    within /= n - clusters
    size = (n - float((m**2).sum()) / n) / (clusters - 1)
    found = (between - within) / (between + (size - 1) * within)
    return min(max(found, 0.0), 1.0)


def alike(hits: Counts, sizes: Counts) -> bool:
    """Whether cells of one sample are alike beyond ρ = 0.30, and not by chance.

    Of few cells in each sample ρ̂ is above 0.30 soon, even where no two misses share a sample. The
    pairs of misses in one sample (or of hits, if they are fewer) are counted, and so many must have
    a chance below 1e-4 (Poisson) where cells are independent. Expected are q²·Σ C(n_s, 2), q the
    share of misses. Where small samples fail more, this hides it: with q weighted by n_s − 1, below
    1e-8 tells it, too (docs/decisions/0042).

    Args:
        hits: shape (S,), k_s.
        sizes: shape (S,), n_s ≥ k_s.
    """
    k, m = np.asarray(hits, np.float64), np.asarray(sizes, np.float64)
    if (m > 0).sum() < 2 or correlation(k, m) <= MOST_ICC:
        return False
    x = k if 2 * k.sum() <= m.sum() else m - k
    together, pairs = float((x * (x - 1)).sum()) / 2, float((m * (m - 1)).sum()) / 2
    if not together:
        return False
    by_cells, by_pairs = x.sum() / m.sum(), (x * (m - 1)).sum() / (2 * pairs)
    chance, chance_by_pairs = (
        special.pdtrc(together - 1, share**2 * pairs) for share in (by_cells, by_pairs)
    )
    return bool(chance < _CHANCE or chance_by_pairs < _CHANCE_BY_PAIRS)


def clustered_proportion(
    hits: Counts,
    sizes: Counts,
    cluster: Ints | None = None,
    *,
    level: float = 0.95,
    assumed_icc: float = ASSUMED_ICC,
    unanswered: NDArray[np.bool_] | None = None,
) -> Estimate:
    """Share of hits with the Wilson interval at n/deff and z → t(df), df by the clusters' sizes.

    deff = max(1, V⁺/(p(1 − p)/n)), V⁺ = V + ρ⁺·(m̃·max(p, 1 − p))²/n²: to Bell and McCaffrey's V of
    :func:`design_effect` comes one more sample of m̃ = Σn_s²/n cells, wrong (or right) throughout,
    at weight ρ⁺ = max(ρ̂, 0.01), ρ̂ of :func:`correlation`. At a share of 0 or 1, where nothing can
    be seen, deff = 1 + (m̃ − 1)·ρ with ρ assumed.

    Args:
        hits: shape (S,), hits per sample.
        sizes: shape (S,), cells per sample that the proportion rests on.
        cluster: shape (S,), codes of the patient where given; ``None``: each row by itself.
        level: two-sided confidence.
        assumed_icc: ρ at a share of 0 or 1: 0.10, or the largest of the other classes' if that is
            larger. The estimate is then flagged ``assumed_deff``.
        unanswered: shape (S,), samples without any answer, where ``cluster`` is not given. They are
            misses; that all their cells are says nothing of how alike the others are.

    Returns:
        The estimate, with deff, ρ̂ (``icc``; the assumed one at 0 or 1) and n = cells. Fewer than 5
        clusters: no interval, the value stands; fewer than 20: flag ``few_samples``. One sample
        with more than 95 % of the cells: no interval, for hardly anything is known between
        samples. ρ̂ above 0.30, and not by chance (:func:`alike`): flag
        ``high_correlation``.

    Raises:
        NotEstimable: where no sample holds a cell.

    Known limits (docs/explanation/coverage.md): 95 % intervals cover 97 % on average, and little
    less than 94 % from 20 samples on, up to a correlation of 0.30. A failure of whole samples is
    beyond them: of 2 % of the samples, 71 % with 60.

    Source: effective size after Korn & Graubard, Surv Methodol 1998;24:193 (there with exact
        limits); Wilson, JASA 1927;22:209; V⁺: STATISTICS.md §8.
    """
    k, m = np.asarray(hits, np.float64), np.asarray(sizes, np.float64)
    if cluster is not None:
        k, m = cluster_sums(k, cluster), cluster_sums(m, cluster)
    n, clusters = float(m.sum()), int((m > 0).sum())
    if n == 0:
        raise NotEstimable(Reason("no_denominator"))
    p = float(k.sum()) / n
    if clusters < MIN_CLUSTERS:
        return guarded(Estimate(p, n=int(n), method="clustered proportion"), clusters)
    if m.max() > MOST * n:
        why = Reason("one_holds_most", most=MOST)
        return Estimate(p, method="clustered proportion", n=int(n), reason=why)
    typical = float((m**2).sum()) / n
    assumed = p in (0.0, 1.0)
    if assumed:
        icc, deff = assumed_icc, 1 + (typical - 1) * assumed_icc
    else:
        icc, independent = correlation(k, m), p * (1 - p) / n
        more = max(icc, LEAST_ICC) * (typical * max(p, 1 - p) / n) ** 2
        deff = max(1.0, _variance(k, m, p) / independent + more / independent)
    df = degrees_of_freedom(m)
    low, high = wilson(p, n / deff, float(special.stdtrit(df, (1 + level) / 2)))
    said = f"deff {deff:.3g}, ρ {icc:.2g}{' assumed' if assumed else ''}"
    method = f"Wilson at n/deff, {said}, t({round(df, 1):g})"
    answered = slice(None) if unanswered is None else ~unanswered
    flags: tuple[str, ...] = (ASSUMED,) if assumed else ()
    flags += (HIGH,) if alike(k[answered], m[answered]) else ()
    found = Estimate(p, low, high, level, method, int(n), flags=flags, deff=deff, icc=icc)
    return guarded(found, clusters)


def _variance(hits: Floats, sizes: Floats, p: float) -> float:
    """Bell and McCaffrey's variance of the proportion; see :func:`design_effect`."""
    n = float(sizes.sum())
    return float(((hits - sizes * p) ** 2 / (n - sizes)).sum()) / n
