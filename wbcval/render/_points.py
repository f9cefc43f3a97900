"""Samples that answer to pointer and keyboard, and what the page's script must know of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from wbcval.plots.pictures.verification import WORST, worst_first
from wbcval.plots.scene import Drawing
from wbcval.render._basis import Basis
from wbcval.render._numbers import aligned, error_text, whole
from wbcval.render._verifications import Verifications
from wbcval.stats.functions.error import LIMIT, Error
from wbcval.values.measurands import subject_unit
from wbcval.values.wording import DASH, unit_text

MOST_LIVE = 5_000  # samples; in a larger study the worst of each limit answer


class Points:
    """Collects the figures of one report as they are drawn.

    Every number is written here, once, as the tables write it; the script computes none.
    """

    def __init__(self, basis: Basis) -> None:
        self._basis, self._limits = basis, basis.of(Verifications)
        self._figures: list[dict[str, Any]] = []
        self._subjects: dict[str, dict[str, int | str]] = {}
        self._columns: dict[str, int] = {}
        self.worst_count = WORST

    @cached_property
    def crowd(self) -> bool:
        """Whether only the worst samples answer."""
        return len(self._basis.study.sample_ids) > MOST_LIVE

    @cached_property
    def _worst(self) -> dict[str, set[str]]:
        """Measurand → the samples that answer in its figures, in a crowd."""
        found: dict[str, set[str]] = {}
        for v in self._limits.all:
            ids, outside = v.error.pairs.sample_ids, ~v.acceptance.within
            names = (ids[i] for i in worst_first(v.acceptance, outside, WORST))
            found.setdefault(v.subject, set()).update(names)
        return found

    @cached_property
    def _place(self) -> dict[str, int]:
        """Sample → its place in the page's list."""
        ids = self._basis.study.sample_ids
        if self.crowd:
            live = set().union(*self._worst.values())
            ids = tuple(name for name in ids if name in live)
        return {name: i for i, name in enumerate(ids)}

    def _live(self, sample_ids: Sequence[str]) -> list[tuple[int, int]]:
        """Samples that the page has: their places among those given, and in the page."""
        found = (self._place.get(name) for name in sample_ids)
        return [(i, k) for i, k in enumerate(found) if k is not None]

    def worst(self, subject: str, sample_ids: Sequence[str]) -> NDArray[np.intp] | None:
        """Places of the samples that answer in a crowd; ``None`` where all do."""
        if not self.crowd:
            return None
        live = self._worst.get(subject, set())
        return np.array([i for i, name in enumerate(sample_ids) if name in live], dtype=np.intp)

    def add(self, subject: str, sample_ids: Sequence[str], drawn: Drawing) -> int:
        """Take up a figure of one measurand; returns its number in the page."""
        at = [(i, k) for i, k in self._live(sample_ids) if not np.isnan(drawn.y[i])]
        figure: dict[str, Any] = {"of": subject}
        for axis, pixels in (("x", drawn.x), ("y", drawn.y)):
            places: list[int | None] = [None] * len(self._place)
            for i, k in at:
                places[k] = round(float(pixels[i]))
            figure[axis] = places
        if self.crowd:
            live = self._worst.get(subject, set())
            figure["live"] = [k for i, k in at if sample_ids[i] in live]
        if subject not in self._subjects:
            self._subjects[subject] = self._numbers(subject)
        self._figures.append(figure)
        return len(self._figures) - 1

    def _numbers(self, subject: str) -> dict[str, int | str]:
        """Columns of the numbers of one measurand: reference, model, error, cells."""
        error: Error = self._basis.results.detail("error", subject)
        pairs = error.pairs
        at = self._live(pairs.sample_ids)
        limits = [v.acceptance.limit for v in self._limits.all if v.subject == subject] or [LIMIT]
        rows = [i for i, _ in at]

        def column(texts: Iterable[str]) -> int:
            written = [DASH] * len(self._place)
            for (_, k), text in zip(at, texts, strict=True):
                written[k] = text
            return self._columns.setdefault("\t".join(written), len(self._columns))

        cells = itertools.repeat(None) if pairs.model_cells is None else pairs.model_cells[rows]
        return {
            "unit": unit_text(subject_unit(subject)),
            "reference": column(aligned(pairs.reference[rows].tolist())),
            "model": column(aligned(pairs.model[rows].tolist())),
            "error": column(error_text(e, *limits) for e in error.signed[rows].tolist()),
            "cells": column(whole(n) for _, n in zip(rows, cells, strict=False)),
        }

    @property
    def json(self) -> Markup:
        """All of it, for a ``<script type="application/json">``; nothing in it can end that."""
        text = json.dumps(
            {
                "ids": list(self._place),
                "strata": self._strata(),
                "measurands": self._subjects,
                "columns": list(self._columns),
                "figures": self._figures,
            },
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
        )
        for character in "<>&\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return Markup(text)  # noqa: S704 (no character of HTML is left in it)

    def _strata(self) -> dict[str, list[Any]]:
        """What strata each sample is in, as words and the number of the words."""
        study = self._basis.study
        every = [name for names in self._basis.strata.values() for name in names]
        rows = [i for i, name in enumerate(study.sample_ids) if name in self._place]
        member = np.array([study.strata[name] for name in every], dtype=bool)
        member = member.reshape(len(every), len(study.sample_ids))[:, rows]
        words: dict[str, int] = {}
        of = [
            words.setdefault(", ".join(itertools.compress(every, column)), len(words))
            for column in member.T
        ]
        return {"names": list(words), "of": of}
