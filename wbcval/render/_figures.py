"""Figures of the report: drawn, numbered, captioned."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from markupsafe import Markup

from wbcval.measure.results import Measurement
from wbcval.plots import forest
from wbcval.plots.pictures.forest import ForestRow
from wbcval.plots.scene import Drawing, Scene
from wbcval.plots.svg import svg
from wbcval.render._basis import Basis
from wbcval.render._numbers import written
from wbcval.render._points import Points


class Figures:
    """Sets the pictures of one report, one after the other."""

    def __init__(self, basis: Basis) -> None:
        self._basis, self._number = basis, itertools.count(1)

    def samples(
        self,
        drawn: Drawing,
        subject: str,
        sample_ids: Sequence[str],
        caption: str,
        table: str,
        kind: str = "wide",
    ) -> Markup:
        """A picture whose samples answer to pointer and keyboard.

        Args:
            drawn: the picture.
            subject: the measurand drawn.
            sample_ids: in the order of the picture.
            caption: what it shows.
            table: anchor of the table of its numbers.
            kind: ``wide`` or ``half``, of the page.
        """
        points = self._basis.of(Points).add(subject, sample_ids, drawn)
        return self.picture(
            drawn.scene, caption, table, kind, Markup(' data-points="{}"').format(points)
        )

    def picture(
        self, scene: Scene, caption: str, table: str, kind: str = "wide", live: str = ""
    ) -> Markup:
        """A picture with its number and caption, which leads to the table of its numbers."""
        drawn = Markup(svg(scene))  # noqa: S704 (plots escape)
        return Markup(
            '<figure class="{}"{}><div class="scroll" tabindex="0">{}</div>'
            '<figcaption><b>Figure {}.</b> {} <a href="#{}">Numbers</a></figcaption></figure>'
        ).format(kind, live, drawn, next(self._number), caption, table)

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
        scene = forest(drawn, title=title, axis=axis, at=at, percent=percent)
        return self.picture(scene, caption, table)
