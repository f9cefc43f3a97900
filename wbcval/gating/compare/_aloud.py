"""What every output of a comparison must say beside its verdict: one list, made once (§18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wbcval.gating.compare._changes import Both
from wbcval.gating.compare.types import Change
from wbcval.gating.compare.written import plain, shown
from wbcval.judge.outcomes import Outcome, Status

_IDS, _STRATA = 50, 8  # samples, and strata, in a sentence
Judged = Sequence[tuple[Outcome, Change]]


def aloud(both: Both, changes: Sequence[Change], judged: Judged) -> tuple[str, ...]:
    """What the candidate lacks alone, and where it is measurably worse, in sentences.

    Args:
        both: candidate and baseline. changes: all that were looked at, those of strata too.
        judged: outcomes of those that were asked for, with their changes.
    """
    return (*_absent(both), *_lost(both), *moved_aloud(changes, judged))


def moved_aloud(changes: Sequence[Change], judged: Judged) -> tuple[str, ...]:
    """Strata in which it is measurably worse, and what is measurably lower and rejects nothing."""
    said = (_worse_strata(changes), _optional_and_lower(judged), _passed_yet_lower(judged))
    return tuple(filter(None, said))


def ids(names: Sequence[str]) -> str:
    """Samples by name, as many as a sentence holds."""
    more = len(names) - _IDS
    return ", ".join(names[:_IDS]) + (f" and {more} more" if more > 0 else "")


def _absent(both: Both) -> Iterator[str]:
    if both.absent:
        many = "sample" if len(both.absent) == 1 else "samples"
        how = "counted as lost" if both.paired else "so that nothing is shown unpaired"
        yield (
            f"The candidate lacks {len(both.absent)} {many} of the {both.against}, {how}: "
            f"{ids(both.absent)}."
        )


def _lost(both: Both) -> Iterator[str]:
    """Listed samples of which the other side has a result and the candidate has none."""
    if not both.paired:
        return
    gone = set(both.absent)
    told: dict[tuple[str, ...], list[str]] = {}
    for name, theirs in both.before.values.items():
        ours = both.after.values.get(name)
        missing = theirs.paired if ours is None else theirs.paired & ~ours.paired
        names = tuple(i for i in _at(both.before.sample_ids, missing) if i not in gone)
        if names:
            told.setdefault(names, []).append(name)
    for names, subjects in told.items():
        yield (
            f"The candidate has no result where the {both.against} has one, of "
            f"{', '.join(subjects)} in {len(names)} of {len(both.before.sample_ids)} samples: "
            f"{ids(names)}."
        )


def _at(names: Sequence[str], mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[str]:
    return [names[i] for i in np.flatnonzero(mask).tolist()]


def _worse_strata(changes: Sequence[Change]) -> str:
    """Strata in which the candidate is measurably worse; shown, not judged."""
    found = [c for c in changes if c.stratum != "all" and c.measurable_loss]
    if not found:
        return ""
    found.sort(key=lambda c: c.change.value or 0.0)
    said = [f"{c.stratum}: {_what(c)}" for c in found[:_STRATA]]
    more = len(found) - len(said)
    return f"Measurably worse in {'; '.join(said)}{f' (and {more} more)' if more > 0 else ''}."


def _optional_and_lower(judged: Judged) -> str:
    """An optional row may stand in the place of a default one: its loss is told with figures."""
    found = [
        c
        for o, c in judged
        if o.criterion.optional and o.status is not Status.PASS and c.measurable_loss
    ]
    if not found:
        return ""
    return f"Measurably lower than before, yet optional: {'; '.join(map(_what, found))}."


def _passed_yet_lower(judged: Judged) -> str:
    found = [c for o, c in judged if o.status is Status.PASS and c.measurable_loss]
    if not found:
        return ""
    return f"Passed, yet measurably lower than before: {'; '.join(map(_what, found))}."


def _what(change: Change) -> str:
    """``sensitivity of monocyte 95.0 % → 80.2 %``."""
    written = shown(change)
    about = "all classes" if change.subject == "all" else change.subject
    return plain(f"{change.title} of {about} {written.before} → {written.after}")
