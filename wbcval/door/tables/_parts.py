"""Columns of bands, segmented and other parts: which of them make up each measurand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wbcval.door.importers import Raw, analyzer_of, names
from wbcval.door.tables import _readings
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog, clip
from wbcval.door.tables._numbers import Numbers, Odd
from wbcval.door.tables._readings import Floats, Reading, Sums
from wbcval.values import classes, units
from wbcval.values.measurands import Measurand
from wbcval.values.wording import all_of

CELLS = "cells"
_WORD = {"%": "percentages", "#": "counts", CELLS: "cells"}
_FAMILIES = tuple(name for family in classes.FAMILIES for name in family)
_TARGET = {"%": "100", "#": "WBC", CELLS: "the total"}


@dataclass(frozen=True)
class Made:
    """What makes up the measurands of one kind.

    Attributes:
        terms: class of the five → positions of its columns.
        counted: positions of all columns that count once in the sum of a row.
        unknown: class → rows in which a blank part is no zero.
        beside: class that none of the five counts → position, such as blasts; no part of a family
            that another column holds.
        within: part of a family, such as band neutrophils, that one of the five counts → position.
    """

    terms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    counted: tuple[int, ...] = ()
    unknown: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    within: Mapping[str, int] = field(default_factory=dict)


def columns(bound: Binding, sign: str) -> dict[str, int]:
    """Class → position of the columns of one kind; ``cells``: those that say neither # nor %."""
    if sign == CELLS:
        bare = {name: at for name, at in bound.parts.items() if not Measurand(name).quantity}
        return {**bound.bare, **bare}
    named = {Measurand(name): at for name, at in (bound.measurands | bound.parts).items()}
    return {m.cell_class or m.stem: at for m, at in named.items() if m.quantity == sign}


def with_bare(bound: Binding, sign: str) -> dict[str, int]:
    """The columns of one kind, were the bare ones of it."""
    return columns(bound, CELLS) | (columns(bound, sign) if sign != CELLS else {})


def factor(raw: Raw, bound: Binding, stated: Mapping[str, str], position: int) -> float:
    """To the canonical unit, as the protocol or the header states it; 1 where neither does."""
    theirs, meant = raw.header[position], names.meaning(raw.header[position]).subject
    said = stated.get(meant) or stated.get(theirs) or bound.units.get(position, "")
    unit = units.parse(said)
    return 1.0 if unit is None else unit.factor


def sums(
    places: Mapping[str, int],
    sign: str,
    numbers: Mapping[int, Numbers],
    bound: Binding,
    factors: Mapping[int, float],
) -> Sums:
    """The columns of one kind in one unit, with what they should add up to."""
    values, steps = {}, []
    for name, position in places.items():
        column = numbers[position]
        found = factors[position] * column.values
        if name not in classes.FIVE:
            found = np.where(_blank(column), 0.0, found)
        values[name] = found
        steps.append(factors[position] * 10.0 ** -(column.decimals or 0))
    target = None
    if sign == "%":
        target = np.full(len(found), 100.0)
    elif (at := _total(bound, sign)) is not None:
        target = factors[at] * numbers[at].values
        steps.append(factors[at] * 10.0 ** -(numbers[at].decimals or 0))
    own = frozenset(places) if sign == CELLS and target is None else frozenset[str]()
    return Sums(values, target, _readings.spread(steps), max(steps), own)


