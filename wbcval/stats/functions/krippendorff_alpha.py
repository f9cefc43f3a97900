"""Krippendorff's α: agreement of any number of readers, some of whom may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._moments import check_level
from wbcval.stats.arrays import labels, numbers, same_rows
from wbcval.stats.bootstrap import bca
from wbcval.stats.metric import REPLICATES, Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

Scale = Literal["nominal", "ordinal", "interval"]
_MOST = 30  # distinct values of which a table of coincidences is kept for each subject


@dataclass(frozen=True, slots=True)
class KrippendorffAlpha(Shown):
    """Agreement beyond chance.

    Attributes:
        alpha: 1 where all agree, 0 as by chance.
        subjects: rated at least twice; the others tell nothing and are left out.
        ratings: of these.
        left_out: subjects with a single rating.
    """

    alpha: Estimate
    subjects: int
    ratings: int
    left_out: int


def krippendorff_alpha(
    rating: ArrayLike,
    subject: ArrayLike,
    *,
    rng: np.random.Generator,
    scale: Scale = "nominal",
    level: float = 0.95,
    replicates: int = REPLICATES,
) -> KrippendorffAlpha:
    """Krippendorff's α of ratings in rows; a rating that is missing has no row.

    Args:
        rating: shape (n,), labels, or numbers where they are ordered.
        subject: shape (n,), which cell, image or sample is rated.
        rng: of the resamples.
        scale: how far two ratings are apart: ``nominal`` unlike or not; ``ordinal`` by how many
            ratings lie between; ``interval`` by the square of their difference.
        level: two-sided confidence.
        replicates: resamples of subjects; 0: no interval.

    Returns:
        α with BCa over subjects. Cells of one sample are not independent: the interval is then too
        narrow. So it is where few subjects are told apart: of 20 with readers who know 95 % of
        them it covers 69 %; of 60 and more, 94 to 98 %.

    Raises:
        NotEstimable: no subject that is rated twice; all ratings equal, where chance agrees too.
        ValueError: unequal lengths, missing values, an unknown scale; nominal and ordinal: more
            than 30 distinct ratings.

    Source: Krippendorff, Content Analysis, 3rd ed. 2013, ch. 12; Hayes & Krippendorff, Commun
        Methods Meas 2007;1:77 (who resample coincidences, not subjects); BCa: Efron, JASA
        1987;82:171.
    """
    check_level(level)
    if scale not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"scale must be nominal, ordinal or interval, got {scale!r}")
    same_rows(rating=rating, subject=subject)
    given = labels(rating, "rating") if scale == "nominal" else numbers(rating, "rating")
    whose = labels(subject, "subject")
    if given.shape != whose.shape:
        raise ValueError(
            f"rating and subject must be of one length, got {given.shape}, {whose.shape}"
        )
    _, codes, times = np.unique(whose, return_inverse=True, return_counts=True)
    kept = times[codes] > 1
    left_out = int((times == 1).sum())
    if not kept.any():
        raise NotEstimable(Reason("rated_once", subjects=left_out))
    _, codes, times = np.unique(codes[kept], return_inverse=True, return_counts=True)
    values, place = np.unique(given[kept], return_inverse=True)
    if len(values) == 1:
        raise NotEstimable(Reason("ratings_equal"))
    if scale == "interval":
        features = _moments(values[place] - values.mean(), codes, times)
        statistic = _of_moments
    elif len(values) > _MOST:
        raise ValueError(f"scale {scale} takes at most {_MOST} distinct ratings")
    else:
        features = _coincidences(place, codes, times, len(values))
        statistic = _of_nominal if scale == "nominal" else _of_ordinal
    found = bca(features, statistic, np.arange(len(times)), rng, level, replicates)[0]
    return KrippendorffAlpha(found, len(times), len(codes), left_out)


def _coincidences(place: Ints, codes: Ints, times: Ints, size: int) -> Floats:
    """Pairs of values within each subject over ratings − 1, shape (subjects, size²)."""
    counts = np.zeros((len(times), size))
    np.add.at(counts, (codes, place), 1.0)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(size), np.arange(size)] -= counts
    return np.asarray((pairs / (times - 1)[:, None, None]).reshape(len(times), -1))


def _moments(values: Floats, codes: Ints, times: Ints) -> Floats:
    """Of each subject: ratings, sum, sum of squares, squared differences of pairs."""
    first = np.bincount(codes, weights=values)
    second = np.bincount(codes, weights=values**2)
    centred = values - (first / times)[codes]
    within = 2 * times * np.bincount(codes, weights=centred**2) / (times - 1)
    return np.column_stack([times.astype(np.float64), first, second, within])


def _of_moments(totals: Floats) -> Floats:
    n, first, second, within = totals.T
    return np.asarray(1 - (n - 1) * within / (2 * (n * second - first**2)))[:, None]


def _of_nominal(totals: Floats) -> Floats:
    size = round(totals.shape[1] ** 0.5)
    return _alpha(totals, np.broadcast_to(1 - np.eye(size), (len(totals), size, size)))


def _of_ordinal(totals: Floats) -> Floats:
    """Distance of two values: how many ratings lie between, their own counted half, squared."""
    size = round(totals.shape[1] ** 0.5)
    use = totals.reshape(-1, size, size).sum(axis=2)
    middle = np.cumsum(use, axis=1) - use / 2
    return _alpha(totals, (middle[:, :, None] - middle[:, None, :]) ** 2)


def _alpha(totals: Floats, distance: Floats) -> Floats:
    """1 − observed over expected distance, of coincidences, shape (B, size²) to (B, 1)."""
    seen = totals.reshape(distance.shape)
    use = seen.sum(axis=2)
    observed = (seen * distance).sum(axis=(1, 2))
    expected = np.einsum("bi,bij,bj->b", use, distance, use) / (use.sum(axis=1) - 1)
    return np.asarray(1 - observed / expected)[:, None]
