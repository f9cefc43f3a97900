"""Both sides of one measurand, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wbcval.stats.equal_rows import MOST_CELLS
from wbcval.stats.functions.one_source import one_source, printing_room
from wbcval.stats.metric import Floats, Ints, Mask, picked
from wbcval.values.measurands import Measurand, Quantity

_BY_SAMPLE = (
    "reference", "model", "resolution", "model_cells", "model_hits", "reference_cells",
    "reference_hits", "total", "noise",
)  # fmt: skip


_ONE_DECIMAL = 0.1 * (1 - 1e-9)


@dataclass(frozen=True, slots=True)
class Values:
    """Both sides of one measurand, aligned with ``Study.sample_ids``.

    Attributes:
        reference, model: shape (S,), canonical unit, NaN where there is none.
        resolution: shape (S,), step of the reference, 0 where exact or unknown.
        model_cells, model_hits: shape (S,), NaN where unknown, or ``None``.
        reference_cells, reference_hits: likewise, of a reference that counted cells.
        total: shape (S,), the reference's WBC beside an absolute count, or ``None``.
        shared_total: the model's value is its share × that total.
        total_told: the model's own numbers tell the total behind its count, where it is one.
        flags: marks of the comparison (``identical``, ``shared_total``).
        sample_flags: sample id → marks of its reference, or of what that is made of (``NEUT#:*``).
        noise: shape (S,), samples inside counting noise, as a bundle says it (``or_noise``);
            ``None`` where no bundle says it.
        model_marks: as ``sample_flags``, of the model's value.
        model_step: step of the model's printed values, 0 where exact or unknown.
    """

    reference: Floats
    model: Floats
    resolution: Floats
    model_cells: Floats | None = None
    model_hits: Floats | None = None
    reference_cells: Floats | None = None
    reference_hits: Floats | None = None
    total: Floats | None = None
    shared_total: bool = False
    total_told: bool = True
    flags: tuple[str, ...] = ()
    sample_flags: Mapping[str, str] = field(default_factory=dict)
    noise: Mask | None = None
    model_step: float = 0.0
    model_marks: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arrays = (getattr(self, name) for name in _BY_SAMPLE)
        if len({len(array) for array in arrays if array is not None}) > 1:
            raise ValueError("both sides of a measurand whose parts are not of the same samples")

    @property
    def paired(self) -> Mask:
        """Samples with both values."""
        return np.isfinite(self.reference) & np.isfinite(self.model)

    @property
    def lost(self) -> Mask:
        """Reference present, model result absent: a technical failure (§2)."""
        return np.isfinite(self.reference) & ~np.isfinite(self.model)

    @property
    def listed(self) -> Mask:
        """Samples with a reference, paired or lost: a row each in every table of samples."""
        return self.paired | self.lost

    @property
    def room(self) -> Floats:
        """How far printing alone takes equal values apart, shape (S,)."""
        return printing_room(self.resolution, self.model_step)

    @property
    def equals(self) -> tuple[int, int]:
        """Samples with one value on both sides, and all that are not 0 on both."""
        some = self.paired & ((self.reference != 0) | (self.model != 0))
        equal = some & np.isclose(self.reference, self.model, rtol=1e-9, atol=0.0)
        return int(equal.sum()), int(some.sum())

    def one_source(self, name: Measurand, mode: str) -> tuple[str, ...]:
        """The flag of two sides that are one (§18), where they are; not of the same cells.

        Args:
            name: of the measurand; a WBC is not known to be counted from ``model_cells``.
            mode: noise of counting lies between the sides for sure in ``different-aliquot`` alone.
        """
        if mode == "same-cells" or not self.paired.any():
            return ()
        own = self.at(self.paired)
        whole = (
            own.total if name.quantity is not Quantity.SHARE else np.full(len(own.reference), 100.0)
        )
        shares: dict[str, Floats | None] = {}
        if mode == "different-aliquot" and not self.shared_total and whole is not None:
            shares = {
                "share": own.reference / whole,
                "model_share": own.model / whole,
                "cells": own.model_cells,
            }
        elif mode == "same-slide" and name.quantity is Quantity.SHARE:
            shares = {"cells": own.model_cells}
        apart = mode == "different-aliquot" and not self.shared_total
        coarse = bool((np.maximum(own.resolution, self.model_step) >= _ONE_DECIMAL).all())
        found = one_source(
            own.reference, own.model, own.resolution, self.model_step, **shares, two_draws=apart,
            noise=None if name.quantity is Quantity.TOTAL else own._counting(whole),
            few_decimals=name.quantity is not Quantity.SHARE or coarse,
        )  # fmt: skip
        return (found,) if found else ()

    def _counting(self, whole: Floats | None) -> Floats | None:
        """SD that counting so many cells gives each value of the model; ``whole``: all of them."""
        if whole is None:
            return None
        cells = np.full(len(whole), MOST_CELLS)
        if self.model_cells is not None:
            cells = np.where(self.model_cells >= 1, self.model_cells, MOST_CELLS)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip(np.nan_to_num(self.reference / whole), 0.0, 1.0)
        return np.asarray(whole * np.sqrt(share * (1 - share) / cells))

    def at(self, take: Ints | Mask) -> Values:
        """The same of some of the samples.

        Args:
            take: mask over the samples, or places in the order asked for; −1 is a sample that has
                neither value.
        """
        places = np.flatnonzero(take) if take.dtype == np.bool_ else take.astype(np.int64)
        arrays = {name: getattr(self, name) for name in _BY_SAMPLE}
        cut: dict[str, Any] = {k: picked(v, places) for k, v in arrays.items() if v is not None}
        return replace(self, **cut)

    def marks(self, sample: str, lost: bool) -> tuple[str, ...]:
        """Marks of one sample's values, those of the comparison first."""
        own = self.sample_flags.get(sample, "")
        return tuple(filter(None, (*self.flags, own, "technical_failure" if lost else "")))
