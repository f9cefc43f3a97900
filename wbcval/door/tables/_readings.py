"""How columns of classes add up: which of them hold others already, told by their sum.

``Neutrophils`` beside ``Bands`` may be all neutrophils or those without bands. A row whose
percentages add up to 100, whose counts add up to WBC, or whose cells add up to the total, tells
which. What the sums do not tell is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from wbcval.values import classes

Floats = NDArray[np.float64]
Reading = frozenset[str]  # the columns that others hold already

_HOLDS, _FAILS = 0.9, 0.5  # of the rows that tell two readings apart
_SPREAD = 2.5  # standard deviations of a sum of rounded numbers
_ROUNDED, _FEWEST = 0.95, 8  # of the rows, and at least so many, where only rounding tells
_EXACT = 1e-9
_INNER = 0.79  # standard deviation of a normal one without its outer tenth
_SEG, _BAND, _IG = "segmented neutrophil", "band neutrophil", "immature granulocyte"
_NEUTROPHILS, _IMMATURE, _LYMPHOCYTES = classes.FAMILIES


@dataclass(frozen=True)
class Sums:
    """The class columns of one kind (percent, counts, or cells) in one unit.

    Attributes:
        values: class → shape (n,), NaN where there is none; a blank part counts as 0.
        target: shape (n,), what the columns of a row add up to; ``None`` where nobody says.
        spread: how far a sum of rounded numbers is off it.
        step: of the coarsest column.
        unsummed: the columns, where the sum of a row is its own total.
    """

    values: Mapping[str, Floats]
    target: Floats | None
    spread: float
    step: float
    unsummed: frozenset[str] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether all five classes are there, the neutrophils whole or in parts."""
        return all(name in self.values for name in classes.FIVE[1:]) and bool(
            {classes.FIVE[0], _SEG} & self.values.keys()
        )

    def total(self, reading: Reading) -> Floats:
        """What a row adds up to, shape (n,)."""
        kept = [v for name, v in self.values.items() if name not in reading]
        return np.asarray(np.sum(kept, axis=0))

    def holds(self, reading: Reading, tolerance: float | Floats) -> NDArray[np.bool_]:
        """The rows that add up; none without a target."""
        if self.target is None or not self.complete:
            return np.zeros(len(next(iter(self.values.values()))), dtype=bool)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(self.total(reading) - self.target) <= tolerance)


def spread(steps: Iterable[float]) -> float:
    """Of a sum of rounded numbers, from the step of each."""
    return _SPREAD * float(np.sqrt(sum(step**2 for step in steps) / 12)) + _EXACT


def terms(values: Iterable[str], reading: Reading, rollup: str) -> dict[str, tuple[str, ...]]:
    """The columns that make up each of the five under a roll-up.

    Bands or immature granulocytes alone are no neutrophils, variant lymphocytes no lymphocytes.
    """
    names = set(values)
    found: dict[str, tuple[str, ...]] = {}
    for five in classes.FIVE:
        counted = [n for n in classes.COUNTABLE if n in names and n not in reading]
        parts = tuple(n for n in counted if classes.counted_in(n, rollup) == five)
        if five in parts or (five == classes.FIVE[0] and _SEG in parts):
            found[five] = parts
    return found


def readings(sums: Sums) -> list[Reading]:
    """Every way in which the columns may hold each other; the first: each stands for itself."""
    names = {name for name, v in sums.values.items() if np.nansum(np.abs(v)) > 0}
    units = [names & unit for unit in _units(sums.values.keys())]
    if sums.target is not None:  # blasts and others, in the sum or beside it
        units.append(names - {*_NEUTROPHILS, *_IMMATURE, *_LYMPHOCYTES, *classes.FIVE})
    several = [unit for unit in units if unit]
    every = chain.from_iterable(combinations(several, n) for n in range(len(several) + 1))
    found = [frozenset().union(*some) for some in every]
    return list(dict.fromkeys(found))


def _units(names: Iterable[str]) -> list[set[str]]:
    """Columns that another may hold, those together that only a whole may hold."""
    present, units = set(names), []
    immature = set(_IMMATURE)
    if _NEUTROPHILS[0] in present:
        units += [{_SEG}, {_BAND}, immature]
    if _IG in present:
        units.append(immature - {_IG})
    if _LYMPHOCYTES[0] in present:
        units += [{name} for name in _LYMPHOCYTES[1:]]
    return units


