"""A bias that is none in the mean and is one by the level. STATISTICS.md §18.

Too high in one half of the samples and too low in the other, it leaves the mean as it was, and
most samples within their limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from wbcval.judge.pooled import pooled
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.functions.bland_altman import bland_altman
from wbcval.stats.functions.error import LIMIT
from wbcval.stats.functions.error_ratio import error_ratio
from wbcval.stats.functions.proportional_bias import Cause
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import PERCENT, WBC
from wbcval.values.wording import fixed, places_against

_FALSE = 0.01  # of the honest studies, over all measurands
_SLOPE = LIMIT / 100  # a slope further from 1 is one that a reader must know
_APART = LIMIT / 200  # of the mean reference: half of what a bias may be, either way
_POINTS = 1.0  # and a percentage point
_FEWEST = 10  # patients in each half


@dataclass(frozen=True, slots=True)
class ByLevel:
    """A bias of a measurand that changes with the level.

    Attributes:
        subject: the measurand.
        what: the level that it changes with: the measurand's own, or the WBC.
        said: both figures, without an end.
    """

    subject: str
    what: str
    said: str


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Of each measurand that is judged by its samples, in sentences without an end.

    Args:
        study: what is compared.
        required: criteria; where strata alone are judged, their samples are looked at.
    """
    asked = {
        p.criterion.subject: p.judged(study)
        for p in pooled(study, required)
        if p.criterion.measure not in CLASS_MEASURES and p.criterion.subject in study.values
    }
    found = (by_level(s, [name], looks=len(asked)) for name, s in asked.items())
    return tuple(each.said for those in found for each in those)


def by_level(study: Study, subjects: Iterable[str], looks: int) -> Iterator[ByLevel]:
    """What of these changes with its own level, or with the WBC.

    By its own: Deming's slope at the known error ratio, as the section of agreement decides it
    (§5), with the interval over all looks, and 10 % or more off 1. A percentage by the WBC: the
    mean differences of the samples above and below its median, 5 % of the mean reference and a
    point or more apart, and beyond chance (t over patients). Where the samples have no WBC, or
    neither side says from how many cells a value is, that half of it is not looked at.

    Args:
        study: of the samples that are looked at.
        subjects: measurands.
        looks: how many of them are looked at together (1 % false over all, Bonferroni).
    """
    level = 1 - _FALSE / (2 * max(looks, 1))
    for name in subjects:
        for found in (_own(study, name, level), _by_total(study, name, level)):
            if found is not None:
                yield found


def _own(study: Study, name: str, level: float) -> ByLevel | None:
    pairs = study.pairs(name)
    try:
        ratio = error_ratio(pairs, study.protocol.error_ratio)
        found = bland_altman(
            pairs.reference, pairs.model, level=level, ratio=ratio, cluster=pairs.cluster
        ).proportional
    except NotEstimable:
        return None
    slope = found.deming
    if found.cause is not Cause.PROPORTIONAL or slope is None or slope.value is None:
        return None
    if abs(slope.value - 1) < _SLOPE:
        return None
    ends = (slope.value, slope.low, slope.high)
    value, low, high = (fixed(v, max(places_against(w, 1.0, 2) for w in ends)) for v in ends)
    said = f"{name}: proportional bias, Deming slope {value} ({low} to {high})"
    return ByLevel(name, name, said)


def _by_total(study: Study, name: str, level: float) -> ByLevel | None:
    if name not in PERCENT or WBC not in study.values:
        return None
    values, total = study.values[name], study.values[WBC].reference
    take = values.paired & np.isfinite(total)
    d, r, total = (values.model - values.reference)[take], values.reference[take], total[take]
    if not len(d):
        return None
    high = total > np.median(total)
    patient = study.cluster[take]
    if min(len(np.unique(patient[half])) for half in (high, ~high)) < _FEWEST:
        return None
    above, below = float(d[high].mean()), float(d[~high].mean())
    if abs(above - below) < max(_APART * float(r.mean()), _POINTS):
        return None
    if _by_chance(d, high, patient) >= 1 - level:
        return None
    ours, theirs = ("+" * (x > 0) + fixed(x, 1) for x in (above, below))
    said = (
        f"{name}: bias {ours} points in the {int(high.sum())} samples with the higher WBC, "
        f"{theirs} in the {int((~high).sum())} with the lower"
    )
    return ByLevel(name, WBC, said)


def _by_chance(d: Floats, high: Mask, patient: Ints) -> float:
    """Two-sided p of equal means in both halves, by t over the patients' sums (Liang & Zeger)."""
    score = np.where(high, (d - d[high].mean()) / high.sum(), (d[~high].mean() - d) / (~high).sum())
    sums = np.bincount(np.unique(patient, return_inverse=True)[1], weights=score)
    units = len(sums)
    error = float(np.sqrt(units / (units - 2) * (sums @ sums)))
    apart = abs(float(d[high].mean() - d[~high].mean()))
    return 0.0 if error == 0 else float(2 * special.stdtr(units - 2, -apart / error))
