"""``[[criterion]]`` of a protocol, read strictly: each by itself, then all of them together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from wbcval.machine import plugins
from wbcval.machine.toml_tables import Table, nearest
from wbcval.protocol import allowed, bounds
from wbcval.protocol.types import CLASS_MEASURES, RULES, Criterion
from wbcval.stats.functions.bland_altman import MEASURES as LIMITS_OF_AGREEMENT
from wbcval.stats.functions.classification import CLINICAL
from wbcval.stats.metric import Statistic
from wbcval.stats.statistic_name import (
    COVERING_ERROR,
    N_OUTSIDE,
    OR_NOISE,
    SHARE_WITHIN,
    StatisticName,
)
from wbcval.values.classes import COUNTABLE, OTHER
from wbcval.values.measurands import MEASURANDS, Measurand, Quantity


def criteria(top: Table, mode: str, *, mix: bool) -> tuple[Criterion, ...]:
    """The criteria of a protocol.

    Args:
        top: the protocol.
        mode: its comparison mode.
        mix: whether it states a clinical mix, at which predictive values are then judged.

    Raises:
        InputError: where a key, value or bound is not right.
    """
    found = tuple(_criterion(row) for row in top.tables("criterion"))
    if mix:  # a predictive value means nothing at another prevalence (STATISTICS.md §18)
        found = tuple(
            replace(c, statistic=StatisticName(CLINICAL)) if c.statistic == "ppv" else c
            for c in found
        )
    _check_together(found, mode, top)
    return found


def measures() -> dict[str, Mapping[str, Statistic]]:
    """Measure → statistic's base name → what is known of it."""
    return {
        name: statistics
        for metric in plugins.load("wbcval.stats.functions", "METRIC")
        for name, statistics in metric.measures.items()  # type: ignore[attr-defined]
    }


def _criterion(table: Table) -> Criterion:
    measure, subject = table.need("measure", str), table.need("subject", str)
    scheme, statistic, low, high = allowed.filled(table, measure, subject)
    criterion = Criterion(
        id=table.need("id", str),
        measure=measure,
        subject=subject,
        statistic=StatisticName(statistic),
        stratum=table.take("stratum", str, "all"),
        min=low,
        max=high,
        rule=str(table.choice("rule", RULES, "observed")),
        min_n=table.take("min_n", int),
        confidence=float(table.number("confidence", 0.95) or 0.0),
        or_within=table.number("or_within"),
        optional=table.take("optional", bool, False),
        limits=table.choice("limits", ("normal",)),
        allowable=scheme,
    )
    table.done()
    _check_criterion(criterion, table)
    return criterion


def _check_criterion(criterion: Criterion, table: Table) -> None:
    known_measures = measures()
    if criterion.measure not in known_measures:
        table.refuse(
            "measure", f"got {criterion.measure!r}", nearest(criterion.measure, (*known_measures,))
        )
    known = tuple(name for name, about in known_measures[criterion.measure].items() if about.judged)
    base = criterion.statistic.base
    if base not in known:
        table.refuse("statistic", f"got {criterion.statistic!r}", nearest(base, known))
    about = known_measures[criterion.measure][base]
    if criterion.measure == "cascade" and about.parameter == "" and not criterion.statistic.rest:
        table.refuse("statistic", f"got {base!r}", f"name the stage: '{base}:identification'")
    subjects = ("all", *COUNTABLE, OTHER) if criterion.measure in CLASS_MEASURES else MEASURANDS
    if criterion.subject not in subjects:
        table.refuse("subject", f"got {criterion.subject!r}", nearest(criterion.subject, subjects))
    if criterion.statistic.or_noise or criterion.allowance:
        _check_noise(criterion, table)
    elif criterion.min is None and criterion.max is None:
        table.refuse("min", "is missing, and so is max", "give the bound that must hold")
    if criterion.min is not None and criterion.max is not None and criterion.min > criterion.max:
        table.refuse("min", f"{criterion.min:g} is above max {criterion.max:g}", "swap them")
    if base in (SHARE_WITHIN, N_OUTSIDE, COVERING_ERROR):
        _check_parameter(criterion, table)
    if criterion.or_within is not None and (base != SHARE_WITHIN or criterion.or_within <= 0):
        table.refuse(
            "or_within",
            f"got {criterion.or_within:g} with {base}",
            "a floor above 0 goes with share_within",
        )
    _check_limits(criterion, table)
    bounds.check(criterion, known_measures[criterion.measure][base], table)
    if criterion.min_n is not None and criterion.min_n < 1:
        table.refuse("min_n", f"got {criterion.min_n}", "write a whole number of at least 1")


