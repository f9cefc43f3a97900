"""Failures that lie together at one end of the measuring range. STATISTICS.md §18."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.measure.hits import as_share, hits
from wbcval.protocol.types import Criterion
from wbcval.stats.metric import Floats, Mask
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable

_FALSE = 0.01  # of the studies in which failures fall on the samples by lot


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Measurands whose samples outside are the highest or the lowest ones, without an end.

    k failures among the m highest of n references are as likely as C(m, k)/C(n, k) by lot; told
    below 1 % over both ends and all measurands (Bonferroni). Where the share required does not
    hold, that is told.

    Args:
        study: what is compared.
        required: criteria; shares of all samples are looked at.
    """
    asked: dict[str, Criterion] = {}
    for c in (as_share(study, c) for c in required if c.stratum == "all"):
        if c.measure == "error" and c.statistic.base == SHARE_WITHIN and c.min is not None:
            asked.setdefault(c.subject, c)
    return tuple(said for c in asked.values() for said in _of(study, c, 2 * len(asked)))


def _of(study: Study, c: Criterion, looks: int) -> Iterator[str]:
    try:
        found = hits(study, c.subject, c.measured_as)
    except NotEstimable:
        return
    counted = found.trials > 0
    failed = (found.hits == 0)[counted]
    k, n = int(failed.sum()), len(failed)
    if not k or n - k < (c.min or 0.0) * n:
        return
    reference = study.values[c.subject].reference[counted]
    for values, end in ((reference, "highest"), (-reference, "lowest")):
        m = _furthest(values, failed)
        if np.exp(_ways(m, k) - _ways(n, k)) * looks < _FALSE:
            which = f"the {m}" if m == k else f"among the {m}"
            yield f"the {k} of {n} samples of {c.subject} that fail are {which} {end}"


def _furthest(values: Floats, failed: Mask) -> int:
    """How many samples are as high as the lowest that failed, or higher."""
    return int((values >= values[failed].min()).sum())


def _ways(n: int, k: int) -> float:
    return float(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))
