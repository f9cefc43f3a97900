"""A side judged anew from its tables: what a bundle says of itself is not believed (§18).

Judged are the criteria of ``protocol.toml`` on ``samples.csv``, ``confusion.csv`` and
``strata.csv``. A bundle that says better of itself than its tables is refused. It may say worse: of
patients that are not known, steps of the reference, the cells that a reference counted, stages of
a cascade and repeated results its tables do not tell. For the same reason no criterion is judged
anew on ``attribution``, ``cascade``, ``counting_noise`` and ``precision``, on Deming's regression
without a stated ``error_ratio``, or that takes noise for right; of these the value is held against
the bound. A digest of cells takes the cells themselves; without cells it is made anew.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from wbcval import __version__
from wbcval.bundle.noise_marks import denied
from wbcval.bundle.read import Side
from wbcval.bundle.results_file import ResultsFile
from wbcval.bundle.tables import FROM_OPTIONS, FROM_PYTHON
from wbcval.judge.criteria import judge, verdict_on
from wbcval.judge.defaults import default_criteria
from wbcval.judge.outcomes import Decision, Outcome, Status
from wbcval.measure.evaluate import evaluate_asked
from wbcval.measure.hits import hits
from wbcval.protocol.types import NON_INFERIOR, Criterion
from wbcval.stats.functions.error_ratio import MEASURES
from wbcval.values import digests
from wbcval.values.errors import InputError, NotEstimable
from wbcval.values.wording import all_of

_UNTOLD = ("attribution", "cascade", "counting_noise", "precision")
IN_PYTHON = "its criteria were given in Python, and no protocol declares them"
_CLOSE = 1e-9  # relative: the same numbers, summed in another order
_BAD = (Status.FAIL, Status.INCONCLUSIVE, Status.NOT_ESTIMABLE)


def judged_again(side: Side) -> Side:
    """The side with each outcome as its tables give it, or as it says where that is worse.

    Raises:
        InputError: where it says better of itself than its tables, or contradicts itself.
    """
    judged = _judged(side)
    found = _contradictions(side, judged)
    if found:
        raise InputError(
            side.name,
            f"contradicts its own tables: {found[0]}"
            + (f" (and {len(found) - 1} more)" if found[1:] else "")
            + _elsewhere(side),
            "make the bundle again with `wbcval report`, or look who changed it",
        )
    again = {o.criterion.id: o for o in judged}
    outcomes = tuple(
        replace(o, status=Status.FAIL, message=again[o.criterion.id].message)
        if again[o.criterion.id].status is Status.FAIL and retold(side, o.criterion)
        else o
        for o in side.outcomes
    )
    rejected = verdict_on(outcomes).decision is Decision.REJECTED
    return replace(side, outcomes=outcomes, verdict=Decision.REJECTED if rejected else side.verdict)


def told_of(side: Side) -> tuple[str, ...]:
    """What must be said of a bundle beside any number of it: that another version made it."""
    made = side.provenance["wbcval_version"]
    if made == __version__:
        return ()
    return (f"{side.name} was made by wbcval {made[:20]}, and judged anew by {__version__}.",)


def digest_of(side: Side) -> str:
    """sha256 of what the tables say a model called: it cannot be stated, only made."""
    study = side.study
    values = {m: v.model for m, v in study.values.items()}
    lines = [digests.of_side(None, study.sample_ids, values)]
    if study.counts is not None:
        labels, confusion = study.counts.labels, study.counts.confusion
        lines += sorted(
            f"{study.sample_ids[s]}\x1f{labels[t]}\x1f{labels[p]}\x1f{confusion[s, t, p]}"
            for s, t, p in np.argwhere(confusion)
        )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def contradictions(side: Side) -> list[str]:
    """In what a bundle contradicts its protocol, its tables or itself; empty where in nothing."""
    return _contradictions(side, _judged(side))


def _contradictions(side: Side, judged: tuple[Outcome, ...]) -> list[str]:
    return [*_of_itself(side)] or [*_of_tables(side, judged)]


def of_a_gate(told: ResultsFile) -> list[str]:
    """In what the result of a gate contradicts itself: its rows, and the verdict on them.

    Its changes cannot be made anew from it: that takes both bundles.
    """
    outcomes, said = told.verdict.outcomes, told.verdict.decision
    found = [
        f"{o.criterion.id} is said to {o.status}, and its numbers are not on that side of the bound"
        for o in outcomes
        if told.rows.get(o.criterion.id, {}).get("word") != "identical" and _not_by_bounds(o)
    ]
    if not _follows(said, verdict_on(outcomes).decision):
        found.append(f"its verdict is {said}, and its outcomes give another")
    return found


def retold(side: Side, criterion: Criterion) -> bool:
    """Whether the tables of a bundle tell all that judges a criterion."""
    if criterion.measure in MEASURES and side.protocol.error_ratio is None:
        return False
    return criterion.measure not in _UNTOLD and not criterion.statistic.or_noise


def believed(side: Side) -> str:
    """What a bundle says and its files do not tell, in a sentence; "" where they tell all."""
    ids = [
        o.criterion.id
        for o in side.outcomes
        if o.status is Status.PASS and not o.criterion.optional and not retold(side, o.criterion)
    ]
    said = [f"its tables do not tell whether {all_of(ids)} passed: --rerun does"] if ids else []
    if side.written_for == FROM_PYTHON:
        said.append(IN_PYTHON)
    return "; ".join(said)


def _of_itself(side: Side) -> Iterator[str]:
    """Rows against the protocol, values against bounds, the verdict against both."""
    asked = {c.id: c for c in side.protocol.criteria}
    if [*asked] != [o.criterion.id for o in side.outcomes]:
        yield "results.json judges other criteria than protocol.toml names"
        return
    if side.provenance["mode"] != side.protocol.mode:
        yield f"results.json says {side.provenance['mode'][:20]}, and protocol.toml another mode"
    if not side.declared and not side.written_for:
        yield "protocol.toml was given, and results.json says that none was"
    if side.written_for == FROM_OPTIONS and side.protocol.criteria != default_criteria(side.study):
        yield "protocol.toml is of options, and its criteria are not the default ones"
    for o in side.outcomes:
        c, mine = asked[o.criterion.id], o.criterion
        if not _same(c, mine) or not {*o.accepted} <= {*side.protocol.accepted}:
            yield f"criterion {c.id} is not the one of protocol.toml"
        elif _not_by_bounds(o):
            yield f"{c.id} is said to {o.status}, and its numbers are not on that side of the bound"
    if side.verdict is not None and not _follows(side.verdict, verdict_on(side.outcomes).decision):
        yield f"its verdict is {side.verdict}, and its outcomes give another"


def _same(asked: Criterion, judged: Criterion) -> bool:
    """Whether a row is on what the protocol asks; an allowance is bounded by what is measured."""
    if asked.allowance:
        asked = replace(asked, min=judged.min, max=judged.max)
    return asked == judged


def _not_by_bounds(o: Outcome) -> bool:
    """Whether a row passes, or fails, against its own numbers."""
    if o.status not in (Status.PASS, Status.FAIL) or o.criterion.rule not in _ENDS:
        return False
    worst, best = _ENDS[o.criterion.rule](o)
    low, high = o.criterion.min, o.criterion.max
    if o.status is Status.PASS:
        ends = [(worst, low, 1), (best, high, -1)]
        return any(b is not None and (v is None or _beyond(v, b, way)) for v, b, way in ends)
    return not any(
        b is not None and v is not None and _beyond(v, b, way)
        for v, b, way in ((best, low, 1), (worst, high, -1))
    )


_Ends = tuple[float | None, float | None]
_ENDS: Mapping[str, Callable[[Outcome], _Ends]] = {  # what must lie within the bounds, by rule
    "observed": lambda o: (o.observed, o.observed),
    "demonstrated": lambda o: (o.low, o.high),
    NON_INFERIOR: lambda o: (o.low, o.high),
}


def _beyond(value: float, bound: float, way: int) -> bool:
    return way * (bound - value) > _CLOSE * abs(bound)


def _follows(said: Decision, found: Decision) -> bool:
    """A verdict may be weaker than its outcomes, never stronger."""
    if found is Decision.REJECTED or said is Decision.REJECTED:
        return said is found
    return said is Decision.INCONCLUSIVE or found is Decision.ACCEPTED


def _of_tables(side: Side, judged: tuple[Outcome, ...]) -> Iterator[str]:
    for said, found in zip(side.outcomes, judged, strict=True):
        c = said.criterion
        value = _value(side, found)
        noise = c.measure not in _UNTOLD and c.statistic.or_noise and said.observed is not None
        told = retold(side, c) or noise  # what is not estimable passes nothing
        if told and not _close(said.observed, value):
            yield f"{c.id}: {said.observed} is stated, and the tables give {value}"
        elif not retold(side, c):
            continue
        elif (said.n, said.hits) != (found.n, found.hits):
            yield f"{c.id}: of {said.n} is stated, and the tables give {found.n}"
        elif (said.status is Status.PASS and found.status in _BAD) or (
            said.status is Status.FAIL and found.status is Status.PASS
        ):
            yield f"{c.id}: {said.status} is stated, and the tables give {found.status}"
    yield from denied(side.study)
    yield from _of_digests(side)


def _judged(side: Side) -> tuple[Outcome, ...]:
    criteria = side.protocol.criteria
    results = evaluate_asked(side.study, criteria)
    return judge(criteria, results, side.protocol.accepted).outcomes


def _value(side: Side, found: Outcome) -> float | None:
    """As the tables give it; what lies inside counting noise is marked in ``samples.csv``."""
    c = found.criterion
    if not c.statistic.or_noise:
        return found.observed
    if c.measure != "error":  # the bias; what noise allows rests on cells that no table tells
        values, here = side.study.values.get(c.subject), side.study.strata.get(c.stratum)
        if values is None or here is None:
            return None
        both = (values.model - values.reference)[here]
        both = both[np.isfinite(both)]
        return float(both.mean()) if len(both) else None
    try:
        k = hits(side.study, c.subject, c.measured_as).at(side.study.strata[c.stratum])
    except (NotEstimable, KeyError):
        return None
    n = int(k.trials.sum())
    return int(k.hits.sum()) / n if n else None


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:  # infinite values are written as none
        return one is other or math.isinf(one or other or 0.0)
    return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=1e-12)


def _of_digests(side: Side) -> Iterator[str]:
    study = side.study
    of_cells = any(i["role"] == "cells" for i in side.provenance.get("inputs", ()))
    if of_cells or not all(v.listed.all() for v in study.values.values()):
        return  # of cells, or of values that no table holds
    for name, of in (("predictions", "model"), ("reference", "reference")):
        values = {m: getattr(v, of) for m, v in study.values.items()}
        if side.digests[name] != digests.of_side(None, study.sample_ids, values):
            yield f"the digest of its {name} is not that of samples.csv"


def _elsewhere(side: Side) -> str:
    said = told_of(side)
    return f"; {said[0].rstrip('.')}" if said else ""
