"""What the road hands to a statistic, made of arrays: pairs of one measurand, cells by sample."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbcval.stats._moments import paired_by
from wbcval.stats.arrays import labels, numbers, same_rows
from wbcval.stats.metric import Cells, Ints, Pairs
from wbcval.values.classes import COUNTABLE, NOT_COUNTABLE, canonical
from wbcval.values.measurands import Measurand

NAMELESS = "value"  # of a measurand that is not said; taken for no percentage


def pairs_of(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    measurand: str = NAMELESS,
    cells: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> Pairs:
    """Pairs of one measurand, of samples 1 … n.

    Args:
        reference, model: shape (n,), finite, ≥ 0, in one unit.
        measurand: ``NEUT%``; what it is decides how it counts.
        cells: cells the model classified, shape (n,), or one number for all.
        cluster: shape (n,), the patient of each sample; ``None``: each one of its own.

    Raises:
        ValueError: for what is missing, no number or negative, and for unequal lengths.
    """
    x, y, codes = paired_by(reference, model, cluster)
    n = len(x)
    for name, values in (("reference", x), ("model", y)):
        if (values < 0).any():
            raise ValueError(f"{name} must be at least 0, got {values.min():g}")
    subject = Measurand(measurand)
    if not subject.quantity and subject not in ("WBC", NAMELESS):
        raise ValueError(f"measurand must be WBC, or end in % or # (NEUT%, EO#), got {measurand!r}")
    return Pairs(
        subject=subject,
        unit="" if measurand == NAMELESS else subject.unit,
        mode="different-aliquot",
        sample_ids=tuple(str(i) for i in range(1, n + 1)),
        reference=x,
        model=y,
        cluster=np.arange(n) if codes is None else codes,
        model_cells=None if cells is None else _cells_of_samples(cells, n),
    )


def cells_of(
    true: ArrayLike, predicted: ArrayLike, sample: ArrayLike, cluster: ArrayLike | None = None
) -> Cells:
    """Confusion counts by sample, of one label a cell.

    Labels that the vocabulary knows are its classes, whatever their spelling; others are countable
    classes as they stand.

    Args:
        true, predicted, sample: shape (cells,).
        cluster: shape (cells,), the patient; one for all cells of a sample.

    Raises:
        ValueError: for what is missing, unequal lengths, or a sample of two patients.
    """
    columns = {"true": true, "predicted": predicted, "sample": sample}
    same_rows(**columns, cluster=cluster)
    truth, said, of = (labels(values, name) for name, values in columns.items())
    if not truth.shape == said.shape == of.shape:
        raise ValueError(
            f"true, predicted and sample must be of one length, got {len(truth)}, {len(said)}, "
            f"{len(of)}"
        )
    classes, codes = _classes(truth, said)
    ids, samples = np.unique(of, return_inverse=True)
    counts = np.zeros((len(ids), len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (samples, *codes), 1)
    size = sum(name not in NOT_COUNTABLE for name in classes)
    of_classes = counts.sum(axis=2)[:, :size]
    with np.errstate(invalid="ignore"):
        shares = of_classes / of_classes.sum(axis=1, keepdims=True)
    return Cells(
        counts=counts,
        labels=classes,
        n_classes=size,
        sample_ids=tuple(map(str, ids.tolist())),
        cluster=_of_samples(_codes(cluster, "cluster", len(of)), samples, ids)
        if cluster is not None
        else np.arange(len(ids)),
        mode="same-cells",
        reference_shares=shares,
        reference_cells=of_classes.sum(axis=1).astype(np.float64),
    )


def _classes(*sides: NDArray[Any]) -> tuple[tuple[str, ...], tuple[Ints, ...]]:
    """All labels, the countable first, and the place of each cell's on each side."""
    spelt = [np.unique(side, return_inverse=True) for side in sides]
    names = [[canonical(str(v)) or str(v) for v in values.tolist()] for values, _ in spelt]
    met = {name for side in names for name in side}
    known = {name: i for i, name in enumerate((*COUNTABLE, "", *NOT_COUNTABLE))}
    ordered = sorted(met, key=lambda name: (known.get(name, known[""]), name))
    place = {name: i for i, name in enumerate(ordered)}
    return tuple(ordered), tuple(
        np.array([place[name] for name in side], dtype=np.int64)[codes]
        for side, (_, codes) in zip(names, spelt, strict=True)
    )


def _codes(values: ArrayLike | None, name: str, n: int) -> Ints:
    if values is None:
        return np.arange(n)
    given = labels(values, name)
    if given.shape != (n,):
        raise ValueError(f"{name} must have one code for each of {n} rows, got {len(given)}")
    return np.unique(given, return_inverse=True)[1].astype(np.int64)


def _of_samples(codes: Ints, samples: Ints, ids: NDArray[Any]) -> Ints:
    """The one patient of each sample."""
    found = np.zeros(len(ids), dtype=np.int64)
    found[samples] = codes
    mixed = found[samples] != codes
    if mixed.any():
        first = ids[samples[mixed][0]]
        raise ValueError(f"cluster must be one for each sample, and {first} has several")
    return found


def _cells_of_samples(cells: ArrayLike, n: int) -> NDArray[np.float64]:
    if isinstance(cells, int | np.integer) and not isinstance(cells, bool):
        return np.full(n, float(cells))
    found = numbers(cells, "cells")
    if found.shape != (n,):
        raise ValueError(f"cells must be one number or one for each of {n} samples")
    return found
