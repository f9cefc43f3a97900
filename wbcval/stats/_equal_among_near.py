"""Are more pairs equal than lie a few steps apart? STATISTICS.md §18, copies of a part."""

from __future__ import annotations

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats

_NEAR = (5, 10)  # steps on either side that are looked at
_SPAN = 0.5  # of those, what the SD of a difference spans at least; below, equals are common
_TIMES = 2.0  # there, equals are at most so many times as frequent as each near step
_RARE = 0.02  # of the values; a last digit that so few have is none of a lattice
_EDGE = 1e-9


def chance_among_near(
    reference: Floats, model: Floats, step: Floats, model_step: float, closest: float
) -> float:
    """At most how often so many pairs print alike, by how many print a few steps apart.

    Two measurements differ smoothly: where the SD of a difference spans k/2 steps or more,
    equality is less than twice as frequent as any one of the k steps on either side (1.96 for
    normal differences, whatever their SDs above that). So of pairs that are equal or near each is
    equal with a chance of at most 2/(2 + 2k), and their number is no more than binomial. Values
    that were copied into the other table are equal and have no neighbours. Percentages of
    few cells lie on a coarser lattice than they are printed on; where both do, its step is taken.

    Args:
        reference, model, step, model_step: as in
            :func:`wbcval.stats.functions.one_source.one_source`.
        closest: coefficient of variation of a difference, below which no two methods are.

    Returns:
        The chance, over both widths that are looked at; 1 where no value spans enough steps.
    """
    coarser = np.maximum(step, model_step)
    coarser = np.maximum(
        coarser, np.minimum(_spacing(reference, coarser), _spacing(model, coarser))
    )
    chances = []
    for k in _NEAR:
        fine = (coarser > 0) & (reference * closest >= _SPAN * k * coarser * (1 - _EDGE))
        apart = np.abs(model - reference)[fine] / coarser[fine]
        equal, near = int((apart < 0.5).sum()), int((apart < k + 0.5).sum())
        p = _TIMES / (_TIMES + 2 * k)
        chances.append(float(special.bdtrc(equal - 1, near, p)) if equal else 1.0)
    return min(1.0, len(_NEAR) * min(chances))


def _spacing(values: Floats, step: Floats) -> Floats:
    """How far apart values lie that are printed with this step, by the last digits they take."""
    digits = np.rint(values / np.where(step > 0, step, 1.0)).astype(np.int64) % 10
    taken = np.bincount(digits, minlength=10) > _RARE * len(values)
    return np.asarray(step * 10 / max(int(taken.sum()), 1))
