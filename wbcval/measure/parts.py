"""Which strata stand apart from the rest of the samples, among all that was judged (§16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from wbcval.measure.hits import differences, hits
from wbcval.measure.results import Apart, statistic_of
from wbcval.protocol.types import Criterion
from wbcval.stats.functions.error import WITHIN
from wbcval.stats.functions.stands_apart import Contrast, stands_apart
from wbcval.stats.metric import Better, Context, Floats, Ints
from wbcval.stats.statistic_name import SHARE_WITHIN, StatisticName
from wbcval.study.ledger import SAMPLES, Account
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.findings import Kind
from wbcval.values.strata import Stratum

ALPHA = 0.05
_Name = tuple[str, str, StatisticName]  # measure, subject, statistic


def columns(strata: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Column of the samples table → its strata, in the order of the results."""
    found: dict[str, list[str]] = {}
    for name in strata:
        if name != "all":
            found.setdefault(Stratum(name).column, []).append(name)
    return {column: tuple(names) for column, names in found.items()}


def account(study: Study, measurand: str, stratum: str) -> Account:
    """The samples under study of one stratum, by what became of a measurand."""
    mask, v = study.strata[stratum], study.values[measurand]
    kinds = {e.sample_id: e.kind for e in study.exclusions if e.subject == measurand}
    out = np.flatnonzero(mask & ~v.listed)
    gone = Counter(kinds.get(study.sample_ids[i], Kind.UNREFERENCED) for i in out)
    gone[Kind.LOST] += int((v.lost & mask).sum())
    return Account(measurand, SAMPLES, int(mask.sum()), int((v.paired & mask).sum()), gone)


def share_within(criteria: Sequence[Criterion], subject: str) -> StatisticName:
    """The share within that is compared: of the first criterion on all samples, else LIMIT's."""
    asked = (
        c.measured_as
        for c in criteria
        if (c.measure, c.subject, c.stratum) == ("error", subject, "all")
        and c.statistic.base == SHARE_WITHIN
    )
    return next(asked, WITHIN)


def apart(study: Study, criteria: Sequence[Criterion]) -> tuple[Apart, ...]:
    """The figures in which a stratum stands apart from the rest, worse ones first.

    Compared are the share within the limit and the bias of every judged measurand, and the accuracy
    of the cells; what is named holds for having looked at all of them in all strata.
    """
    parts = columns(tuple(study.strata))
    named = [(*name, *values) for name, values in _figures(study, criteria)]
    if not parts or not named:
        return ()
    found = stands_apart(
        np.column_stack([row[3] for row in named]),
        np.column_stack([row[4] for row in named]),
        [_codes(study, names) for names in parts.values()],
        study.cluster,
        Context(seed=study.protocol.seed).generator("strata against the rest"),
    )
    strata = list(parts.values())
    told = [
        _told(strata[c.column][c.part], named[c.quantity][:3], c) for c in found if c.p <= ALPHA
    ]
    return tuple(sorted(told, key=lambda a: (not a.worse, a.p, -abs(a.t))))


def _codes(study: Study, names: Sequence[str]) -> Ints:
    codes = np.full(len(study.sample_ids), -1, dtype=np.int64)
    for code, name in enumerate(names):
        codes[study.strata[name]] = code
    return codes


def _figures(
    study: Study, criteria: Sequence[Criterion]
) -> Iterator[tuple[_Name, tuple[Floats, Floats]]]:
    """What is compared: its name, and of each sample what it adds and what that is divided by."""
    judged = {c.subject for c in criteria}
    for subject in (m for m in study.measurands if m in judged):
        share = share_within(criteria, subject)
        try:
            found = hits(study, subject, share)
        except NotEstimable:  # the noise is not known: within the limit alone
            share = WITHIN
            found = hits(study, subject, share)
        yield ("error", subject, share), (found.hits.astype(float), found.trials.astype(float))
        difference, paired = differences(study, subject)
        yield (
            ("bland_altman", subject, StatisticName("bias")),
            (np.where(paired, difference, 0.0), paired.astype(float)),
        )
    try:
        if study.cells() is None:
            return
        found = hits(study, "all", "accuracy")
    except NotEstimable:
        return
    yield (
        ("classification", "all", StatisticName("accuracy")),
        (found.hits.astype(float), found.trials.astype(float)),
    )


def _told(stratum: str, name: _Name, found: Contrast) -> Apart:
    measure, subject, statistic = name
    about = statistic_of(measure, statistic)
    if about is not None and about.better is Better.ZERO:
        worse = abs(found.inside) > abs(found.outside)
    else:
        worse = found.inside < found.outside
    return Apart(
        stratum, measure, subject, statistic, found.inside, found.outside, found.t, found.p, worse
    )