def make(
    raw: Raw,
    bound: Binding,
    sign: str,
    numbers: Mapping[int, Numbers],
    factors: Mapping[int, float],
    rollup: str,
    ledger: TableLog,
) -> Made:
    """What makes up the measurands of one kind; an error where the columns do not tell.

    Args:
        raw: the table.
        bound: its columns; what the protocol names is taken as named.
        sign: ``%``, ``#`` or ``cells``.
        numbers: by position.
        factors: to the canonical unit, by position.
        rollup: which classes a measurand counts.
        ledger: gets ``part-columns``, ``part-columns-refuted`` or ``part-columns-read``.
    """
    places = columns(bound, sign)
    if not places:
        return Made()
    found = sums(places, sign, numbers, bound, factors)
    options = _readings.readings(found)
    if analyzer_of(raw) is not None:  # an analyzer's neutrophils are all of them
        reading: Reading | None = max(options, key=len)
    else:
        reading = _readings.decided(found, options, rollup)
        if named := _as_named(found, options, bound, places):
            shown, reading = reading, _readings.decided(found, named, rollup, named=True)
            if shown is not None and reading is not None and _apart(found, shown, reading, rollup):
                got = _equations(raw, places, _readings.terms(places, shown, rollup))
                got += f": only so the {_WORD[sign]} add up to {_TARGET[sign]}"
                ledger.say("part-columns-refuted", got, column=_spelt(raw, places))
    if reading is None:
        ledger.say("part-columns", _undecided(raw, places, sign), column=_spelt(raw, places))
        return Made()
    made = _readings.terms(places, reading, rollup)
    # of the readings that give the same five, the one by which most rows add up
    alike = [r for r in options if _readings.terms(places, r, rollup) == made]
    held = max((reading, *alike), key=lambda r: int(found.holds(r, found.spread).sum()))
    # what an analyzer calls other is of its five; blasts are named, whatever else holds them
    within = (*_FAMILIES, *((classes.OTHER,) if analyzer_of(raw) is not None else ()))
    if analyzer_of(raw) is None and set(places) - set(classes.FIVE):
        _say(raw, places, found, reading, made, sign, ledger)
    beside = {
        name: at
        for name, at in places.items()
        if not classes.counted_in(name, rollup) and not (name in held and name in within)
    }
    inner = {n: at for n, at in places.items() if n in _FAMILIES and n not in classes.FIVE}
    return Made(
        {five: tuple(places[name] for name in parts) for five, parts in made.items()},
        tuple(at for name, at in places.items() if name not in reading),
        {
            five: _unknown(found, reading, parts, places, numbers)
            for five, parts in made.items()
            if len(parts) > 1
        },
        beside,
        {name: at for name, at in inner.items() if name not in beside},
    )


def shares(
    column: Numbers, factor: float, whole: NDArray[np.float64] | float, blank: float = 0.0
) -> Floats:
    """Percent of the whole, shape (n,); a blank part is as given, a whole of 0 gives NaN."""
    values = np.where(_blank(column), blank, factor * column.values)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(np.asarray(whole) > 0, 100 * values / whole, np.nan)
    return np.asarray(np.clip(found, 0.0, 100.0))


def outside(raw: Raw, made: Made) -> str:
    """Columns that are in no class of the five, such as blasts beside them; "" where none are."""
    used = {at for terms in made.terms.values() for at in terms}
    return all_of([repr(clip(raw.header[at])) for at in made.counted if at not in used])


def joined(parts: list[tuple[str, Numbers, float]], unknown: NDArray[np.bool_] | None) -> Numbers:
    """One column of several: their sum, as odd as its oddest term.

    Args:
        parts: name, column and factor of each.
        unknown: rows in which a blank is no zero; ``None``: nowhere.
    """
    if len(parts) == 1:
        return parts[0][1]
    total = np.zeros(len(parts[0][1].values))
    odd: dict[int, Odd] = {}
    for name, column, factor in parts:
        blank = _blank(column)
        zero = blank if unknown is None else blank & ~unknown
        total += factor * np.where(zero, 0.0, column.values)
        for i, cell in column.odd.items():
            if zero[i] or (i in odd and (cell.rule == "mark" or odd[i].rule != "mark")):
                continue
            odd[i] = replace(cell, text=f"{name}: {cell.text}" if cell.text else name)
    decimals = [column.decimals for _, column, _ in parts if column.decimals is not None]
    # of 0.1 and 0.2 the sum is 0.3
    return Numbers(np.round(total, 10), odd, max(decimals, default=None))


