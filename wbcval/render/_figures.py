"""Figures of the report: drawn, numbered, captioned."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from markupsafe import Markup

from wbcval.measure.results import Measurement
from wbcval.plots import agreement, distribution, forest, verification
from wbcval.plots.pictures.agreement import Line
from wbcval.plots.pictures.cloud import Groups
from wbcval.plots.pictures.forest import ForestRow
from wbcval.plots.pictures.verification import Funnel
from wbcval.render._numbers import written
from wbcval.render._points import Points
from wbcval.render._verification import Verification
from wbcval.render.sections.agreement import PERCENT, Agreement
from wbcval.values.wording import numerals, unit_text


class Figures:
    """Draws the pictures of one report, one after the other."""

    def __init__(self, points: Points) -> None:
        self._number = itertools.count(1)
        self._points = points

    def _set(
        self, svg: str, caption: str, table: str, kind: str = "wide", points: int | None = None
    ) -> Markup:
        """The figure with its caption, which leads to the table of its numbers."""
        live = "" if points is None else Markup(' data-points="{}"').format(points)
        drawn = Markup(svg)  # noqa: S704 (plots escape)
        return Markup(
            '<figure class="{}"{}><div class="scroll" tabindex="0">{}</div>'
            '<figcaption><b>Figure {}.</b> {} <a href="#{}">Numbers</a></figcaption></figure>'
        ).format(kind, live, drawn, next(self._number), caption, table)

    def verification(
        self, v: Verification, groups: Groups, funnel: Funnel | None, caption: str
    ) -> Markup:
        """The verification plot of one limit."""
        drawn = verification(
            v.error,
            v.acceptance,
            title=f"Error of each sample against the reference, {v.where}",
            unit=unit_text(v.unit),
            covering=None if v.covering is None else v.covering.value,
            covering_label=_covering_label(v),
            limit_label=f"limit {v.limit}",
            funnel=funnel,
            groups=groups,
        )
        points = self._points.add(v.subject, v.error.pairs.sample_ids, drawn)
        return self._set(drawn.svg, caption, "table-limits", points=points)

    def distribution(self, v: Verification) -> Markup:
        """The distribution of errors against one limit."""
        caption = f"{v.where}: share of the samples at or below each error. Dashed: {v.limit}."
        title = f"Distribution of the errors, {v.where}"
        drawn = distribution(v.error, v.acceptance.limit, title=title)
        points = self._points.add(v.subject, v.error.pairs.sample_ids, drawn)
        return self._set(drawn.svg, caption, "table-errors", "half", points)

    def agreement(self, a: Agreement) -> Markup:
        """The Bland–Altman plot of one measurand, with its limits."""
        assert a.detail is not None  # noqa: S101 (a measurand without points is not drawn)
        unit = a.rows["bias"].scale.words
        if a.measure == PERCENT:
            unit += " of the mean of both"
        lines = [Line(e, said) for e, said in a.lines]
        bias = a.rows["bias"].estimate
        drawn = agreement(
            a.detail,
            Line(bias, f"bias {written(bias, False, 0.0)}"),
            lines,
            title=f"Differences between model and reference, {a.subject}",
            x_title=f"Mean of model and reference, {a.subject}, {unit_text(a.unit)}",
            y_title=f"Model − reference, {unit}",
            groups=a.groups,
            worst=self._points.worst(a.subject, a.sample_ids),
        )
        points = self._points.add(a.subject, a.sample_ids, drawn)
        return self._set(drawn.svg, a.caption, "table-differences", points=points)

    def forest(
        self,
        rows: Sequence[tuple[str, Measurement | None, bool]],
        caption: str,
        title: str,
        axis: str,
        table: str,
        at: float | None = None,
        percent: bool = False,
    ) -> Markup:
        """Values with intervals; a row is a label, a measurement, and whether it is marked."""
        ends = () if at is None else (at,)  # each number on its side of the line, as drawn
        drawn = [
            ForestRow(
                label, m.estimate, written(m.estimate, percent, *ends, with_interval=True), marked
            )
            for label, m, marked in rows
            if m is not None
        ]
        svg = forest(drawn, title=title, axis=axis, at=at, percent=percent)
        return self._set(svg, caption, table)


def _covering_label(v: Verification) -> str:
    """The covering error at its line, on the right side of the limit."""
    if v.covering is None or v.covering.value is None:
        return ""
    return f"{100 * v.share:g} % within ±{numerals(v.covering, False, v.acceptance.limit)[0]} %"
