"""Images in a zip archive, read from it one by one and never unpacked to disk."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wbcval.predict.images._decode import too_many_bytes
from wbcval.predict.images._listing import (
    Columns,
    Listing,
    by_folder,
    is_hidden,
    is_image,
    others_remark,
    strerror,
)
from wbcval.predict.images._types import MOST_BYTES, Unreadable
from wbcval.values.errors import InputError

_PACK = "pack it again"
_ENCRYPTED, _UTF8 = 1, 1 << 11
_HEADER = struct.Struct("<4s22xHH")  # magic, lengths of name and extra field
_WORKBOOK = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def is_workbook(path: Path) -> bool:
    """Whether a zip archive is a table.

    Raises:
        InputError: for an archive that is broken.
    """
    with _opened(path) as archive:
        return any(part in archive.NameToInfo for part in _WORKBOOK)


def listed(path: Path) -> Listing:
    """The images of an archive, in the order of their paths in it.

    Raises:
        InputError: for an archive that is broken, holds no images, or names that do not do.
    """
    with _opened(path) as archive:
        files = [info for info in archive.infolist() if not info.filename.endswith("/")]
    _check_paths(path, [info.filename for info in files if is_image(info.filename)])
    seen = [info for info in files if not any(map(is_hidden, info.filename.split("/")))]
    members = sorted((i for i in seen if is_image(i.filename)), key=lambda info: info.filename)
    names = [info.filename for info in members]
    columns = by_folder(str(path), names, path.stem)
    with path.open("rb") as stream:
        fingerprint = hashlib.file_digest(stream, "sha256").hexdigest()
    remarks = others_remark(len(seen) - len(members))
    contents = _Contents(path, columns, members)
    return Listing("zip", path.name, fingerprint, remarks, False, False, columns, contents.read)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InputError(str(path), f"is a broken zip archive ({error})", _PACK) from None
    except OSError as error:
        raise strerror(path, error) from None


def _check_paths(path: Path, names: Sequence[str]) -> None:
    earlier: set[str] = set()
    for name in names:
        if name in earlier:
            raise InputError(str(path), f"holds {name!r} twice", _PACK)
        if "\\" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
            raise InputError(str(path), f"holds the path {name!r}", f"{_PACK}, with plain paths")
        earlier.add(name)


class _Contents:
    """The archive's table of contents, some 40 bytes a member instead of zipfile's 600.

    A member is read here, by a file of its own: threads share nothing, and nothing stays open.
    """

    def __init__(self, path: Path, columns: Columns, members: Sequence[zipfile.ZipInfo]) -> None:
        self._path, self._names = path, columns.images
        # spelt otherwise before the member, as by Windows for the sake of old programs
        self._spelt = {
            m.filename: m.orig_filename for m in members if m.filename != m.orig_filename
        }
        self._numbers = np.array(
            [
                (m.flag_bits, m.compress_type, m.CRC, m.compress_size, m.file_size, m.header_offset)
                for m in members
            ],
            dtype=np.int64,
        )

    def read(self, image: str) -> bytes:
        """The bytes of a member, at most as many as it says.

        Raises:
            Unreadable: where they cannot be had, or are not those that were packed.
        """
        flags, method, total, packed_size, size, offset = self._member(image)
        if flags & _ENCRYPTED:
            raise Unreadable("encrypted", "needs a password; unpack it")
        if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("unsupported", "is packed otherwise than by deflate; pack it again")
        if max(packed_size, size) > MOST_BYTES:
            raise too_many_bytes(max(packed_size, size))
        name = self._spelt.get(image, image).encode("utf-8" if flags & _UTF8 else "cp437")
        try:
            packed = _packed(self._path, name, offset, packed_size)
            data = packed if method == zipfile.ZIP_STORED else _inflated(packed, size)
        except (OSError, struct.error, zlib.error) as error:
            raise Unreadable("corrupt", f"in the archive: {error}") from None
        if len(data) < size:
            raise Unreadable("truncated", "in the archive: there is less of it than it says")
        if len(data) > size or zlib.crc32(data) != total:
            raise Unreadable("corrupt", "in the archive: its check sum or size does not hold")
        return data

    def _member(self, image: str) -> list[int]:
        at = bisect_left(range(len(self._names)), image, key=lambda i: self._names[i].as_py())
        if at == len(self._names) or self._names[at].as_py() != image:
            raise Unreadable("missing", "the archive holds no such file")
        numbers: list[int] = self._numbers[at].tolist()
        return numbers


def _packed(path: Path, name: bytes, offset: int, size: int) -> bytes:
    """What follows the header that stands before a member."""
    with path.open("rb") as stream:
        stream.seek(offset)
        header = stream.read(_HEADER.size)
        magic, name_length, extra_length = _HEADER.unpack(header)
        if magic != b"PK\x03\x04" or stream.read(name_length) != name:
            raise Unreadable("corrupt", "in the archive: its header is not where it should be")
        stream.seek(extra_length, os.SEEK_CUR)
        return stream.read(size)


def _inflated(packed: bytes, size: int) -> bytes:
    """Unpacked, one byte more than there should be at most."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
