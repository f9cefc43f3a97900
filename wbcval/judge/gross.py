"""Samples so far off that no imprecision explains it, though the share within passes. §18.

That 57 of 60 samples are within the limit says nothing of the three others: 11 % off, or ten times
too high. Three tubes of a rack that moved on by one are so, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

import numpy as np

from wbcval.judge.pooled import Pooled, pooled
from wbcval.measure.hits import hits
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.functions.error import LIMIT, WITHIN, effective_error, relative_error
from wbcval.stats.metric import Floats, Mask, Pairs
from wbcval.stats.or_noise import NOISE, as_shares, inside_noise
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import WBC
from wbcval.values.one_line import one_line

_TIMES = 3  # the limit
_FALSE = 0.001  # of the studies in which nothing but counting separates the sides
_SHOWN, _LONGEST = 3, 30  # samples that are named, and characters of an id
_POINTS = 10.0  # of all cells; less is confusion: 0.2 % basophils called 2 % are ten times as many
_EXACT = 1e-9


def lines(
    study: Study, required: Iterable[Criterion], failing: Set[str] = frozenset()
) -> tuple[str, ...]:
    """Measurands of which samples are off by more than three times the limit, without an end.

    Printing takes no part in an error. What is counted is off beyond the noise of its cells, too:
    outside the 99.7 % limits, and further than one of all samples and measurands in 0.1 % of the
    studies (Bonferroni); and by 10 percentage points of the cells. Without a number of cells it is
    not told. Where the share required does not hold, that is told. A measurand that is judged by
    its samples in another way (limits, a bias, a line, the total error) is looked at with the
    limit of the default criteria, unless it fails: then that is told.

    Args:
        study: what is compared, with the step of its values.
        required: criteria; those on measurands are looked at.
        failing: subjects of which one of them fails.
    """
    asked: dict[str, Pooled] = {}
    for p in sorted(pooled(study, required), key=lambda p: not _of_shares(p.criterion)):
        told = p.criterion.subject in failing and not _of_shares(p.criterion)
        if p.criterion.measure not in CLASS_MEASURES and not told:
            asked.setdefault(p.criterion.subject, p)
    return tuple(filter(None, (_of(p.judged(study), p.criterion, len(asked))
                               for p in asked.values())))  # fmt: skip


def _of_shares(c: Criterion) -> bool:
    return c.measure == "error" and c.statistic.base == SHARE_WITHIN and c.min is not None


def _of(study: Study, c: Criterion, measurands: int) -> str:
    limit = c.statistic.limit if _of_shares(c) else None
    floor, least = (0.0, 0.0) if limit is None else (c.statistic.floor, c.min or 0.0)
    name = c.measured_as if limit is not None else WITHIN
    try:
        found = hits(study, c.subject, name)
        pairs = study.pairs(c.subject)
        if found.hits.sum() < least * found.trials.sum():
            return ""
        values = study.values[c.subject]
        room = values.room[values.paired]
        far = LIMIT if limit is None else limit
        off = _far(pairs, room, far, floor)
        if pairs.subject != WBC:
            level = max(NOISE, 1 - _FALSE / (measurands * max(len(pairs), 1)))
            shares = as_shares(pairs)
            off &= ~inside_noise(shares, level) & (abs(shares.model - shares.reference) > _POINTS)
    except NotEstimable:
        return ""
    if not off.any():
        return ""
    signed = relative_error(pairs.reference, pairs.model)
    sides = np.stack([pairs.reference, pairs.model])
    with np.errstate(divide="ignore", invalid="ignore"):
        times = sides.max(axis=0) / sides.min(axis=0)  # beside 0 furthest off
    worst = [i for i in np.argsort(-times, kind="stable") if off[i]]
    named = ", ".join(
        f"{one_line(pairs.sample_ids[i], _LONGEST)} {_in_words(signed[i], pairs.model[i])}"
        for i in worst[:_SHOWN]
    )
    more = f" and {len(worst) - _SHOWN} more" if len(worst) > _SHOWN else ""
    and_points = "" if pairs.subject == WBC else f" and {_POINTS:g} points"
    verb = "is" if len(worst) == 1 else "are"
    times_it = "" if limit is None else f" ({_TIMES} × the limit)"
    return (f"{len(worst)} of {found.trials.sum()} samples of {c.subject} {verb} off by more than "
            f"{_TIMES * far:g} %{times_it}{and_points}: {named}{more}")  # fmt: skip


def _far(pairs: Pairs, room: Floats, limit: float, floor: float) -> Mask:
    """Samples whose error is beyond three times the limit, whatever printing made of it."""
    size = np.abs(pairs.model - pairs.reference)
    nearest = np.maximum(size - room, 0.0)
    errors = effective_error(pairs.reference, pairs.reference + nearest, limit, floor)
    return np.asarray(errors > _TIMES * limit * (1 + _EXACT))


def _in_words(signed: float, model: float) -> str:
    if not np.isfinite(signed):
        return f"{model:.3g} and not 0"
    return f"{signed:+.0f} %".replace("-", "\N{MINUS SIGN}")