def decided(
    sums: Sums, options: Sequence[Reading], rollup: str, *, named: bool = False
) -> Reading | None:
    """The one reading that the columns allow, as far as it matters for the five; else ``None``.

    Args:
        sums: the columns.
        options: of :func:`readings`.
        rollup: which classes a measurand counts.
        named: somebody says that one of the options is right.
    """
    options = options if named else _not_refuted(sums, options)
    alone = len({_key(sums, reading, rollup) for reading in options}) == 1
    if alone and (named or not _unfinished(sums)):
        return options[0]
    for tolerance in (_EXACT, sums.spread):
        best = _undominated(sums, options, tolerance)
        if len({_key(sums, reading, rollup) for reading in best}) == 1:
            return best[0]
        if best:
            return None  # several hold
    return None


def _unfinished(sums: Sums) -> bool:
    """Segmented neutrophils alone: that they are all must show."""
    return not {_NEUTROPHILS[0], _BAND} & sums.values.keys() and _SEG in sums.values


def _key(sums: Sums, reading: Reading, rollup: str) -> object:
    """What a reading comes to: the terms of the five; and of cells without a total, that too."""
    found = frozenset(terms(sums.values, reading, rollup).values())
    return found if sums.target is not None else (found, reading & sums.unsummed)


def _not_refuted(sums: Sums, options: Sequence[Reading]) -> Sequence[Reading]:
    """Where the neutrophils equal their parts in nearly every row, they hold these parts."""
    whole = sums.values.get(_NEUTROPHILS[0])
    if whole is None or not {_SEG, _BAND} <= sums.values.keys():
        return options
    names = {name for name, v in sums.values.items() if np.nansum(np.abs(v)) > 0}
    immature = ({_IG} if _IG in names else set(_IMMATURE)) & names
    for parts, others in (({_SEG, _BAND}, immature), ({_SEG, _BAND, *immature}, set())):
        added = np.sum([sums.values[name] for name in parts], axis=0)
        known = np.isfinite(whole) & np.isfinite(added) & (sums.values[_BAND] > 0)
        if known.any() and (np.abs(whole - added)[known] <= sums.step).mean() >= _HOLDS:
            twice = (np.abs(whole - sums.values[_SEG])[known] <= _EXACT).mean() >= _HOLDS
            held = [r for r in options if parts & names <= r and not others & r]
            return options if twice else held
    return options


def _undominated(sums: Sums, options: Sequence[Reading], tolerance: float) -> list[Reading]:
    """The readings that hold, but for those that fail where a better one holds."""
    known = np.isfinite(sums.total(frozenset()))
    if sums.target is None:
        return []
    known &= np.isfinite(sums.target)
    if not known.any():
        return []
    holding = {r: sums.holds(r, tolerance)[known] for r in options}
    totals = {r: sums.total(r)[known] for r in options}
    good = [r for r in options if _holds(totals[r] - sums.target[known], tolerance)]

    def better(a: Reading, b: Reading) -> bool:
        apart = np.abs(totals[a] - totals[b]) > _EXACT
        if not apart.any():
            return False
        return bool(holding[a][apart].mean() >= _HOLDS and holding[b][apart].mean() < _FAILS)

    return [b for b in good if not any(better(a, b) for a in good)]


def _holds(off: Floats, tolerance: float) -> bool:
    """Whether what a sum is off is nothing in most rows, or looks like rounding alone.

    Rounding is about 0, no wider than it can be, in nearly all of some rows: a class that no
    column lists may stand in, row by row nearly so, for one that is counted twice.
    """
    inside = float((np.abs(off) <= tolerance).mean())
    if tolerance <= _EXACT:
        return inside >= _HOLDS
    deviation, n = tolerance / _SPREAD, len(off)
    inner = np.sort(np.abs(off))[: max(1, round(_HOLDS * n))]
    narrow = float(np.sqrt(np.mean(inner**2))) <= _INNER * deviation * (1 + 2 / np.sqrt(n))
    centred = abs(float(np.median(off))) <= 3 * deviation / np.sqrt(n)
    return n >= _FEWEST and inside >= _ROUNDED and narrow and centred
