"""Formats that are recognised and not read: each refused with what to do instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wbcval.door.importers._types import Importer, Raw, Request
from wbcval.values.errors import InputError

_TABLE = "export a CSV or Excel table with one row per sample"
# what it looks like, a pattern at the beginning of the file, what to do
_FORMATS: tuple[tuple[str, re.Pattern[bytes], str], ...] = (
    ("JSON that is no FHIR resource", re.compile(rb"^\s*[{\[]\s*(?:[\"{\[\]}]|$)"), _TABLE),
    ("a PDF", re.compile(rb"^%PDF-"), _TABLE),
    ("a web page or XML", re.compile(rb"^\s*<(?:\?xml|!doctype|html|table)", re.I), _TABLE),
    ("an image", re.compile(rb"^(?:\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0{4}|II\*\0|MM\0\*)", re.S),
     "give the table of predictions that was made from the images"),
    ("a zip archive", re.compile(rb"^PK\x03\x04"), "unpack it and give the table inside"),
    ("a compressed file", re.compile(rb"^(?:\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd)"),
     "unpack it and give the table inside"),
)  # fmt: skip


def _looks_like(head: bytes) -> tuple[str, str] | None:
    plain = head.removeprefix(b"\xef\xbb\xbf")
    found = (entry for entry in _FORMATS if entry[1].search(plain))
    return next(((what, advice) for what, _, advice in found), None)


def _accepts(_path: Path, head: bytes) -> bool:
    return _looks_like(head) is not None


def _refuse(path: Path, _request: Request) -> Iterator[Raw]:
    with path.open("rb") as stream:
        found = _looks_like(stream.read(4096))
    what, advice = found or ("no table", _TABLE)
    raise InputError(path.name, f"looks like {what}, which is not read", advice)


IMPORTER = Importer("refused", _accepts, _refuse, order=90)
