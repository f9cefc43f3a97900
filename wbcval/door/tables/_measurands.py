"""Tables of measurands: the model's sample counts and the reference, one row per sample."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.tables import (
    _cell_units,
    _classes,
    _consistency,
    _duplicates,
    _leftover,
    _marks,
    _numbers,
    _parts,
    _states,
    _text,
    _units,
)
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._numbers import Numbers, Odd
from wbcval.door.tables._types import WITHIN, ReadOptions
from wbcval.stats.lattice import kept_step
from wbcval.values import classes, units
from wbcval.values.measurands import ABSOLUTE, MEASURANDS, PERCENT, WBC, Measurand

_REASON = {
    "missing": "no value",
    "masked": "masked by the analyzer",
    "censored": "outside the reported range",
    "not-a-number": "not a number",
    "infinite": "infinite",
    "not-ordered": "not measured",
    _states.RULE: "no valid result",
}
_MOST_CELLS = 1e9  # in one sample
_ORDERS = frozenset(("", "CBC", "DIFF", "RET", "PLT", "F", "WPC", "NRBC", "BF"))


@dataclass
class MeasurandColumns:
    """Typed measurands, and what is known of their columns.

    Attributes:
        frame: ``sample_id``, measurands in canonical units, ``n_cells``, ``flags``, ``row``.
        odd: per measurand, by position: cells that were more, or less, than a number.
        units: as stated, per measurand.
        resolution: step of the printed values in the canonical unit, per measurand.
        superseded: see :class:`wbcval.door.tables._types.Checked`.
        invalid: measurand → row → a value that its own table calls no valid one.
    """

    frame: pd.DataFrame
    odd: dict[str, dict[int, Odd]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    resolution: dict[str, float] = field(default_factory=dict)
    superseded: dict[str, frozenset[str]] = field(default_factory=dict)
    invalid: dict[str, dict[int, float]] = field(default_factory=dict)

    @property
    def present(self) -> list[str]:
        """The measurands, in their usual order."""
        return [name for name in MEASURANDS if name in self.frame]

    def void(self, measurand: str, at: NDArray[np.int64] | list[int], rule: str, text: str) -> None:
        """Values that stand in the file and are no results."""
        self.frame.loc[at, measurand] = np.nan
        for i in at:
            self.odd[measurand][int(i)] = Odd(rule, text)


def build(raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog) -> MeasurandColumns:
    """Read every measurand of the table into its canonical unit; one row per sample."""
    sample_id = _text.ids(raw, bound.fields["sample_id"], ledger).dictionary_decode().to_pandas()
    measured = MeasurandColumns(pd.DataFrame({"sample_id": sample_id, "row": raw.rows}))
    raw = _cell_units.take_out(raw, bound, _number_positions(bound), ledger)
    columns = {p: raw.table.column(p).combine_chunks() for p in _number_positions(bound)}
    whole = frozenset(p for p in columns if _per_microlitre(raw, bound, options, p))
    numbers = _numbers.parse_all(columns, raw.header, ledger, whole)
    if numbers is None:
        return measured
    _drop_words(raw, bound, numbers, ledger)
    factors = {at: _parts.factor(raw, bound, options.units, at) for at in numbers}
    sign = _classes.decide(raw, bound, options.units, numbers, factors, ledger)
    if sign in ("#", "%"):
        _name_bare(bound, sign)
    made = {
        kind: _parts.make(raw, bound, kind, numbers, factors, options.rollup, ledger)
        for kind in ("%", "#", *(("cells",) if sign == "cells" else ()))
    }
    for kind in "%#":
        ledger.outside[kind] = _parts.outside(raw, made[kind])
    for measurand in MEASURANDS:
        terms = _terms(measurand, bound, made)
        found = [_units.unit_of(measurand, at, raw, bound, options.units, ledger) for at in terms]
        known = [unit for unit in found if unit is not None]
        if terms and len(known) == len(terms):
            ledger.spelt[measurand] = " + ".join(raw.header[at] for at in terms)
            parts = [
                (raw.header[at], numbers[at], unit) for at, unit in zip(terms, known, strict=True)
            ]
            of = made.get(measurand.quantity, _parts.Made())
            blank = of.unknown.get(measurand.cell_class)
            _add(measured, measurand, parts, blank, ledger)
    if sign == "cells":
        _shares_of_cells(measured, bound, numbers, made["cells"], raw)
    elif "n_cells" in bound.fields:
        measured.frame["n_cells"] = numbers[bound.fields["n_cells"]].values
    _beside(measured.frame, numbers, factors, made)
    if "n_cells" in measured.frame:
        _whole_cells(measured.frame, ledger)
    _consistency.file(
        measured.frame,
        measured.present,
        measured.units,
        measured.resolution,
        frozenset(m for m in bound.measurands if {m, ledger.spelt.get(m)} & options.units.keys()),
        ledger,
    )
    _marks.apply(measured.frame, measured.odd, raw, bound)
    _not_ordered(measured, raw, bound)
    _not_valid(measured, _states.invalid(raw, bound, ledger), bound, made)
    return _one_row_each(measured, raw, bound, options, ledger)


def _per_microlitre(raw: Raw, bound: Binding, options: ReadOptions, position: int) -> bool:
    """Whether a column is in cells per µL: whole numbers, whatever parts their thousands."""
    names = {raw.header[position], *(m for m, p in bound.measurands.items() if p == position)}
    said = [options.units[name] for name in names if name in options.units]
    unit = units.parse((said or [bound.units.get(position, "")])[0])
    return unit is not None and (unit.dimension, unit.factor) == (units.Dimension.COUNT, 0.001)


def _number_positions(bound: Binding) -> list[int]:
    positions = [*bound.measurands.values(), *bound.bare.values()]
    positions += [bound.fields[name] for name in ("n_cells", "total") if name in bound.fields]
    positions += bound.parts.values()
    return list(dict.fromkeys(positions))


def _drop_words(raw: Raw, bound: Binding, numbers: Mapping[int, Numbers], ledger: TableLog) -> None:
    """A column named like a class that holds no number is none of a part (img: a file)."""
    words = {name: at for name, at in bound.parts.items() if numbers[at].decimals is None}
    for name in words:
        del bound.parts[name]
    _leftover.say_unread(raw, list(words.values()), ledger)


def _terms(
    measurand: Measurand, bound: Binding, made: Mapping[str, _parts.Made]
) -> tuple[int, ...]:
    if measurand is WBC:
        return (bound.measurands[WBC],) if WBC in bound.measurands else ()
    return tuple(made[measurand.quantity].terms.get(measurand.cell_class, ()))


def _name_bare(bound: Binding, sign: str) -> None:
    wbc = bound.measurands.get("WBC")
    parts = {name: at for name, at in bound.parts.items() if not Measurand(name).quantity}
    for name, position in {**bound.bare, **parts}.items():
        if name in bound.bare:
            measurand = classes.SHORT[name] + sign
            bound.measurands.setdefault(measurand, position)
            if name in bound.marks:
                bound.marks.setdefault(measurand, bound.marks[name])
        else:
            bound.parts.setdefault(name + sign, bound.parts.pop(name))
        if sign == "#" and wbc is not None and not bound.units.get(position):
            bound.units[position] = bound.units.get(wbc, "")


def _add(
    measured: MeasurandColumns,
    measurand: str,
    columns: list[tuple[str, Numbers, units.Unit]],
    unknown: NDArray[np.bool_] | None,
    ledger: TableLog,
) -> None:
    """Add a measurand, of one column or of several that add up."""
    _, numbers, unit = columns[0]
    if len(columns) > 1:
        parts = [(name, column, u.factor) for name, column, u in columns]
        numbers, unit = _parts.joined(parts, unknown), units.Unit(unit.text, unit.dimension, 1.0)
    measured.frame[str(measurand)] = _units.scale(numbers.values, unit.factor)
    measured.odd[measurand] = dict(numbers.odd)
    measured.units[measurand] = unit.text
    known = [(c.decimals, u.factor) for _, c, u in columns if c.decimals is not None]
    if not known:
        return
    if max(decimals for decimals, _ in known) >= _numbers.COMPUTED_DECIMALS:
        ledger.say("computed", f"{max(d for d, _ in known)} decimals", column=measurand)
        return
    step = max(factor * 10.0**-decimals for decimals, factor in known)
    scaled = measured.frame[str(measurand)].to_numpy(dtype=np.float64, na_value=np.nan)
    # 7000 per µL is rounded to hundreds, and 7.00 may be to whole numbers
    measured.resolution[measurand] = float(f"{kept_step(scaled[np.isfinite(scaled)], step):.6g}")


def _shares_of_cells(
    measured: MeasurandColumns,
    bound: Binding,
    numbers: Mapping[int, Numbers],
    made: _parts.Made,
    raw: Raw,
) -> None:
    """Percent of the cells counted; the total is the file's own, or all countable classes."""
    total_at = bound.fields.get("total", bound.fields.get("n_cells"))
    if total_at is not None:
        total = numbers[total_at].values
    else:
        total = np.sum([numbers[position].values for position in made.counted], axis=0)
    measured.frame["n_cells"] = total
    for name, positions in made.terms.items():
        measurand = f"{classes.SHORT[name]}%"
        columns = [(raw.header[at], numbers[at], 1.0) for at in positions]
        counted = _parts.joined(columns, made.unknown.get(name))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(total > 0, 100 * counted.values / total, np.nan)
        measured.frame[measurand] = share
        measured.odd[measurand] = dict(counted.odd)
        for i in np.flatnonzero(np.isnan(share)).tolist():
            measured.odd[measurand].setdefault(i, Odd("missing", ""))
        measured.units[measurand] = "cells"


