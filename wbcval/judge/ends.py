"""Failures that lie together at the ends of the measuring range. STATISTICS.md §18."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.judge.pooled import Pooled, pooled
from wbcval.measure.hits import hits
from wbcval.protocol.types import Criterion
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.wording import all_of

_FALSE = 0.01  # of the studies in which failures fall on the samples by lot
_STRAY = 5  # failures of which one may lie elsewhere
_ENDS = 3  # the one, the other, both


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Measurands whose samples outside are the highest or the lowest ones, or both, without an end.

    Of k failures k − s or more lie among the m furthest of n references as often as the
    hypergeometric tail has it by lot; s is 0, or a fifth of k. Told below 1 % over both ends, the
    two together, both s and all measurands (Bonferroni). Where the share required does not hold,
    that is told.

    Args:
        study: what is compared.
        required: criteria; shares of samples are looked at.
    """
    asked: dict[str, Pooled] = {}
    for p in pooled(study, required):
        c = p.criterion
        if c.measure == "error" and c.statistic.base == SHARE_WITHIN and c.min is not None:
            asked.setdefault(c.subject, p)
    return tuple(filter(None, (_of(study, p, _ENDS * len(asked)) for p in asked.values())))


def _of(study: Study, p: Pooled, looks: int) -> str:
    c = p.criterion
    try:
        found = hits(study, c.subject, c.measured_as)
    except NotEstimable:
        return ""
    judged = found.at(p.where)
    if judged.hits.sum() < (c.min or 0.0) * judged.trials.sum():
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
                return f"{few} of {n} samples of {c.subject} that fail are {which}"
    return ""


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
