"""Pairs and cells as the road gives them to a statistic, of no more than what a test is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats.metric import Cells, Floats, Pairs
from wbcval.values.measurands import Measurand


def pairs(reference: ArrayLike, model: ArrayLike, subject: str = "EO%", **more: Any) -> Pairs:
    """Samples S0, S1, … of one patient each, in ``different-aliquot``; ``more``: of :class:`Pairs`.

    Both sides have shape (n,), or are one number.
    """
    given, called = _floats(reference, model)
    n, measurand = len(given), Measurand(subject)
    usual = {
        "unit": measurand.unit,
        "mode": "different-aliquot",
        "sample_ids": tuple(f"S{i}" for i in range(n)),
        "cluster": np.arange(n),
    }
    return Pairs(subject=measurand, reference=given, model=called, **(usual | more))


def noise_free(
    reference: ArrayLike, cells: ArrayLike = 200, subject: str = "MONO%", **more: Any
) -> Pairs:
    """A model that says what the reference does, of so many cells."""
    given, counted_ = _floats(reference, cells)
    return pairs(given, more.pop("model", given), subject, **({"model_cells": counted_} | more))


def counted(
    reference: ArrayLike, hits: ArrayLike, cells: ArrayLike, subject: str = "MONO%", **more: Any
) -> Pairs:
    """Percentages of cells that the model counted."""
    given, hits, cells = _floats(reference, hits, cells)
    counts = {"model_cells": cells, "model_hits": hits}
    return pairs(given, 100 * hits / cells, subject, **(counts | more))


def counted_twice(
    hits: ArrayLike, cells: ArrayLike, their_hits: ArrayLike, their_cells: ArrayLike, **more: Any
) -> Pairs:
    """Percentages of cells on both sides."""
    hits, cells, theirs, total = _floats(hits, cells, their_hits, their_cells)
    found = counted(100 * theirs / total, hits, cells, **more)
    return replace(found, reference_hits=theirs, reference_cells=total)


def cells(
    counts: ArrayLike,
    labels: tuple[str, ...],
    n_classes: int,
    reference: ArrayLike | None = None,
    **more: Any,
) -> Cells:
    """Cells of samples S0, S1, … of one patient each, ``same-cells``; ``more``: of :class:`Cells`.

    Args:
        counts: shape (S, L, L), by true and called label.
        labels: L names. n_classes: how many of them are countable.
        reference: shape (S, C), its shares of the classes; ``None``: unknown.
    """
    found = np.asarray(counts, dtype=np.int64)
    n = len(found)
    shares = np.full((n, n_classes), np.nan) if reference is None else np.asarray(reference, float)
    usual = {
        "mode": "same-cells",
        "sample_ids": tuple(f"S{i}" for i in range(n)),
        "cluster": np.arange(n),
        "reference_shares": shares,
        "reference_cells": np.full(n, np.nan),
    }
    return Cells(counts=found, labels=tuple(labels), n_classes=n_classes, **(usual | more))


def _floats(*columns: ArrayLike) -> tuple[Floats, ...]:
    return np.broadcast_arrays(*(np.atleast_1d(c).astype(float) for c in columns))
