"""Which column of the file is which of ours: the protocol's names first, then the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow.compute as pc

from wbcval import classes
from wbcval.errors import InputError
from wbcval.importers import Raw, dialect_of
from wbcval.importers import names as header_names
from wbcval.tables import _text
from wbcval.tables._ledger import Ledger
from wbcval.tables._types import ReadOptions

_FIELDS = frozenset(header_names.FIELD_OF.values())
_THREE_PART = ("mid", "mxd", "gra")  # mixed cells and granulocytes
_SHOWN = 8


@dataclass
class Binding:
    """Positions of the columns by what they mean.

    Attributes:
        fields: ``sample_id`` … -> position.
        measurands: measurand -> position.
        bare: class -> position, where the header does not say # or %.
        marks: measurand or class -> position of its column of marks.
        other_classes: countable class other than the five -> position.
        probabilities: label -> position.
        units: unit as the header states it, by position.
        rest: positions of columns nobody claimed.
        personal: positions of columns that may name a person.
    """

    fields: dict[str, int] = field(default_factory=dict)
    measurands: dict[str, int] = field(default_factory=dict)
    bare: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    other_classes: dict[str, int] = field(default_factory=dict)
    probabilities: dict[str, int] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)
    rest: list[int] = field(default_factory=list)
    personal: list[int] = field(default_factory=list)


def bind(raw: Raw, options: ReadOptions, ledger: Ledger) -> Binding:
    """Bind the columns of a table.

    Raises:
        InputError: for a name under ``[columns]`` that is none of ours.
    """
    bound = Binding()
    taken = _bind_named(raw, options, ledger, bound)
    for position, text in enumerate(raw.header):
        if position in taken:
            continue
        said = header_names.meaning(text)
        slot, key = _slot(bound, said)
        if slot is None:
            (bound.personal if said.kind == "personal" else bound.rest).append(position)
        elif key not in slot:
            slot[key] = position
            bound.units[position] = said.unit
        elif slot[key] not in taken:
            _twice(raw, ledger, key, slot[key], position)
    if "sample_id" not in bound.fields:
        _weak_id(raw, bound, ledger)
    for name in classes.FIVE:  # "LYM flag" beside "LYM 10^9/l"
        absolute = f"{classes.SHORT[name]}#"
        if name in bound.marks and name not in bound.bare and absolute in bound.measurands:
            bound.marks.setdefault(absolute, bound.marks.pop(name))
    for position in bound.rest:
        if (other := classes.canonical(raw.header[position])) in classes.COUNTABLE:
            bound.other_classes.setdefault(str(other), position)
    for slot in (bound.fields, bound.measurands):
        ledger.spelt.update({ours: raw.header[position] for ours, position in slot.items()})
    _unused(raw, bound, ledger)
    return bound


def _unused(raw: Raw, bound: Binding, ledger: Ledger) -> None:
    """Say what is left over: columns without a name, names of persons, anything extra."""
    unnamed = [i for i in bound.rest if not raw.header[i]]
    for i in unnamed:
        if i > 0 and _filled(raw, i):  # an index written beside the table comes first
            ledger.say("unnamed-column", f"column {i + 1} has values and no name")
    personal = [raw.header[i] for i in bound.personal if _filled(raw, i)]
    if personal:
        ledger.say("personal-data", _listed(personal))
    extra = [raw.header[i] for i in bound.rest if raw.header[i]]
    if extra and ledger.table != "samples" and dialect_of(raw) is None:
        ledger.say("extra-column", _listed(extra))
    mixed = [text for text in extra if header_names.fold(text)[:3] in _THREE_PART]
    if mixed and ledger.table != "cells":
        ledger.say("three-part", _listed(mixed))


def _filled(raw: Raw, position: int) -> bool:
    return bool(pc.any(pc.not_equal(_text.text(raw, position), "")).as_py())


def _listed(spelt: list[str]) -> str:
    more = f" and {len(spelt) - _SHOWN} more" if len(spelt) > _SHOWN else ""
    return ", ".join(spelt[:_SHOWN]) + more


def _bind_named(raw: Raw, options: ReadOptions, ledger: Ledger, bound: Binding) -> set[int]:
    taken: set[int] = set()
    for ours, theirs in options.columns.items():
        positions = [i for i, text in enumerate(raw.header) if text == theirs.strip()]
        if not positions:
            ledger.say("missing-column", f"no column {theirs!r} for {ours}", column=theirs)
            continue
        if ours.startswith("probability_"):
            bound.probabilities[ours.removeprefix("probability_")] = positions[0]
        elif ours in classes.MEASURANDS:
            bound.measurands[ours] = positions[0]
        elif ours in _FIELDS:
            bound.fields[ours] = positions[0]
        else:
            raise InputError(
                f"[columns] {ours}",
                "is no column of ours",
                f"use {', '.join(sorted(_FIELDS))}, probability_<class> or a measurand",
            )
        bound.units[positions[0]] = header_names.split_unit(theirs)[1]
        taken.add(positions[0])
    return taken


def _slot(bound: Binding, said: header_names.Meaning) -> tuple[dict[str, int] | None, str]:
    slots = {
        "measurand": bound.measurands,
        "class": bound.bare,
        "mark": bound.marks,
        "probability": bound.probabilities,
    }
    if said.kind in slots:
        return (slots[said.kind], said.subject) if said.subject else (None, "")
    if said.kind in _FIELDS:
        return bound.fields, said.kind
    return None, ""


def _twice(raw: Raw, ledger: Ledger, key: str, first: int, second: int) -> None:
    spelt = f"{raw.header[first]!r} and {raw.header[second]!r}"
    if raw.table.column(first).equals(raw.table.column(second)):
        return  # the same column twice: no harm
    ledger.say("ambiguous-column", f"{spelt} are both {key}", column=raw.header[second])


def _weak_id(raw: Raw, bound: Binding, ledger: Ledger) -> None:
    position = next((i for i in bound.rest if header_names.fold(raw.header[i]) == "id"), None)
    if position is None:
        return
    bound.rest.remove(position)
    bound.fields["sample_id"] = position
    spelt = raw.header[position]
    ledger.say("guessed-column", f"{spelt!r} taken as the sample id", column=spelt)