def _beside(
    frame: pd.DataFrame,
    numbers: Mapping[int, Numbers],
    factors: Mapping[int, float],
    made: Mapping[str, _parts.Made],
) -> None:
    """Columns ``blast%`` … of the classes that no measurand counts, in percent of leukocytes.

    And ``band neutrophil% within`` … of the parts that one of the five counts; a blank is no zero.
    """
    wholes: dict[str, NDArray[np.float64] | float] = {"%": 100.0}
    wholes |= {"#": frame["WBC"].to_numpy(np.float64)} if "WBC" in frame else {}
    wholes |= {"cells": frame["n_cells"].to_numpy(np.float64)} if "cells" in made else {}
    for kind, whole in wholes.items():
        for name, at in made[kind].beside.items():
            column = f"{name}%"
            if column not in frame:  # a percentage that is given goes before one that is derived
                frame[column] = _parts.shares(numbers[at], factors[at], whole)
        for name, at in made[kind].within.items():
            column = f"{name}{WITHIN}"
            if column not in frame:
                frame[column] = _parts.shares(numbers[at], factors[at], whole, np.nan)


def _whole_cells(frame: pd.DataFrame, ledger: TableLog) -> None:
    """A count of cells is a whole number that a count can reach; a share of it is none."""
    cells = frame["n_cells"].to_numpy(np.float64)
    for i in np.flatnonzero((cells % 1 > 0) | (cells > _MOST_CELLS)).tolist():
        row, sample_id = int(frame["row"][i]), str(frame["sample_id"][i])
        ledger.value("cell-count", row, sample_id, "n_cells", f"{cells[i]:g}", "no count of cells")


