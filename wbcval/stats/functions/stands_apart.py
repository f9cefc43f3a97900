"""Does a part of the samples stand apart from the rest, when many parts were looked at?

STATISTICS.md §16: who names the worst stratum has picked it. Labels are shuffled over patients, and
the largest |t| over all parts and all quantities is compared with the largest of each shuffle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbcval.stats.arrays import labels, numbers
from wbcval.stats.metric import Floats, Ints

SHUFFLES, FEWEST = 9_999, 1_999  # FEWEST of very many samples: p is 0.05 ± 0.005 then
_LABELS = 40_000_000  # shuffled in all, but for FEWEST: some seconds
SMALLEST = 5  # samples of a part, and of the rest
_PRIOR = 4.0  # patients' worth of the common variance in that of each part
_CHUNK = 2_000_000  # labels at once: the working memory, whatever the data
_TIE = 1e-9  # relative: values that differ by rounding alone are equal


@dataclass(frozen=True, slots=True)
class Contrast:
    """One part against the rest in one quantity.

    Attributes:
        column, part: which labels, and which of them.
        quantity: which column of the totals.
        inside, outside: mean in the part and in all other samples.
        t: studentised difference.
        p: chance of any |t| as large among all that was looked at, were labels nothing.
    """

    column: int
    part: int
    quantity: int
    inside: float
    outside: float
    t: float
    p: float


def stands_apart(
    totals: ArrayLike,
    trials: ArrayLike,
    columns: Sequence[ArrayLike],
    cluster: ArrayLike,
    rng: np.random.Generator,
    shuffles: int | None = None,
) -> list[Contrast]:
    """Every part against the rest in every quantity, with p for having looked at all of them.

    t is Welch's, of sums over patients, each variance drawn towards the common one with the weight
    of 4 patients: a part of five samples that are all within the limit has no variance of its own.
    A patient whose samples all bear one label is shuffled whole; of one who stands in several
    parts, the labels are shuffled among his own samples. Single-step: p is of the largest |t|.

    In null studies of 3 sites and 11 quantities, some p ≤ 0.05 in 4–6 %
    (docs/explanation/headlines.md).

    Args:
        totals: shape (S, Q), what each sample adds to each quantity (a difference, hits).
        trials: shape (S, Q), what it is divided by (1, cells); 0 where the sample has no value.
        columns: of each column of labels, codes 0 … G − 1 of the samples, shape (S,); −1: none.
        cluster: shape (S,), codes of the patient where given, else of the sample.
        rng: the comparison's own generator.
        shuffles: of the labels; ``None``: SHUFFLES, and fewer above 4 000 samples.

    Returns:
        In the order given; parts of under 5 samples with a value, or that leave under 5, and
        quantities that do not vary take no part.

    Raises:
        ValueError: for lengths that differ, or what is no number.

    Source: Westfall & Young, Resampling-Based Multiple Testing, 1993 (maximum of t); Janssen, Stat
        Probab Lett 1997;36:9 (studentised, so that unequal spread is no difference of means).
    """
    added, divided = (numbers(each, name, dimensions=2)
                      for each, name in ((totals, "totals"), (trials, "trials")))  # fmt: skip
    parts = [labels(codes, "columns") for codes in columns]
    patients = labels(cluster, "cluster")
    if added.shape != divided.shape or any(len(each) != len(added) for each in (*parts, patients)):
        raise ValueError("totals, trials, columns and cluster must be of the same samples")
    if shuffles is None:
        shuffles = min(SHUFFLES, max(FEWEST, _LABELS // max(len(patients), 1)))
    compared = [_Column(added, divided, codes, patients) for codes in parts]
    found = [(j, column, column.t(column.codes[None])[0]) for j, column in enumerate(compared)]
    largest = np.zeros(shuffles)
    for column in compared:
        if column.kept.any():
            np.maximum(largest, column.largest(rng, shuffles), out=largest)
    contrasts = []
    for j, column, t in found:
        for part, q in np.argwhere(column.kept):
            size = abs(t[part, q]) * (1 - _TIE)
            p = (1 + int((largest >= size).sum())) / (shuffles + 1)
            inside, outside = column.means(part, q)
            contrasts.append(Contrast(j, int(part), int(q), inside, outside, float(t[part, q]), p))
    return contrasts


class _Column:
    """The parts of one column of labels: sums over what is shuffled, and t of any labelling."""

    def __init__(self, totals: Floats, trials: Floats, codes: Ints, cluster: Ints) -> None:
        self._totals, self._trials, self._labels = totals, trials, codes
        self._parts = int(codes.max(initial=-1)) + 1
        unit, self._blocks = _units(codes, cluster)
        count = int(unit.max(initial=-1)) + 1
        self.codes = np.full(count, -1, dtype=np.int64)
        self.codes[unit] = codes
        mean = totals.sum(axis=0) / np.where(trials.any(axis=0), trials.sum(axis=0), 1.0)
        rest, weight = np.zeros((count, totals.shape[1])), np.zeros((count, totals.shape[1]))
        np.add.at(rest, unit, np.where(trials > 0, totals - mean * trials, 0.0))
        np.add.at(weight, unit, trials)
        features = (rest, rest**2, rest * weight, weight, weight**2, (weight > 0).astype(float))
        stacked = np.concatenate(features, axis=1)
        # with one trial each, most of these are the same column
        self._features, self._place = np.unique(stacked, axis=1, return_inverse=True)
        self._place = self._place.ravel()
        self._whole = stacked.sum(axis=0)
        seen = trials > 0
        size = np.array([seen[codes == part].sum(axis=0) for part in range(self._parts)])
        size = size.reshape(self._parts, totals.shape[1])
        left = seen.sum(axis=0) - size
        varies = (rest**2).sum(axis=0) > count * (_TIE * np.abs(mean)) ** 2
        self.kept = (size >= SMALLEST) & (left >= SMALLEST) & varies

    def largest(self, rng: np.random.Generator, shuffles: int) -> Floats:
        """The largest |t| of each shuffle, shape (shuffles,)."""
        found = np.empty(shuffles)
        step = max(_CHUNK // len(self.codes), 1)
        for start in range(0, shuffles, step):
            rows = min(step, shuffles - start)
            labels = np.tile(self.codes.astype(np.int16), (rows, 1))
            for block in self._blocks:
                labels[:, block] = rng.permuted(labels[:, block], axis=1)
            t = np.abs(self.t(labels))
            found[start : start + rows] = np.where(self.kept, t, 0.0).max(axis=(1, 2))
        return found

    def t(self, labels: NDArray[np.integer[Any]]) -> Floats:
        """Studentised differences of labellings, shape (B, units), to (B, parts, Q)."""
        parts = [self._one(self._sums(labels == part)) for part in range(self._parts)]
        return np.stack(parts, axis=1) if parts else np.zeros((len(labels), 0, 1))

    def means(self, part: int, quantity: int) -> tuple[float, float]:
        """Mean of the samples in a part, and of all others."""
        inside = self._labels == part
        total, trials = self._totals[:, quantity], self._trials[:, quantity]
        seen = trials > 0
        return tuple(  # type: ignore[return-value]
            float(total[take & seen].sum() / trials[take & seen].sum())
            for take in (inside, ~inside)
        )

    def _sums(self, taken: NDArray[np.bool_]) -> Floats:
        sums: Floats = taken.astype(np.float64) @ self._features
        return sums[:, self._place]

    def _one(self, sums: Floats) -> Floats:
        common = self._whole.reshape(6, -1)
        spread = common[1] / np.maximum(common[5] - 1, 1)
        sides = []
        for rest, square, cross, weight, weights, n in (
            sums.reshape(len(sums), 6, -1).transpose(1, 0, 2),
            (self._whole - sums).reshape(len(sums), 6, -1).transpose(1, 0, 2),
        ):
            safe = np.where(weight > 0, weight, 1.0)
            off = rest / safe
            own = np.maximum(square - 2 * off * cross + off**2 * weights, 0.0)
            variance = (own + _PRIOR * spread) / (np.maximum(n - 1, 0) + _PRIOR)
            sides.append((off, n * variance / safe**2, weight > 0))
        (here, own, some), (there, theirs, others) = sides
        error = np.sqrt(own + theirs)
        known = some & others & (error > 0)
        return np.where(known, (here - there) / np.where(known, error, 1.0), 0.0)


def _units(codes: Ints, cluster: Ints) -> tuple[Ints, list[Ints]]:
    """What is shuffled: unit of each sample, and the units among which labels change places.

    A unit is a patient of one label, or a sample of a patient of several.
    """
    _, patient = np.unique(cluster, return_inverse=True)
    count = int(patient.max(initial=-1)) + 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -2)
    np.minimum.at(low, patient, codes)
    np.maximum.at(high, patient, codes)
    mixed = (low != high)[patient]
    key = np.where(mixed, count + np.arange(len(codes)), patient)
    _, unit = np.unique(key, return_inverse=True)
    blocks = [np.unique(unit[~mixed])]
    blocks += [unit[patient == p] for p in np.flatnonzero(low != high)]
    return unit, [block for block in blocks if len(block) > 1]
