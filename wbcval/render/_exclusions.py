"""Who was left out, and why; who has no result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wbcval.render._basis import MOST_LISTED, Basis
from wbcval.render._words import plural


@dataclass(frozen=True, slots=True)
class Reason:
    """Samples left out of some measurands (or of all) for one reason."""

    subject: str
    reason: str
    sample_ids: tuple[str, ...]


@dataclass(frozen=True)
class Exclusions:
    """Selections and sentences on samples without a place in the comparison."""

    basis: Basis
    most_listed: int = MOST_LISTED

    @cached_property
    def reasons(self) -> list[Reason]:
        ids: dict[tuple[str, str], list[str]] = {}
        for e in self.basis.study.exclusions:
            ids.setdefault((e.subject, e.reason), []).append(e.sample_id)
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (subject, reason), found in ids.items():
            alike.setdefault((reason, tuple(found)), []).append(subject)
        return [
            Reason(", ".join(subjects), reason, found)
            for (reason, found), subjects in alike.items()
        ]

    @property
    def whole(self) -> int:
        """Samples left out altogether."""
        return len({e.sample_id for e in self.basis.study.exclusions if e.subject == "all"})

    @property
    def sentence(self) -> str:
        exclusions = self.basis.study.exclusions
        if not exclusions:
            return "No sample was left out."
        whole = f"{plural(self.whole, 'sample was', 'samples were')} left out altogether"
        thin = sum(e.subject == "classification" for e in exclusions)
        rest = sum(e.subject != "all" for e in exclusions) - thin
        if rest:
            whole += f", and {plural(rest, 'value')} of single measurands"
        if thin:
            whole += f", and the labelled cells of {plural(thin, 'sample')}"
        return whole + "; each has its reason."

    @cached_property
    def failures(self) -> list[tuple[str, list[str]]]:
        """Measurand and its samples with a reference but no model result."""
        study = self.basis.study
        ids = np.array(study.sample_ids, dtype=object)
        found = ((m, list(ids[v.lost])) for m, v in study.values.items())
        return [(m, names) for m, names in found if names]

    def without_reference(self, measurand: str) -> int:
        """Samples under study that the reference has no value for."""
        return int((~np.isfinite(self.basis.study.values[measurand].reference)).sum())
