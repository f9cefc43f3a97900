"""Which files a path names: itself, or what a pattern such as ``cells-*.parquet`` matches."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from wbcval.machine import input_files
from wbcval.origin import SUFFIX
from wbcval.values.errors import InputError


def expand(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files that paths and patterns name, those of a pattern in sorted order.

    ``*`` ``?`` ``[abc]`` match within a folder, ``**`` folders at any depth; a file whose own name
    holds such a character is that file.

    Raises:
        InputError: for a pattern that matches no file, and for a file that is named twice.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        with input_files.border(str(path)[:200], "a path", "check the path"):
            files = [(file.resolve(), file) for file in _matches(path)]
        for real, file in files:
            if real in found:
                raise InputError(str(file), "is given twice", "name each file once")
            found[real] = file
    return tuple(found.values())


def _matches(path: Path) -> list[Path]:
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    # a folder on the way may hold such a character in its own name
    base = next(folder for folder in path.parents if folder.exists())
    pattern = str(path.relative_to(base))
    # as a shell does, and Path.glob does not, it leaves hidden files out
    names = glob.glob(pattern, root_dir=base, recursive=True)  # noqa: PTH207
    # what tells of a table beside it is no table
    tables = [name for name in names if not name.endswith(SUFFIX)]
    files = sorted(base / name for name in tables if (base / name).is_file())
    if not files:
        raise InputError(
            str(path), "matches no file", "check the pattern, and the folder it starts in"
        )
    return files
