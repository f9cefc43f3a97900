"""Two statistics by their own intervals: Newcombe's hybrid, the unpaired fallback (§12)."""

from __future__ import annotations

import math

from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

UNPAIRED = "unpaired"  # flag: other cells or samples on the two sides; weaker than paired


def newcombe_difference(candidate: Estimate, baseline: Estimate) -> Estimate:
    """Candidate − baseline from the two sides' own limits, as if they were independent.

    Weaker than the paired difference: what both sides share (samples, slides, hard cells) does not
    cancel, and what is hidden in few samples is hidden from it too. Flagged ``unpaired``.

    Args:
        candidate, baseline: at one level: clustered proportions (§8), or any statistic with an
            interval of its own.

    Returns:
        The difference; without limits where either side has none, with its reason.

    Raises:
        NotEstimable: where either side has no value.
        ValueError: for intervals of different levels.

    Source: Newcombe, Stat Med 1998;17:873, method 10 (square and add), with clustered limits; of
    any two statistics: Zou & Donner, Stat Med 2008;27:1693 (MOVER).
    """
    new, old = candidate.value, baseline.value
    if new is None or old is None:
        side, why = ("candidate", candidate) if new is None else ("baseline", baseline)
        raise NotEstimable(Reason("side_missing", side=side, why=why.reason))
    value = new - old
    n = min((each.n for each in (candidate, baseline) if each.n is not None), default=None)
    flags = tuple(dict.fromkeys((UNPAIRED, *candidate.flags, *baseline.flags)))
    method = "Newcombe's hybrid of both sides' own intervals, unpaired (weaker)"
    own, other = (candidate.low, candidate.high), (baseline.low, baseline.high)
    if own[0] is None or own[1] is None or other[0] is None or other[1] is None:
        why_not = baseline.reason if candidate.has_interval else candidate.reason
        return Estimate(value, method=method, n=n, reason=why_not, flags=flags)
    if candidate.level != baseline.level:
        raise ValueError(f"levels differ: {candidate.level} and {baseline.level}")
    low = value - math.hypot(new - own[0], other[1] - old)
    high = value + math.hypot(own[1] - new, old - other[0])
    return Estimate(value, low, high, candidate.level, method, n, flags=flags)
