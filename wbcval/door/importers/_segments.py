"""Messages of segments (ASTM E1394, CLSI LIS2, HL7 v2): from bytes to fields.

A file may hold what went over a wire: frames with checksums, MLLP bytes, any line end. Each segment
keeps its line in the file. What is no segment is handed over as such, and never skipped unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wbcval.door.importers._encoding import open_utf8
from wbcval.door.importers._types import Note
from wbcval.values.errors import InputError

_MOST = 1 << 27  # bytes of a file; a result has some hundred
_LINE = re.compile("\r\n|\r|\n|\x1e")
_COMMENT = "#"  # of hand-made files
_NAME = re.compile(r"[A-Z][A-Z0-9]{0,2}")
# STX, number and text of a frame, ETX or ETB, two digits of checksum (LIS1-A, 6.3)
_FRAME = re.compile(rb"\x02([0-7][^\x02\x03\x17]*[\x03\x17])([0-9A-Fa-f]{2})")
_JOINED = re.compile("\x17[0-9A-Fa-f]{2}(?:\r\n|\r|\n)?\x02?[0-7]?")
_CLOSED = re.compile("(?:\r\n|\r|\n)?\x03(?:[0-9A-Fa-f]{2})?(?:\r\n|\r|\n)?")
_OPENED = re.compile("\x02[0-7]?")
_CONTROL = str.maketrans(dict.fromkeys("\x04\x05\x06\x0b\x15\x1c"))


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The signs that part a message, as its first segment states them."""

    field: str = "|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def parts(self, text: str) -> list[str]:
        """The components of a field, unescaped and stripped."""
        return [self.plain(part).strip() for part in text.split(self.component)]

    def plain(self, text: str) -> str:
        """A text without the escapes of its delimiters."""
        if self.escape not in text:
            return text
        signs = {
            "F": self.field, "S": self.component, "R": self.repeat, "E": self.escape,
            "T": self.subcomponent,
        }  # fmt: skip
        sign = re.escape(self.escape)
        return re.sub(f"{sign}([FSRET]){sign}", lambda found: signs[found[1]], text)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment.

    Attributes:
        row: 1-based line in the file.
        name: ``OBX``, ``R``; "" for a line that is no segment.
        fields: by the numbers of the standards: 0 is the name.
        ended: whether a line end follows.
    """

    row: int
    name: str
    fields: tuple[str, ...] = ()
    ended: bool = True

    def __getitem__(self, number: int) -> str:
        return self.fields[number].strip() if number < len(self.fields) else ""


@dataclass(frozen=True)
class Message:
    """The segments of a file.

    Attributes:
        sha256: of the bytes.
        notes: what was met: encoding, frames with a wrong checksum.
        segments: blank lines and comments (``#``) have the names ``blank`` and ``comment``.
    """

    sha256: str
    notes: tuple[Note, ...]
    segments: tuple[Segment, ...]


def read(path: Path) -> Message:
    """The segments of a file; the fields are parted by the sign behind the name of the first one.

    Raises:
        InputError: for a file that is no text, or too large to be read whole.
    """
    if path.stat().st_size > _MOST:
        got = f"holds more than {_MOST >> 20} MiB of messages"
        raise InputError(path.name, got, "give it in several files")
    source = open_utf8(path)
    with source.open() as stream:
        data = stream.read()
    notes = source.notes + _damaged(data)
    text = _OPENED.sub("", _CLOSED.sub("\r", _JOINED.sub("", data.decode())))
    return Message(source.sha256, notes, tuple(_segments(text.translate(_CONTROL))))


def begins(head: bytes, pattern: str) -> bool:
    """Whether the first line of a file that is no comment has a form, framed or not.

    Args:
        head: the first bytes of the file.
        pattern: of the line, as a regular expression.
    """
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8", "ignore").lstrip("\ufeff")
    lines = (_OPENED.sub("", line.translate(_CONTROL)).strip() for line in _LINE.split(text))
    first = next((line for line in lines if line and not line.startswith(_COMMENT)), "")
    return re.match(pattern, first) is not None


def _damaged(data: bytes) -> tuple[Note, ...]:
    """Frames whose bytes do not add up to their checksum."""
    frames = list(_FRAME.finditer(data))
    wrong = [i for i, f in enumerate(frames) if sum(f[1]) % 256 != int(f[2], 16)]
    if not wrong:
        return ()
    got = f"frame {wrong[0] + 1} of {len(frames)} does not add up to its checksum"
    return (Note("frame-checksum", got, rows=len(wrong)),)


def _segments(text: str) -> Iterator[Segment]:
    lines = _LINE.split(text)
    separator = "|"
    for i, line in enumerate(lines):
        row, ended = i + 1, i + 1 < len(lines)
        bare = line.strip()
        if not bare or bare.startswith(_COMMENT):
            if bare or ended:
                yield Segment(row, "comment" if bare else "blank", ended=ended)
            continue
        if bare.startswith(("MSH", "FHS", "BHS")) and len(bare) > 3:
            separator = bare[3]
        elif re.match(r"H[^\w\s]\S", bare):
            separator = bare[1]
        name, *fields = bare.split(separator)
        if not _NAME.fullmatch(name) or (not fields and name != "L"):
            yield Segment(row, "", ended=ended)
            continue
        yield Segment(row, name, (name, *fields), ended)
