"""Westgard's total error and sigma, of a bias and a CV at one level (STATISTICS.md §11)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import NO_REASON, Reason

FACTOR = 1.65  # Westgard's, of the normal distribution's outer twentieth


@dataclass(frozen=True, slots=True)
class Westgard(Shown):
    """Bias and imprecision as one number.

    Attributes:
        total_error: |bias| + 1.65·CV, percent.
        sigma: (allowable − |bias|)/CV; how many CVs lie between the bias and what is allowed.
    """

    total_error: Estimate
    sigma: Estimate


def westgard(bias: Estimate, cv: Estimate, *, allowable: float) -> Westgard:
    """Total error and sigma at one level, with intervals from those of bias and CV.

    Args:
        bias: percent of the level, two-sided interval.
        cv: within-laboratory, percent, **from replicates**; interval of the same confidence. The SD
            of the differences between two methods is no such thing.
        allowable: total error, percent, above 0.

    Returns:
        Marks of both; without an interval where either has none.

    Raises:
        NotEstimable: where bias or CV is not; the CV is 0.
        ValueError: for an allowable error that is not above 0, or intervals of two confidences.

    In 10 000 simulated studies each (bias 0 to 12 %, its SE 0.25 to 1, CV 2 % on 4 to 60 degrees
    of freedom) both intervals cover 94–96 %.

    Source: Westgard, Carey & Wold, Clin Chem 1974;20:825; Westgard, J Clin Lab Manag 2006;
        intervals: MOVER, Zou & Donner, Stat Med 2008;27:1693; Donner & Zou, Stat Methods Med Res
        2012;21:347 (ratios).

    >>> bias, cv = Estimate(1.0, 0.4, 1.6, 0.95, n=60), Estimate(2.0, 1.6, 2.8, 0.95, n=80)
    >>> both = westgard(bias, cv, allowable=10)
    >>> round(both.total_error.value, 6), round(both.sigma.value, 6)
    (4.3, 4.5)
    """
    if not (allowable > 0 and math.isfinite(allowable)):
        raise ValueError(f"allowable must be above 0, got {allowable}")
    if bias.value is None or cv.value is None:
        raise NotEstimable(bias.reason if bias.value is None else cv.reason)
    if cv.value == 0:
        raise NotEstimable(Reason("cv_zero"))
    if bias.has_interval and cv.has_interval and bias.level != cv.level:
        raise ValueError(f"intervals of one confidence, got {bias.level} and {cv.level}")
    flags = tuple(dict.fromkeys((*bias.flags, *cv.flags)))
    b, n = abs(bias.value), min((e.n for e in (bias, cv) if e.n is not None), default=None)
    total, sigma = b + FACTOR * cv.value, (allowable - b) / cv.value
    ends: tuple[float, float] | None = None
    sigmas: tuple[float, float] | None = None
    ends_of = (bias.low, bias.high, cv.low, cv.high)
    if None not in ends_of:
        lowest, highest, cv_low, cv_high = (float(end or 0.0) for end in ends_of)
        most = max(abs(lowest), abs(highest))
        least = 0.0 if lowest <= 0 <= highest else min(abs(lowest), abs(highest))
        less, more = b - least, most - b
        below, above = cv.value - cv_low, cv_high - cv.value
        room = allowable - b
        low, high = total - math.hypot(less, FACTOR * below), _end(room, less, cv, 1)
        if least == 0:  # |bias| errs upwards alone there, so that its part and that of CV add up
            low, high = FACTOR * cv_low, allowable / cv_low
        ends = low, total + math.hypot(more, FACTOR * above)
        sigmas = _end(room, more, cv, -1), high

    def estimate(value: float, found: tuple[float, float] | None, method: str) -> Estimate:
        low, high = found or (None, None)
        level = None if found is None else bias.level
        why = Reason("parts_without_interval") if found is None else NO_REASON
        return Estimate(value, low, high, level, method, n, reason=why, flags=flags)

    return Westgard(
        estimate(total, ends, "|bias| + 1.65 CV; MOVER"),
        estimate(sigma, sigmas, "(allowable − |bias|)/CV; MOVER"),
    )


def _end(room: float, off: float, of: Estimate, way: int) -> float:
    """The sigma s at which room − s·CV, and how far both may be off, come to 0.

    Args:
        room: allowable − |bias|. off: how far it may be below (``way`` −1) or above it (1).
        of: the CV, with an interval.
    """
    cv, low, high = (float(x or 0.0) for x in (of.value, of.low, of.high))
    far = room + way * off
    # a CV that is higher makes a good sigma less, and one below 0 more
    c = high - cv if (way < 0) == (far > 0) else cv - low
    rest = room**2 - off**2
    root = math.sqrt(max((cv * off) ** 2 + c**2 * rest, 0.0))
    # of the two forms of one solution, that which loses no digits and divides by no 0
    if (way < 0) == (far > 0):
        below = room * cv - way * root
        return rest / below if below else 0.0  # the bias is what is allowed, for certain
    return (room * cv + way * root) / (cv**2 - c**2)
