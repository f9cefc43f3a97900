"""Holm's adjustment of several p-values (§12: of "worse" findings only)."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float], alpha: float = 0.025) -> list[bool]:
    """Which hypotheses are rejected with a chance of at most α of any wrong one, in their order.

    Args:
        p_values: one of each hypothesis tested, those that will not be rejected included.
        alpha: one-sided.

    Source: Holm, Scand J Stat 1979;6:65, by ``statsmodels``.
    """
    if not len(p_values):
        return []
    from statsmodels.stats.multitest import multipletests  # slow to import, seldom needed

    return [bool(each) for each in multipletests(p_values, alpha, method="holm")[0]]
