"""Bland–Altman agreement: which differences are shown first, and what is said of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from wbcval.measure.results import Measurement
from wbcval.plots import agreement
from wbcval.plots.pictures.agreement import Line
from wbcval.plots.pictures.cloud import MOST_DOTS
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._numbers import written
from wbcval.render._points import Points
from wbcval.render._reporting import reporting_items
from wbcval.render._section import Section
from wbcval.render._words import listing
from wbcval.stats.functions.bland_altman import PRESUMED, BlandAltman
from wbcval.stats.functions.holm import holm
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import Measurand, Quantity
from wbcval.values.wording import fixed, numerals, places, unit_text, with_unit

ABSOLUTE, PERCENT = "bland_altman", "bland_altman_percent"
_ALPHA = 0.05
# shown first, and the other of the two (STATISTICS.md §5)
_SHOWN = dict.fromkeys(Quantity, (PERCENT, ABSOLUTE)) | {Quantity.SHARE: (ABSOLUTE, PERCENT)}


@dataclass(frozen=True)
class Agreement:
    """One measurand: its measurements by statistic, and the points (``None`` without any).

    Shown first are percent differences of counts, absolute ones of shares (STATISTICS.md §5);
    ``other`` is the other of the two measures.
    """

    subject: Measurand
    measure: str
    other: str
    judged: bool
    rows: Mapping[str, Measurement]
    detail: BlandAltman | None
    proportional: str
    slope_noise: float | None
    groups: Mapping[str, NDArray[np.bool_]]
    sample_ids: tuple[str, ...]

    @property
    def unit(self) -> str:
        """Unit of the measurand."""
        return self.subject.unit

    @property
    def lines(self) -> list[tuple[Estimate, str]]:
        """The limits that are drawn, with what is written beside each."""
        ends = self.detail.drawn[0] if self.detail is not None and self.detail.drawn else ()
        # without an interval neither supports more
        digits = min((places(e) for e in ends), default=0)
        return [
            (e, f"{name} {fixed(e.value, digits)}")
            for name, e in zip(("lower", "upper"), ends, strict=False)
        ]

    @property
    def limits_text(self) -> str:
        """Which limits are drawn; "" where none are."""
        if self.detail is None or self.detail.drawn is None:
            return ""
        if self.detail.drawn[1] == PRESUMED:
            return "bias ± 1.96 SD, which presume normal differences and decide nothing"
        return "the limits of agreement, 2.5th and 97.5th percentile"

    @property
    def caption(self) -> str:
        """What the plot shows."""
        crowd = self.detail is not None and self.detail.n > MOST_DOTS
        dots = (
            "The denser the samples, the deeper the blue; red dots: the samples whose relative "
            "errors are the worst outside the limit."
            if crowd
            else "Each dot is one sample."
        )
        said = [
            "" if self.detail is None else f"n = {self.detail.n}.",
            dots,
            "Blue line: the bias.",
        ]
        if self.rows["bias"].estimate.has_interval:
            said.append("Bands: two-sided 95 % intervals.")
        if self.detail is None or self.detail.drawn is None:
            said.append("No limits of agreement are drawn: none is reliable here.")
        else:
            said.append(f"Dashed red: {self.limits_text}.")
        if self.detail is not None and self.detail.changing is not None:
            said.append("Dotted purple: bias and limits that change with the level.")
        if self.groups:
            said.append("Colours of the dots: strata.")
        return " ".join(said)


def _among(count: int) -> str:
    return f", looking at {count} measurands (Holm)," if count > 1 else ""


class Agreements(Selections):
    """Selections and sentences on the differences."""

    @cached_property
    def all(self) -> list[Agreement]:
        """Every measurand, by the differences that are shown first."""
        return [a for m in self.basis.study.measurands if (a := self._one(m)) is not None]

    def _one(self, subject: Measurand) -> Agreement | None:
        results = self.basis.results
        measure, other = _SHOWN[subject.quantity]
        rows = {str(m.statistic): m for m in results.of(measure) if m.subject == subject}
        if "bias" not in rows:
            return None
        detail, absolute = (results.detail(m, subject) for m in (measure, ABSOLUTE))
        groups: dict[str, NDArray[np.bool_]] = {}
        names: tuple[str, ...] = ()
        if detail is not None:
            pairs = results.detail("error", subject).pairs
            groups = {name: mask[detail.kept] for name, mask in self.basis.groups(pairs).items()}
            names = tuple(itertools.compress(pairs.sample_ids, detail.kept))
        slope = absolute.proportional if absolute is not None else None
        return Agreement(
            subject, measure, other, subject in self.basis.judged, rows, detail,
            slope.sentence if slope else "", slope.slope_noise if slope else None, groups, names,
        )  # fmt: skip

    @property
    def drawn(self) -> list[Agreement]:
        """Those under a criterion, where there are points."""
        return [a for a in self.all if a.judged and a.detail is not None]

    def figure(self, a: Agreement) -> Markup:
        """The Bland–Altman plot of one measurand, with its limits."""
        figures = self.basis.of(Figures)
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
            worst=self.basis.of(Points).worst(a.subject, a.sample_ids),
        )
        return figures.samples(drawn, a.subject, a.sample_ids, a.caption, "table-differences")

    @property
    def items(self) -> list[tuple[str, str]]:
        """Items a report of agreement should have, and this report's answers."""
        return reporting_items(self.basis, [a.detail for a in self.all if a.detail is not None])

    @property
    def sentence(self) -> str:
        """For which measurands the model is biased, of the judged ones, if any.

        Holm over all of them: one in 20 intervals of unbiased measurands excludes 0.
        """
        biased, free, unknown = [], [], []
        asked = [a for a in self.all if a.judged] or self.all
        tested = [a for a in asked if a.detail is not None]
        p = [1.0 if a.detail is None else a.detail.bias_p for a in tested]
        shown_off = {a.subject for a, off in zip(tested, holm(p, _ALPHA), strict=True) if off}
        for a in asked:
            e = a.rows["bias"].estimate
            if not e.has_interval or e.low == e.high:
                unknown.append(a.subject)
            elif a.subject not in shown_off:
                free.append(a.subject)
            else:
                number, low, high = numerals(e, False, 0.0)
                shown = with_unit(number, a.rows["bias"].scale.unit)
                biased.append(f"{a.subject}, {shown} ({low} to {high})")
        parts = [
            f"{said} {listing(names)}"
            for said, names in (
                ("the bias differs from zero for", biased),
                (f"no bias is shown{_among(len(p))} for", free),
                ("the bias has no interval for", unknown),
            )
            if names
        ]
        if not parts:
            return "No differences between model and reference could be formed."
        text = "; ".join(parts) + "."
        return text[0].upper() + text[1:]


SECTION = Section(
    context={"agreements": Agreements}, measures=("bland_altman", "bland_altman_percent")
)
