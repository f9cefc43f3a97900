"""What holds at this set's mix of classes alone, and not at that of blood. STATISTICS.md §8.

A predictive value, an accuracy or κ follows the mix. Where a set was put together with many cells
of a rare class, few false calls among so many true ones become most calls among few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wbcval.judge.defaults import SENSITIVITY as LEAST
from wbcval.judge.pooled import pooled
from wbcval.measure import rules
from wbcval.measure.results import statistic_of
from wbcval.protocol.types import Criterion
from wbcval.stats.bootstrap import cluster_sums
from wbcval.stats.functions.classification import measure
from wbcval.stats.functions.scores import clinical_ppv
from wbcval.stats.metric import Cells, Context, Ints, Statistic
from wbcval.study.types import Study
from wbcval.values.classes import measured_class
from wbcval.values.wording import all_of, fixed, places_against, places_of

# Percent of the leukocytes of healthy adults: the middle of the reference intervals 40-80, 20-40,
# 2-10, 1-6 and <1-2 % (Dacie and Lewis, Practical Haematology, 12th ed. 2017, table 2.1), to 100.
TYPICAL = {
    "neutrophil": 0.60,
    "lymphocyte": 0.30,
    "monocyte": 0.06,
    "eosinophil": 0.03,
    "basophil": 0.01,
}
_FOLLOWING = ("ppv", "npv", "f1", "accuracy", "macro_f1", "mcc", "kappa")
_APART = 0.25  # of the cells would have to be of another class
_ENRICHED = 3.0  # times the share of a class
_CELLS = 1_000_000
_COPIES = 20  # samples of one mix, where a statistic takes several


def lines(study: Study, required: Iterable[Criterion]) -> tuple[str, ...]:
    """Criteria that would not pass at a clinical mix, and false calls there, without an end.

    Told where the set is far from the mix: a quarter of its cells of other classes, or three times
    as many of the class. The mix is the protocol's, and that of healthy adults where the protocol
    states none or one so far from it. Of a class
    whose PPV no criterion judges, where the upper bound at the mix is below 80 %.

    Args:
        study: whose cells with a true class these are.
        required: criteria.
    """
    cells = study.cells()
    if cells is None:
        return ()
    required = [p.criterion for p in pooled(study, required)]
    declared, typical = _mix(cells, study.protocol.clinical_mix), _mix(cells, TYPICAL)
    asked = {"[clinical_mix]": declared} if declared else {}
    if typical and (not declared or _is_apart(declared, typical)):
        asked["healthy adults"] = typical
    told = []
    for whose, mix in asked.items():
        said = [*_judged(cells, mix, required), *_unjudged(study, cells, mix, required)]
        if said:
            shares = [f"{100 * share:.3g} % {name}" for name, share in _by_class(mix).items()]
            told.append(f"at a mix of {all_of(shares)} ({whose}): {all_of(said)}")
    return tuple(told)


def _is_apart(declared: Mapping[str, float], typical: Mapping[str, float]) -> bool:
    """Whether a mix is one that healthy adults do not have: a set's own would excuse anything."""
    labels = declared.keys() | typical.keys()
    moved = sum(abs(declared.get(x, 0.0) - typical.get(x, 0.0)) for x in labels) / 2
    more = any(declared.get(x, 0.0) > _ENRICHED * share for x, share in typical.items())
    return moved > _APART or more


def _mix(cells: Cells, clinical: Mapping[str, float]) -> dict[str, float]:
    """Share of each label with a true cell; parts of a class as they are here."""
    true = cells.counts.sum(axis=(0, 2)).astype(float)
    named = {c: share for c, share in clinical.items() if share > 0}
    of = [label if label in named else measured_class(label) for label in cells.labels]
    held = {c: sum(n for n, o in zip(true, of, strict=True) if o == c) for c in named}
    total = sum(share for c, share in named.items() if held[c])
    return {
        label: named[c] / total * n / held[c]
        for label, c, n in zip(cells.labels, of, true, strict=True)
        if n and c in named
    }


