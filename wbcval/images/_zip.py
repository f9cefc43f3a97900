"""Images in a zip archive, read from it one by one and never unpacked to disk."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wbcval.errors import InputError
from wbcval.images._decode import too_many_bytes
from wbcval.images._listing import (
    Columns,
    Listing,
    by_folder,
    is_hidden,
    is_image,
    others_remark,
    strerror,
)
from wbcval.images._types import MOST_BYTES, Unreadable

_PACK = "pack it again"
_ENCRYPTED = 1
_WORKBOOK = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others expand without a bound


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
    archive = _opened(path)
    files = [info for info in archive.infolist() if not info.filename.endswith("/")]
    _check_paths(path, [info.filename for info in files if is_image(info.filename)])
    seen = [info for info in files if not any(map(is_hidden, info.filename.split("/")))]
    members = sorted((i for i in seen if is_image(i.filename)), key=lambda info: info.filename)
    names = [info.filename for info in members]
    columns = by_folder(str(path), names, path.stem)
    with path.open("rb") as stream:
        fingerprint = hashlib.file_digest(stream, "sha256").hexdigest()
    remarks = others_remark(len(seen) - len(members))
    members_of = _Members(archive, columns, members)
    return Listing("zip", path.name, fingerprint, remarks, False, False, columns, members_of.read)


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


class _Members:
    """The archive's table of contents, some 40 bytes a member instead of zipfile's 600."""

    def __init__(
        self, archive: zipfile.ZipFile, columns: Columns, members: Sequence[zipfile.ZipInfo]
    ) -> None:
        self._archive, self._names = archive, columns.images
        self._numbers = np.array(
            [
                (m.header_offset, m.compress_size, m.file_size, m.CRC, m.flag_bits, m.compress_type)
                for m in members
            ],
            dtype=np.int64,
        )
        archive.filelist.clear()
        archive.NameToInfo.clear()

    def read(self, image: str) -> bytes:
        info = self._member(image)
        if info.flag_bits & _ENCRYPTED:
            raise Unreadable("encrypted", "needs a password; unpack it")
        if info.compress_type not in _READ:
            raise Unreadable("unsupported", "is packed otherwise than by deflate; pack it again")
        if info.file_size > MOST_BYTES:
            raise too_many_bytes(info.file_size)
        try:
            with self._archive.open(info) as stream:
                data = stream.read(info.file_size)  # reads no further than it says
                if len(data) < info.file_size or stream.read(1):
                    raise Unreadable("truncated", "the archive holds less of it than it says")
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError,
            ValueError,
        ) as error:  # fmt: skip
            raise Unreadable("corrupt", f"in the archive: {error}") from None
        return data

    def _member(self, image: str) -> zipfile.ZipInfo:
        at = bisect_left(range(len(self._names)), image, key=lambda i: self._names[i].as_py())
        if at == len(self._names) or self._names[at].as_py() != image:
            raise Unreadable("missing", "the archive holds no such file")
        info = zipfile.ZipInfo(image)
        (
            info.header_offset, info.compress_size, info.file_size, info.CRC, info.flag_bits,
            info.compress_type,
        ) = self._numbers[at].tolist()  # fmt: skip
        return info
