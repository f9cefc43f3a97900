"""PyTorch's archives, looked into as what they are: zip files. Nothing in them is run."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

from wbcval.values.errors import InputError

_MOST = 1 << 20  # bytes of one extra file; a card has a thousandth
_EXTRA = "/extra/"
_PROGRAMS = ("code/", "models/")  # of TorchScript, of torch.export
_READERS = re.compile(rb"\b(from_file|load_tensor)\b")  # all of PyTorch's operators that read files
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, OSError)
_DAMAGE = (*_UNREADABLE, zlib.error, EOFError, RuntimeError)


def opened(data: bytes) -> zipfile.ZipFile:
    """The archive of a model, whose names were read before."""
    return zipfile.ZipFile(io.BytesIO(data))


def content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """One file of an archive.

    Raises:
        InputError: where it is damaged.
    """
    try:
        return archive.read(entry)
    except _DAMAGE as why:
        raise InputError(
            name, f"is damaged: its part {entry.filename!r} cannot be read ({why})",
            "get the model's file again",
        ) from None  # fmt: skip


def extra_files(data: bytes) -> Mapping[str, bytes]:
    """The extra files of an archive, by name; those that are too large for a text are left out."""
    with opened(data) as archive:
        found = {}
        for entry in archive.infolist():
            name = entry.filename.partition(_EXTRA)[2]
            if name and entry.file_size <= _MOST and not entry.is_dir():
                found[name] = content(archive, entry, "the model")
        return found


def names(data: bytes) -> frozenset[str]:
    """What lies in an archive, below its top folder; nothing in what is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return frozenset(entry.partition("/")[2] for entry in archive.namelist())
    except _UNREADABLE:
        return frozenset()


def refuse_readers(data: bytes, name: str) -> None:
    """Refuse a program that reads further files: its hash would not say which model it is.

    Raises:
        InputError: where it does, or cannot be read itself.
    """
    with opened(data) as archive:
        for entry in archive.infolist():
            if not entry.filename.partition("/")[2].startswith(_PROGRAMS):
                continue
            found = _READERS.search(content(archive, entry, name))
            if found:
                raise InputError(
                    name,
                    f"reads another file when it runs ({found[1].decode()}): its hash does not "
                    "cover what is there",
                    "keep the numbers in the module, as parameters or buffers, and save it again",
                )
