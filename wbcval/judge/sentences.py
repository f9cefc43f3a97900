"""What a criterion's outcome says, in sentences: written so that no number denies its verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wbcval.measure.results import CHANGE, Measurement
from wbcval.protocol.types import CLASS_MEASURES, NON_INFERIOR, Criterion
from wbcval.stats.acceptance import chance_to_pass, k_min_observed, samples_to_demonstrate
from wbcval.stats.deciding_limits import NORMAL_DECLARED, chance_of_a_false_pass
from wbcval.stats.functions.classification import CLINICAL
from wbcval.stats.statistic_name import COVERING_ERROR, N_OUTSIDE
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import subject_unit
from wbcval.values.wording import (
    difference_unit,
    fixed,
    in_percent,
    places,
    places_against,
    places_within,
    unit_text,
)

_NOISE = " or inside the 99.7 % limits of counting noise"


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why a criterion was not decided: its bounds, the n its rule needs, or another reason."""

    bounds: Estimate
    needed: int
    reason: str = ""


def subject(criterion: Criterion) -> str:
    """What a criterion is about: measurand or class, and where."""
    where = "" if criterion.stratum == "all" else f" in {criterion.stratum}"
    return ("all classes" if criterion.subject == "all" else criterion.subject) + where


def message(
    criterion: Criterion,
    found: Measurement,
    hits: tuple[int, int] | None,
    undecided: Undecided | None,
    allowed: str = "",
) -> str:
    """The outcome in one sentence: what was found, what was asked, and why it was not decided.

    Args:
        criterion: with its bounds.
        found: what it is about.
        hits: k and n of a share of samples.
        undecided: why nothing was decided, where nothing was.
        allowed: what the statistic's own bound is, in words, where it brings one.
    """
    if hits:
        name = criterion.statistic
        share = _written(criterion, found, found.estimate.value, 1)
        what = (
            f"{hits[0]} of {hits[1]} samples ({share}) within {name.parameter} %{_floor(criterion)}"
        )
        what += _NOISE if name.or_noise else ""
        what += f" ({found.estimate.reason})" if found.estimate.reason else ""
    else:
        value = _written(criterion, found, found.estimate.value, _places(found))
        mix = " at the clinical mix" if criterion.statistic == CLINICAL else ""
        what = f"{_titled(criterion, found)}{mix} {value}"
    if allowed and criterion.max is not None:
        what, bound = _against(found, criterion.max, allowed)
        return f"{subject(criterion)}: {what}; {bound}{_why(criterion, found, undecided)}."
    why = _why(criterion, found, undecided) or _sure(criterion, found) + _assumed(found)
    return f"{subject(criterion)}: {what}; {_bound(criterion, found)}{why}."


def _titled(criterion: Criterion, found: Measurement) -> str:
    """The statistic's title, with its limit or share: another limit is another number."""
    name = criterion.statistic
    if name.base == N_OUTSIDE:
        return f"samples outside {name.parameter} %{_floor(criterion)}"
    if name.base == COVERING_ERROR and name.number is not None:
        return f"error that covers {100 * name.number:.6g} % of the samples"
    return found.title or str(name)


def _against(found: Measurement, most: float, allowed: str) -> tuple[str, str]:
    """A difference with its interval, and how large it may be, on either side of 0."""
    e = found.estimate
    digits = places_within(abs(e.value or 0.0), most, max(_places(found), 2))
    value, low, high = (fixed(v, digits) for v in (e.value, e.low, e.high))
    interval = f" ({100 * e.level:g} % interval {low} to {high})" if e.level else ""
    unit = _unit(found)
    return (
        f"{found.title} {value}{unit}{interval}",
        f"at most {fixed(most, digits)}{unit} either way required ({allowed})",
    )


