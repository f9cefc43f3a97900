"""From the path a user names to the cells it holds."""

from __future__ import annotations

from pathlib import Path

from wbcval.predict.images import _folder, _manifest, _zip
from wbcval.predict.images._listing import SUFFIXES, Listing, strerror
from wbcval.values.errors import InputError

_PACKED = (b"PK\x03\x04", b"PK\x05\x06")


def listed(path: Path, planes: tuple[str, ...] = ()) -> Listing:
    """The cells in a folder, in a zip archive, or in a manifest: a table that names images.

    Args:
        path: told apart by what it is, not by its name.
        planes: of the model's card. Only a manifest can say which image is which plane.

    Raises:
        InputError: where it cannot be told for sure which images of which samples there are.
    """
    try:
        if path.is_dir():
            head = None
        else:
            with path.open("rb") as stream:
                head = stream.read(4)
    except OSError as error:
        raise strerror(path, error) from None
    if head is not None and path.suffix.lower() in SUFFIXES:
        raise InputError(str(path), "is one image", "give its folder, or a manifest that names it")
    is_zip = head is not None and (head in _PACKED or path.suffix.lower() == ".zip")
    if head is not None and not (is_zip and not _zip.is_workbook(path)):
        return _manifest.listed(path, planes)
    if planes:
        raise InputError(
            str(path),
            f"the model takes the planes {', '.join(planes)} of each cell",
            "write a manifest with the columns image, sample_id, cell_id and plane",
        )
    return _folder.listed(path) if head is None else _zip.listed(path)