def _by_class(mix: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for label, share in mix.items():
        found[measured_class(label)] = found.get(measured_class(label), 0.0) + share
    return found


def _is_far(cells: Cells, mix: Mapping[str, float], subject: str) -> bool:
    true = cells.counts.sum(axis=(0, 2)).astype(float)
    here = true / true.sum()
    there = np.array([mix.get(label, 0.0) for label in cells.labels])
    if float(np.abs(here - there).sum()) / 2 > _APART:
        return True
    at = cells.labels.index(subject) if subject in mix else None
    return at is not None and bool(here[at] > _ENRICHED * there[at])


def _judged(cells: Cells, mix: Mapping[str, float], required: Sequence[Criterion]) -> Iterator[str]:
    """Required criteria that hold here and not at the mix."""
    asked = [
        c
        for c in required
        if c.measure == "classification"
        and c.statistic in _FOLLOWING
        and (c.subject == "all" or c.subject in mix)
        and _is_far(cells, mix, c.subject)
    ]
    if not asked:
        return
    here, there = _values(cells.counts.sum(axis=0), cells), _values(_mixed(cells, mix), cells)
    for c in asked:
        own, other = here.get((c.subject, c.statistic)), there.get((c.subject, c.statistic))
        if own is None or other is None or rules.beyond(c, own, own):
            continue
        if rules.beyond(c, other, other):
            yield _said(statistic_of(c.measure, c.statistic), c.subject, other, own, c.min)


def _unjudged(
    study: Study, cells: Cells, mix: Mapping[str, float], required: Sequence[Criterion]
) -> Iterator[str]:
    """Classes that no criterion asks a PPV of: most of their calls would be wrong, or many."""
    asked = {c.subject for c in required if c.statistic.base == "ppv"}
    names = cells.labels[: cells.n_classes]
    far = [i for i, n in enumerate(names) if n in mix and n not in asked and _is_far(cells, mix, n)]
    if not far:
        return
    counts = cluster_sums(cells.counts.astype(np.float64), cells.cluster)
    context = Context(seed=study.protocol.seed)
    found = clinical_ppv(counts, cells.labels, cells.n_classes, mix, context)
    here = _values(cells.counts.sum(axis=0), cells)
    for i in far:
        own, e = here.get((names[i], "ppv")), found[i]
        sure = e.value is not None and e.high is not None and e.high < LEAST
        if own is not None and own >= LEAST and sure:  # below, it is told by itself
            yield _said(statistic_of("classification", "ppv"), names[i], e.value or 0.0, own, LEAST)


def _mixed(cells: Cells, mix: Mapping[str, float]) -> Ints:
    """Confusion of a million cells in the shares of the mix."""
    table = cells.counts.sum(axis=0).astype(float)
    weight = np.array([mix.get(label, 0.0) for label in cells.labels])
    rates = table / np.maximum(table.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.rint(_CELLS * weight[:, None] * rates), dtype=np.int64)


def _values(table: Ints, cells: Cells) -> dict[tuple[str, str], float]:
    """Each statistic of a confusion table, by subject and name."""
    one = replace(
        cells,
        counts=np.repeat(table[None], _COPIES, axis=0),
        sample_ids=tuple(map(str, range(_COPIES))),
        cluster=np.arange(_COPIES),
        stages=(),
        abstained=None,
    )
    return {
        (m.subject, name): e.value
        for m in measure(one, Context(replicates=0))
        for name, e in m.estimates.items()
        if e.value is not None
    }


def _said(
    about: Statistic | None, subject: str, there: float, here: float, bound: float | None
) -> str:
    assert about is not None  # noqa: S101 (a statistic of cells)
    scale, edge = about.scale(""), bound or 0.0
    digits = places_of(scale.factor * there, scale.factor * here)
    shown = []
    for number in (there, here):
        places = places_against(scale.factor * number, scale.factor * edge, digits)
        shown.append(f"{fixed(scale.factor * number, places)} {scale.words}".rstrip())
    of = "all classes" if subject == "all" else subject
    return f"{about.title} of {of} {shown[0]} ({shown[1]} here)"
