"""Columns nobody claimed: without a name, naming a person, or simply extra."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow.compute as pc

from wbcval.door.importers import Raw, dialect_of
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _sources, _text
from wbcval.door.tables._ledger import TableLog

_THREE_PART = ("mid", "mxd", "gra")  # mixed cells and granulocytes
_BOX = frozenset(("xmin", "ymin", "xmax", "ymax"))  # where a cell lies in its image
_REVIEWERS = frozenset(("reviewer", "reader", "rater", "annotator", "observer", "reviewedby"))
_SHOWN = 8
_KEPT = 11  # numbers of a column: more than codes have
_NUMBER = re.compile(r"[-+<>]?\d*[.,]?\d+(?:[eE][-+]?\d+)?")


def say(raw: Raw, rest: Sequence[int], personal: Sequence[int], ledger: TableLog) -> None:
    """Put what is left over into the ledger; values are never quoted."""
    for i in rest:
        if i > 0 and not raw.header[i] and _filled(raw, i):  # an index may stand first, unnamed
            ledger.say("unnamed-column", f"column {i + 1} has values and no name")
    for i in rest:
        if (
            header_names.fold(raw.header[i]) in _REVIEWERS
            and len(pc.unique(_text.text(raw, i))) > 1
        ):
            ledger.reviewer = raw.header[i]
    named = [raw.header[i] for i in personal if _filled(raw, i)]
    if named:
        ledger.say("personal-data", _listed(named))
    known = _BOX if ledger.table == "cells" else frozenset()
    known |= {header_names.fold(column) for column in ledger.versions} | _sources.COLUMNS
    extra = [raw.header[i] for i in rest if raw.header[i]]
    extra = [text for text in extra if header_names.fold(text) not in known]
    unused = [text for text in extra if text not in ledger.levels]
    if ledger.table != "samples":
        say_unread(raw, [i for i in rest if raw.header[i] in unused], ledger)
    mixed = [text for text in extra if header_names.fold(text)[:3] in _THREE_PART]
    if mixed and ledger.table in ("counts", "reference"):
        ledger.say("three-part", _listed(mixed))


def say_unread(raw: Raw, positions: Sequence[int], ledger: TableLog) -> None:
    """Into the ledger: columns that nothing is made of; those of exports and messages are known."""
    if positions and dialect_of(raw) is None:
        ledger.say("extra-column", _listed([raw.header[i] for i in positions]))
        note_unread(raw, positions, ledger)


def note_unread(raw: Raw, positions: Sequence[int], ledger: TableLog) -> None:
    """Into the ledger: columns of words, or of few numbers, that nothing is made of.

    Not measurements of something else.
    """
    for i in positions:
        different = [text for text in pc.unique(_text.text(raw, i)).to_pylist() if text]
        if different:
            numbers = all(map(_NUMBER.fullmatch, different))
            some = different[:_KEPT] if numbers else [""]
            ledger.further.unread.setdefault(raw.header[i], {}).update(dict.fromkeys(some))


def say_reviewers(ledger: TableLog) -> None:
    """Where a cell stands twice: that several reviewers labelled, if a column says so."""
    if ledger.reviewer:
        got = f"{ledger.reviewer!r} tells the rows of a cell apart"
        ledger.say("row-per-reviewer", got, column=ledger.reviewer)


def has_boxes(raw: Raw) -> bool:
    """Whether the table says where each cell lies in its image: the image is a smear field."""
    return bool(boxes(raw))


def boxes(raw: Raw) -> list[int]:
    """The columns of the box of each cell, always in one order; none where one is missing."""
    found = {header_names.fold(text): i for i, text in enumerate(raw.header)}
    return [found[name] for name in sorted(_BOX)] if found.keys() >= _BOX else []


def _filled(raw: Raw, position: int) -> bool:
    return bool(pc.any(pc.not_equal(_text.text(raw, position), "")).as_py())


def _listed(spelt: list[str]) -> str:
    more = f" and {len(spelt) - _SHOWN} more" if len(spelt) > _SHOWN else ""
    return ", ".join(spelt[:_SHOWN]) + more
