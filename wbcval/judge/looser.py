"""What a protocol asks more loosely than the defaults do, as parts of a sentence.

The defaults are no norms: a protocol may have its reasons. A reader of "accepted" who knows the
usual bounds alone must hear that another was kept. Spreads and limits of agreement have no default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from wbcval.judge.defaults import ACCURACY, LIMIT, SENSITIVITY, SHARE
from wbcval.protocol.types import Criterion, Gate, Margin
from wbcval.stats.or_noise import POINTS
from wbcval.stats.statistic_name import BIAS_AT, COVERING_ERROR, N_OUTSIDE, SHARE_WITHIN
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.measurands import Measurand, Quantity, subject_unit
from wbcval.values.wording import difference_unit, unit_text

_SURE = 0.95  # one-sided, of the rule demonstrated


def lines(study: Study, criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """Required bounds that are wider than by default, and confidence that is less.

    Args:
        study: whose samples, in the stratum of each criterion, say how wide its bound is.
        criteria: all of them.
    """
    said = []
    for c in criteria:
        if not c.optional:
            where = "" if c.stratum == "all" else f" in {c.stratum}"
            said += [what + where for what in _wider(study, c)]
            if c.rule == "demonstrated" and c.confidence < _SURE:
                said.append(f"{_about(c)}{where} at {100 * c.confidence:.6g} % confidence")
    return tuple(dict.fromkeys(said))


def margins(gate: Gate) -> tuple[str, ...]:
    """Margins of shares that are wider than the default one, and for which no reason is declared.

    Args:
        gate: of the candidate's protocol.
    """
    shares = [m for m in gate.margins if m.measure == "classification" or "share" in m.statistic]
    rows = (
        ("each share", gate.margin, gate.reason),
        *((_about(m), m.margin, m.reason) for m in shares if not m.optional),
    )
    return tuple(
        f"{about} may lose {100 * margin:.6g} points"
        for about, margin, reason in rows
        if margin > Gate().margin and not reason
    )


def _about(c: Criterion | Margin) -> str:
    name = c.statistic.base.replace("_", " ")
    return name if c.subject == "all" else f"{name} of {c.subject}"


def _wider(study: Study, c: Criterion) -> Iterator[str]:
    values = _of_its_stratum(study, c)
    if c.measure == "error" and values is not None:
        yield from _of_errors(values, c)
    elif c.measure == "classification" and c.min is not None:
        least = ACCURACY if (c.subject, c.statistic) == ("all", "accuracy") else SENSITIVITY
        if c.min < least:
            yield f"{_about(c)} from {100 * c.min:.6g} %"
    elif c.statistic.base == BIAS_AT and c.statistic.number is not None and values is not None:
        yield from _of_a_bias_at(c, c.statistic.number)
    elif c.statistic.base == "bias" and values is not None:
        yield from _of_biases(values, c)


def _of_biases(values: Values, c: Criterion) -> Iterator[str]:
    if c.allowance is not None and c.statistic.number is not None:
        if c.statistic.number > LIMIT:
            share = f"{c.statistic.number:.6g} % of the mean reference"
            yield f"bias of {c.subject} up to {share} or counting noise"
    elif c.max is not None and c.min is not None:
        most = max(c.max, -c.min)
        if c.measure == "bland_altman" and most > _largest_bias(values, c.subject):
            unit = unit_text(difference_unit(subject_unit(c.subject)))
            yield f"bias of {c.subject} up to {most:.6g} {unit}"
        elif c.measure == "bland_altman_percent" and most > LIMIT:
            yield f"bias of {c.subject} up to {most:.6g} %"


def _of_a_bias_at(c: Criterion, level: float) -> Iterator[str]:
    """By default a bias may be 10 % of what it is a bias of: here of the level, not of the mean."""
    most = max(0.0 if c.max is None else c.max, 0.0 if c.min is None else -c.min)
    if most > _default_bias(level, c.subject):
        unit = subject_unit(c.subject)
        of, to = unit_text(unit), unit_text(difference_unit(unit))
        yield f"bias of {c.subject} at {level:.6g} {of} up to {most:.6g} {to}"


def _of_its_stratum(study: Study, c: Criterion) -> Values | None:
    """Both sides of the samples that a criterion judges: ten of a ward are more than ten of all."""
    if c.subject not in study.values or c.stratum not in study.strata:
        return None
    return study.values[c.subject].at(study.strata[c.stratum])


def _of_errors(values: Values, c: Criterion) -> Iterator[str]:
    base, parameter = c.statistic.base, c.statistic.number
    if base == SHARE_WITHIN and parameter is not None and c.min is not None:
        if parameter > LIMIT or c.min < SHARE or c.or_within is not None:
            unit = unit_text(difference_unit(subject_unit(c.subject)))
            floor = "" if c.or_within is None else f" or {c.or_within:.6g} {unit}"
            of = f"{100 * c.min:.6g} % of the samples"
            yield f"{c.subject} within {parameter:.6g} %{floor} in {of}"
    elif base == COVERING_ERROR and parameter is not None and c.max is not None:
        if c.max > LIMIT or parameter < SHARE or c.or_within is not None:
            yield f"{c.subject} within {c.max:.6g} % in {100 * parameter:.6g} % of the samples"
    elif base == N_OUTSIDE and parameter is not None and c.max is not None:
        judged = int(values.listed.sum())
        if parameter > LIMIT or c.max > (1 - SHARE) * judged:
            yield f"{c.max:.6g} of {judged} samples of {c.subject} beyond {parameter:.6g} %"
    elif base in ("median", "mean") and c.max is not None and c.min is not None:
        most = max(c.max, -c.min)
        if most > LIMIT:
            yield f"{base} error of {c.subject} up to {most:.6g} %"


def _largest_bias(values: Values, name: str) -> float:
    mean = float(np.mean(values.reference[values.paired])) if values.paired.any() else 0.0
    return _default_bias(mean, name)


def _default_bias(of: float, name: str) -> float:
    """By default, counting noise aside: 10 % of the value, or half a point; in its unit."""
    points = POINTS if Measurand(name).quantity is Quantity.SHARE else 0.0
    return max(LIMIT / 100 * of, points)
