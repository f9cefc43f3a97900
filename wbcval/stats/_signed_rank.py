"""Did the samples' errors change? Wilcoxon's signed-rank test (§12)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from wbcval.errors import NotEstimable
from wbcval.stats._metric import Floats


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


def signed_rank(candidate_errors: Floats, baseline_errors: Floats) -> SignedRank:
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

    Source: Wilcoxon, Biometrics Bull 1945;1:80, by ``scipy.stats.wilcoxon``.
    """
    new, old = (np.asarray(each, dtype=np.float64) for each in (candidate_errors, baseline_errors))
    if new.shape != old.shape or new.ndim != 1:
        raise ValueError(f"both sides must be of one length, got {new.shape} and {old.shape}")
    if np.isnan(new).any() or np.isnan(old).any():
        raise ValueError("errors must not be NaN")
    if len(new) == 0:
        raise NotEstimable("needs samples, got none")
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
        tied = len(np.unique(np.abs(changed))) < changed.size
        exact = changed.size <= 50 and not tied
        found = stats.wilcoxon(
            changed, zero_method="wilcox", correction=False, method="exact" if exact else "approx"
        )
        p, how = float(found.pvalue), "exact" if exact else "normal, ties corrected"
    return SignedRank(
        p,
        better=int((change < 0).sum()),
        worse=int((change > 0).sum()),
        unchanged=int((change == 0).sum()),
        infinite=int(endless.sum()),
        method=f"Wilcoxon signed-rank, unchanged samples dropped, {how}",
    )
