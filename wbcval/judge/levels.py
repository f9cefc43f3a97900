"""A bias that is none in the mean and is one by the level. STATISTICS.md §18.

Too high in one half of the samples and too low in the other, or at both ends and between them, it
leaves the mean as it was, and most samples within their limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from wbcval.judge.cell_errors import APART, cell_errors, least_apart
from wbcval.judge.pooled import pooled
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.apart import apart, outer_half, upper_half
from wbcval.stats.functions.bland_altman import bland_altman
from wbcval.stats.functions.error import LIMIT
from wbcval.stats.functions.error_ratio import ErrorRatio, believable, error_ratio
from wbcval.stats.functions.proportional_bias import Cause
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import PERCENT, WBC, Measurand, class_of
from wbcval.values.wording import fixed, places_against

_FALSE = 0.01  # of the honest studies, over all measurands
_SLOPE = LIMIT / 100  # a slope further from 1 is one that a reader must know
_QUARTER = 5  # patients
_EXACT = 0.05  # λ below which the order is the reference's: noise breaks no ties of it
_EACH = 4  # ways in which a measurand is looked at, at most
_SLOPED, _HALVES, _ENDS = "slope", "halves", "ends"


@dataclass(frozen=True, slots=True)
class ByLevel:
    """A bias of a measurand that changes with the level.

    Attributes:
        subject: the measurand.
        what: the level that it changes with: the measurand's own, or the WBC.
        shape: rising or falling with it, or another one at both ends than between.
        said: the figures, without an end.
    """

    subject: str
    what: str
    shape: str
    said: str

    @property
    def bent(self) -> bool:
        """Whether it is another one at both ends than between."""
        return self.shape == _ENDS


@dataclass(frozen=True, slots=True)
class _Look:
    """Errors of the samples in the order of a level.

    Attributes:
        what: the level.
        level, patient: of each sample, shape (n,).
        errors: ways to say the errors, shape (n,) each, of which one is seldom apart in an honest
            study where another is; the last one is told.
        least: how far apart each must be.
        orders: levels by either side alone, shape (n,) each: in these orders the errors are apart
            the same way, and half as far. A side's noise looks like a level in its own order.
        unit: of the last.
        shapes: that are looked for.
    """

    what: str
    level: Floats
    patient: Ints
    errors: tuple[Floats, ...]
    least: tuple[float, ...]
    orders: tuple[Floats, ...] = ()
    unit: str = "points"
    shapes: tuple[str, ...] = (_HALVES, _ENDS)


_PARTS: dict[str, Callable[[Floats], Mask]] = {_HALVES: upper_half, _ENDS: outer_half}


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Of each measurand that is judged by its samples, in sentences without an end.

    Args:
        study: what is compared.
        required: criteria; where strata alone are judged, their samples are looked at.
    """
    asked = {name: p.judged(study) for p in pooled(study, required)
             for name in _measurands(study, p.criterion)}  # fmt: skip
    found = (by_level(s, [name], looks=len(asked)) for name, s in asked.items())
    return tuple(each.said for those in found for each in those)


def _measurands(study: Study, criterion: Criterion) -> Iterator[Measurand]:
    """What a criterion judges by its samples; on the same cells the shares of its classes."""
    subject = criterion.subject
    for name in study.measurands:
        of_class = study.mode == "same-cells" and subject in ("all", class_of(name))
        if of_class if criterion.measure in CLASS_MEASURES else subject == name:
            yield name


def by_level(study: Study, subjects: Iterable[str], looks: int) -> Iterator[ByLevel]:
    """What of these changes with its own level, or with the WBC.

    By its own: Deming's slope at the known error ratio, as the section of agreement decides it
    (§5), and 10 % or more off 1. Otherwise by the mean errors in halves of the samples: the upper
    and the lower, and the outer quarters and those between, which are apart beyond chance (t over
    patients) and by 5 % of the mean reference or more (of a percentage also by a point). A
    percentage is so looked at by the WBC, and at the ends of its own range; the WBC and absolute
    counts by their own level, in their unit and in percent, both; the shares of the same cells by
    their own level, beyond what the confusion of all samples gives. Where neither side says from
    how many cells a value is, its own level is not looked at, nor is the WBC where none is known.

    Args:
        study: of the samples that are looked at.
        subjects: measurands.
        looks: how many of them are looked at together (1 % false over all, Bonferroni).
    """
    level = 1 - _FALSE / (_EACH * max(looks, 1))
    for name in subjects:
        sloped = None if study.mode == "same-cells" else _own(study, name, level)
        if sloped is not None:
            yield sloped
        for found in _halves_and_ends(study, name, level):
            if sloped is None or (found.what, found.shape) != (name, _HALVES):
                yield found


