"""False calls: cells of another class that the candidate calls so, and the other side did not.

By default the gate asks for sensitivities. A class that is called too often loses none of its own;
the cells it takes are few among those of a common class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wbcval.bundle.read import Side
from wbcval.gating.compare._changes import Both
from wbcval.gating.compare.types import Change
from wbcval.measure.hits import hits, subjects
from wbcval.protocol.types import Margin
from wbcval.stats.statistic_name import StatisticName
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.wording import fixed

_MEASURE, _CALLS = "classification", StatisticName("specificity")
_JUDGED = (_CALLS, "ppv")


def false_calls(both: Both) -> Iterator[Change]:
    """Change of the specificity of each class that is falsely called more often, and not judged."""
    judged = {r.subject for r in both.rows if not r.optional and r.statistic in _JUDGED}
    for name in subjects(both.before, _MEASURE, _CALLS):
        try:
            new, old = (_false(study, name) for study in (both.after, both.before))
        except NotEstimable:
            continue  # a class that one side alone calls: the scope tells its PPV
        if name not in judged and new > old:
            yield both.change(Margin(_MEASURE, name, _CALLS, both.after.protocol.gate.margin))


def false_calls_said(both: Both, changes: Sequence[Change]) -> str:
    """Those that no chance explains, by their PPV; "" where there are none."""
    said = [
        f"{c.subject} (PPV {_ppv(both.before, c.subject)} → {_ppv(both.after, c.subject)})"
        for c in changes
        if c.measurable_loss
    ]
    return f"More false calls than before, not judged: {'; '.join(said)}." if said else ""


def findings_said(candidate: Side, other: Side, against: str) -> Iterator[str]:
    """Pathological cells missed in more samples than by the other side, or falsely found."""
    missed = {f.label: f for f in other.study.ledger.missed_findings or ()}
    for gone in candidate.study.ledger.missed_findings or ():
        was = missed.get(gone.label)
        if was is None or gone.missed * was.samples > was.missed * gone.samples:
            theirs = f"{was.missed} of {was.samples}" if was else "none"
            yield f"More missed: {gone.said}, by the {against} in {theirs}."
    before = {f.label: f for f in other.study.ledger.false_findings or ()}
    for now in candidate.study.ledger.false_findings or ():
        if not (now.malignant or now.many):
            continue
        old = before.get(now.label)
        if old is None or now.found * old.samples > old.found * now.samples:
            theirs = f"{old.found} of {old.samples}" if old else "none"
            yield f"More false findings: {now.said}, by the {against} in {theirs}."


def _false(study: Study, name: str) -> float:
    """Share of the cells of other classes."""
    found = hits(study, name, _CALLS)
    trials = int(found.trials.sum())
    return 1 - int(found.hits.sum()) / trials if trials else 0.0


def _ppv(study: Study, name: str) -> str:
    found = hits(study, name, "ppv")
    calls = int(found.trials.sum())
    return f"{fixed(100 * int(found.hits.sum()) / calls, 1)} %" if calls else "of no call"
