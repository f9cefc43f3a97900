"""Holm's adjustment of several p-values."""

from __future__ import annotations

from numpy.typing import ArrayLike

from wbcval.stats.arrays import numbers


def holm(p_values: ArrayLike, alpha: float = 0.025) -> list[bool]:
    """Which hypotheses are rejected with a chance of at most α of any wrong one, in their order.

    Args:
        p_values: shape (k,), of each hypothesis tested, those that will not be rejected included.
        alpha: of all of them together.

    Raises:
        ValueError: for what is no p, 0 to 1.

    Source: Holm, Scand J Stat 1979;6:65.
    """
    p = numbers(p_values, "p_values").tolist()
    if any(not 0 <= each <= 1 for each in p):
        raise ValueError(f"p_values must lie between 0 and 1, got {p}")
    rejected = [False] * len(p)
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[place] > alpha / (len(p) - rank):
            break
        rejected[place] = True
    return rejected
