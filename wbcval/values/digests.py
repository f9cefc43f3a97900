"""Digests of what each side says, whatever the order of rows, the file format or the batch size.

A cell's digest is 64 random-looking bits x of (sample, cell, label). Σx and Σx·⌊x/2³²⌋ over all
cells add up over batches as counts do. Two sets of cells with the same sums are the same set but
for a chance far below any other error's. This finds differences, not forgers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)


@dataclass(frozen=True, slots=True)
class LabelledCells:
    """The sum over a set of labelled cells; sums of disjoint sets add up."""

    first: int = 0
    second: int = 0

    def with_cells(self, cells: Hashes, codes: NDArray[np.int64], salts: Hashes) -> LabelledCells:
        """The sum with further cells.

        Args:
            cells: shape (n,), a hash of (sample, cell) each.
            codes: shape (n,), label of each cell as a position in ``salts``.
            salts: shape (L,), of :func:`salts`.
        """
        return self.with_hashes(scrambled(cells ^ salts[codes]))

    def with_hashes(self, first: Hashes) -> LabelledCells:
        """The sum with what has these hashes, shape (n,), 64 random-looking bits each."""
        second = first * (first >> np.uint64(32))
        sums = (int(bits.sum(dtype=np.uint64)) for bits in (first, second))
        return self + LabelledCells(*sums)

    def __add__(self, other: LabelledCells) -> LabelledCells:
        """Of both sets, which have no cell in common."""
        return LabelledCells(
            (self.first + other.first) % 2**64, (self.second + other.second) % 2**64
        )

    def __str__(self) -> str:
        return f"{self.first:016x}{self.second:016x}"


NO_CELLS = LabelledCells()


def salts(labels: Iterable[str]) -> Hashes:
    """64 bits for each label, from its name alone."""
    found = [hashlib.sha256(label.encode()).digest()[:8] for label in labels]
    return np.array([int.from_bytes(bits, "big") for bits in found], dtype=np.uint64)


def scrambled(values: Hashes) -> Hashes:
    """Every bit moves every bit: MurmurHash3's finaliser (A. Appleby, public domain)."""
    values = (values ^ (values >> _SHIFT)) * _FIRST
    values = (values ^ (values >> _SHIFT)) * _SECOND
    return values ^ (values >> _SHIFT)


def of_side(
    cells: LabelledCells | None,
    sample_ids: Iterable[str],
    values: Mapping[str, NDArray[np.float64]],
) -> str:
    """sha256 of everything one side says.

    Args:
        cells: its labels of cells, or ``None`` where it has none.
        sample_ids: shape (S,).
        values: measurand → shape (S,), NaN where it has none.
    """
    lines = [f"cells {cells}"]
    ids = list(sample_ids)
    for name in sorted(values):
        numbers = zip(ids, values[name].tolist(), strict=True)
        lines += sorted(f"{name}\x1f{i}\x1f{number!r}" for i, number in numbers)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
