"""Holm's adjustment of several p-values."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float], alpha: float = 0.025) -> list[bool]:
    """Which hypotheses are rejected with a chance of at most α of any wrong one, in their order.

    Args:
        p_values: one of each hypothesis tested, those that will not be rejected included.
        alpha: of all of them together.

    Source: Holm, Scand J Stat 1979;6:65.
    """
    rejected = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > alpha / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected
