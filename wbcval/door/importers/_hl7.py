"""HL7 v2 results (ORU, OUL): a table of them, by OBX.

Fields by their numbers: OBR-2 and OBR-3 the orders' numbers, SPM-2 that of the specimen, OBX-3 what
was measured, OBX-5 the value, OBX-6 its unit, OBX-8 flags, OBX-11 the status, OBX-14 when.
Libraries were tried and left: one returns a message without a result, and no error, where lines end
in LF (LAB.md §1); nothing of the standard beyond these fields is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wbcval.door.importers import _observations, _segments
from wbcval.door.importers._observations import Book, Result
from wbcval.door.importers._segments import Delimiters, Segment
from wbcval.door.importers._types import Importer, Note, Raw, Request
from wbcval.values import units

_NAME = "hl7"
_IDS = ("SPM-2", "OBR-3", "OBR-2")
_LOINC = frozenset(("LN", "LOINC", "LNC"))
_FULL = 12  # fields up to the status: what has fewer, and no line end, may be cut off
_SIGN = re.compile(r"[<>]=?|≤|≥")
# SPM-11, table 0369: of the others a patient's own (P), and replicates of it (R)
_ROLES = dict.fromkeys("BEFGLOQ", "CONTROL") | dict.fromkeys("CV", "CALIBRATION")
_KINDS = {"1": "CALIBRATION", "2": "QC"}  # MSH-16, where some analyzers say what was measured
_REASON = {"blank": "a blank line", "comment": "a comment"}


@dataclass
class _Group:
    """An order with its results."""

    order: Segment | None = None
    specimen: Segment | None = None
    results: list[Segment] = field(default_factory=list)


@dataclass
class _Message:
    number: int = 0
    signs: Delimiters = field(default_factory=Delimiters)
    kind: str = ""
    mode: str = ""
    patient: str = ""
    source: str = ""
    groups: list[_Group] = field(default_factory=list)


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    read = _segments.read(path)
    book = Book(path.name, read.sha256, _NAME, notes=list(read.notes))
    asked = next((name for name in _IDS if name in request.known), "")
    book.id_name = asked or "sample_id"
    results: list[Result] = []
    for message in _messages(read.segments, book):
        found = list(_results(message, asked, book))
        if message.groups and not found:
            row = next((g.order.row for g in message.groups if g.order), None)
            book.notes.append(Note("message-empty", "an order without a result", row=row))
        results += found
    for result in _observations.rows_of(results):
        book.add(result)
    yield book.raw()


def _messages(segments: tuple[Segment, ...], book: Book) -> Iterator[_Message]:
    """The messages; what is no result goes into the book."""
    message, begun, batch = _Message(), 0, 0
    for segment in segments:
        if segment.name in ("MSH", "H"):
            if message.number:
                yield message
            begun += 1
            message = _opened(segment, begun)
            book.dialect = _observations.sysmex(book.dialect, f"{segment[2]} {segment[3]}")
        elif segment.name == "BHS":
            batch = begun
        elif segment.name == "BTS" and segment[1].isdigit() and int(segment[1]) != begun - batch:
            got = f"a batch of {segment[1]} messages holds {begun - batch}"
            book.notes.append(Note("message-cut", got, row=segment.row))
        elif segment.name in _INTO:
            _INTO[segment.name](message, segment)
        if not segment.name:
            book.unread(segment.row)
        elif segment.name != "OBX":
            book.passed(segment.row, _REASON.get(segment.name, f"a segment {segment.name}"))
    if message.number or message.groups:
        yield message


def _patient(message: _Message, segment: Segment) -> None:
    message.patient = message.signs.parts(segment[3].split(message.signs.repeat)[0])[0]


def _order(message: _Message, segment: Segment) -> None:
    before = message.groups[-1] if message.groups else None
    if before is not None and before.order is None and not before.results:
        before.order = segment  # its specimen stands before it
        return
    shared = before.specimen if before is not None and message.kind == _BY_SPECIMEN else None
    message.groups.append(_Group(segment, shared))


def _specimen(message: _Message, segment: Segment) -> None:
    if message.kind == _BY_SPECIMEN or not message.groups:
        message.groups.append(_Group(specimen=segment))
    else:
        message.groups[-1].specimen = segment


def _observation(message: _Message, segment: Segment) -> None:
    if not message.groups:
        message.groups.append(_Group())
    message.groups[-1].results.append(segment)


_BY_SPECIMEN = "OUL"  # messages in which a specimen stands before its orders, and not behind
_INTO = {"PID": _patient, "OBR": _order, "SPM": _specimen, "OBX": _observation}


def _opened(head: Segment, number: int) -> _Message:
    r"""``MSH|^~\&|``: component, repeat, escape, subcomponent."""
    stated = head.fields[1] if len(head.fields) > 1 else ""
    component, repeat, escape, sub = list((stated + "^~\\&"[len(stated) :])[:4])
    signs = Delimiters("|", component, repeat, escape, sub)
    # the sign behind the name is a field of its own: MSH-9 is the eighth behind it
    kind = signs.parts(head[8])[0].upper()
    training = "CONTROL" if head[10].upper() in ("T", "D") and head.name == "MSH" else ""
    source = " ".join(filter(None, signs.parts(head[2])))
    return _Message(number, signs, kind, _KINDS.get(head[15], training), source=source)


def _results(message: _Message, asked: str, book: Book) -> Iterator[Result]:
    ids = [_ids(group, message.signs) for group in message.groups]
    stated = {i for found in ids for i in [_chosen(found, asked)] if i}
    for group, found in zip(message.groups, ids, strict=True):
        sample_id = _chosen(found, asked)
        if not sample_id and len(stated) == 1 and not asked:
            (sample_id,) = stated  # the orders of one tube, numbered once
        two = found["OBR-2"] and found["OBR-3"] not in ("", found["OBR-2"])
        if two and not asked and not found["SPM-2"] and group.order is not None:
            got = "OBR-3 taken as the sample id, and OBR-2 holds another"
            book.notes.append(Note("guessed-column", got, row=group.order.row))
        mode = message.mode or _mode(group, message.signs)
        for segment in group.results:
            yield _result(segment, message, sample_id, mode, book)


def _ids(group: _Group, signs: Delimiters) -> dict[str, str]:
    def first(segment: Segment | None, number: int) -> str:
        text = segment[number] if segment is not None else ""
        parts = signs.parts(text.split(signs.repeat)[0])
        return next((p for part in parts if (p := part.split(signs.subcomponent)[0])), "")

    return {
        "SPM-2": first(group.specimen, 2),
        "OBR-3": first(group.order, 3),
        "OBR-2": first(group.order, 2),
    }


def _chosen(found: dict[str, str], asked: str) -> str:
    return found[asked] if asked else next((i for i in found.values() if i), "")


def _mode(group: _Group, signs: Delimiters) -> str:
    role = signs.parts(group.specimen[11])[0] if group.specimen is not None else ""
    if role in _ROLES:
        return _ROLES[role]
    kind = group.specimen[4] if group.specimen is not None else ""
    order = (group.order[4], group.order[15]) if group.order is not None else ()
    return _observations.mode_of(*(signs.plain(text) for text in (kind, *order)))


def _result(segment: Segment, message: _Message, sample_id: str, mode: str, book: Book) -> Result:
    signs = message.signs
    unit = signs.plain(segment[6])
    if units.parse(unit) is None:
        unit = signs.parts(segment[6])[0]
    parts = signs.parts(segment[3].split(signs.repeat)[0])
    pairs = [parts[at : at + 3] for at in (0, 3)]
    codes = [pair[0] for pair in pairs if len(pair) > 2 and pair[2].upper() in _LOINC]
    said = _observations.named(codes, [p for p in parts if p not in codes], unit, segment.row)
    book.notes += said.notes
    cut = not segment.ended and len(segment.fields) < _FULL
    return Result(
        segment.row, sample_id, said.text, _value(segment, signs), unit,
        _observations.flags_of(*segment[8].split(signs.repeat)),
        _observations.CUT if cut else signs.parts(segment[11])[0],
        message.patient, mode, segment[14], str(message.number), message.source,
        *(" ".join(filter(None, signs.parts(segment[n]))) for n in (17, 18)),
    )  # fmt: skip


def _value(segment: Segment, signs: Delimiters) -> str:
    """OBX-5: of a structured number (``<^0.1``) both its parts; else what stands first, alone."""
    parts = signs.parts(segment[5])
    if len(parts) > 1 and _SIGN.fullmatch(parts[0]) and not any(parts[2:]):
        return parts[0] + parts[1]
    if segment[2] == "SN" and len(parts) > 1 and not parts[0] and not any(parts[2:]):
        return parts[1]
    alone = signs.repeat not in segment[5] and (len(parts) == 1 or not parts[1])
    return parts[0] if alone else signs.plain(segment[5])


def _accepts(_path: Path, head: bytes) -> bool:
    if _segments.begins(head, r"(?:MSH|FHS|BHS)[^\w\s]\S{2,5}"):
        return True
    return b"OBX" in head and _segments.begins(head, r"H([^\w\s])\S{2,4}(\1|$)")


IMPORTER = Importer(_NAME, _accepts, _batches, order=20)
DIALECT = _observations.dialect(_NAME)