def _check_noise(criterion: Criterion, table: Table) -> None:
    """What goes with the option ``or_noise``."""
    example = "bias:10:or_noise" if criterion.allowance else "share_within:10:or_noise"
    if criterion.statistic.base not in ("bias", SHARE_WITHIN):
        table.refuse("statistic", f"got {criterion.statistic!r}",
                     f"{OR_NOISE} goes with share_within and with bias")  # fmt: skip
    if criterion.allowance:
        if not _is_limit(criterion.statistic, 100.0, OR_NOISE):
            table.refuse("statistic", f"got {criterion.statistic!r}", f"write it as {example!r}")
        for key, bound in (("min", criterion.min), ("max", criterion.max)):
            if bound is not None:
                table.refuse(key, f"got {bound:g} with {criterion.statistic}",
                             "it brings its own bound: delete this line")  # fmt: skip
    elif criterion.min is None or criterion.max is not None:
        table.refuse("min", "is missing, or max is given", "ask for at least a share: min = 0.95")
    if Measurand(criterion.subject).quantity is not Quantity.SHARE:
        table.refuse("subject", f"got {criterion.subject!r} with {OR_NOISE}",
                     "counting noise is known of percentages: NEUT%")  # fmt: skip
    if criterion.or_within is not None:
        table.refuse("or_within", f"stands beside {OR_NOISE}", "choose one of the two")


def _is_limit(name: StatisticName, top: float, *options: str) -> bool:
    """Whether a name is asked with a number below ``top``, with these options, and no more."""
    try:
        number = float(name.parameter)
    except ValueError:
        return False
    return 0 < number < top and name.rest == ":".join((f"{number:g}", *options))


def _check_parameter(criterion: Criterion, table: Table) -> None:
    name = criterion.statistic
    base, covering = name.base, name.base == COVERING_ERROR
    noise = (OR_NOISE,) if name.or_noise else ()
    if not _is_limit(name, 1.0 if covering else math.inf, *noise):
        example = "covering_error:0.95" if covering else f"{base}:10"
        table.refuse("statistic", f"got {criterion.statistic!r}", f"write it as {example!r}")
    number = float(name.parameter)
    if covering and number < bounds.LEAST_SHARE:
        table.refuse("statistic", f"got {criterion.statistic!r}: most samples may be as wrong as "
                     "they like", f"write '{base}:{1 - number:g}'")  # fmt: skip
    if not covering and number > bounds.MOST_PERCENT:
        table.refuse("statistic", f"got {criterion.statistic!r}: a model that says 0 is 100 % off",
                     f"write a limit in percent: '{base}:10'")  # fmt: skip


def _check_limits(criterion: Criterion, table: Table) -> None:
    if criterion.statistic in ("lower:normal", "upper:normal"):
        right = f'write statistic = "{criterion.statistic.base}" and limits = "normal"'
        table.refuse("statistic", f"got {criterion.statistic!r}", right)
    if criterion.limits is None:
        return
    of_agreement = criterion.measure in LIMITS_OF_AGREEMENT
    if not of_agreement or criterion.statistic not in ("lower", "upper"):
        advice = "it goes with lower and upper of bland_altman"
        where = f"{criterion.measure} {criterion.statistic}"
        table.refuse("limits", f"stands with {where!r}", advice)
    if criterion.rule != "demonstrated":
        advice = 'write rule = "demonstrated"; under observed the percentile itself decides'
        table.refuse("limits", f"stands with rule {criterion.rule!r}", advice)


def _check_together(found: Sequence[Criterion], mode: str, top: Table) -> None:
    """What one criterion cannot tell: that each has its own id, and fits the mode."""
    ids = [criterion.id for criterion in found]
    for name in ids:
        if ids.count(name) > 1:
            top.refuse("criterion", f"id {name!r} stands twice", "give each criterion its own id")
    bounds.check_limits(found, top)
    noisy = [c.id for c in found if c.statistic.or_noise]
    if noisy and mode == "same-cells":
        top.refuse(
            "criterion",
            f"{noisy[0]!r} asks for {OR_NOISE} in mode same-cells",
            "no counting noise lies between the same cells: ask for sensitivities",
        )
    rest = [c.id for c in found if (c.measure, c.statistic.base) == ("attribution", "remainder")]
    if rest and mode == "same-cells":
        top.refuse(
            "criterion",
            f"{rest[0]!r} asks for the remainder in mode same-cells",
            "the same cells leave none: ask for observed, or for sensitivities",
        )
