"""Do the failures of a study fall on one part of it by lot? STATISTICS.md §18.

The lot is drawn of patients: samples of one patient fail together for reasons of that patient.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.arrays import counts
from wbcval.stats.metric import Floats, Ints


def fall_together(inside: ArrayLike, outside: ArrayLike) -> float:
    """Chance that so many failures of a study, or more, fall into one part of it by lot.

    So many units as the part has are drawn from all, each with its failures. How many of them have
    any is hypergeometric; what these have together is counted exactly over all ways to draw them.

    Args:
        inside: shape (n,), failures of each unit (a patient, or a sample) of the part.
        outside: shape (m,), of each of the others.

    Raises:
        ValueError: for what is no count.

    >>> round(1 / fall_together(np.ones(3, int), np.zeros(57, int)))
    34220
    """
    mine, others = (
        counts(each, name, dimensions=1)
        for each, name in ((inside, "inside"), (outside, "outside"))
    )
    everyone = np.concatenate([mine, others])
    failing = everyone[everyone > 0]
    drawn = np.arange(min(len(failing), len(mine)) + 1)
    logs = (
        _log_ways(len(failing), drawn)
        + _log_ways(len(everyone) - len(failing), len(mine) - drawn)
        - _log_ways(len(everyone), np.array([len(mine)]))
    )
    return float((np.exp(logs) * _at_least(failing, int(mine.sum()), len(drawn))).sum())


def _at_least(failing: Floats, least: int, sizes: int) -> Floats:
    """Chance that j of these have so many failures together, for each j below ``sizes``."""
    chance = np.zeros((sizes, least + 1))  # by j, and by failures so far; the last: that, or more
    chance[0, 0] = 1.0
    j = np.arange(sizes)[:, None]
    for i, own in enumerate(failing, 1):
        part = np.minimum(j / i, 1.0)
        more = np.zeros_like(chance)
        shift = min(int(own), least)
        more[1:, shift:] = chance[:-1, : least + 1 - shift]
        more[1:, least] += chance[:-1, least + 1 - shift :].sum(axis=1)
        chance = (1 - part) * chance + part * more
    return np.asarray(chance[:, least])


def _log_ways(n: int, k: Ints) -> Floats:
    """Of the ways to take k of n; -inf where there is none."""
    possible = (k >= 0) & (k <= n)
    kept = np.where(possible, k, 0)
    found = special.gammaln(n + 1) - special.gammaln(kept + 1) - special.gammaln(n - kept + 1)
    return np.where(possible, found, -np.inf)
