"""Studies drawn in memory: percentages counted from cells, or cells with a true class."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

import numpy as np

from wbcval.protocol.types import Protocol
from wbcval.study.cells import CellCounts
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.measurands import PERCENT

SHARES = np.array([0.58, 0.30, 0.07, 0.035, 0.015])
PERFECT = np.eye(5)
# of the repeats of `make slow`, which sets 1; less is the slow lane in small, and the default lane
SLOW_SHARE = float(os.environ.get("WBCVAL_SLOW_SHARE", "0.02"))


def repeats(full: int, least: int) -> int:
    """How many of the repeats of ``make slow`` to run, at least so many."""
    return max(least, round(full * SLOW_SHARE))


def slack(limit: float, now: int, full: int) -> float:
    """What chance may add to a share near ``limit`` in fewer repeats than it was measured with."""
    return 0.0 if now >= full else 3.5 * math.sqrt(limit * (1 - limit) / now)


def labels(rng: np.random.Generator, true: np.ndarray, called: np.ndarray) -> np.ndarray:
    """A label for each true class: what ``rng.choice(5, p=called[t])`` gives cell by cell.

    Args:
        true: codes, shape (n,).
        called: chance of each label by true class.
    """
    edges = np.cumsum(called, axis=1)
    edges /= edges[:, -1:]
    return (rng.random(len(true))[:, None] >= edges[true]).sum(axis=1)


def counted(
    values: Mapping[str, Values], mode: str = "different-aliquot", **stated: float
) -> Study:
    """A study of these values, without cells."""
    samples = len(next(iter(values.values())).reference)
    return _study(values, samples, Protocol(mode, **stated))


def sides(reference: np.ndarray, model: np.ndarray, total: np.ndarray | None = None) -> Values:
    """Two sides of a measurand, printed exactly and counted from nobody knows how many cells."""
    return Values(reference, model, np.zeros(len(reference)), total=total)


def drawn(
    rng: np.random.Generator,
    samples: int,
    cells: int,
    *,
    concentration: float,
    mode: str = "different-aliquot",
    called: np.ndarray = PERFECT,
    constant: bool = False,
    step: float = 0.1,
    lost: float = 0.0,
) -> Study:
    """WBC and five classes, whose shares vary between samples as a Dirichlet's.

    Args:
        concentration: of the shares; 10 for wards, 35 for the healthy, 60 narrow.
        called: chance of each label by true class.
        constant: the model gives every sample the mean.
        step: of the reference, points; in ``same-slide`` another reader counts as many cells.
        lost: share of the samples without a result.
    """
    shares = rng.dirichlet(SHARES * concentration, samples)
    hits = np.stack([rng.multinomial(cells, p @ called) for p in shares]).astype(float)
    if constant:
        hits = np.tile(np.rint(SHARES * cells), (samples, 1))
    theirs = np.full(samples, float(cells)) if mode == "same-slide" else None
    reference, resolution = np.rint(100 * shares / step) * step, np.full(samples, step)
    if theirs is not None:
        seen = np.stack([rng.multinomial(cells, p) for p in shares]).astype(float)
        reference, resolution = 100 * seen / cells, np.zeros(samples)
    gone = rng.random(samples) < lost
    hits[gone] = np.nan
    total = rng.uniform(4, 11, samples).round(2)
    measured = np.where(gone, np.nan, (total * rng.normal(1, 0.02, samples)).round(2))
    values = {"WBC": Values(total, measured, np.full(samples, 0.01))}
    counted_cells = np.where(gone, np.nan, float(cells))
    for i, name in enumerate(PERCENT):
        values[name] = Values(
            reference[:, i], 100 * hits[:, i] / cells, resolution, counted_cells, hits[:, i],
            theirs, None if theirs is None else seen[:, i],
        )  # fmt: skip
    return _study(values, samples, Protocol(mode))


def labelled(called: np.ndarray, samples: int = 60, cells: int = 100, seed: int = 1) -> Study:
    """The same cells on both sides; ``called`` as in :func:`drawn`."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(SHARES * 20, samples)
    true = np.stack([rng.multinomial(cells, p) for p in shares])
    confusion = np.stack([[rng.multinomial(n, p) for n, p in zip(t, called, strict=True)]
                          for t in true])  # fmt: skip
    counts = CellCounts(
        tuple(f"S{i:03}" for i in range(samples)), FIVE, 5, confusion, confusion.sum(axis=1)
    )
    values = {
        name: Values(100 * true[:, i] / cells, 100 * confusion[:, :, i].sum(axis=1) / cells,
                     np.zeros(samples))
        for i, name in enumerate(PERCENT)
    }  # fmt: skip
    return _study(values, samples, Protocol("same-cells"), counts, true / cells)


def _study(
    values: Mapping[str, Values],
    samples: int,
    protocol: Protocol,
    counts: CellCounts | None = None,
    shares: np.ndarray | None = None,
) -> Study:
    ids = tuple(f"S{i:03}" for i in range(samples))
    return Study.of(protocol, ids, values, counts, reference_shares=shares)
