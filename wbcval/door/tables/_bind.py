"""Which column of the file is which of ours: the protocol's names first, then the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches

from wbcval.door.importers import Raw
from wbcval.door.importers import names as header_names
from wbcval.door.tables import (
    _identities,
    _kinds,
    _leftover,
    _levels,
    _patients,
    _seconds,
    _sources,
    _splits,
    _suspect,
    _text,
    _versions,
    _weights,
)
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._twice import contradict, differ
from wbcval.door.tables._types import ReadOptions
from wbcval.protocol.roles import REPLICATES
from wbcval.values import classes
from wbcval.values.errors import InputError
from wbcval.values.measurands import ABSOLUTE, MEASURANDS, PERCENT

_FIELDS = frozenset(header_names.FIELD_OF.values())
# one column may well be two of these: one cell per image, one sample per patient
_IDS = frozenset(("sample_id", "cell_id", "image", "patient_id"))
# fields that two different columns may not both claim
_DECISIVE = {
    "cells": ("sample_id", "cell_id", "image", "predicted_class", "true_class"),
    "labels": ("sample_id", "cell_id", "image", "true_class"),
    "counts": ("sample_id", "n_cells", "parameter", "value", *MEASURANDS, *classes.FIVE),
    "reference": ("sample_id", "n_cells", "parameter", "value", *MEASURANDS, *classes.FIVE),
    "samples": ("sample_id", "patient_id"),
    "replicates": ("sample_id", "n_cells", *header_names.REPEATS, "parameter", "value",
                   *MEASURANDS, *classes.FIVE),
}  # fmt: skip
# of these, what is compared: no spelling makes another column's values go unsaid
_MEASURED = frozenset(("predicted_class", "true_class", "n_cells", *MEASURANDS, *classes.FIVE))


@dataclass
class Binding:
    """Positions of the columns by what they mean.

    Attributes:
        fields: ``sample_id`` … -> position.
        measurands: measurand -> position.
        bare: class -> position, where the header does not say # or %.
        marks: measurand or class -> position of its column of marks.
        parts: countable class other than the five, with # or % where the header says so
            (``band neutrophil%``) -> position.
        named: positions of the columns that the protocol names.
        probabilities: label -> position.
        units: unit as the header states it, by position.
        rest: positions of columns nobody claimed.
        personal: positions of columns that may name a person.
        states: field and position of the columns that say whether a row is a valid result.
        splits: likewise, of which set of a model's development a row is.
        invalid: position of a column → record → what says that its value there is no valid one.
    """

    fields: dict[str, int] = field(default_factory=dict)
    measurands: dict[str, int] = field(default_factory=dict)
    bare: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    named: frozenset[int] = frozenset()
    probabilities: dict[str, int] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)
    rest: list[int] = field(default_factory=list)
    personal: list[int] = field(default_factory=list)
    states: list[tuple[str, int]] = field(default_factory=list)
    splits: list[tuple[str, int]] = field(default_factory=list)
    invalid: dict[int, dict[int, str]] = field(default_factory=dict)

    def marking(self, kind: str) -> list[tuple[str, int]] | None:
        """Where columns of a field belong of which a table may have several."""
        if kind in header_names.STATES:
            return self.states
        return self.splits if kind in header_names.SPLITS else None


def bind(raw: Raw, options: ReadOptions, ledger: TableLog) -> Binding:
    """Bind the columns of a table.

    Raises:
        InputError: for a name under ``[columns]`` that is none of ours.
    """
    bound = Binding()
    taken = _bind_named(raw, options, ledger, bound)
    for position, text in enumerate(raw.header):
        if position not in taken:
            counted = header_names.repeat(text) if ledger.table == REPLICATES else None
            said = counted or header_names.meaning(text)
            _bind_known(raw, position, said, taken, bound, ledger)
    bound.named = frozenset(taken)
    _bind_letters(raw, bound)
    _bind_lines(raw, bound)
    _leave_out_stages(bound, taken, options)
    if "sample_id" not in bound.fields:
        _weak_id(raw, bound, ledger)
    _marks_of_counts(bound)
    for slot in (bound.fields, bound.measurands):
        ledger.spelt.update({ours: raw.header[position] for ours, position in slot.items()})
    _patients.note(raw, bound.fields, ledger)
    _identities.note(raw, bound.rest, bound.fields, ledger)
    _kinds.note(raw, bound.fields, ledger)
    _suspect.note(raw, bound.fields, ledger)
    _versions.note(raw, bound.rest, ledger)
    _weights.note(raw, bound.rest, bound.fields, ledger)
    _sources.note(raw, bound.rest, bound.fields, ledger)
    _levels.note(raw, bound.rest, bound.fields, ledger)
    _splits.note(raw, bound.fields, bound.splits, bound.rest, ledger)
    if ledger.table in ("cells", "labels"):
        _splits.note_folders(raw, bound.fields, ledger)
    if ledger.table != "samples":
        read = {**bound.bare, **bound.measurands, **bound.fields}
        _seconds.note(raw, bound.rest, read, options.class_map, ledger.seconds)
    _leftover.say(raw, bound.rest, bound.personal, ledger)
    return bound


def _bind_named(raw: Raw, options: ReadOptions, ledger: TableLog, bound: Binding) -> set[int]:
    """The columns the protocol names."""
    taken: set[int] = set()
    roles: dict[int, str] = {}
    for ours, theirs in options.columns.items():
        positions = [i for i, text in enumerate(raw.header) if text == theirs.strip()]
        if not positions:
            near = get_close_matches(theirs, raw.header, n=1)
            hint = f"; nearest is {near[0]!r}" if near else ""
            ledger.say("missing-column", f"no column {theirs!r} for {ours}{hint}", column=theirs)
            continue
        for other in positions[1:]:
            _must_agree(raw, ledger, ours, positions[0], other)
        first = roles.setdefault(positions[0], ours)
        if first != ours and not {first, ours} <= _IDS:
            got = f"{theirs!r} is given as {first} and as {ours}"
            ledger.say("one-column-twice", got, column=theirs)
        if ours.startswith("probability_"):
            bound.probabilities[ours.removeprefix("probability_")] = positions[0]
        elif ours in MEASURANDS:
            bound.measurands[ours] = positions[0]
        elif (marking := bound.marking(ours)) is not None:
            marking.append((ours, positions[0]))
        elif ours in _FIELDS or (ledger.table == REPLICATES and ours in header_names.REPEATS):
            bound.fields[ours] = positions[0]
        elif (said := header_names.meaning(ours)).kind == "part":
            bound.parts[said.subject] = positions[0]
        else:
            known = "sample_id, predicted_class, probability_<class>, WBC, NEUT%, band% …"
            raise InputError(f"[columns] {ours}", "is no name of ours", f"use {known}")
        bound.units[positions[0]] = header_names.split_unit(theirs)[1]
        taken.add(positions[0])
    return taken


def _bind_known(
    raw: Raw,
    position: int,
    said: header_names.Meaning,
    taken: set[int],
    bound: Binding,
    ledger: TableLog,
) -> None:
    """A column whose name is in the vocabulary, or nobody's."""
    if (marking := bound.marking(said.kind)) is not None:
        marking.append((said.kind, position))
        return
    slot, key = _slot(bound, said)
    if slot is None:
        (bound.personal if said.kind == "personal" else bound.rest).append(position)
        return
    bound.units[position] = said.unit
    earlier = slot.setdefault(key, position)
    if earlier == position:
        return
    if earlier not in taken:
        ours = header_names.fold(key)
        first, second = (header_names.fold(raw.header[i]) == ours for i in (earlier, position))
        if second and not first:  # spelt as we spell it: preferred
            slot[key], position = position, earlier
        if first == second and key in _DECISIVE.get(ledger.table, ("sample_id",)):
            _must_agree(raw, ledger, key, earlier, position)
        elif key in _MEASURED and _otherwise(raw, key, slot[key], position):
            _ambiguous(raw, ledger, key, slot[key], position)
    elif _otherwise(raw, key, earlier, position):  # whatever the field is
        passed, read = raw.header[position], raw.header[earlier]
        ours = f"probability_{key}" if said.kind == "probability" else key
        got = f"{read!r} read as {ours} ([columns]), and {passed!r}, which differs, is not read"
        ledger.say("passed-over-column", got, column=passed)
    bound.rest.append(position)


