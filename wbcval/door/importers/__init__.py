"""File formats: from a path to a raw table. Each ``_<name>.py`` with an ``IMPORTER`` is one.

An analyzer's way of writing its table, whatever the file format, is a ``DIALECT``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import cast

from wbcval.door.importers import _grid
from wbcval.door.importers._paths import expand
from wbcval.door.importers._types import Dialect, Importer, Note, Raw, Request, Skipped
from wbcval.machine import input_files, plugins
from wbcval.values.errors import InputError

__all__ = [
    "Dialect",
    "Importer",
    "Note",
    "Raw",
    "Request",
    "Skipped",
    "analyzer_of",
    "dialect_of",
    "expand",
    "open_table",
]

_HEAD = 4096


def open_table(path: Path, request: Request) -> Iterator[Raw]:
    """The batches of a table, at least one; the first one read at once.

    Raises:
        InputError: for a file that cannot be read as a table, saying what it looks like; at the
            end, for one that changed while it was read.
    """
    batches = _batches(path, request)
    return chain([next(batches)], batches)


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    before = input_files.state(path)
    with input_files.border(path.name, "a table", "export it again, or save it as CSV"):
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
        sha256 = None
        for raw in _importer(path, head).batches(path, request):
            sha256 = raw.sha256
            if len(raw.header) > _grid.MOST_COLUMNS:
                raise InputError(
                    path.name,
                    f"has {len(raw.header):,} columns, and {_grid.MOST_COLUMNS:,} are read at most",
                    "remove those that are not needed, or cells far from the table",
                )
            yield _with_dialect(raw)
    input_files.check_same(path, before, sha256)


def dialect_named(name: str) -> Dialect | None:
    """The analyzer's dialect of that name; ``None`` where it is that of a plain table."""
    return next((known for known in _dialects() if known.name == name), None)


def dialect_of(raw: Raw) -> Dialect | None:
    """The analyzer's dialect of a table, or ``None`` for a plain table."""
    return dialect_named(raw.dialect)


def analyzer_of(raw: Raw) -> Dialect | None:
    """The dialect of a table, where only an analyzer writes so."""
    found = dialect_of(raw)
    return found if found is not None and found.of_analyzer else None


def _with_dialect(raw: Raw) -> Raw:
    header = frozenset(raw.header)
    found = next((known for known in _dialects() if known.recognises(header)), None)
    return raw if found is None else replace(raw, dialect=found.name)


def _importer(path: Path, head: bytes) -> Importer:
    every = cast("tuple[Importer, ...]", plugins.load(__name__, "IMPORTER"))
    ordered = sorted(every, key=lambda importer: importer.order)
    return next(importer for importer in ordered if importer.accepts(path, head))


def _dialects() -> tuple[Dialect, ...]:
    return cast("tuple[Dialect, ...]", plugins.load(__name__, "DIALECT"))
