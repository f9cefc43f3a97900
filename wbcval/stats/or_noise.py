"""What can be asked of every class: within a limit, or no further off than counting explains.

The option ``or_noise`` of a share of samples and of a bias. STATISTICS.md §3 (without a protocol).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.acceptance import MIN_SAMPLES, k_min_observed
from wbcval.stats.functions.noise_ranges import counts, noise_ranges, range_of_both, whole
from wbcval.stats.metric import Floats, Pairs
from wbcval.values.measurands import Quantity

NOISE = 0.997  # level of the counting limits of one sample
MOST_CELLS = 200  # the model's cells are taken as no more: counting more must not be punished
LEAST_IN_ALL, LEAST_EACH, EACH_SHARE = 4_000, 100, 0.95  # cells, cells per sample, of the samples
POINTS, QUANTILE = 0.5, 2.576  # of a bias: percentage points, and standard errors of counting
FEW_CELLS = "few_cells"  # flag: with so few cells even a bad model lies inside the noise
INSIDE, BEYOND = "inside_noise", "beyond_noise"  # marks of a sample, where it was asked
_ROUNDING = 1e-9  # 100·hits/cells·cells/100 may miss hits by a rounding
_OPEN = 1e-7  # of a cell: the edges of the noise are open


def inside_noise(pairs: Pairs, level: float = NOISE) -> NDArray[np.bool_]:
    """Samples whose difference counting explains at the 99.7 % limits, shape (n,).

    The model's cells are taken as min(N, 200), its hits k = m·min(N, 200)/100 rounded towards the
    reference; else as in :func:`wbcval.stats.functions.counting_noise.counting_noise`.

    Args:
        pairs: of a percentage.
        level: of other limits, two-sided.

    Raises:
        NotEstimable: of :func:`wbcval.stats.functions.noise_ranges.counts`.
    """
    hits, cells = _capped(pairs)
    first, last, _ = noise_ranges(pairs, hits, cells, level)
    above = pairs.model >= pairs.reference
    return np.asarray(np.where(above, hits <= last, hits >= first))


def as_shares(pairs: Pairs) -> Pairs:
    """The same as shares of the reference's total, where the measurand is an absolute count."""
    if pairs.subject.quantity is Quantity.SHARE or pairs.total is None:
        return pairs  # without a total the noise is that of no share, and not known
    with np.errstate(divide="ignore", invalid="ignore"):
        reference, model, step = (
            np.clip(np.nan_to_num(100 * each / pairs.total, posinf=100.0), 0.0, 100.0)
            for each in (pairs.reference, pairs.model, pairs.resolution)
        )
    hits = None if pairs.model_cells is None else model * pairs.model_cells / 100
    return replace(
        pairs,
        subject=pairs.subject.share,
        reference=reference,
        model=model,
        resolution=step,
        model_hits=hits,
    )


def _capped(pairs: Pairs) -> tuple[Floats, Floats]:
    _, cells = counts(pairs)
    cells = np.minimum(cells, MOST_CELLS)
    real = np.clip(pairs.model, 0.0, 100.0) * cells / 100
    down, up = np.floor(real * (1 + _ROUNDING)), np.ceil(real * (1 - _ROUNDING))
    return np.where(pairs.model >= pairs.reference, down, up), cells


def noise_edges(pairs: Pairs) -> tuple[Floats, Floats]:
    """Least and largest share (a fraction) of the model that lies inside, shape (n,) each.

    Raises:
        NotEstimable: of :func:`wbcval.stats.functions.noise_ranges.counts`.
    """
    hits, cells = _capped(pairs)
    if pairs.reference_cells is None:
        first, last, _ = noise_ranges(pairs, hits, cells, NOISE)
    else:
        assert pairs.reference_hits is not None  # noqa: S101 (they come together)
        both = whole(pairs.reference_hits, pairs.reference_cells)
        first, last = np.array([_ends(*map(int, one)) for one in zip(cells, *both, strict=True)]).T
    return (first - 1 + _OPEN) / cells, (last + 1 - _OPEN) / cells


def _ends(cells: int, others: int, theirs: int) -> tuple[int, int]:
    """First and last count inside of so many cells, against ``others`` hits in ``theirs``."""

    def ends(k: int) -> tuple[float, float, float]:
        return range_of_both(k + others, cells, theirs, (1 - NOISE) / 2)

    near = min(int(others * cells / theirs), cells)
    first = bisect_left(range(near + 1), True, key=lambda k: k >= ends(k)[0])
    beyond = bisect_left(range(near, cells + 1), True, key=lambda k: k > ends(k)[1])
    return first, near + beyond - 1


def few_cells(pairs: Pairs) -> bool:
    """Whether there are too few samples or cells to tell a bad model from noise.

    Fewer than 20 samples, or than 4 000 cells in all, or than 100 cells in each of 95 % of the
    samples; a sample without a result has none. A reference that counted cells must have as many:
    against five of them everything is noise.
    """
    n = len(pairs) + pairs.technical_failures
    if pairs.model_cells is None or n < MIN_SAMPLES:
        return True
    counted = (pairs.model_cells, pairs.reference_cells)
    return any(_few(cells, n) for cells in counted if cells is not None)


def _few(cells: Floats, samples: int) -> bool:
    each = int(np.sum(cells >= LEAST_EACH))
    in_all = float(cells.sum())
    return in_all < LEAST_IN_ALL or each < k_min_observed(samples, EACH_SHARE)


def allowed_bias(pairs: Pairs, percent: float) -> tuple[float, str]:
    """Largest bias in percentage points that is allowed, and which of the three it is, in words.

    The largest of ``percent`` % of the mean reference, 0.5 points, and 2.576 standard errors of
    counting alone: SE = 100·√(Σ v_i)/n with v_i = r(1 − r)/N_m, or, where both sides counted,
    p̄(1 − p̄)(1/N_m + 1/N_r), p̄ pooled in the sample.

    Raises:
        NotEstimable: of :func:`wbcval.stats.functions.noise_ranges.counts`.
    """
    hits, cells = counts(pairs)
    theirs, other = pairs.reference_hits, pairs.reference_cells
    if theirs is None or other is None:
        p, per_cell = np.clip(pairs.reference / 100, 0.0, 1.0), 1 / cells
    else:
        p, per_cell = (hits + theirs) / (cells + other), 1 / cells + 1 / other
    error = 100 * float(np.sqrt(np.sum(p * (1 - p) * per_cell))) / len(pairs)
    ways = {
        f"{percent:g} % of the mean reference": percent / 100 * float(pairs.reference.mean()),
        f"{POINTS:g} points": POINTS,
        f"{QUANTILE:g} standard errors of counting": QUANTILE * error,
    }
    name = max(ways, key=lambda way: ways[way])
    return ways[name], name
