"""Are samples the same on both sides in everything that was measured? STATISTICS.md §18.

One number is soon the same by chance. A whole row is not: in two draws of the blood each number was
counted, or measured, anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats._one_line import CHANCE, CLOSEST
from wbcval.stats.metric import Floats, Ints

EQUAL_ROWS = "equal_rows"  # flag
MOST_CELLS = 10_000.0  # counted by the model where nobody says how many: no microscope counts more
_SAFETY = 2.0  # the likeliest share may lie beside the middle of what prints alike
_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class ValueColumns:
    """Both sides of one measurand.

    Attributes:
        reference, model: shape (n,), NaN where there is none.
        room: shape (n,), how far printing alone takes equal values apart.
        whole: shape (n,), what all cells are in its unit; ``None`` where no cells were counted.
    """

    reference: Floats
    model: Floats
    room: Floats
    whole: Floats | None = None


def chance_of_rows(sides: Sequence[ValueColumns], cells: Floats | None = None) -> tuple[int, float]:
    """Samples that are equal in all measurands, and at most how often chance makes so many.

    The model's count of N cells prints as the reference's with at most about the multinomial
    chance at the likeliest mix, which is that of the reference itself (twice that, to be safe);
    the commonest class follows from the others. Any other value falls on the
    reference's with at most the density of a normal difference whose SD is 1 % of the value, or
    as often as it does in this study. The number of such samples has no heavier upper tail than a
    binomial one of the mean chance.

    Args:
        sides: of measurands, a row per sample.
        cells: shape (n,), N; ``None``, or NaN where not known.

    Source: Hoeffding, Ann Math Stat 1956;27:713 (theorem 4).
    """
    if not sides:
        return 0, 1.0
    known = np.column_stack([np.isfinite(s.reference + s.model) for s in sides])
    alike = np.column_stack([
        np.abs(s.model - s.reference) <= s.room * (1 + _EDGE) + _EDGE * np.abs(s.reference)
        for s in sides
    ])  # fmt: skip
    take = np.flatnonzero(known.any(axis=1))
    rows = (alike | ~known)[take].all(axis=1)
    seen, n = int(rows.sum()), len(take)
    if not seen:
        return 0, 1.0
    chance = np.minimum(1.0, _SAFETY * _of_cells(sides, take, cells))
    for i, s in enumerate(sides):
        if s.whole is None:
            often = float(alike[known[:, i], i].mean()) if known[:, i].any() else 1.0
            chance *= np.where(known[take, i], np.maximum(_of_value(s, take), often), 1.0)
    mean = float(chance.mean())
    if seen < n * mean + 1:
        return seen, 1.0
    return seen, float(special.bdtrc(seen - 1, n, mean))


def beyond_chance(sides: Sequence[ValueColumns], cells: Floats | None = None) -> bool:
    """Whether so many samples are equal in everything by no chance: below 1e-6."""
    return chance_of_rows(sides, cells)[1] < CHANCE


def _of_value(sides: ValueColumns, take: Ints) -> Floats:
    reference, window = np.abs(sides.reference[take]), 2 * sides.room[take]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = window / (CLOSEST * reference * np.sqrt(2 * np.pi))
    return np.where(np.isfinite(found), np.minimum(found, 1.0), 1.0)


def _of_cells(sides: Sequence[ValueColumns], take: Ints, cells: Floats | None) -> Floats:
    """Chance that a count of the model prints as the reference's mix, shape (len(take),).

    Class by class, each of the cells that are left, at the likeliest share.
    """
    n = np.full(len(take), np.nan) if cells is None else np.rint(cells[take])
    n = np.where(n >= 1, n, MOST_CELLS)
    shares, rooms = [np.zeros(len(take))], [np.zeros(len(take))]
    for s in sides:
        if s.whole is None:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            share, room = s.reference[take] / s.whole[take], s.room[take] / s.whole[take]
        there = np.isfinite(share + s.model[take] + room)
        shares.append(np.where(there, np.clip(share, 0.0, 1.0), 0.0))
        rooms.append(np.where(there, room, 0.0))
    each, room = np.column_stack(shares), np.column_stack(rooms)
    # the commonest follows from the others where these are all there are
    at, commonest = np.arange(len(take)), each.argmax(axis=1)
    follows = each[at, commonest] > 1 - each.sum(axis=1)
    each[at[follows], commonest[follows]] = 0.0
    found, left = np.ones(len(take)), n.astype(np.int64)
    for share, wide in zip(each.T, room.T, strict=True):
        hits = share * n
        low = np.ceil(hits - wide * n - _EDGE * n)
        high = np.floor(hits + wide * n + _EDGE * n)
        p = np.clip(hits / np.maximum(left, 1), 0.0, 1.0)
        below = np.where(low >= 1, special.bdtr(np.maximum(low - 1, 0), left, p), 0.0)
        chance = special.bdtr(np.clip(high, 0, left), left, p) - below
        # of few cells or none the likeliest share may be 0
        found *= np.where((low < 1) | (left < 1), 1.0, np.clip(chance, 0.0, 1.0))
        left = np.maximum(left - np.rint(hits).astype(np.int64), 0)
    return found
