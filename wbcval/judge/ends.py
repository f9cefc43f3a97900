"""Failures that lie together at the ends of the measuring range. STATISTICS.md §18."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.judge.pooled import Pooled, pooled
from wbcval.measure.hits import Hits, hits
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.functions.error import LIMIT, WITHIN
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.stats.or_noise import as_shares, inside_noise
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import WBC
from wbcval.values.wording import all_of

_FALSE = 0.01  # of the studies in which failures fall on the samples by lot
_STRAY = 5  # failures of which one may lie elsewhere
_POINTS = 5.0  # of all cells; less is confusion, which grows towards the ends of any class
_ENDS = 3  # the one, the other, both


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Measurands whose samples outside are the highest or the lowest ones, or both, without an end.

    Of k failures k − s or more lie among the m furthest of n references as often as the
    hypergeometric tail has it by lot; s is 0, or a fifth of k. Told below 1 % over both ends, the
    two together, both s and all measurands (Bonferroni). Where the share required does not hold,
    that is told. A measurand that is judged by its samples in another way (a bias, limits, a
    line, the total error) fails where it is off by more than the limit of the default criteria
    and, what is counted, by more than counting explains and by 5 points of the cells.

    Args:
        study: what is compared.
        required: criteria; those on measurands are looked at.
    """
    asked: dict[str, Pooled] = {}
    for p in sorted(pooled(study, required), key=lambda p: not _of_shares(p.criterion)):
        if p.criterion.measure not in CLASS_MEASURES:
            asked.setdefault(p.criterion.subject, p)
    return tuple(filter(None, (_of(study, p, _ENDS * len(asked)) for p in asked.values())))


def _of_shares(c: Criterion) -> bool:
    return c.measure == "error" and c.statistic.base == SHARE_WITHIN and c.min is not None


def _hits(study: Study, c: Criterion) -> Hits:
    """Samples within the limit; of what is counted, and judged by no share, inside noise too.

    Raises:
        NotEstimable: where the study does not tell it.
    """
    if _of_shares(c):
        return hits(study, c.subject, c.measured_as)
    near = hits(study, c.subject, WITHIN)
    if c.subject == WBC:
        return near
    shares = as_shares(study.pairs(c.subject))
    small = abs(shares.model - shares.reference) <= _POINTS
    inside = np.zeros(len(near.hits), dtype=bool)
    inside[study.values[c.subject].paired] = small | inside_noise(shares)
    return Hits(near.hits | inside, near.trials)


def _of(study: Study, p: Pooled, looks: int) -> str:
    c = p.criterion
    try:
        found = _hits(study, c)
    except NotEstimable:
        return ""
    judged = found.at(p.where)
    if _of_shares(c) and judged.hits.sum() < (c.min or 0.0) * judged.trials.sum():
        return ""
    counted = found.trials > 0
    failed = (found.hits == 0)[counted]
    k, n = int(failed.sum()), len(failed)
    reference = study.values[c.subject].reference[counted]
    high, low = _rank(reference), _rank(-reference)
    strays = dict.fromkeys((0, k // _STRAY)) if k else {}
    for stray in strays:
        for rank in (high, low, np.minimum(high, low)):
            furthest = rank <= np.sort(rank[failed])[k - stray - 1]
            there = int((failed & furthest).sum())
            by_lot = _at_least(there, int(furthest.sum()), k, n)
            if by_lot * looks * len(strays) < _FALSE:
                which = _which(furthest & (high < low), furthest & (high >= low), there)
                few = f"the {k}" if there == k else f"{there} of the {k}"
                return f"{few} of {n} samples of {c.subject} {_that_fail(c)} are {which}"
    return ""


def _that_fail(c: Criterion) -> str:
    if _of_shares(c):
        return "that fail"
    and_points = "" if c.subject == WBC else f" and {_POINTS:g} points"
    return f"that are off by more than {LIMIT:g} %{and_points}"


def _which(high: Mask, low: Mask, failed: int) -> str:
    """``the 3 highest``, ``among the 2 lowest and the 3 highest``."""
    sides = [(int(low.sum()), "lowest"), (int(high.sum()), "highest")]
    among = "among " if sum(m for m, _ in sides) > failed else ""
    return among + all_of([f"the {m} {end}".replace(" 1 ", " ") for m, end in sides if m])


def _rank(values: Floats) -> Ints:
    """How many samples are as high as each, or higher."""
    return np.asarray(len(values) - np.searchsorted(np.sort(values), values))


def _at_least(there: int, furthest: int, failed: int, samples: int) -> float:
    """Chance by lot that so many of the failed or more are among the furthest."""
    some = np.arange(there, min(furthest, failed) + 1)
    ways = _ways(furthest, some) + _ways(samples - furthest, failed - some)
    return float(np.exp(ways - _ways(samples, failed)).sum())


def _ways(n: int, k: Ints | int) -> Floats:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))
