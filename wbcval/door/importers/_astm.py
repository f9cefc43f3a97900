"""ASTM E1394 and CLSI LIS2: what an analyzer sends to a laboratory's system, captured or exported.

Fields by their numbers in the standard: O.3 and O.4 the ids of the specimen, O.12 whether it is a
control, O.16 what it is, R.3 what was measured, R.4 the value, R.5 its unit, R.7 flags, R.9 the
status, R.13 when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wbcval.door.importers import _observations, _segments
from wbcval.door.importers._observations import Book, Result
from wbcval.door.importers._segments import Delimiters, Segment
from wbcval.door.importers._types import Importer, Note, Raw, Request

_NAME = "astm"
_REASONS = {
    "H": "the head of a message", "P": "a patient", "O": "an order", "C": "a comment",
    "L": "the end of a message", "M": "of the manufacturer", "S": "of the manufacturer",
    "Q": "a query", "blank": "a blank line", "comment": "a comment",
}  # fmt: skip
_FULL = 9  # fields up to the status: what has fewer, and no line end, may be cut off


@dataclass
class _Order:
    sample_id: str = ""
    patient_id: str = ""
    mode: str = ""
    number: int = 0
    source: str = ""


def _batches(path: Path, _request: Request) -> Iterator[Raw]:
    message = _segments.read(path)
    book = Book(path.name, message.sha256, _NAME, notes=list(message.notes))
    signs, order, patient = Delimiters(), _Order(), ""
    last = ""
    for segment in message.segments:
        if segment.name not in ("blank", "comment"):
            last = segment.name
        if segment.name == "R":
            _result(segment, signs, order, book)
            continue
        if segment.name in _REASONS:
            book.passed(segment.row, _REASONS[segment.name])
        else:
            book.unread(segment.row)
        if segment.name == "H":
            signs, patient = _signs(segment), ""
            source = " ".join(filter(None, signs.parts(segment[4])))
            order = _Order(number=order.number, source=source)
            book.dialect = _observations.sysmex(book.dialect, segment[4])
        elif segment.name == "P":
            # practice, laboratory, third id: never the name behind them
            patient = next((i for n in (2, 3, 4) if (i := signs.parts(segment[n])[0])), "")
            order = _Order(number=order.number, source=order.source)
        elif segment.name == "O":
            control = "Q" in segment[11].upper()
            mode = "QC" if control else _observations.mode_of(signs.plain(segment[15]))
            order = _Order(
                _sample_id(segment, signs), patient, mode, order.number + 1, order.source
            )
    if last not in ("L", ""):
        book.notes.append(Note("message-cut", "the last message has no end (L)"))
    yield book.raw()


def _signs(head: Segment) -> Delimiters:
    r"""``H|\^&|``: repeat, component, escape."""
    stated = head.fields[1].ljust(3)
    defaults = ("\\", "^", "&")
    repeat, component, escape = (
        sign if sign.strip() else usual for sign, usual in zip(stated[:3], defaults, strict=True)
    )
    return Delimiters(component=component, repeat=repeat, escape=escape)


def _sample_id(order: Segment, signs: Delimiters) -> str:
    """O.3, else of the instrument's own (O.4) what stands behind rack and position."""
    stated = next((part for part in signs.parts(order[2]) if part), "")
    own = signs.parts(order[3])
    return stated or (own[2] if len(own) > 2 else own[0])


def _result(segment: Segment, signs: Delimiters, order: _Order, book: Book) -> None:
    unit = signs.plain(segment[4])
    texts = [part for part in signs.parts(segment[2]) if part and not part.isdigit()]
    said = _observations.named([], texts, unit, segment.row)
    book.notes += said.notes
    value = signs.parts(segment[3])
    cut = not segment.ended and len(segment.fields) < _FULL
    book.add(
        Result(
            segment.row,
            order.sample_id,
            said.text,
            value[0] if not any(value[1:]) else signs.plain(segment[3]),
            unit,
            _observations.flags_of(*signs.plain(segment[6]).split(signs.repeat)),
            _observations.CUT if cut else segment[8],
            order.patient_id,
            order.mode,
            segment[12],
            str(order.number),
            source=order.source,
        )
    )


def _accepts(_path: Path, head: bytes) -> bool:
    return _segments.begins(head, r"H([^\w\s])\S{2,4}(\1|$)") and b"OBX" not in head


IMPORTER = Importer(_NAME, _accepts, _batches, order=20)
DIALECT = _observations.dialect(_NAME)
