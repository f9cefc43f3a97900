"""Do two columns of values come from one source? STATISTICS.md §18, "Two sides, not one twice".

Two measurements of one sample differ: by rounding, by imprecision, by the cells that happened to
be counted. Values that differ by less were not measured twice.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats._equal_among_near import chance_among_near
from wbcval.stats._moments import paired
from wbcval.stats._one_line import CHANCE, CLOSEST, on_one_line
from wbcval.stats.arrays import numbers
from wbcval.stats.metric import Floats

IDENTICAL, ROUNDED, NEARER = "identical", "equal_but_for_rounding", "nearer_than_counting"
LINE = "equal_but_for_a_line"
ONE_SOURCE = (IDENTICAL, ROUNDED, NEARER, LINE)

FEWEST_CELLS = 200  # labels of the same cells, all equal, from which they look copied
_FEWEST = 3  # samples, 0 against 0 not counted, of which all are equal
_FEWEST_ROUNDED, _SHARE = 20, 0.95  # samples looked at, and how many of these may be no less
# half a step is at most 2.5 % of such a value: no pair of methods agrees so well so often
_STEPS = 20
_NEAR = 0.75  # of the expected sum: above it, chance alone may bring the sides so near
_BY_CHANCE = 0.01  # of the studies of two measurements: so often all their values print alike
_EDGE = 1e-9
_FAR = 12.0  # standard deviations
_TILTS = np.geomspace(0.05, 2000, 40)  # at which Chernoff's bound is looked up


def one_source(
    reference: ArrayLike,
    model: ArrayLike,
    step: ArrayLike,
    model_step: float,
    share: ArrayLike | None = None,
    cells: ArrayLike | None = None,
    model_share: ArrayLike | None = None,
    *,
    noise: ArrayLike | None = None,
    two_draws: bool = False,
    few_decimals: bool = True,
) -> str:
    """Why two columns are taken for one, as the name of a flag; "" where they are not.

    - ``identical``: equal in every sample (three or more in which not both are 0), unless rounding
      makes all of so few so coarse values equal in more than 1 % of the studies.
    - ``equal_but_for_rounding``: equal within the coarser of the two roundings in 95 % of the
      samples, of 20 or more whose reference is 20 steps or more. Of smaller values the rounding
      alone makes equals. Of two draws of the blood (``two_draws``) also in fewer, where rounding
      makes so many equals with a chance below 1e-6 (:func:`chance_so_equal`), or where so few
      others lie a few steps apart (:func:`wbcval.stats._equal_among_near.chance_among_near`).
    - ``nearer_than_counting``: see :func:`chance_so_near`, below 1e-6.
    - ``equal_but_for_a_line``: so many on one line to the last digit, as of copies times a factor
      (:func:`wbcval.stats._one_line.on_one_line`); of two draws, or of percentages of ``cells``.

    Args:
        reference, model: shape (n,), finite, in one unit.
        step: shape (n,), of the printed reference, 0 where exact or unknown.
        model_step: likewise, of the model's values.
        share, model_share: shape (n,), the class as a fraction of the cells on either side;
            ``None``: not counted cells, or the same cells on both sides.
        cells: shape (n,), that the model counted, NaN where not known; ``None``: of none.
        noise: shape (n,), SD of a difference by counting alone, NaN where not known; ``None``: of
            none.
        two_draws: no cell can have been counted on both sides.
        few_decimals: percentages have one decimal at most: of few cells, those with two lie on a
            lattice that digits do not tell.

    Raises:
        ValueError: for lengths that differ, values that are missing or not finite.
    """
    x, y = paired(reference, model)
    printed = numbers(step, "step")
    shares, theirs, counted, spread = (
        None if each is None else numbers(each, name, missing=name in ("cells", "noise"))
        for each, name in (
            (share, "share"), (model_share, "model_share"), (cells, "cells"), (noise, "noise")
        )
    )  # fmt: skip
    if any(each is not None and each.shape != x.shape
           for each in (printed, shares, theirs, counted, spread)):  # fmt: skip
        raise ValueError("all columns must be of one length")
    apart = np.abs(y - x)
    coarser, finer = np.maximum(printed, model_step), np.minimum(printed, model_step)
    measured = (x != 0) | (y != 0)
    if (apart <= _EDGE * np.abs(x)).all() and measured.sum() >= _FEWEST:
        closest = CLOSEST * np.abs(x)
        spread = closest if spread is None else np.fmax(closest, spread)
        if _print_alike(coarser[measured] / spread[measured]).prod() < _BY_CHANCE:
            return IDENTICAL
    room = printing_room(printed, model_step)
    fine = (coarser > 0) & (x >= _STEPS * coarser * (1 - _EDGE))
    alike = int((apart <= room * (1 + _EDGE) + _EDGE * np.abs(x))[fine].sum())
    if fine.sum() >= _FEWEST_ROUNDED:
        window = np.where(finer < coarser, coarser + finer, coarser)[fine]
        chance = chance_so_equal(alike, window / (CLOSEST * x[fine])) if two_draws else 1.0
        if two_draws and few_decimals:
            chance = min(chance, chance_among_near(x, y, printed, model_step, CLOSEST))
        if alike >= _SHARE * fine.sum() or chance < CHANCE:
            return ROUNDED
    if (
        shares is not None
        and theirs is not None
        and counted is not None
        and chance_so_near(shares, theirs, counted) < CHANCE
    ):
        return NEARER
    same = None if two_draws or counted is None else counted[fine]
    enough = fine.sum() >= _FEWEST_ROUNDED and (two_draws or (same is not None and all(same >= 1)))
    line = enough and on_one_line(x[fine], y[fine], printed[fine], model_step, same)
    return LINE if line else ""


def printing_room(step: Floats, model_step: float) -> Floats:
    """How far printing takes apart what was equal: half of either step, of one step half of it.

    Args:
        step, model_step: as in :func:`one_source`.
    """
    coarser, finer = np.maximum(step, model_step), np.minimum(step, model_step)
    return np.asarray(coarser / 2 + np.where(finer < coarser, finer / 2, 0.0))


def chance_so_equal(alike: int, steps: Floats) -> float:
    """At most how often rounding makes so many pairs equal.

    The number of such pairs has no heavier upper tail than a binomial one of the mean chance.

    Args:
        alike: pairs that are equal.
        steps: shape (n,), of each, as multiples of the SD of its difference.

    Source: Hoeffding, Ann Math Stat 1956;27:713 (theorem 4).
    """
    mean = float(_print_alike(steps).mean())
    if alike < len(steps) * mean + 1:
        return 1.0
    return float(special.bdtrc(alike - 1, len(steps), mean))


def _print_alike(steps: Floats) -> Floats:
    """Chance that two values print alike, whose difference is normal with SD σ; s = step/σ.

    2Φ(s) − 1 − 2(φ(0) − φ(s))/s; 0 where nothing was rounded.
    """
    apart = (1 - np.exp(-(steps**2) / 2)) / math.sqrt(2 * math.pi)  # φ(0) − φ(s)
    with np.errstate(invalid="ignore"):
        found = 2 * special.ndtr(steps) - 1 - 2 * apart / steps
    return np.where(steps > 0, found, 0.0)


def chance_so_near(share: Floats, model_share: Floats, cells: Floats) -> float:
    """At most how often counting so many cells brings the model so near to the reference.

    Q = Σ (m − r)²/v over the samples, v = r(1 − r)/N the noise of the model's own count: all that
    the reference's noise and both sides' errors do is to enlarge it. P(Q ≤ q) is bounded by
    Chernoff over the exact binomial distribution of each count, which a rare class needs: of
    counts that are mostly 0 or 1 no χ² tells the lower tail.

    Args:
        share: shape (n,), r, a fraction.
        model_share: shape (n,), m.
        cells: shape (n,), N.

    Returns:
        The bound, a fraction; 1 where the sum is about as large as chance makes it.

    Source: Chernoff, Ann Math Stat 1952;23:493.
    """
    take = (share > 0) & (share < 1) & np.isfinite(share * model_share) & (cells >= 1)
    p, m, n = share[take], model_share[take], np.rint(cells[take])
    if not len(p):
        return 1.0
    scale = n / (p * (1 - p))
    q = float(np.sum((m - p) ** 2 * scale))
    if q > _NEAR * len(p):
        return 1.0
    logs = np.zeros(len(_TILTS))
    reach = _FAR * (np.sqrt(n * p * (1 - p)) + 1)  # beyond it no count ever lies
    for one, size, unit, far in zip(p, n, scale, reach, strict=True):
        hits = np.arange(max(0.0, math.floor(one * size - far)), min(size, one * size + far) + 1)
        z = (hits / size - one) ** 2 * unit
        ways = special.gammaln(size + 1) - special.gammaln(hits + 1)
        ways -= special.gammaln(size - hits + 1)
        chance = ways + special.xlogy(hits, one) + special.xlog1py(size - hits, -one)
        tilted = chance - _TILTS[:, None] * z
        most = tilted.max(axis=1)
        logs += most + np.log(np.exp(tilted - most[:, None]).sum(axis=1))
    return math.exp(min(0.0, float(np.min(_TILTS * q + logs))))
