"""The verification plots: one for each limit under criterion."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from wbcval.plots import verification
from wbcval.plots.pictures.cloud import MOST_DOTS
from wbcval.plots.pictures.verification import WORST, Funnel
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._numbers import share, whole
from wbcval.render._points import Points
from wbcval.render._section import Section
from wbcval.render._verification import Verification
from wbcval.render._verifications import Verifications
from wbcval.render._words import listing, plural
from wbcval.render.sections.provenance import Origins
from wbcval.stats.functions.counting_noise import funnel_half_width
from wbcval.stats.functions.error import relative_error
from wbcval.values.measurands import Quantity
from wbcval.values.wording import numerals, unit_text

_CROWD = (
    f"The denser the samples, the deeper the blue; the worst {WORST} outside are dots. With so "
    "many samples, strata and counting noise are not drawn."
)


class VerificationPlots(Selections):
    """Pictures, captions and sentences of the limits."""

    @property
    def limits(self) -> Verifications:
        """What is drawn."""
        return self.basis.of(Verifications)

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
        if not self.limits.all:
            return "No measurand under a criterion has a sample to draw."
        if len(self.limits.all) <= 3:
            return "; ".join(v.score for v in self.limits.all) + "."
        found = ((v.where, v.acceptance) for v in self.limits.all)
        said = [f"{at} {whole(a.k)} of {whole(a.n)} (±{a.limit:g} %)" for at, a in found]
        return f"Samples within the limit: {listing(said, 12)}."

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

    def figure(self, v: Verification) -> Markup:
        """The verification plot of one limit."""
        figures = self.basis.of(Figures)
        drawn = verification(
            v.error,
            v.acceptance,
            title=f"Error of each sample against the reference, {v.where}",
            unit=unit_text(v.unit),
            covering=None if v.covering is None else v.covering.value,
            covering_label=_covering_label(v),
            limit_label=f"limit {v.limit}",
            funnel=self.funnel(v),
            groups=self.basis.groups(v.error.pairs, v.stratum),
        )
        ids = v.error.pairs.sample_ids
        return figures.samples(drawn, v.subject, ids, self.caption(v), "table-limits")


def _covering_label(v: Verification) -> str:
    """The covering error at its line, on the right side of the limit."""
    if v.covering is None or v.covering.value is None:
        return ""
    return f"{100 * v.share:g} % within ±{numerals(v.covering, False, v.acceptance.limit)[0]} %"


SECTION = Section(
    context={
        "limits": Verifications,
        "plots": VerificationPlots,
        "points": Points,
        "origins": Origins,
    }
)
