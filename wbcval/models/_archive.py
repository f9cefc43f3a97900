"""PyTorch's archives, looked into as what they are: zip files. Nothing in them is run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from wbcval.errors import InputError

_MOST = 1 << 20  # bytes of one extra file; a card has a thousandth
_EXTRA = "/extra/"


def opened(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive of a model.

    Raises:
        InputError: where the bytes are no zip file, saying what they look like.
    """
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise InputError(name, _looks_like(data), "get the model's file again") from None


def extra_files(data: bytes) -> Mapping[str, bytes]:
    """The extra files of an archive, by name; those that are too large for a text are left out."""
    with opened(data, "the model") as archive:
        found = {}
        for entry in archive.infolist():
            name = entry.filename.partition(_EXTRA)[2]
            if name and entry.file_size <= _MOST and not entry.is_dir():
                try:
                    found[name] = archive.read(entry)
                except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError):
                    raise InputError(
                        "the model", f"is damaged: its extra file {name!r} cannot be read",
                        "get the model's file again",
                    ) from None  # fmt: skip
        return found


def names(data: bytes, name: str) -> frozenset[str]:
    """What lies in an archive, below its top folder."""
    with opened(data, name) as archive:
        return frozenset(entry.partition("/")[2] for entry in archive.namelist())


def _looks_like(data: bytes) -> str:
    head = data[:512].lstrip()
    if not data:
        return "is empty"
    if head[:1] == b"<":
        return "is a web page, not a model"
    if data[:2] == b"PK":
        return "is a model's archive that was cut off"
    if data[:1] == b"\x80":
        return "is a pickle, which is never loaded: save a TorchScript module"
    return "is no model's archive"