def _not_ordered(measured: MeasurandColumns, raw: Raw, bound: Binding) -> None:
    """Zeros that an export fills in where no differential was ordered are no results."""
    five = [name for name in measured.present if name != "WBC"]
    if "ordered" in bound.fields:
        ordered = _text.text(raw, bound.fields["ordered"]).to_pylist()
        at = [i for i, text in enumerate(ordered) if text and "DIFF" not in text.upper()]
        for measurand in five:
            has_value = measured.frame[measurand].notna().to_numpy()
            for i in at:
                if has_value[i]:
                    measured.void(measurand, [i], "not-ordered", _ordered(ordered[i]))
    for names in (PERCENT, ABSOLUTE):
        present = [name for name in names if name in measured.frame]
        if len(present) < len(names) - 1:
            continue
        at_zero = _filled_with_zeros(measured, present)
        for measurand in present:
            measured.void(measurand, at_zero, "not-ordered", "0 in every class")


def _not_valid(
    measured: MeasurandColumns,
    rows: Mapping[int, str],
    bound: Binding,
    made: Mapping[str, _parts.Made],
) -> None:
    """Values of rows, or of single results, that the table itself calls no valid ones."""
    counted = made.get(_parts.CELLS, _parts.Made()).terms
    for measurand in map(Measurand, measured.present):
        said = dict(rows)
        for at in (*_terms(measurand, bound, made), *counted.get(measurand.cell_class or "", ())):
            said |= bound.invalid.get(at, {})
        for i, text in said.items():
            if not np.isnan(value := measured.frame[measurand][i]):
                measured.invalid.setdefault(measurand, {})[i] = float(value)
                measured.void(measurand, [i], _states.RULE, text)


