"""Did the samples' errors change? Wilcoxon's signed-rank test (§12)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats.arrays import numbers, same_rows
from wbcval.stats.metric import Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason

_EXACT = 50  # changed samples


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Wilcoxon's signed-rank test of paired errors.

    Attributes:
        p: two-sided.
        better, worse, unchanged: samples whose error fell, rose, stayed; they add up to n.
        infinite: samples whose error is infinite on one side only, ranked above all others.
        method: exact or normal, and what became of zeros and ties.
    """

    p: float
    better: int
    worse: int
    unchanged: int
    infinite: int
    method: str


def signed_rank(candidate_errors: ArrayLike, baseline_errors: ArrayLike) -> SignedRank:
    """Test whether the candidate's effective errors ẽ differ from the baseline's, sample by sample.

    Unchanged samples are dropped (Wilcoxon's own convention), ties share the mean rank. Exact up
    to 50 changed samples without ties, else normal with tie correction and no continuity
    correction. Infinite on both sides is unchanged; on one side only, the largest change there is,
    tied among each other. Nothing changed: p = 1. Samples count as independent, patients'
    repeats too.

    Args:
        candidate_errors, baseline_errors: shape (n,), ≥ 0, percent; ∞ for a technical failure.

    Raises:
        NotEstimable: without a sample.
        ValueError: for arrays of different shapes, or NaN.

    Source: Wilcoxon, Biometrics Bull 1945;1:80; tie correction of the variance after Lehmann,
        Nonparametrics 1975, §3.2.
    """
    same_rows(candidate_errors=candidate_errors, baseline_errors=baseline_errors)
    new = numbers(candidate_errors, "candidate_errors", finite=False)
    old = numbers(baseline_errors, "baseline_errors", finite=False)
    if new.shape != old.shape:
        raise ValueError(f"both sides must be of one length, got {new.shape} and {old.shape}")
    if len(new) == 0:
        raise NotEstimable(Reason("no_samples"))
    change = np.zeros(len(new))
    moved = new != old  # so that ∞ on both sides is no change
    change[moved] = new[moved] - old[moved]
    endless = np.isinf(change)
    largest = float(np.abs(change[~endless]).max(initial=0.0))
    change[endless] = np.sign(change[endless]) * (2 * largest + 1)
    changed = change[moved]
    if changed.size == 0:
        p, how = 1.0, "no sample changed"
    else:
        _, rank, times = np.unique(np.abs(changed), return_inverse=True, return_counts=True)
        mean_ranks = np.cumsum(times) - (times - 1) / 2
        rises = float(mean_ranks[rank][changed > 0].sum())
        if changed.size <= _EXACT and times.max() == 1:
            p, how = _exact(int(rises), changed.size), "exact"
        else:
            p, how = _normal(rises, times), "normal, ties corrected"
    return SignedRank(
        p,
        better=int((change < 0).sum()),
        worse=int((change > 0).sum()),
        unchanged=int((change == 0).sum()),
        infinite=int(endless.sum()),
        method=f"Wilcoxon signed-rank, unchanged samples dropped, {how}",
    )


def _exact(rises: int, n: int) -> float:
    """Two-sided p of a sum of ranks without ties: every set of ranks is as likely."""
    ways = np.ones(1)  # of each sum; 2⁵⁰ is exact in float64
    for rank in range(1, n + 1):
        ways = np.append(ways, np.zeros(rank)) + np.append(np.zeros(rank), ways)
    tail = min(ways[: rises + 1].sum(), ways[rises:].sum()) / 2.0**n
    return min(2 * float(tail), 1.0)


def _normal(rises: float, times: Ints) -> float:
    n = float(times.sum())
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((times**3 - times).sum()) / 48
    z = (rises - n * (n + 1) / 4) / math.sqrt(variance)
    return 2 * float(special.ndtr(-abs(z)))
