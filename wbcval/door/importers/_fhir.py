"""FHIR R4 results: an Observation, a Bundle, a list of either, or a resource a line (NDJSON).

Strict parsers refuse official examples (LAB.md §2): what is needed is looked for, and the rest is
left. Numbers are read as they are written, so that 7.10 keeps its two decimals.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wbcval.door.importers import _observations
from wbcval.door.importers._observations import Book, Result
from wbcval.door.importers._types import Importer, Note, Raw, Request
from wbcval.machine import input_files, input_json
from wbcval.values import units

_NAME = "fhir"
_MOST = 1 << 26  # bytes of a file; a result has some thousand
_ADVICE = "export it again, as FHIR R4 in JSON"
_SIGNS = {"<": "<", "<=": "<=", ">=": ">=", ">": ">", "ad": ">"}

_Object = Mapping[str, Any]


def _batches(path: Path, _request: Request) -> Iterator[Raw]:
    data = input_files.read(path, "give it in several files", _MOST)
    book = Book(path.name, hashlib.sha256(data).hexdigest(), _NAME)
    for row, resource, others in _resources(data.removeprefix(b"\xef\xbb\xbf"), path.name):
        kind = resource.get("resourceType")
        if kind == "Observation":
            _observation(resource, row, others, book)
        else:
            book.passed(row, f"a resource {kind}" if _is_word(kind) else "no resource")
    yield book.raw()


def _is_word(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[A-Za-z]{1,40}", text) is not None


def _resources(data: bytes, file: str) -> Iterator[tuple[int, _Object, Mapping[str, _Object]]]:
    """Each resource with its line, or its place among all, and those that it may refer to."""
    lines = [(i + 1, line) for i, line in enumerate(data.splitlines()) if line.strip()]
    if len(lines) > 1 and all(line.strip().startswith(b"{") for _, line in lines):
        found = [
            (row, input_json.loads(line, f"{file} line {row}", _ADVICE, as_text=True))
            for row, line in lines
        ]
    else:
        whole = input_json.loads(data, file, _ADVICE, as_text=True)
        found = list(enumerate(_flat(whole), start=1))
    known = {}
    for _, resource in found:
        for name in (
            _text(resource, "fullUrl"),
            f"{resource.get('resourceType')}/{resource.get('id')}",
        ):
            known[name] = resource
    for row, resource in found:
        for one in (resource, *_contained(resource)):
            yield row, one, {**known, **{f"#{r.get('id')}": r for r in _contained(resource)}}


def _flat(whole: Any) -> Iterator[_Object]:
    """The resources of a bundle or a list, each with the address its bundle gives it."""
    if isinstance(whole, list):
        for one in whole:
            yield from _flat(one)
    elif isinstance(whole, dict) and whole.get("resourceType") == "Bundle":
        for entry in _objects(whole, "entry"):
            for resource in _flat(entry.get("resource", {})):
                yield {**resource, "fullUrl": _text(entry, "fullUrl")}
    elif isinstance(whole, dict):
        yield whole


def _contained(resource: _Object) -> list[_Object]:
    return list(_objects(resource, "contained"))


def _observation(resource: _Object, row: int, others: Mapping[str, _Object], book: Book) -> None:
    sample_id, mode = _sample(resource, others)
    if not sample_id:
        sample_id = _tail(_text(_object(resource, "subject"), "reference"))
        if sample_id:
            got = "no specimen: the subject taken as the sample"
            book.notes.append(Note("guessed-column", got, row=row))
    moment = (
        _text(resource, "effectiveDateTime")
        or _text(_object(resource, "effectivePeriod"), "start")
        or _text(resource, "issued")
    )
    patient = _tail(_text(_object(resource, "subject"), "reference"))
    for part in (resource, *_objects(resource, "component")):
        if part is resource and not _has_value(part) and _objects(resource, "component"):
            continue
        value, unit = _value(part)
        coding = list(_objects(_object(part, "code"), "coding"))
        loinc = [_text(c, "code") for c in coding if "loinc" in _text(c, "system").lower()]
        texts = [_text(c, name) for c in coding for name in ("display", "code")]
        texts = [_text(_object(part, "code"), "text"), *(t for t in texts if t not in loinc)]
        said = _observations.named(loinc, texts, unit, row)
        book.notes += said.notes
        codes = [
            _text(c, "code")
            for i in _objects(part, "interpretation")
            for c in _objects(i, "coding")
        ]
        book.add(
            Result(
                row,
                sample_id,
                said.text,
                value,
                unit,
                _observations.flags_of(*codes),
                _text(resource, "status"),
                patient,
                mode,
                moment,
                moment,
                **_made(resource, others),
            )
        )


def _made(resource: _Object, others: Mapping[str, _Object]) -> dict[str, str]:
    """By what it was measured; a performer only where it is a device: others are people."""
    said = _object(resource, "device")
    told = [said, *(p for p in _objects(resource, "performer") if _is_device(p, others))]
    names = []
    for one in told:
        found = others.get(_text(one, "reference"), {})
        names += [_text(one, "display"), *(_text(n, "name") for n in _objects(found, "deviceName"))]
    how = _object(resource, "method")
    ways = [_text(how, "text"), *(_text(c, "display") for c in _objects(how, "coding"))]
    return {
        "device": next((name for name in names if name), ""),
        "method": next((way for way in ways if way), ""),
    }


def _is_device(reference: _Object, others: Mapping[str, _Object]) -> bool:
    to = _text(reference, "reference")
    return to.startswith("Device/") or others.get(to, {}).get("resourceType") == "Device"


def _has_value(part: _Object) -> bool:
    return any(name.startswith("value") or name == "dataAbsentReason" for name in part)


def _value(part: _Object) -> tuple[str, str]:
    """Value and unit; with ``<`` before what is only a bound, "" for one that is absent."""
    quantity = _object(part, "valueQuantity")
    if not quantity:
        plain = next((_text(part, n) for n in ("valueString", "valueInteger") if n in part), "")
        return plain, ""
    value = _text(quantity, "value")
    comparator = _text(quantity, "comparator")
    sign = _SIGNS.get(comparator, comparator)
    stated = [text for text in (_text(quantity, "code"), _text(quantity, "unit")) if text]
    known = [text for text in stated if units.parse(text) is not None]
    if len({(units.parse(text).dimension, units.parse(text).factor) for text in known}) > 1:  # type: ignore[union-attr]
        return value, " and ".join(known)  # code and unit of two scales: neither is believed
    return (sign + value if value else ""), next(iter(known or stated), "")


def _sample(resource: _Object, others: Mapping[str, _Object]) -> tuple[str, str]:
    """The id of the specimen, and whether it is a control."""
    said = _object(resource, "specimen")
    found = others.get(_text(said, "reference"), {})
    names = [_text(_object(said, "identifier"), "value")]
    names += [_text(_object(found, "accessionIdentifier"), "value")]
    names += [_text(one, "value") for one in _objects(found, "identifier")]
    names += [_text(said, "display")] if not _text(said, "reference") else []
    names += [_tail(_text(said, "reference"))]
    kind = _object(found, "type")
    words = [_text(kind, "text"), *(_text(c, "display") for c in _objects(kind, "coding"))]
    return next((name for name in names if name), ""), _observations.mode_of(*words)


def _tail(reference: str) -> str:
    return re.sub(r"^(?:.*/|#|urn:uuid:)", "", reference)


def _object(parent: _Object, name: str) -> _Object:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _objects(parent: _Object, name: str) -> list[_Object]:
    found = parent.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(parent: _Object, name: str) -> str:
    found = parent.get(name)
    return found.strip() if isinstance(found, str) else ""


def _accepts(_path: Path, head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] in (b"{", b"[") and b'"resourceType"' in head


IMPORTER = Importer(_NAME, _accepts, _batches, order=20)
DIALECT = _observations.dialect(_NAME)
