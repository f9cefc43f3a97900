"""Whether a level fails what all samples together keep to, by any statistic. STATISTICS.md §18."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from wbcval.measure import rules
from wbcval.measure.evaluate import evaluate_one
from wbcval.measure.results import Measurement
from wbcval.protocol.types import Criterion
from wbcval.stats.bootstrap import FEW_CLUSTERS
from wbcval.stats.metric import Context, Mask
from wbcval.study.types import Study
from wbcval.values.wording import fixed, places_against, places_of

_FEW = "few_samples"  # flag of an interval by resampling
_BEYOND = 0.025  # of the studies in which no level is beyond its bound
_BY_LOT = 0.02  # of the studies whose levels are made by lot


def beyond(study: Study, criterion: Criterion, level: str, mask: Mask, looks: int) -> str:
    """What a level fails beyond chance, in words; "" where it keeps to the bound, or may.

    The one-sided bound of the statistic lies beyond what is required (2.5 % false). Where so few
    samples give no interval, or one by resampling below 20 (of five it told every third honest
    study): the level is further beyond than each of 50 parts of as many patients that are drawn by
    lot (2 % false). Both over all looks (Bonferroni).

    Args:
        study: what is compared.
        criterion: on all samples.
        level, mask: its name and its samples, shape (S,).
        looks: levels times criteria that are looked at.
    """
    c = replace(criterion, stratum=level, confidence=1 - _BEYOND / looks)
    bounded, found = _measured(_only(study, level, mask), c)
    value = found.estimate.value if found else None
    if found is None or value is None or not rules.beyond(bounded, value, value):
        return ""
    e = found.estimate
    if len(np.unique(study.cluster[mask])) >= FEW_CLUSTERS:
        _, sure = _measured(_only(study, level, mask), c, intervals=True)
        e = sure.estimate if sure else e
    if (e.low is None and e.high is None) or _FEW in e.flags:
        is_beyond = _by_lot(study, c, mask, _excess(bounded, value), looks)
    else:
        is_beyond = not e.no_width and rules.beyond(bounded, e.low, e.high)
    return _in_words(bounded, found) if is_beyond else ""


def about(criterion: Criterion) -> str:
    """The measurand or class that a criterion is on, in words."""
    return "all classes" if criterion.subject == "all" else criterion.subject


def _only(study: Study, level: str, mask: Mask) -> Study:
    return replace(study, strata={"all": study.strata["all"], level: mask})


def _measured(
    study: Study, c: Criterion, *, intervals: bool = False
) -> tuple[Criterion, Measurement | None]:
    """The criterion with its bounds in its stratum, and its statistic there."""
    results = evaluate_one(study, c, intervals=intervals)
    found = results.get(c.measure, c.subject, c.measured_as, c.stratum)
    return rules.bounded(c, results), found


def _excess(c: Criterion, value: float) -> float:
    """How far a value lies outside the bounds; negative inside."""
    above = -math.inf if c.max is None else value - c.max
    below = -math.inf if c.min is None else c.min - value
    return max(above, below)


def _by_lot(study: Study, c: Criterion, mask: Mask, excess: float, looks: int) -> bool:
    """Whether no part of as many patients that is drawn by lot is as far beyond the bounds."""
    rng = Context(seed=study.protocol.seed).generator(f"{c.id} in {c.stratum} by lot")
    patients, many = np.unique(study.cluster), len(np.unique(study.cluster[mask]))
    for _ in range(math.ceil(looks / _BY_LOT)):
        drawn = np.isin(study.cluster, rng.choice(patients, many, replace=False))
        bounded, found = _measured(_only(study, c.stratum, drawn), c)
        value = found.estimate.value if found else None
        if value is None or _excess(bounded, value) >= excess:
            return False
    return True


def _in_words(c: Criterion, found: Measurement) -> str:
    value, factor, words = found.estimate.value or 0.0, found.scale.factor, found.scale.words
    above = c.max is not None and rules.beyond(replace(c, min=None), value, value)
    bound = (c.max if above else c.min) or 0.0
    digits = places_of(factor * value, factor * bound)
    digits = places_against(factor * value, factor * bound, digits)
    shown, edge = (f"{fixed(factor * x, digits)} {words}".rstrip() for x in (value, bound))
    side = "at most" if above else "at least"
    return f"{found.title} of {about(c)} {shown} ({side} {edge} required)"
