"""Of all models that give every sample the same answer, which could pass? STATISTICS.md §18.

The mean is one of them, and not the best: of a skewed class the median lies elsewhere, and near a
criterion's edge a point more or less decides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.acceptance import is_within
from wbcval.stats.dummies import answering, typical
from wbcval.stats.functions.error import effective_error
from wbcval.stats.metric import Floats, Pairs
from wbcval.stats.or_noise import inside_noise
from wbcval.values.errors import NotEstimable

_QUANTILES = np.arange(0.025, 0.976, 0.025)
_BETWEEN, _EVEN = 9, 40  # steps between median and mean, and between the outermost quantiles


def constants(whole: Pairs) -> Floats:
    """What a constant could answer, shape (K,), the mean first.

    Of two measurands of one class the i-th is one model's.

    Args:
        whole: of all samples.

    Returns:
        Values in the measurand's unit, or shares of the total (:func:`.typical`).
    """
    _, values = typical(whole, whole)
    mean, error = float(values.mean()), float(values.std()) / len(values) ** 0.5
    quantiles = np.quantile(values, _QUANTILES)
    return np.concatenate(
        [
            [mean, max(mean - error, 0.0), mean + error],
            np.linspace(mean, np.median(values), _BETWEEN),
            quantiles,
            np.linspace(quantiles[0], quantiles[-1], _EVEN),
        ]
    )


def constant(pairs: Pairs, whole: Pairs, value: float) -> Pairs:
    """The pairs with one of :func:`constants` in place of the model's answers."""
    each, _ = typical(pairs, whole)
    return answering(pairs, each * value)


def could_pass(
    pairs: Pairs, whole: Pairs, limit: float, floor: float, or_noise: bool, outside: int
) -> NDArray[np.bool_]:
    """Which constants may lie within a limit in all but so many samples, shape (K,).

    Looked at are the samples with the least and the largest reference, one more of each than may
    lie outside: who misses all of either lies outside too often. What is left may still fail.

    Args:
        pairs, whole: as for :func:`.of_pairs`.
        limit, floor, or_noise: of the share of samples, as in :func:`.acceptance`.
        outside: samples that may lie outside.
    """
    values = constants(whole)
    rank = np.argsort(pairs.reference, kind="stable")
    ends = (rank[: outside + 1], rank[::-1][: outside + 1])
    return np.logical_and(*(_reached(pairs, whole, values, at, limit, floor, or_noise)
                            for at in ends))  # fmt: skip


def _reached(
    pairs: Pairs,
    whole: Pairs,
    values: Floats,
    at: NDArray[np.int64],
    limit: float,
    floor: float,
    or_noise: bool,
) -> NDArray[np.bool_]:
    """Which constants are within the limit in any of these samples."""
    each, _ = typical(pairs, whole)
    many = _at(pairs, np.tile(at, len(values)))
    asked = answering(many, np.repeat(values, len(at)) * each[np.tile(at, len(values))])
    within = is_within(effective_error(asked.reference, asked.model, limit, floor), limit)
    if or_noise:
        try:
            within |= inside_noise(asked)
        except NotEstimable:
            return np.zeros(len(values), dtype=bool)
    return np.asarray(within.reshape(len(values), len(at)).any(axis=1))


def _at(pairs: Pairs, take: NDArray[np.int64]) -> Pairs:
    """Values and counts of some samples; no more of them is asked here."""

    def cut(array: Floats | None) -> Floats | None:
        return None if array is None else array[take]

    return replace(
        pairs,
        reference=pairs.reference[take],
        model=pairs.model[take],
        model_cells=cut(pairs.model_cells),
        model_hits=cut(pairs.model_hits),
        reference_cells=cut(pairs.reference_cells),
        reference_hits=cut(pairs.reference_hits),
        resolution=np.broadcast_to(pairs.resolution, pairs.reference.shape)[take],
        total=cut(pairs.total),
    )
