"""The verification plots: one for each limit under criterion, with the samples outside."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from wbcval.judge.outcomes import Outcome
from wbcval.protocol.types import Criterion
from wbcval.render._basis import Selections
from wbcval.render._verification import Outside, Verification
from wbcval.stats.functions.error import SHARE, WITHIN, Acceptance, Error
from wbcval.stats.statistic_name import COVERING_ERROR, SHARE_WITHIN, StatisticName
from wbcval.values.measurands import Measurand, Quantity

MOST_OUTSIDE = 200  # listed of each limit: all of them, but in studies that no page could hold


class Verifications(Selections):
    """Selections and sentences on the errors of the samples."""

    @cached_property
    def all(self) -> list[Verification]:
        """One for each limit under criterion; the industry limit where there is none."""
        limits: dict[tuple[Measurand, str, StatisticName], list[Outcome]] = {}
        for outcome in self.basis.verdict.outcomes:
            c = outcome.criterion
            if c.subject in self.basis.judged and c.statistic.base == SHARE_WITHIN:
                asked = (Measurand(c.subject), c.stratum, c.measured_as)
                limits.setdefault(asked, []).append(outcome)
        for subject in self.basis.judged:
            if not any(found[0] == subject for found in limits):
                limits[subject, "all", WITHIN] = []
        order = self.basis.study.measurands.index
        keys = sorted(limits, key=lambda found: order(found[0]))
        made = (self._one(*key, limits[key]) for key in keys)
        return [v for v in made if v is not None]

    def _one(
        self, subject: Measurand, stratum: str, statistic: StatisticName, outcomes: list[Outcome]
    ) -> Verification | None:
        detail = self.basis.results.detail("error", subject, stratum)
        if detail is None or statistic.rest not in detail.acceptances:
            return None
        acceptance = detail.acceptances[statistic.rest]
        criteria = [o.criterion for o in outcomes if o.criterion.min is not None]
        covers = [name for c in criteria for name in c.companions if name.base == COVERING_ERROR]
        name = covers[0] if covers else StatisticName.of(COVERING_ERROR, SHARE)
        found = None if statistic.or_noise else self.basis.get("error", subject, name, stratum)
        return Verification(
            subject,
            stratum,
            statistic,
            detail,
            acceptance,
            (criteria[0].min if criteria else None) or SHARE,
            name,
            found.estimate if found else None,
            tuple(
                itertools.islice(self._outside(subject, stratum, detail, acceptance), MOST_OUTSIDE)
            ),
        )

    def _outside(
        self, subject: str, stratum: str, detail: Error, acceptance: Acceptance
    ) -> Iterator[Outside]:
        study, pairs = self.basis.study, detail.pairs
        values = study.values[subject]
        if pairs.technical_failures:
            for i in np.flatnonzero(values.lost & study.strata[stratum]):
                reference = float(values.reference[i])
                yield Outside(study.sample_ids[i], reference, None, None, None, "no model result")
        order = np.argsort(-acceptance.errors, kind="stable")
        cells = pairs.model_cells
        for i in order[~acceptance.within[order]]:
            name = pairs.sample_ids[i]
            flags = [values.sample_flags[name]] if name in values.sample_flags else []
            if acceptance.unresolvable[i]:
                flags.append("reference too coarse")
            yield Outside(
                name,
                float(pairs.reference[i]),
                float(pairs.model[i]),
                float(detail.signed[i]),
                None if cells is None else float(cells[i]),
                ", ".join(flags),
            )

    def twin(self, v: Verification) -> Measurand | None:
        """The percent measurand whose picture is the same: both × the reference's own WBC."""
        count = v.subject.quantity is Quantity.COUNT
        if not (v.error.pairs.shared_total and count) or v.acceptance.floor:
            return None
        others = ((w.subject, w.stratum, w.statistic) for w in self.all)
        share = v.subject.share
        return share if (share, v.stratum, v.statistic) in others else None

    def of(self, criterion: Criterion) -> Verification | None:
        """The limit that a criterion on the share within it asks for."""
        wanted = (criterion.subject, criterion.stratum, criterion.measured_as)
        return next((v for v in self.all if (v.subject, v.stratum, v.statistic) == wanted), None)

    def drawn_at(self, v: Verification) -> int:
        """Number, from 1, of the limit under which the samples outside are listed."""
        subject = self.twin(v) or v.subject
        keys = [(w.subject, w.stratum, w.statistic) for w in self.all]
        return keys.index((subject, v.stratum, v.statistic)) + 1