def _otherwise(raw: Raw, key: str, first: int, second: int) -> bool:
    """Whether two columns of one meaning say different things, values in any unit."""
    of_values = (*MEASURANDS, *classes.FIVE, "predicted_class", "true_class")
    return (contradict if key in of_values else differ)(raw, first, second)


def _slot(bound: Binding, said: header_names.Meaning) -> tuple[dict[str, int] | None, str]:
    slots = {
        "measurand": bound.measurands,
        "class": bound.bare,
        "part": bound.parts,
        "mark": bound.marks,
        "probability": bound.probabilities,
    }
    if said.kind in slots:
        return (slots[said.kind], said.subject) if said.subject else (None, "")
    known = said.kind in _FIELDS or said.kind in header_names.REPEATS
    return (bound.fields, said.kind) if known else (None, "")


def _bind_letters(raw: Raw, bound: Binding) -> None:
    """``%N %L %M %E %B``: all five together mean the five; fewer are left."""
    found: dict[str, int] = {}
    for position in bound.rest:
        if measurand := header_names.letter(raw.header[position]):
            found.setdefault(measurand, position)
    for five in (PERCENT, ABSOLUTE):
        if set(five) <= found.keys() and not set(five) & bound.measurands.keys():
            for measurand in five:
                position = bound.measurands[measurand] = found[measurand]
                bound.units[position] = header_names.split_unit(raw.header[position])[1]
                bound.rest.remove(position)


