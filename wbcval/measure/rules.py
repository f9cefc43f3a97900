"""The rules of decision: whether one number holds its bounds. STATISTICS.md §3.

What a number is worth, and what follows from it, is the judge's business
(:mod:`wbcval.judge.criteria`).
"""

from __future__ import annotations

from dataclasses import replace

from wbcval.measure.results import Measurement, Results
from wbcval.protocol.types import Criterion
from wbcval.stats.acceptance import exact
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.values.estimate import Estimate

_EDGE = 1e-9  # the criterion's edge, as for the errors themselves (§2)


def bounded(criterion: Criterion, results: Results) -> Criterion:
    """The criterion with the bound that its statistic brings, where it brings one (§3)."""
    allowed = allowance(criterion, results)
    if allowed is None or allowed.value is None:
        return criterion  # where it brings one, the statistic is not estimable either
    return replace(criterion, min=-allowed.value, max=allowed.value)


def allowance(criterion: Criterion, results: Results) -> Estimate | None:
    """How large its statistic may be, where that says so itself; else ``None``."""
    if not criterion.allowance:
        return None
    at = criterion.measure, criterion.subject, criterion.allowance, criterion.stratum
    found = results.get(*at)
    return found.estimate if found else None


def is_share(criterion: Criterion) -> bool:
    """Whether k of n samples are asked for."""
    return criterion.measure == "error" and criterion.statistic.base == SHARE_WITHIN


def hits(criterion: Criterion, found: Measurement) -> tuple[int, int] | None:
    """K and n of a share of samples, else ``None``."""
    if not is_share(criterion) or found.estimate.value is None:
        return None
    return round(found.estimate.value * found.n), found.n


def observed(criterion: Criterion, found: Measurement) -> bool | None:
    """Whether the value holds the bounds; ``None``: too few for a decision."""
    value = found.estimate.value
    if found.n < replace(criterion, rule="observed").needed or value is None:
        return None
    counted = hits(criterion, found)
    if counted is not None:  # k/n against a decimal: exactly
        share = exact(counted[0]) / counted[1]
        return (criterion.min is None or share >= exact(criterion.min)) and (
            criterion.max is None or share <= exact(criterion.max)
        )
    return _at_least(value, criterion.min) and _at_most(value, criterion.max)


def demonstrated(criterion: Criterion, found: Measurement, bounds: Estimate) -> bool | None:
    """Whether both one-sided bounds lie on the good side; ``None``: on both, or too few."""
    low, high = bounds.low, bounds.high
    if found.n < replace(criterion, rule="demonstrated").needed:
        return None
    if bounds.no_width:
        return None  # an interval of no width shows nothing
    if beyond(criterion, low, high):
        return False
    lower_ok = criterion.min is None or (low is not None and _at_least(low, criterion.min))
    upper_ok = criterion.max is None or (high is not None and _at_most(high, criterion.max))
    return True if lower_ok and upper_ok else None


def beyond(criterion: Criterion, low: float | None, high: float | None) -> bool:
    """Whether all that lies from one number to the other is outside the bounds.

    Args:
        criterion: with its bounds.
        low, high: ``None``: that end is not known.
    """
    above = low is not None and not _at_most(low, criterion.max)
    return above or (high is not None and not _at_least(high, criterion.min))


def held(criterion: Criterion, results: Results) -> bool | None:
    """Whether these numbers would pass, their flags aside; ``None`` where there is no number.

    Without an interval, or with one of no width, the value decides under either rule.
    """
    criterion = bounded(criterion, results)
    at = criterion.measure, criterion.subject, criterion.measured_as, criterion.stratum
    found = results.get(*at)
    if found is None or found.estimate.value is None:
        return None
    e = found.estimate
    if criterion.rule == "demonstrated" and e.has_interval and not e.no_width:
        return demonstrated(criterion, found, e) is True
    return observed(criterion, found) is True


def _at_least(value: float, bound: float | None) -> bool:
    return bound is None or value >= bound - _EDGE * abs(bound)


def _at_most(value: float, bound: float | None) -> bool:
    return bound is None or value <= bound + _EDGE * abs(bound)
