"""Who was left out, and why; who has no result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wbcval.render._basis import MOST_LISTED, Selections
from wbcval.render._numbers import whole
from wbcval.render._section import Section
from wbcval.render._words import listing, plural
from wbcval.render.sections.provenance import Origins
from wbcval.study.ledger import SAMPLES


@dataclass(frozen=True, slots=True)
class SharedReason:
    """Samples left out of some measurands (or of all) for one reason."""

    subject: str
    reason: str
    sample_ids: tuple[str, ...]


class Exclusions(Selections):
    """Selections and sentences on samples without a place in the comparison."""

    most_listed = MOST_LISTED

    @cached_property
    def reasons(self) -> list[SharedReason]:
        """Who was left out, by reason; equal lists of samples once."""
        ids: dict[tuple[str, str], list[str]] = {}
        for e in self.basis.study.exclusions:
            ids.setdefault((e.subject, e.reason), []).append(e.sample_id)
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (subject, reason), found in ids.items():
            alike.setdefault((reason, tuple(found)), []).append(subject)
        return [
            SharedReason(", ".join(subjects), reason, found)
            for (reason, found), subjects in alike.items()
        ]

    @property
    def samples(self) -> str:
        """How many samples there are, and are judged; "0 left out" only where nothing is out."""
        ledger = self.basis.study.ledger
        everyone = ledger.of("all")
        assert everyone is not None  # noqa: S101 (every study has its ledger)
        said = f"{plural(everyone.listed, 'sample')} listed, "
        said += f"{whole(everyone.judged)} under study, {whole(everyone.left_out)} left out"
        more = [
            f"{whole(a.listed - a.judged)} of {a.subject}"
            for a in ledger.accounts
            if a.of == SAMPLES and a.judged < everyone.judged
        ]
        return said + (f"; not judged: {listing(more, len(more))}" if more else "")

    @property
    def sums(self) -> str:
        """What the tables are of."""
        if self.basis.study.exclusions:
            return "Each that was left out has its reason."
        return "Nothing that has a reference was left out."

    @cached_property
    def failures(self) -> list[tuple[str, list[str]]]:
        """Measurand and its samples with a reference but no model result."""
        study = self.basis.study
        ids = np.array(study.sample_ids, dtype=object)
        found = ((m, list(ids[v.lost])) for m, v in study.values.items())
        return [(m, names) for m, names in found if names]


SECTION = Section(context={"exclusions": Exclusions, "origins": Origins})
