"""Comparisons made by hand from synthetic studies, as the gate would fill them.

The intervals here are plain normal ones over samples: the page writes numbers and makes none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.render.make_study import PROVENANCE, make_study, within
from wbcval.bundle.read import Side
from wbcval.gating.compare._aloud import moved_aloud
from wbcval.gating.compare.apart import Mismatch
from wbcval.gating.compare.types import ANCHOR, BASELINE, Change, Comparison, Flips, Moved
from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import SAME_PREDICTIONS
from wbcval.measure.results import CHANGE, Measurement, Results
from wbcval.protocol.types import NON_INFERIOR, Criterion, Product
from wbcval.stats.functions.error import acceptance
from wbcval.stats.metric import Better, Ints
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import PERCENT
from wbcval.values.reasons import Reason

GATE_PROVENANCE: Mapping[str, Any] = {
    "created": "2026-02-03T04:05:06Z",
    "wbcval_version": "0.0",
    "versions": {"python": "3.11", "numpy": "2.0"},
}
MARGIN = 0.02


def worsened(study: Study, label: str, share: float, *, version: str = "2.2") -> Study:
    """The same cells, of which a share of one class is called the next class instead."""
    assert study.counts is not None
    at = study.counts.labels.index(label)
    to = (at + 1) % 5
    confusion = study.counts.confusion.copy()
    moved = np.random.default_rng(3).binomial(confusion[:, at, at], share)
    confusion[:, at, at] -= moved
    confusion[:, at, to] += moved
    predicted = confusion.sum(axis=1)
    total = np.maximum(predicted.sum(axis=1), 1)
    values = dict(study.values)
    for i, name in enumerate(PERCENT):
        values[name] = replace(values[name], model=100 * predicted[:, i] / total)
    return replace(
        study,
        values=values,
        counts=replace(study.counts, confusion=confusion, predicted=predicted),
        protocol=replace(study.protocol, model=Product("LeukoNet", version)),
    )


def side(name: str, study: Study, declared: bool = True, **provenance: Any) -> Side:
    """A side with its own criteria judged."""
    outcomes = judge(study.protocol.criteria, Results(tuple(_shares_within(study)), {})).outcomes
    return Side(name, study, outcomes, declared, {**PROVENANCE, **provenance})


def _shares_within(study: Study) -> Iterator[Measurement]:
    for name in study.measurands:
        share = acceptance(study.pairs(name)).share
        yield Measurement("error", name, "all", "share_within:10", share, "1",
                          Better.HIGHER, "share of the samples within the limit")  # fmt: skip


def make_comparison(
    samples: int = 40,
    cells: int = 200,
    *,
    broken: str = "monocyte",
    share: float = 0.12,
    sites: int = 0,
    anchor: bool = False,
    identical: bool = False,
    paired: bool = True,
    with_cells: bool = True,
    ids: Sequence[str] | None = None,
    title: str = "Five-class model against the analyzer",
    margin: float = MARGIN,
    least: float = 0.95,
    subjects: Sequence[str] = PERCENT,
    waived: tuple[Mismatch, ...] = (),
    judged_before: int | None = 2,
    extra: Sequence[Change] = (),
) -> Comparison:
    """A candidate that calls a share of one class by another name, against its baseline."""
    criteria = [within(name, min=least, optional=name != "NEUT%") for name in subjects]
    old = make_study(samples, cells, sites=sites, ids=ids, criteria=criteria, title=title)
    new = old if identical else worsened(old, broken, share)
    first = worsened(old, "eosinophil", 0.03, version="1.0")
    if not with_cells:
        old, new, first = (
            replace(s, counts=None, reference_shares=None) for s in (old, new, first)
        )
    same = {} if identical else {"digests": {"predictions": "9a" * 32, "reference": "ef" * 32}}
    sides = {
        "candidate": side("run-42", new, **same),
        BASELINE: side("accepted", old),
        ANCHOR: side("first", first) if anchor else None,
    }
    changes, judged, strata = [], {}, []
    for against in (BASELINE, ANCHOR) if anchor else (BASELINE,):
        other = old if against == BASELINE else first
        flag = identical and against == BASELINE
        for change in (*_changes(new, other, against, "all", subjects, margin, flag), *extra):
            change = replace(change, against=against)
            judged[_id(change)] = change if paired else replace(change, moved=(), detectable=None)
        for stratum in [s for s in new.strata if s != "all" and against == BASELINE]:
            strata += _changes(new, other, against, stratum, subjects, margin, flag)
    changes = [*judged.values(), *strata]
    results = Results(tuple(_measurement(c) for c in changes), {}, strata=tuple(new.strata))
    own = Results((*results.measurements, *_shares_within(new)), {})
    asked = [_criterion(name, c, margin) for name, c in judged.items()]
    verdict = judge([*asked, *new.protocol.criteria], own)
    outcomes = [(o, judged[o.criterion.id]) for o in verdict.outcomes if o.criterion.id in judged]
    return Comparison(
        candidate=sides["candidate"],
        baseline=sides[BASELINE],
        anchor=sides[ANCHOR],
        paired=paired,
        identical=identical,
        changes=tuple(changes),
        flips=tuple(_flips(new, old, subjects)) if paired else (),
        results=results,
        verdict=verdict,
        aloud=moved_aloud(changes, outcomes),
        change_of=judged,
        waived=waived,
        judged_before=judged_before,
    )


def _id(change: Change) -> str:
    where = "" if change.stratum == "all" else f" in {change.stratum}"
    return f"{change.subject} {change.statistic}{where} {change.against}"


def _criterion(name: str, change: Change, margin: float) -> Criterion:
    return Criterion(
        name, _measure(change), change.subject, change.statistic, change.stratum,
        min=-margin, rule=NON_INFERIOR, confidence=0.975,
    )  # fmt: skip


def _measure(change: Change) -> str:
    return change.measure + CHANGE + ("_from_anchor" if change.against == ANCHOR else "")


def _measurement(c: Change) -> Measurement:
    return Measurement(_measure(c), c.subject, c.stratum, c.statistic, c.change,
                       c.difference.stored, Better.HIGHER, c.title)  # fmt: skip


def _changes(
    new: Study, old: Study, against: str, stratum: str, subjects: Sequence[str], margin: float,
    identical: bool,
) -> list[Change]:  # fmt: skip
    rows = []
    if new.counts is not None and old.counts is not None:
        take = new.strata[stratum]
        ours, theirs = new.counts.confusion[take], old.counts.confusion[take]
        trials = theirs.sum(axis=2)
        hits = [np.diagonal(c, axis1=1, axis2=2) for c in (ours, theirs)]
        rows.append(("classification", "all", "accuracy", "accuracy",
                     *(h.sum(axis=1) for h in hits), trials.sum(axis=1)))  # fmt: skip
        for i, label in enumerate(FIVE):
            rows.append(("classification", label, "sensitivity", "sensitivity",
                         *(h[:, i] for h in hits), trials[:, i]))  # fmt: skip
    for name in subjects:
        pairs = [s.pairs(name, stratum) for s in (new, old)]
        inside = [acceptance(p).within.astype(np.int64) for p in pairs]
        rows.append(("error", name, "share_within:10", "share of the samples within the limit",
                     *inside, np.ones(len(inside[0]), dtype=np.int64)))  # fmt: skip
    ids = [i for i, t in zip(new.sample_ids, new.strata[stratum], strict=True) if t]
    found = []
    for measure, subject, statistic, title, after, before, trials in rows:
        change, error = _difference(after, before, trials, identical)
        ease = None if identical or error is None else margin - 1.12 * error
        found.append(
            Change(measure, subject, stratum, statistic, against, *_shares(after, before, trials),
                   change, title, ease, _moved(after, before, trials, ids, measure))
        )  # fmt: skip
    return found


def _shares(after: Ints, before: Ints, trials: Ints) -> tuple[float | None, float | None]:
    n = int(trials.sum())
    return (int(before.sum()) / n, int(after.sum()) / n) if n else (None, None)


def _difference(
    after: Ints, before: Ints, trials: Ints, identical: bool
) -> tuple[Estimate, float | None]:
    n, count = int(trials.sum()), int((trials > 0).sum())
    if n == 0:
        return Estimate.missing(Reason.told("no cell of the class on either side"), n=0), None
    if identical:
        same = "equal digests of all predictions"
        return Estimate(0.0, method=same, n=n, flags=(SAME_PREDICTIONS,)), None
    moved = after - before
    value = int(moved.sum()) / n
    if count < 5:
        return Estimate(
            value, n=n, reason=Reason.told(f"interval needs 5 samples, got {count}")
        ), None
    spread = float(((moved - value * trials) ** 2).sum() * count / (count - 1))
    error = max(math.sqrt(spread) / n, 1.5 / (1.96 * n))
    low, high = value - 1.96 * error, value + 1.96 * error
    return Estimate(value, low, high, 0.95, "normal over samples", n=n), error


def _moved(
    after: Ints, before: Ints, trials: Ints, ids: Sequence[str], measure: str
) -> tuple[Moved, ...]:
    lost = before - after
    order = sorted(np.flatnonzero(lost > 0).tolist(), key=lambda i: (-lost[i], i))
    if measure == "error":
        return tuple(Moved(ids[i], 1, "within → outside") for i in order)
    return tuple(
        Moved(ids[i], int(lost[i]), f"{before[i]} → {after[i]} of {trials[i]} cells") for i in order
    )


def _flips(new: Study, old: Study, subjects: Sequence[str]) -> list[Flips]:
    found = []
    for name in subjects:
        ours, theirs = (acceptance(s.pairs(name)).within for s in (new, old))
        ids = np.array(new.pairs(name).sample_ids, dtype=object)
        crossed = (tuple(ids[theirs & ~ours]), tuple(ids[ours & ~theirs]))
        found.append(Flips(name, "share_within:10", *crossed))
    return found