def _own(study: Study, name: str, level: float) -> ByLevel | None:
    stated = study.pairs(name)
    pairs = believable(stated)  # a larger CV of the reference makes any slope one
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
    if pairs is not stated:
        cv, theirs = (100 * (p.reference_cv or 0.0) for p in (pairs, stated))
        said += f" were the reference's CV {cv:.2g} %, and {theirs:.4g} % is stated"
    return ByLevel(name, name, _SLOPED, said)


def _halves_and_ends(study: Study, name: str, level: float) -> Iterator[ByLevel]:
    for look in _looks(study, Measurand(name)):
        for shape in look.shapes:
            if _is_apart(look, shape, level):
                yield ByLevel(name, look.what, shape, _said(name, look, shape))


def _has_ends(part: Mask, look: _Look) -> bool:
    """Whether both quarters have patients: of a rare class the lowest has all that have none."""
    high = look.level > np.median(look.level)
    return all(len(np.unique(look.patient[q])) >= _QUARTER for q in (part & high, part & ~high))


def _is_apart(look: _Look, shape: str, level: float) -> bool:
    part = _PARTS[shape](look.level)
    if shape == _ENDS and not _has_ends(part, look):
        return False
    found = [apart(errors, part, look.patient) for errors in look.errors]
    known = [x for x in found if x is not None]
    far = (
        abs(x.by) >= least and x.chance < 1 - level
        for x, least in zip(known, look.least, strict=False)
    )
    if len(known) < len(found) or len({x.by > 0 for x in known}) > 1 or not all(far):
        return False
    told, least = look.errors[-1], look.least[-1] / 2
    others = (apart(told, _PARTS[shape](order), look.patient) for order in look.orders)
    return all(x is not None and x.by * known[-1].by > 0 and abs(x.by) >= least for x in others)


def _looks(study: Study, name: Measurand) -> Iterator[_Look]:
    if study.mode == "same-cells":
        yield from _of_cells(study, name)
        return
    values = study.values[name]
    total = study.values[WBC].reference if WBC in study.values else None
    take = values.paired & (True if total is None or name not in PERCENT else np.isfinite(total))
    model, reference, patient = values.model[take], values.reference[take], study.cluster[take]
    if not len(model):
        return
    d, mean = model - reference, float(reference.mean())
    try:
        ratio = error_ratio(believable(study.pairs(name)), study.protocol.error_ratio)
    except NotEstimable:
        ratio = None
    if name in PERCENT:
        least = (least_apart(reference),)
        if ratio is not None:
            own = _weighted(reference, model, ratio)
            yield _Look(name, own, patient, (d,), least, (reference, model), shapes=(_ENDS,))
        if total is not None:
            yield _Look(WBC, total[take], patient, (d,), least)
        return
    if ratio is None and name != WBC:
        return
    own = (reference + model) / 2 if name == WBC else _weighted(reference, model, ratio)
    if (own > 0).all():
        # one bias in percent is none by the level, nor is one in the unit
        far = (APART * mean, 100 * APART)
        yield _Look(name, own, patient, (d, 100 * d / own), far, (reference, model), unit="%")


def _weighted(reference: Floats, model: Floats, ratio: ErrorRatio | None) -> Floats:
    """The level of which the errors have nothing in common with those of the difference."""
    share = 0.0 if ratio is None or ratio.value < _EXACT else ratio.value
    return np.asarray((reference + share * model) / (1 + share))


def _of_cells(study: Study, name: Measurand) -> Iterator[_Look]:
    found = cell_errors(study, name)
    if found is not None:
        patient = study.cluster[found.take]
        yield _Look(name, found.share, patient, (found.beyond, found.raw), found.least)


def _said(name: str, look: _Look, shape: str) -> str:
    errors, level = look.errors[-1], look.level
    part = _PARTS[shape](level)

    def mean(of: Mask) -> str:
        value = float(errors[of].mean())
        return "+" * (value > 0) + fixed(value, 1)

    if shape == _HALVES:
        return (
            f"{name}: bias {mean(part)} {look.unit} in the {int(part.sum())} samples with the "
            f"higher {look.what}, {mean(~part)} in the {int((~part).sum())} with the lower"
        )
    low, high = part & (level < np.median(level)), part & (level > np.median(level))
    return (
        f"{name}: bias {mean(low)} {look.unit} in the {int(low.sum())} samples with the lowest "
        f"{look.what}, {mean(~part)} in the {int((~part).sum())} between, {mean(high)} in the "
        f"{int(high.sum())} with the highest"
    )
