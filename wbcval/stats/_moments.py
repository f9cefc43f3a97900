"""Paired input, checked once, and centred moments."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats.arrays import labels, numbers, same_rows
from wbcval.stats.metric import Floats, Ints

_CANCELLED = 1e-12  # of the largest value: a mean of decimal numbers that is smaller is 0
_ROUNDING = 8 * np.finfo(np.float64).eps  # values this near are one decimal number


def paired(reference: ArrayLike, model: ArrayLike) -> tuple[Floats, Floats]:
    """Both sides as float arrays of one shape (n,).

    Raises:
        ValueError: if the shapes differ or are not (n,), or anything is missing, not finite or no
            number; for two Series whose indexes differ.
    """
    same_rows(reference=reference, model=model)
    x, y = numbers(reference, "reference"), numbers(model, "model")
    if x.shape != y.shape:
        raise ValueError(f"reference and model must be of one length, got {x.shape}, {y.shape}")
    return x, y


def paired_by(
    reference: ArrayLike, model: ArrayLike, cluster: ArrayLike | None
) -> tuple[Floats, Floats, Ints | None]:
    """Both sides, and the patients of the samples as :func:`groups` has them.

    Raises:
        ValueError: as :func:`paired` and :func:`groups` do.
    """
    same_rows(reference=reference, model=model, cluster=cluster)
    x, y = paired(reference, model)
    return x, y, groups(cluster, len(x))


def groups(cluster: ArrayLike | None, n: int) -> Ints | None:
    """Patient codes 0 … G − 1, shape (n,); ``None`` where every sample is a patient of its own.

    Raises:
        ValueError: if there is not one code for each of the n samples, or one is missing.
    """
    if cluster is None:
        return None
    given = labels(cluster, "cluster")
    if given.shape != (n,):
        raise ValueError(f"cluster must have one code for each of {n} pairs, got {given.shape}")
    codes, place = np.unique(given, return_inverse=True)
    return None if len(codes) == n else place.astype(np.int64)


def check_level(level: float) -> None:
    """Refuse a confidence that is no fraction.

    Raises:
        ValueError: unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")


def equal(values: Floats, size: float) -> bool:
    """Whether two values or more are one decimal number but for rounding.

    Args:
        values: shape (n,), finite.
        size: of the numbers they were computed from.
    """
    size = max(size, 1.0 * abs(values).max())
    return len(values) > 1 and bool(np.ptp(values) <= _ROUNDING * size)


def mean(values: Floats) -> float:
    """Mean by a second, centred pass, which corrects the rounding of the first.

    What cancels but for rounding is 0.
    """
    if np.ptp(values) == 0:
        return float(values[0])  # so that equal values leave exactly 0
    first = float(values.mean())
    found = first + float((values - first).mean())
    return found if abs(found) > _CANCELLED * float(np.abs(values).max()) else 0.0


def mean_sd(values: Floats) -> tuple[float, float]:
    """Mean and SD (ddof 1) of n ≥ 2 values by the corrected two-pass algorithm.

    Source: Chan, Golub & LeVeque, Am Stat 1983;37:242, eq. 1.7.
    """
    average, n = mean(values), len(values)
    centred = values - average
    squares = float(centred @ centred) - float(centred.sum()) ** 2 / n
    return average, math.sqrt(max(squares, 0.0) / (n - 1))
