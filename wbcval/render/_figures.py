"""Figures of the report: drawn, numbered, captioned."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from markupsafe import Markup

from wbcval._format import fixed, places, places_against, unit_text
from wbcval.estimate import Estimate
from wbcval.plots import agreement, distribution, forest, verification
from wbcval.plots._agreement import Line
from wbcval.plots._cloud import Groups
from wbcval.plots._forest import Row
from wbcval.plots._verification import Funnel
from wbcval.render._numbers import numerals
from wbcval.render._select import Agreement, Verification
from wbcval.render._words import agreement_caption
from wbcval.results import Measurement


class Figures:
    """Draws the pictures of one report, one after the other."""

    def __init__(self) -> None:
        self._number = itertools.count(1)

    def _set(self, svg: str, caption: str, kind: str = "wide") -> Markup:
        return Markup(
            '<figure class="{}"><div class="scroll">{}</div>'
            "<figcaption><b>Figure {}.</b> {}</figcaption></figure>"
        ).format(kind, Markup(svg), next(self._number), caption)  # noqa: S704 (escaped by plots)

    def verification(
        self, v: Verification, groups: Groups, funnel: Funnel | None, caption: str
    ) -> Markup:
        """The verification plot of one limit."""
        svg = verification(
            v.error,
            v.acceptance,
            title=f"Error of each sample against the reference, {v.subject}",
            unit=unit_text(v.unit),
            covering=None if v.covering is None else v.covering.value,
            covering_label=covering_label(v),
            limit_label=f"limit ±{v.acceptance.limit:g} %",
            funnel=funnel,
            groups=groups,
        )
        return self._set(svg, caption)

    def distribution(self, v: Verification, caption: str) -> Markup:
        """The distribution of errors against one limit."""
        title = f"Distribution of the errors, {v.subject}"
        return self._set(distribution(v.error, v.acceptance.limit, title=title), caption, "half")

    def agreement(self, a: Agreement, groups: Groups) -> Markup:
        """The Bland–Altman plot of one measurand, with the limits to read."""
        found, bias = a.detail, a.get("bias")
        if found is None or bias is None:
            return Markup("")
        unit = unit_text(a.unit)
        lines = [
            Line(m.estimate, f"{name} {numerals(m.estimate)[0]}")
            for name, m in zip(("lower", "upper"), a.limits or (), strict=False)
        ]
        svg = agreement(
            found,
            Line(bias.estimate, f"bias {numerals(bias.estimate)[0]}"),
            lines,
            title=f"Differences between model and reference, {a.subject}",
            x_title=f"Mean of model and reference, {a.subject}, {unit}",
            y_title=f"Model − reference, {unit}",
            groups=groups,
        )
        return self._set(svg, agreement_caption(a, bool(groups)))

    def forest(
        self,
        rows: Sequence[tuple[str, Measurement | None, bool]],
        caption: str,
        title: str,
        axis: str,
        at: float | None = None,
        bound: float | None = None,
        percent: bool = False,
    ) -> Markup:
        """Values with intervals; each row is a label, a measurement, and whether to mark it."""
        drawn = [
            Row(label, m.estimate, _row_text(m.estimate, percent), warn)
            for label, m, warn in rows
            if m is not None
        ]
        return self._set(
            forest(drawn, title=title, axis=axis, at=at, bound=bound, percent=percent), caption
        )


def covering_label(v: Verification) -> str:
    """The covering error at its line, on the right side of the limit."""
    if v.covering is None or v.covering.value is None:
        return ""
    digits = places_against(v.covering.value, v.acceptance.limit, max(places(v.covering), 1))
    return f"{100 * v.share:g} % within ±{fixed(v.covering.value, digits)} %"


def _row_text(e: Estimate, percent: bool) -> str:
    if e.value is None:
        return "not estimable"
    value, low, high = numerals(e, percent)
    return value if e.low is None and e.high is None else f"{value} ({low} to {high})"
