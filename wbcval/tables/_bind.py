"""Which column of the file is which of ours: the protocol's names first, then the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field

from wbcval import classes
from wbcval.errors import InputError
from wbcval.importers import Raw
from wbcval.importers import names as header_names
from wbcval.tables._ledger import Ledger
from wbcval.tables._types import ReadOptions

_FIELDS = frozenset(header_names.FIELD_OF.values())


@dataclass
class Binding:
    """Positions of the columns by what they mean.

    Attributes:
        fields: ``sample_id`` … -> position.
        measurands: measurand -> position.
        bare: class -> position, where the header does not say # or %.
        marks: measurand or class -> position of its column of marks.
        probabilities: label -> position.
        units: unit as the header states it, by position.
        rest: positions of columns nobody claimed.
        personal: positions of columns that may name a person.
    """

    fields: dict[str, int] = field(default_factory=dict)
    measurands: dict[str, int] = field(default_factory=dict)
    bare: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
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
    for slot in (bound.fields, bound.measurands):
        ledger.spelt.update({ours: raw.header[position] for ours, position in slot.items()})
    return bound


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
        ledger.say("missing-column", "the file has no such column", column="sample_id")
        return
    bound.rest.remove(position)
    bound.fields["sample_id"] = position
    spelt = raw.header[position]
    ledger.say("guessed-column", f"{spelt!r} taken as the sample id", column=spelt)