def _blank(column: Numbers) -> NDArray[np.bool_]:
    found = np.zeros(len(column.values), dtype=bool)
    found[[i for i, cell in column.odd.items() if cell.rule == "missing"]] = True
    return found


def _total(bound: Binding, sign: str) -> int | None:
    if sign == "#":
        return bound.measurands.get("WBC")
    return bound.fields.get("total", bound.fields.get("n_cells"))


def _as_named(
    found: Sums, options: Sequence[Reading], bound: Binding, places: Mapping[str, int]
) -> list[Reading]:
    """The readings under which a column that the protocol names holds all its parts."""
    held: set[str] = set()
    for first, *rest in (classes.FAMILIES[0] + classes.FAMILIES[1], classes.FAMILIES[2]):
        if places.get(first) in bound.named:
            held |= set(rest) & places.keys()
    if not held:
        return []
    held = {name for name in held if np.nansum(np.abs(found.values[name])) > 0}
    return [reading for reading in options if held <= reading]


def _apart(found: Sums, first: Reading, second: Reading, rollup: str) -> bool:
    a, b = (_readings.terms(found.values, r, rollup) for r in (first, second))
    return any(
        not np.allclose(_sum(found, a.get(five, ())), _sum(found, b.get(five, ())), equal_nan=True)
        for five in a.keys() | b.keys()
    )


def _sum(found: Sums, parts: tuple[str, ...]) -> NDArray[np.float64]:
    zero = np.zeros(len(next(iter(found.values.values()))))
    return np.asarray(np.sum([zero, *(found.values[name] for name in parts)], axis=0))


def _unknown(
    found: Sums,
    reading: Reading,
    parts: tuple[str, ...],
    places: Mapping[str, int],
    numbers: Mapping[int, Numbers],
) -> NDArray[np.bool_]:
    """Rows in which a part is blank and the rest does not add up: it need not be a zero."""
    blank = np.any([_blank(numbers[places[n]]) for n in parts if n not in classes.FIVE], axis=0)
    return np.asarray(blank & ~found.holds(reading, found.spread))


def _say(
    raw: Raw,
    places: Mapping[str, int],
    found: Sums,
    reading: Reading,
    made: Mapping[str, tuple[str, ...]],
    sign: str,
    ledger: TableLog,
) -> None:
    held = [places[name] for name in reading]
    used = {name for parts in made.values() for name in parts} | reading
    rest = [at for n, at in places.items() if n not in used and n in _FAMILIES]
    equations = _equations(raw, places, made)
    if not equations and not held and not rest:
        return
    said = [equations] if equations else []
    if held:
        said.append(f"{_listed(raw, held)} held by another column")
    if rest:
        said.append(f"{_listed(raw, rest)} not compared")
    holds = found.holds(reading, found.spread)
    if holds.any():
        said.append(f"the {_WORD[sign]} add up to {_TARGET[sign]} in {holds.mean():.0%} of rows")
    ledger.say("part-columns-read", "; ".join(said), column=_spelt(raw, places))


def _equations(raw: Raw, places: Mapping[str, int], made: Mapping[str, tuple[str, ...]]) -> str:
    several = {five: parts for five, parts in made.items() if parts != (five,)}
    return "; ".join(
        f"{classes.SHORT[five]} = " + " + ".join(repr(raw.header[places[n]]) for n in parts)
        for five, parts in several.items()
    )


def _undecided(raw: Raw, places: Mapping[str, int], sign: str) -> str:
    parts = [at for name, at in places.items() if name not in classes.FIVE]
    return (
        f"whether {_listed(raw, parts)} stand beside the other columns or in them does not show: "
        f"the {_WORD[sign]} add up to {_TARGET[sign]} in several ways, or in none"
    )


def _spelt(raw: Raw, places: Mapping[str, int], held: Reading = frozenset()) -> str:
    return ", ".join(raw.header[places[n]] for n in places if n in _FAMILIES and n not in held)


def _listed(raw: Raw, positions: list[int]) -> str:
    return ", ".join(repr(raw.header[at]) for at in sorted(positions))
