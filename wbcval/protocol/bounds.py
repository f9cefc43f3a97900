"""Bounds of a criterion by the direction of its statistic: what no model, or only a bad one, fails.

STATISTICS.md §18, "Bounds". What is better is said once, by :class:`~wbcval.stats.metric.Better`.
"""

from __future__ import annotations

from collections.abc import Iterable

from wbcval.machine.toml_tables import Table
from wbcval.protocol.types import Criterion
from wbcval.stats.metric import Better, Statistic, StatisticUnit
from wbcval.stats.statistic_name import COVERING_ERROR, SHARE_WITHIN

LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.80, 0.999
LEAST_SHARE = 0.5  # of the samples; with fewer, most of them may be as wrong as they like
MOST_PERCENT = 100.0  # off; a model that says 0 is no further off than that
_LIMITS = {"lower": "upper", "upper": "lower"}  # of agreement: the one bounds the other
_SHARES = (SHARE_WITHIN, "share_within_noise")


def check(criterion: Criterion, about: Statistic, table: Table) -> None:
    """Refuse bounds on the wrong side, beyond the range of the statistic, or that hold nothing.

    Args:
        criterion: with at least one bound.
        about: its statistic.
        table: where it stands, for the message.

    Raises:
        InputError: with the line to write instead.
    """
    low, high, title = criterion.min, criterion.max, about.title
    if about.better is Better.HIGHER and low is None:
        _wrong_side(table, "max", "min", high, f"{title} is better when higher")
    if about.better is Better.LOWER and high is None:
        _wrong_side(table, "min", "max", low, f"{title} is better when lower")
    if about.better in (Better.ZERO, Better.ONE):
        _check_signed(criterion, about, table)
    share = about.unit is StatisticUnit.FRACTION and not about.unbounded
    if share and about.better is Better.HIGHER:
        _check_fraction(criterion, about, table)
    if about.unbounded and low is not None and low <= 0:
        table.refuse("min", f"got {low:g}", f"write a {title} above 0, such as 4")
    if about.better is Better.LOWER and high is not None and high < 0:
        table.refuse("max", f"got {high:g}", f"{title} is never below 0: write a number above it")
    if (
        criterion.statistic.base == COVERING_ERROR
        and high is not None
        and not 0 < high <= MOST_PERCENT
    ):
        table.refuse(
            "max", f"got {high:g}", "a model that says 0 is 100 % off: write a limit such as 10"
        )
    if not LEAST_CONFIDENCE <= criterion.confidence <= MOST_CONFIDENCE:
        table.refuse(
            "confidence",
            f"got {criterion.confidence:g}",
            f"write a fraction from {LEAST_CONFIDENCE:g} to {MOST_CONFIDENCE:g}, such as 0.95",
        )


def _wrong_side(table: Table, given: str, right: str, bound: float | None, why: str) -> None:
    table.refuse(
        given,
        f"got {bound:g} and no {right}: {why}, so that a bad model alone keeps to this",
        f"write {right} = {bound:g}",
    )


def _check_signed(criterion: Criterion, about: Statistic, table: Table) -> None:
    """Too low is as wrong as too high: both bounds, and what is right between them."""
    low, high, right = criterion.min, criterion.max, 1.0 if about.better is Better.ONE else 0.0
    bound = low if high is None else high
    if (low is None or high is None) and bound is not None:
        base = criterion.statistic.base
        if base in _LIMITS and (base == "lower") is (high is None):
            return  # the other limit may hold the other side: see check_limits
        other = 2 * right - bound
        ends = sorted((bound, other)) if bound != other else [right - 0.1, right + 0.1]
        table.refuse(
            "max" if low is None else "min",
            f"got {bound:g} alone: {about.title} has a sign, and the other side is open",
            f"write min = {ends[0]:g} and max = {ends[1]:g}",
        )
    if low is not None and high is not None and not low <= right <= high:
        table.refuse(
            "min",
            f"{low:g} to {high:g} leaves out {right:g}, which a model without any error has",
            f"write min = {2 * right - max(low, high):g} and max = {max(low, high):g}"
            if low > right
            else f"write min = {low:g} and max = {2 * right - low:g}",
        )


def _check_fraction(criterion: Criterion, about: Statistic, table: Table) -> None:
    for key, bound in (("min", criterion.min), ("max", criterion.max)):
        if bound is not None and not (0 if key == "min" else -1) < bound <= 1:
            advice = "no model is below it: write what must be reached, such as 0.95"
            if bound > 1:
                as_percent = (
                    f"write {bound / 100:g} for {bound:g} %" if bound <= 100 else "at most 1"
                )
                advice = f"{about.title} is a fraction: {as_percent}"
            table.refuse(key, f"got {bound:g}", advice)
    share = criterion.statistic.base in _SHARES
    if share and criterion.min is not None and criterion.min < LEAST_SHARE:
        table.refuse(
            "min",
            f"got {criterion.min:g}: most samples may be as wrong as they like",
            f"write a share of at least {LEAST_SHARE:g}, such as 0.95",
        )


def check_limits(criteria: Iterable[Criterion], top: Table) -> None:
    """Refuse one limit of agreement that stands without the other.

    ``lower`` with ``min`` alone and ``upper`` with ``max`` alone hold both sides together.

    Raises:
        InputError: naming the criterion.
    """
    criteria = tuple(criteria)
    for c in criteria:
        base = c.statistic.base
        if base not in _LIMITS or (c.min is not None and c.max is not None):
            continue
        key, other = ("max", "min") if c.min is None else ("min", "max")
        partner = any(
            o.statistic.base == _LIMITS[base]
            and (o.measure, o.subject, o.stratum) == (c.measure, c.subject, c.stratum)
            and (c.optional or not o.optional)
            and getattr(o, other) is not None
            for o in criteria
        )
        if not partner:
            bound = c.max if c.min is None else c.min
            assert bound is not None  # noqa: S101 (a criterion has one)
            top.refuse(
                "criterion",
                f"{c.id!r} bounds the {base} limit of agreement by {key} = {bound:g} alone: "
                "the other side is open",
                f"add a criterion on {_LIMITS[base]} with {other} = {-bound:g}",
            )
