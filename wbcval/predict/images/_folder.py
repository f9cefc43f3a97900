"""Images in a folder and in the folders in it."""

from __future__ import annotations

import os
from pathlib import Path

from wbcval.predict.images._listing import (
    Listing,
    by_folder,
    is_hidden,
    is_image,
    others_remark,
    read_file,
    stat_of,
    strerror,
)
from wbcval.values.errors import InputError


def listed(root: Path) -> Listing:
    """The images of a folder, in the order of their paths.

    Raises:
        InputError: for a folder without images, one that cannot be listed, a link back to a
            folder that was listed already, names that a table cannot hold.
    """
    top = Path(os.path.abspath(root)).name  # noqa: PTH100 (a link keeps its own name)
    images, others = _walk(root)
    columns = by_folder(str(root), sorted(images), top)
    base = os.fspath(root)

    def path_of(image: str) -> str:
        return os.path.join(base, image)  # noqa: PTH118 (many files)

    return Listing(
        "folder",
        top,
        columns.fingerprint((), lambda image: stat_of(path_of(image))),
        others_remark(others),
        has_cell_ids=False,
        has_truth=False,
        _columns=columns,
        _read=lambda image: read_file(path_of(image)),
    )


def _walk(root: Path) -> tuple[list[str], int]:
    """Paths of the images within the folder, and the number of other files."""
    images: list[str] = []
    others = 0
    seen: dict[tuple[int, int], str] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        here = root / folder
        try:
            found = here.stat()
            earlier = seen.setdefault((found.st_dev, found.st_ino), folder)
            if earlier != folder:
                first, second = sorted((f"{earlier or '.'}/", f"{folder}/"))
                raise InputError(
                    str(root), f"{first} and {second} are one folder, by a link", "remove the link"
                )
            with os.scandir(here) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir():
                        waiting.append(path)
                    elif is_image(entry.name):
                        images.append(path)
                    else:
                        others += 1
        except OSError as error:
            raise strerror(here, error) from None
    return images, others