# of a table with a row a result alone: what stands beside its value, and which belong together
_OF_LINES = {
    "flag": "flag flags mark marks abnormalflag abnormalflags resultflag resultflags "
    "interpretation interpretationcode obx8",
    "analysis": "analysis analysisid analysisno analysisnumber",
}


def _bind_lines(raw: Raw, bound: Binding) -> None:
    """The flags beside the results of a long table, and the analysis each is of."""
    if not {"parameter", "value"} <= bound.fields.keys():
        return
    for name, spellings in _OF_LINES.items():
        for position in bound.rest:
            if header_names.fold(raw.header[position]) in spellings.split():
                bound.fields.setdefault(name, position)
        if name in bound.fields:
            bound.rest.remove(bound.fields[name])


def _leave_out_stages(bound: Binding, taken: set[int], options: ReadOptions) -> None:
    """Beside a column ``stage``, ``probability_<stage>_<class>`` is what one stage said.

    It is no probability of a class: not summed, not scored. Without that column it stays a label
    that names no class, and so it does where the protocol itself names the column.
    """
    if "stage" not in bound.fields:
        return
    for label, position in list(bound.probabilities.items()):
        stage, _, output = label.partition("_")
        known = _text.resolve(label, options.class_map)
        if known is None and stage and output and position not in taken:
            del bound.probabilities[label]


def _must_agree(raw: Raw, ledger: TableLog, key: str, first: int, second: int) -> None:
    if not raw.table.column(first).equals(raw.table.column(second)):
        _ambiguous(raw, ledger, key, first, second)


def _ambiguous(raw: Raw, ledger: TableLog, key: str, first: int, second: int) -> None:
    got = f"{raw.header[first]!r} and {raw.header[second]!r} are both {key}"
    ledger.say("ambiguous-column", got, column=raw.header[second])


def _weak_id(raw: Raw, bound: Binding, ledger: TableLog) -> None:
    """A column named ID alone is the sample's, for want of a better one; it is said."""
    position = next((i for i in bound.rest if header_names.fold(raw.header[i]) == "id"), None)
    if position is None:
        return
    bound.rest.remove(position)
    bound.fields["sample_id"] = position
    spelt = raw.header[position]
    ledger.say("guessed-column", f"{spelt!r} taken as the sample id", column=spelt)


def _marks_of_counts(bound: Binding) -> None:
    """``LYM flag`` beside ``LYM 10^9/l``: the marks of the count."""
    for name in classes.FIVE:
        absolute = f"{classes.SHORT[name]}#"
        if name in bound.marks and name not in bound.bare and absolute in bound.measurands:
            bound.marks.setdefault(absolute, bound.marks.pop(name))