def _ordered(text: str) -> str:
    """What was ordered, where it is spelt as analyzers do."""
    return f"ordered: {text}" if set(re.split(r"[^A-Z]+", text)) <= _ORDERS else "no DIFF"


def _filled_with_zeros(measured: MeasurandColumns, names: Sequence[str]) -> NDArray[np.int64]:
    """Rows in which all classes are 0 although WBC is more than their rounding can hide."""
    zero = (measured.frame[list(names)] == 0).all(axis=1).to_numpy(copy=True)
    if names[0] in ABSOLUTE and "WBC" in measured.frame:
        hidden = len(names) * max(measured.resolution.get(name, 0.0) for name in names) / 2
        zero &= ~(measured.frame["WBC"].to_numpy() <= hidden)
    return np.flatnonzero(zero)


def _one_row_each(
    measured: MeasurandColumns, raw: Raw, bound: Binding, options: ReadOptions, ledger: TableLog
) -> MeasurandColumns:
    # an analyzer's repeats have a rule of its own; a model's second answer has none
    dialect = dialect_of(raw) if ledger.table == "reference" else None
    policy = options.duplicates or (dialect.duplicates if dialect else None)
    stated = {m: _unreadable(measured.odd[m]) | measured.invalid.get(m, {}) for m in measured.odd}
    chosen = _duplicates.choose(measured.frame, raw, bound, policy, ledger, stated)
    frame, counts = measured.frame, chosen.counts
    measured.superseded = chosen.superseded
    _collect(measured, chosen)
    flags: dict[int, list[str]] = {}
    ids, rows = frame["sample_id"].tolist(), frame["row"].tolist()
    for measurand, cells in measured.odd.items():
        for i, odd in cells.items():
            if not counts[i]:
                continue
            if odd.rule == "mark":
                flags.setdefault(i, []).append(f"{measurand}:{odd.mark}")
                reason = f"marked {odd.mark}"
            else:
                reason = _REASON[odd.rule] + (f" ({odd.text})" if odd.text else "")
            ledger.value(odd.rule, rows[i], ids[i], measurand, odd.text, reason)
    frame["flags"] = [";".join(flags.get(i, ())) for i in range(len(frame))]
    measured.frame = _consistency.rows(frame, measured.resolution)[counts]
    return measured


def _unreadable(cells: Mapping[int, Odd]) -> dict[int, float]:
    """Rows of results that are no number as they stand (``8.97?``, ``<0.1``), and say one."""
    rules = ("not-a-number", "censored", "infinite")
    said = {i for i, odd in cells.items() if odd.rule in rules and re.search(r"\d", odd.text)}
    return dict.fromkeys(said, np.nan)


def _collect(measured: MeasurandColumns, chosen: _duplicates.Chosen) -> None:
    """Into the row that counts, the values that count and stand in another, with their marks."""
    for name, rows in chosen.sources.items():
        odd, values = (
            measured.odd.get(name, {}),
            measured.frame[name].to_numpy(np.float64, copy=True),
        )
        values[[*rows]] = values[[*rows.values()]]
        measured.frame[name] = values
        for into, source in rows.items():
            odd.pop(into, None)
            if source in odd:
                odd[into] = odd[source]
