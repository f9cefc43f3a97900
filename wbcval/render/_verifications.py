"""The verification plots: one for each limit under criterion, with the samples outside."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wbcval.judge.outcomes import Outcome
from wbcval.plots.pictures.cloud import MOST_DOTS
from wbcval.plots.pictures.verification import WORST, Funnel
from wbcval.protocol.types import Criterion
from wbcval.render._basis import Basis
from wbcval.render._numbers import share, whole
from wbcval.render._verification import Outside, Verification
from wbcval.render._words import listing, plural
from wbcval.stats.functions.counting_noise import funnel_half_width
from wbcval.stats.functions.error import SHARE, WITHIN, Acceptance, Error, relative_error
from wbcval.stats.statistic_name import COVERING_ERROR, SHARE_WITHIN, StatisticName
from wbcval.values.measurands import Measurand, Quantity

_CROWD = (
    f"The denser the samples, the deeper the blue; the worst {WORST} outside are dots. With so "
    "many samples, strata and counting noise are not drawn."
)


MOST_OUTSIDE = 200  # listed of each limit: all of them, but in studies that no page could hold


@dataclass(frozen=True)
class Verifications:
    """Selections and sentences on the errors of the samples."""

    basis: Basis

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

    def funnel(self, v: Verification) -> Funnel | None:
        """Counting noise alone at each sample; ``None`` where it does not apply or is unknown."""
        pairs = v.error.pairs
        if pairs.mode == "same-cells" or pairs.model_cells is None or len(pairs) > MOST_DOTS:
            return None
        if v.subject.quantity is Quantity.TOTAL:
            half = funnel_half_width(pairs.model_cells)
            return Funnel(-half, half)
        if v.subject.quantity is not Quantity.SHARE and not pairs.shared_total:
            return None
        share = v.subject.share  # the shared total cancels in a relative error
        noise = self.basis.results.detail("counting_noise", share, v.stratum)
        percent = self.basis.results.detail("error", share, v.stratum)
        if noise is None or percent is None or noise.sample_ids != pairs.sample_ids:
            return None
        reference = percent.pairs.reference
        return Funnel(
            relative_error(reference, 100 * noise.first / pairs.model_cells),
            relative_error(reference, 100 * noise.last / pairs.model_cells),
        )

    @property
    def sentence(self) -> str:
        """How many samples lie within their limits, each."""
        if not self.all:
            return "No measurand under a criterion has a sample to draw."
        if len(self.all) <= 3:
            return "; ".join(v.score for v in self.all) + "."
        found = ((v.where, v.acceptance) for v in self.all)
        said = [f"{at} {whole(a.k)} of {whole(a.n)} (±{a.limit:g} %)" for at, a in found]
        return f"Samples within the limit: {listing(said, 12)}."

    @property
    def error_sentence(self) -> str:
        """What errors cover the required share of the samples."""
        shares: dict[float, list[Verification]] = {}
        for v in self.all:
            if not self.twin(v):
                shares.setdefault(v.share, []).append(v)
        parts = []
        for part, found in shares.items():
            covered = [said for v in found if (said := v.covered)]
            never = [v.where for v in found if v.uncovered]
            if covered:
                parts.append(f"{100 * part:g} % of the samples lie within {listing(covered)}.")
            if never:
                parts.append(
                    f"No finite error covers {100 * part:g} % of the samples for {listing(never)}."
                )
        return " ".join(parts) or "No error covers a required share; the table has all measurands."

    def caption(self, v: Verification) -> str:
        """What the verification plot shows, and what it cannot."""
        crowd = len(v.error.pairs) > MOST_DOTS
        dots = _CROWD if crowd else "Each dot is one sample; ringed: outside."
        said = [dots, v.lines]
        infinite = int(np.isinf(v.error.signed).sum())
        if infinite:
            said.append(
                f"{plural(infinite, 'sample')} with a reference of 0 and a model result above it: "
                "an infinite error, a triangle at the upper edge."
            )
        failures = v.error.pairs.technical_failures
        if failures:
            said.append(f"{plural(failures, 'sample')} without a model result: outside, not drawn.")
        coarse = int(v.acceptance.unresolvable.sum())
        if coarse:
            said.append(
                f"{plural(coarse, 'sample')} whose reference is given too coarsely to resolve "
                "the limit."
            )
        said.append("" if crowd else self._noise_words(v))
        if self.basis.groups(v.error.pairs, v.stratum):
            said.append("Colours: strata.")
        return " ".join(filter(None, said))

    def failure_text(self, v: Verification) -> str:
        """Both shares where results are missing: with the failures as outside, and without."""
        found, pairs = v.acceptance, v.error.pairs
        among = share(found.share_measured)
        lost = f"{plural(pairs.lost, 'sample has', 'samples have')} a reference but no model result"
        one = pairs.lost == 1
        if pairs.technical_failures:
            return (
                f"{lost} and {'counts' if one else 'count'} as outside: {found.k} of {found.n} "
                f"lie within. Among the {len(pairs)} measured alone: {found.k} ({among})."
            )
        return (
            f"{lost} and {'is' if one else 'are'} left out, as the protocol says: {found.k} of "
            f"{found.n} ({among}) lie within. Counted as outside, "
            f"{'it' if one else 'they'} would make it {found.k} of {found.n + pairs.lost}."
        )

    def _noise_words(self, v: Verification) -> str:
        if self.funnel(v) is not None:
            return (
                "Grey dashes: the range that counting noise alone explains (95 %), at each "
                "sample’s own cell count."
            )
        if v.error.pairs.mode == "same-cells":
            return "No counting noise lies between the same cells, so there is no funnel."
        return "The counts behind the values are not known, so there is no counting-noise funnel."
