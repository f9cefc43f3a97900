"""A small study, made by arithmetic: no random numbers, whose stream another version may change."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy import special

from wbcval.stats.metric import Floats
from wbcval.values.classes import FIVE, SHORT

SAMPLES, CELLS = 60, 400
_SHARES, _SPREAD = (0.55, 0.30, 0.08, 0.05, 0.02), (0.3, 0.4, 0.4, 0.6, 0.5)
# multiples of irrational roots fill 0 to 1 evenly, each in an order of its own
_ROOTS = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31)
_WBC = "WBC(10^9/L)"
_CLASSES = [f"{SHORT[name]}%(%)" for name in FIVE]


def _normal(column: int) -> Floats:
    """Shape (samples,): spread as a standard normal variable is."""
    steps = np.arange(1, SAMPLES + 1) * np.sqrt(_ROOTS[column])
    return np.asarray(special.ndtri(np.mod(steps, 1.0)))


def truth() -> tuple[Floats, Floats]:
    """WBC in 10⁹/L, shape (samples,), and the share of each class, shape (samples, 5)."""
    weights = np.stack([s * _normal(1 + c) for c, s in enumerate(_SPREAD)], axis=1)
    shares = np.array(_SHARES) * np.exp(weights)
    return 7 * np.exp(0.4 * _normal(0)), shares / shares.sum(axis=1, keepdims=True)


def counted() -> tuple[Floats, Floats]:
    """What a model without a fault counts: WBC with a CV of 2 %, and hits of each class.

    The hits scatter as chance has it among so many cells: each class among the cells that are left.
    """
    wbc, shares = truth()
    left, rest = np.full(SAMPLES, float(CELLS)), np.ones(SAMPLES)
    hits = np.zeros_like(shares)
    for c in range(4):
        p = shares[:, c] / rest
        drawn = left * p + _normal(6 + c) * np.sqrt(left * p * (1 - p))
        hits[:, c] = np.clip(np.rint(drawn), 0, left)
        left, rest = left - hits[:, c], rest - shares[:, c]
    hits[:, 4] = left
    return wbc * (1 + 0.02 * _normal(10)), hits


def write_reference(path: Path) -> None:
    """The analyzer's table."""
    rows = zip(*truth(), strict=True)
    _write(path, ["sample_id", _WBC, *_CLASSES], (
        [f"{wbc:.2f}", *(f"{100 * share:.1f}" for share in shares)] for wbc, shares in rows
    ))  # fmt: skip


def write_counts(path: Path, wbc: Floats, hits: Floats) -> None:
    """The model's table, of as many samples as are given."""
    _write(path, ["sample_id", "n_cells", _WBC, *_CLASSES], (
        [CELLS, f"{total:.2f}", *(f"{100 * k / CELLS:.2f}" for k in row)]
        for total, row in zip(wbc, hits, strict=True)
    ))  # fmt: skip


def write_cells(path: Path, every: int, *, always: str = "") -> None:
    """The same cells labelled by an expert and a model, a quarter of those counted.

    Args:
        every: of each class every so-manieth cell is called the next class.
        always: what every cell is called instead.
    """
    _, hits = counted()
    rows, seen = [], [0] * 5
    for sample, of in enumerate(hits, start=1):
        truths = [c for c in range(5) for _ in range(round(float(of[c]) / 4))]
        for number, c in enumerate(truths, start=1):
            seen[c] += 1
            called = FIVE[(c + (seen[c] % every == 0)) % 5]
            rows.append([_name(sample), f"{_name(sample)}-{number}", FIVE[c], always or called])
    _csv(path, ["sample_id", "cell_id", "true_class", "predicted_class"], rows)


def _name(sample: int) -> str:
    return f"S{37 * sample % 101:03d}"  # in no order, as samples come


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    _csv(path, header, ([_name(i), *row] for i, row in enumerate(rows, start=1)))


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