def notes(
    criterion: Criterion, found: Measurement, hits: tuple[int, int] | None
) -> tuple[str, ...]:
    """What else a reader must know: where a limit is from, and of a share of samples (§3)."""
    said = [criterion.cited] if criterion.cited else []
    if not hits or criterion.min is None or not 0 < criterion.min < 1:
        return tuple(said)
    n, outside = hits[1], hits[1] - hits[0]
    poor = 1 - 2 * (1 - criterion.min)  # twice as many outside as allowed: 90 % for 95 %
    if poor > 0 and n >= replace(criterion, rule="observed").needed:
        lucky = chance_to_pass(n, k_min_observed(n, criterion.min), poor)
        said.append(
            f"With {n} samples the observed rule would pass a model whose true share is only "
            f"{100 * poor:.4g} % in {in_percent(lucky)} of studies."
        )
    needed = samples_to_demonstrate(outside, criterion.min, criterion.confidence)
    apart = "" if found.estimate.deff is None else ", each of another patient"
    said.append(
        f"With {outside} outside, the demonstrated rule would need {needed} samples{apart}."
    )
    return tuple(said)


def _unit(found: Measurement) -> str:
    return f" {found.scale.words}" if found.scale.words else ""


def _places(found: Measurement) -> int:
    return places(found.estimate, found.scale.factor)


def _written(
    criterion: Criterion, found: Measurement, value: float | None, decimals: int, unit: bool = True
) -> str:
    """A value on the side of each bound where it lies, also as written."""
    if value is None:
        return fixed(None, 0)
    value *= found.scale.factor
    # what a change is called rests on its side of 0, too; and all is not nearly all, nor none few
    ends = (0.0,) if CHANGE in found.measure else (0.0, 1.0) if found.unit == "1" else ()
    for bound in (criterion.min, criterion.max, *ends):
        if bound is not None:
            decimals = places_against(value, bound * found.scale.factor, decimals)
    return fixed(value, decimals) + (_unit(found) if unit else "")


def _bound(criterion: Criterion, found: Measurement) -> str:
    low, high = (
        None if b is None else f"{found.scale.factor * b:.10g}".replace("-", "\N{MINUS SIGN}")
        for b in (criterion.min, criterion.max)
    )
    if low is not None and high is not None:
        return f"between {low} and {high}{_unit(found)} required"
    if criterion.rule == NON_INFERIOR:
        return f"more than {low}{_unit(found)} required"
    asked = f"at most {high}" if low is None else f"at least {low}"
    return f"{asked}{_unit(found)} required"


def _why(criterion: Criterion, found: Measurement, undecided: Undecided | None) -> str:
    if undecided is None:
        return ""
    if undecided.reason:
        return f", but {undecided.reason}"
    if found.n < undecided.needed:
        return f", but {found.n} is too few to decide (needs {undecided.needed})"
    bounds = undecided.bounds
    sure = f"{100 * criterion.confidence:.6g} %"
    if bounds.low is None and bounds.high is None:
        return f", but nothing is shown at {sure} confidence: {bounds.reason or 'no interval'}"
    if bounds.no_width:
        return ", but the interval has no width: nothing is shown"
    low, high = (
        _written(criterion, found, v, _places(found), unit=False) for v in (bounds.low, bounds.high)
    )
    reason = f"; {bounds.reason}" if bounds.reason else ""
    return (
        f", but neither shown nor refuted at {sure} confidence "
        f"(one-sided bounds {low} and {high}{_unit(found)}){reason}"
    )


def _sure(criterion: Criterion, found: Measurement) -> str:
    """On what a demonstrated criterion was decided: a bound says nothing without its confidence."""
    if criterion.rule != "demonstrated":
        return ""
    of = "cells" if criterion.measure in CLASS_MEASURES else "samples"
    return f" ({100 * criterion.confidence:.6g} % confidence, {found.n} {of})"


def _assumed(found: Measurement) -> str:
    """What a decided criterion on limits of agreement took for granted (§5)."""
    if NORMAL_DECLARED not in found.estimate.flags:
        return ""
    chance = in_percent(chance_of_a_false_pass(found.n))
    return f"; assumes normal differences, else a false pass has a chance of up to {chance}"


def _floor(criterion: Criterion) -> str:
    floor = criterion.measured_as.floor
    if not floor:
        return ""
    unit = unit_text(difference_unit(subject_unit(criterion.subject)))
    return f" or {floor:.15g} {unit}"
