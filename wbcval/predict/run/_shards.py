"""A run's rows on disk as they come, so that a killed run goes on where it was.

Beside ``predictions.parquet`` stands ``predictions.parquet.part/``: what the run is made of
(``run.json``), and a shard for each stretch of items, written under another name first. A shard's
name seals which run and items it is of, and its bytes: one that was damaged, renamed or brought
from another run is not taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from wbcval.machine import input_files, input_json
from wbcval.values.errors import InputError

_ABOUT = "run.json"
_NAME = re.compile(r"shard-(\d{12})-(\d{12})-([0-9a-f]{16})\.arrow")
_THROUGH = "refused"  # too many images failed: nothing is lost by another run


class Part:
    """The folder of an unfinished run; one process at a time holds it.

    Attributes:
        done: items whose rows are on disk.
    """

    def __init__(self, folder: Path, lock: IO[bytes], run: str) -> None:
        self.folder, self._lock, self._run = folder, lock, run
        self._shards, self.done = _whole(folder, run)

    def add(self, table: pa.Table, stop: int) -> None:
        """Write the rows of the items from ``done`` to before ``stop``."""
        fresh = self.folder / "shard.new"
        with fresh.open("wb") as stream:
            with pa.ipc.new_file(stream, table.schema) as writer:
                writer.write_table(table)
            stream.flush()
            os.fsync(stream.fileno())
        path = self.folder / _named(fresh, self._run, self.done, stop)
        fresh.replace(path)
        self._shards.append(path)
        self.done = stop

    def tables(self) -> Iterator[pa.Table]:
        """All rows so far, shard by shard, in the order of the items."""
        for path in self._shards:
            with pa.memory_map(str(path)) as stream:
                yield pa.ipc.open_file(stream).read_all()

    def scratch(self, name: str) -> Path:
        """Where a file of that name is written before it takes its place."""
        return self.folder / f"{name}.new"

    def refused(self) -> None:
        """The run is through and made no table: a later one may begin anew in its place."""
        (self.folder / _THROUGH).touch()

    def remove(self) -> None:
        """Drop the folder: the run is finished."""
        self._lock.close()
        _drop(self.folder)

    def close(self) -> None:
        """Let go of the folder, for a later run to resume."""
        self._lock.close()


def open_part(out: Path, made_of: Mapping[str, Any], *, resume: bool) -> Part:
    """Begin a run, or go on with one.

    Args:
        out: the file that the run makes.
        made_of: all that its bytes depend on, in plain JSON values; a run that was begun with
            anything else is not resumed.
        resume: go on with the shards that are there.

    Raises:
        InputError: where an unfinished run is there and ``resume`` is false, or it was begun
            with something else, or another process works on it.
    """
    folder = out.with_name(out.name + ".part")
    about = folder / _ABOUT
    begun = about.is_file()
    if begun and not resume and (folder / _THROUGH).is_file():
        _locked(folder).close()  # nobody works on it
        _drop(folder)
        begun = False
    if begun and not resume:
        raise InputError(
            str(folder),
            "is an unfinished run",
            "go on with it: --resume; or delete that folder to begin anew",
        )
    if (
        folder.exists()
        and not begun
        and not (folder.is_dir() and all(map(_is_own, folder.iterdir())))
    ):
        raise InputError(
            str(folder), "stands where the run keeps its rows, with other things in it",
            "move it away, or name another --out",
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    try:
        text = json.dumps(made_of, indent=1, ensure_ascii=False)
        if begun:
            _same(about, made_of)
        else:
            fresh = about.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(about)
        return Part(folder, lock, text)
    except BaseException:
        lock.close()
        raise


def _same(about: Path, made_of: Mapping[str, Any]) -> None:
    advice = "delete its folder to begin anew"
    before = input_json.loads(input_files.read(about, advice), str(about), advice)
    if not isinstance(before, dict):
        raise InputError(str(about), "is damaged", advice)
    now = json.loads(json.dumps(made_of))
    other = [key for key in now if before.get(key) != now[key]]
    if other:
        key = other[0]
        raise InputError(
            str(about.parent),
            f"was begun with another {key} (then {_short(before.get(key))}, "
            f"now {_short(now[key])})",
            "begin anew without --resume"
            if (about.parent / _THROUGH).is_file()
            else "resume with what it was begun with; or delete that folder to begin anew",
        )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _whole(folder: Path, run: str) -> tuple[list[Path], int]:
    """The shards that follow each other without a gap; whatever else lies there is dropped."""
    spans = {}
    for path in folder.iterdir():
        named = _NAME.fullmatch(path.name)
        if named and path.is_file() and not path.is_symlink():
            start, stop = int(named[1]), int(named[2])
            if path.name == _named(path, run, start, stop):
                spans[start] = (path, stop)
    shards, done = [], 0
    while done in spans:
        path, done = spans[done]
        shards.append(path)
    for path in folder.iterdir():
        if path not in shards and path.suffix in (".arrow", ".new") and not path.is_dir():
            path.unlink()
    return shards, done


def _drop(folder: Path) -> None:
    """Delete what runs put into a folder, and the folder where nothing else lies there."""
    (folder / _ABOUT).unlink()  # from here on there is nothing to resume
    for path in folder.iterdir():
        if _is_own(path):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # what lies there besides is not the run's to delete
        folder.rmdir()


def _is_own(path: Path) -> bool:
    """Whether a file is one that a run puts into its folder."""
    name = path.name
    known = name in (_ABOUT, _THROUGH, "lock") or name.endswith(".new") or _NAME.fullmatch(name)
    return bool(known) and not path.is_dir()


def _named(path: Path, run: str, start: int, stop: int) -> str:
    """The name of a shard, from what it is of and the bytes it holds."""
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    seal = hashlib.sha256(f"{run}\n{start}\n{stop}\n{content}".encode()).hexdigest()
    return f"shard-{start:012}-{stop:012}-{seal[:16]}.arrow"


def _locked(folder: Path) -> IO[bytes]:
    """A lock that the system lets go when the process ends, however it ends."""
    stream = (folder / "lock").open("wb")
    try:
        import fcntl
    except ImportError:  # Windows: two runs on one file are not told apart
        return stream
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise InputError(str(folder), "another run is writing it", "wait, or stop it") from None
    return stream
