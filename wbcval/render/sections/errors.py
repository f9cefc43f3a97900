"""Errors of the samples: their distribution, and what error covers how many."""

from __future__ import annotations

from markupsafe import Markup

from wbcval.plots import distribution
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.render._verification import Verification
from wbcval.render._verifications import Verifications
from wbcval.render._words import listing


class Distributions(Selections):
    """Pictures and sentences of the errors of the samples."""

    @property
    def drawn(self) -> list[Verification]:
        """One for each limit; counts whose errors are those of the shares are not drawn again."""
        limits = self.basis.of(Verifications)
        return [v for v in limits.all if not limits.twin(v)]

    @property
    def sentence(self) -> str:
        """What errors cover the required share of the samples."""
        shares: dict[float, list[Verification]] = {}
        for v in self.drawn:
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

    def figure(self, v: Verification) -> Markup:
        """The distribution of errors against one limit."""
        figures = self.basis.of(Figures)
        caption = f"{v.where}: share of the samples at or below each error. Dashed: {v.limit}."
        title = f"Distribution of the errors, {v.where}"
        drawn = distribution(v.error, v.acceptance.limit, title=title)
        ids = v.error.pairs.sample_ids
        return figures.samples(drawn, v.subject, ids, caption, "table-errors", "half")


SECTION = Section(context={"errors": Distributions}, measures=("error",))
