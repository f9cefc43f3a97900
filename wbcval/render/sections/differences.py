"""How the differences are distributed: histogram and mountain plot of each judged measurand."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from wbcval.plots import histogram, mountain
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.render.sections.agreement import Agreement, Agreements
from wbcval.values.wording import fixed, places_of, unit_text

_TABLE = "table-differences"


class Differences(Selections):
    """Pictures of the differences that the Bland–Altman plots show."""

    @property
    def drawn(self) -> list[Agreement]:
        """Measurands under a criterion, where there are points."""
        return self.basis.of(Agreements).drawn

    @property
    def sentence(self) -> str:
        """What to look for."""
        if not self.drawn:
            return "No measurand under a criterion has differences to draw."
        return (
            "The differences of the plots above: a top away from 0 is a bias, a long foot on one "
            "side samples that are far off on that side."
        )

    def figures(self, a: Agreement) -> Markup:
        """The histogram of one measurand, and beside it the mountain."""
        assert a.detail is not None  # noqa: S101 (a measurand without points is not drawn)
        values, figures = a.detail.differences, self.basis.of(Figures)
        median = float(np.median(values))
        ends = [e.value for e, _ in a.lines if e.value is not None]
        x_title = f"{a.subject}, model − reference, {unit_text(a.rows['bias'].scale.words)}"
        bars, folded = (
            picture(values, median, ends, title=f"{name} of the differences, {a.subject}",
                    x_title=x_title)
            for name, picture in (("Histogram", histogram), ("Mountain plot", mountain))
        )  # fmt: skip
        said = f"{a.subject}, n = {a.detail.n}. Blue: the median, " + fixed(
            median, places_of(median, *ends)
        )
        said += f". Dashed red: {a.limits_text}." if ends else ". No limits are reliable here."
        peak = f"{a.subject}, n = {a.detail.n}: samples beyond each difference, on the side where "
        return figures.picture(bars, said, _TABLE, "half") + figures.picture(
            folded, f"{peak}fewer are. The top is the median.", _TABLE, "half"
        )


SECTION = Section(context={"differences": Differences})
