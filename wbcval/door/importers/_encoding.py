"""From the bytes of a text file to UTF-8, saying so where it was something else.

One pass over the file gives its sha256, whether it is UTF-8, and whether it is text at all.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from wbcval.door.importers._types import Note
from wbcval.values.errors import InputError

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# bytes of letters in cp1251; Chinese text in GBK soon leaves this range
_CYRILLIC = re.compile(rb"[\xc0-\xff\xa8\xb8\xaa\xba\xaf\xbf\xb2\xb3\xa5\xb4]{3,}")
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Source:
    """A text file, readable as UTF-8.

    Attributes:
        path: the file.
        sha256: of its bytes.
        encoding: as found.
        text: its bytes in UTF-8 where they had to be converted, else ``None``.
        skip: bytes of a byte-order mark.
        size: bytes to be read.
    """

    path: Path
    sha256: str
    encoding: str
    text: bytes | None
    skip: int
    size: int

    @property
    def notes(self) -> tuple[Note, ...]:
        if self.encoding in ("utf-8", "utf-8-sig"):
            return ()
        return (Note("encoding", f"read as {self.encoding}"),)

    def open(self, offset: int = 0) -> BinaryIO:
        """A stream of UTF-8 bytes from ``offset`` after a byte-order mark."""
        stream: BinaryIO = self.path.open("rb") if self.text is None else io.BytesIO(self.text)
        stream.seek(self.skip + offset)
        return stream

    def open_arrow(self, offset: int = 0) -> pa.NativeFile:
        """The same stream for Arrow's own threads, which must not need Python's at its end."""
        native = pa.OSFile(str(self.path)) if self.text is None else pa.BufferReader(self.text)
        native.seek(self.skip + offset)
        return native

    def head(self, size: int) -> str:
        """The first ``size`` bytes as text; a character cut at the end is left out."""
        with self.open() as stream:
            return codecs.getincrementaldecoder("utf-8")().decode(stream.read(size))


def open_utf8(path: Path) -> Source:
    """Read a file once for its hash and encoding.

    Raises:
        InputError: for an empty file and for bytes that are no text.
    """
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_nul, is_blank = True, False, True
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            has_nul = has_nul or b"\0" in chunk
            is_blank = is_blank and not chunk.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n,;")
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
    if is_blank:
        raise InputError(path.name, "the file is empty", "export it again")
    with path.open("rb") as stream:
        head = stream.read(_CHUNK)
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
    if encoding != "utf-16" and has_nul:
        encoding = _utf16_without_mark(path, head)
    if encoding == "utf-8" and not is_utf8:
        encoding = _guess(path.read_bytes())
    skip = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0
    if encoding in ("utf-8", "utf-8-sig") and is_utf8:
        return Source(path, digest.hexdigest(), encoding, None, skip, path.stat().st_size)
    try:
        text = path.read_bytes().decode(encoding).encode("utf-8")
    except UnicodeError as error:
        raise InputError(
            path.name, f"its bytes are no {encoding} text: {error}", "save it as UTF-8 CSV"
        ) from None
    return Source(path, digest.hexdigest(), encoding, text, 0, len(text))


def _utf16_without_mark(path: Path, head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head) / 2 and even == 0:
        return "utf-16-le"
    if even > 0.4 * len(head) / 2 and odd == 0:
        return "utf-16-be"
    raise InputError(path.name, "holds NUL bytes: a binary or damaged file", "save it as UTF-8 CSV")


def _guess(data: bytes) -> str:
    """The single-country encoding that fits: high bytes alone are accents or µ (cp1252).

    Runs of three and more Cyrillic letters are cp1251; pairs that decode are GBK.
    """
    runs = _HIGH.findall(data)
    if _CYRILLIC.search(data) and all(_CYRILLIC.fullmatch(run) for run in runs if len(run) > 2):
        return "cp1251"
    if all(len(run) % 2 == 0 for run in runs):
        try:
            data.decode("gbk")
        except UnicodeDecodeError:
            return "cp1252"
        return "gbk"
    return "cp1252"
