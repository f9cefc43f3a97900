"""Long tables, a row per sample and parameter: turned into the wide form all else works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from wbcval.door.importers import Raw
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _cell_units, _states, _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.values import units
from wbcval.values.measurands import ABSOLUTE, PERCENT, WBC, Measurand


def is_long(bound: Binding) -> bool:
    """Whether the columns are those of a long table."""
    return {"parameter", "value"} <= bound.fields.keys()


def widen(raw: Raw, bound: Binding, ledger: TableLog) -> tuple[Raw, Binding]:
    """One row per analysis; the row number is that of its first line.

    A parameter is a name (``NEUT%``) or a LOINC code; where code and unit contradict, the unit
    decides and it is said. Lines of other parameters are left out.
    """
    at = bound.fields
    lines = pd.DataFrame(
        {
            name: _text.text(raw, at[name]).to_pylist()
            for name in ("sample_id", "parameter", "value")
        }
    )
    lines["unit"] = _text.text(raw, at["unit"]).to_pylist() if "unit" in at else ""
    _part_units(lines, raw.header[at["value"]], ledger)
    lines["flag"] = _text.text(raw, at["flag"]).to_pylist() if "flag" in at else ""
    lines["row"], lines["line"] = raw.rows, np.arange(len(lines))
    states = _states.invalid(raw, bound, ledger, codes=True)
    lines["state"] = [states.get(i, "") for i in range(len(lines))]
    parameters = lines[["parameter", "unit"]].drop_duplicates().itertuples(index=False)
    letters = _letters(lines["parameter"].unique())
    meanings = {(p, u): _meaning(letters.get(p, p), u, ledger) for p, u in parameters}
    pairs = zip(lines["parameter"], lines["unit"], strict=True)
    lines["column"] = [meanings[pair] for pair in pairs]
    other = lines["column"] == ""
    if other.any():
        shown = sorted(set(lines.loc[other, "parameter"]))
        ledger.say("extra-column", f"parameters not used: {', '.join(shown[:8])}")
        ledger.unused(lines.loc[other, "row"].to_numpy(np.int64), "a parameter not used here")
    lines = lines[~other].copy()
    _analyses(lines, raw, at)
    keys = ["sample_id", "analysis"]
    by_record = lines.groupby(keys, sort=False)
    first = by_record["row"].first()
    ledger.of_one_record({rows.iloc[0]: rows.to_numpy(np.int64) for _, rows in by_record["row"]})
    by_column = lines.set_index([*keys, "column"])
    wide, said, marks = (
        by_column[name].unstack(fill_value="").reindex(first.index)  # noqa: PD010
        for name in ("value", "state", "flag")
    )
    header = ("sample_id", *(str(name) for name in wide.columns))
    columns = [first.index.get_level_values(0), *(wide[name] for name in wide.columns)]
    beside = {name: at[name] for name in _OF_RECORDS if name in at}
    opening = by_record["line"].first().to_numpy()
    for name, position in beside.items():
        columns.append(pd.Series(_text.text(raw, position).to_pylist())[opening])
        header = (*header, name)
    marked = [str(name) for name in marks.columns if (marks[name] != "").any()]
    columns += [marks[name] for name in marked]
    header = (*header, *(f"{name} flag" for name in marked))
    table = pa.table({str(i): pa.array(list(c), pa.string()) for i, c in enumerate(columns)})
    wide_raw = replace(
        raw, header=header, table=table, rows=first.to_numpy(np.int64), numeric=frozenset()
    )
    values = len(wide.columns)
    rebound = _rebound(header[: values + 1], ledger)
    rebound.fields |= {name: values + 1 + i for i, name in enumerate(beside)}
    for i, name in enumerate(marked):
        subject = header_names.meaning(name).subject
        rebound.marks[subject] = values + 1 + len(beside) + i
    for position, name in enumerate(header[1 : values + 1], start=1):
        rebound.invalid[position] = {i: text for i, text in enumerate(said[name]) if text}
    return wide_raw, rebound


# what a record of a wide table has, taken from its first line
_OF_RECORDS = ("patient_id", "n_cells", "mode", "ordered", "date", "time")


def _analyses(lines: pd.DataFrame, raw: Raw, at: Mapping[str, int]) -> None:
    """Into ``lines``: which analysis each is of.

    As the table says; else, and where one analysis has a measurand twice, the second WBC of a
    sample begins its second analysis.
    """
    keys = ["sample_id", "column"]
    if "analysis" in at:
        lines["stated"] = np.array(_text.text(raw, at["analysis"]).to_pylist(), object)[
            lines["line"]
        ]
        keys.append("stated")
    again = lines.groupby(keys).cumcount()
    if "stated" in lines:
        again = lines.assign(again=again).groupby(["stated", "again"], sort=False).ngroup()
    lines["analysis"] = again


def _part_units(lines: pd.DataFrame, column: str, ledger: TableLog) -> None:
    """Units inside the cells of the values go where the lines' own units are."""
    if not _cell_units.holds_units(pa.array(lines["value"], pa.string())):
        return
    pairs = [_cell_units.parted(cell) for cell in lines["value"]]
    apart = [
        (own, unit)
        for own, (_, unit) in zip(lines["unit"], pairs, strict=True)
        if own and unit and _scale_of(own) != _scale_of(unit)
    ]
    if apart:
        got = " and ".join(apart[0]) + " in one line"
        ledger.say("unit-contradiction", got, column=column)
    if first := next((unit for _, unit in pairs if unit), ""):
        ledger.say("cell-unit", f"{first} stands in the cells of {column}", column=column)
    lines["value"] = [value for value, _ in pairs]
    lines["unit"] = [own or unit for own, (_, unit) in zip(lines["unit"], pairs, strict=True)]


def _scale_of(text: str) -> tuple[str, float] | None:
    unit = units.parse(text)
    return None if unit is None else (unit.dimension, unit.factor)


def _letters(parameters: Iterable[str]) -> dict[str, str]:
    """``%N`` … ``%B`` by the measurand each stands for, where all five are there."""
    found = {name: measurand for name in parameters if (measurand := header_names.letter(name))}
    five = set(found.values())
    return found if {*PERCENT} <= five or {*ABSOLUTE} <= five else {}


def _meaning(parameter: str, unit: str, ledger: TableLog) -> str:
    """The wide column ``WBC(10*9/L)`` a line belongs to, or "" for another parameter."""
    coded = header_names.LOINC.get(parameter, "")
    measurand = coded or header_names.subject(parameter, unit)
    if not measurand:
        return ""
    stated = units.parse(unit)
    if coded and stated is not None and coded != WBC:
        by_unit = header_names.subject(Measurand(coded).stem, unit)
        if by_unit != coded:
            ledger.say("code-unit", f"{parameter} is {coded} and comes in {unit}", column=by_unit)
            measurand = by_unit
    text = unit if stated is None else f"{units.CANONICAL[stated.dimension]}"
    if stated is not None and stated.factor != 1:
        text = unit
    return f"{measurand}({text})" if text else measurand


def _rebound(header: tuple[str, ...], ledger: TableLog) -> Binding:
    bound = Binding(fields={"sample_id": 0})
    for position, text in enumerate(header[1:], start=1):
        said = header_names.meaning(text)
        slot = {"measurand": bound.measurands, "part": bound.parts}.get(said.kind, bound.bare)
        if said.subject in slot:
            got = f"comes in several units: {text} and {header[slot[said.subject]]}"
            ledger.say("unit-contradiction", got, column=said.subject)
        slot.setdefault(said.subject, position)
        bound.units[position] = said.unit
    return bound
