"""Workbooks read in a process of their own: the library may ask for all memory, abort or not end.

A damaged workbook can make it allocate without bound, which ends the process it runs in. So it runs
in another, at the cost of a tenth of a second.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple

from wbcval.values.errors import InputError

_CHILD = Path(__file__).with_name("_workbook_child.py")
_SECONDS = 120.0  # two million cells take six, on a machine that does nothing else
_SAVE = "open it and save the table as CSV"

Rows = list[list[str]]


class Sheet(NamedTuple):
    """A sheet before it is read: its first rows, and whether a person sees it."""

    name: str
    rows: Rows
    hidden: bool


def sheets_of(
    file: str,
    data: bytes,
    choose: Callable[[Sequence[Sheet]], Sequence[int]],
    head: int,
    most_cells: int,
) -> list[Rows]:
    """The rows of some sheets, each cell its text behind ``n`` for a number, ``t`` otherwise.

    Args:
        file: for messages.
        data: the workbook.
        choose: the positions of the sheets, from name, first ``head`` rows of each, and whether it
            is hidden.
        head: rows that are shown to ``choose``.
        most_cells: that the grid of a sheet may have.

    Raises:
        InputError: where the library cannot read it, in whatever way it ends.
    """
    command = [sys.executable, "-P", str(_CHILD), str(head), str(most_cells)]
    with subprocess.Popen(  # noqa: S603 (our own script)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        watch = Timer(_SECONDS, child.kill)
        watch.start()
        try:
            _tell(child, len(data).to_bytes(8, "big") + data)
            heads = _answer(file, child)
            asked = choose([Sheet(*head) for head in heads])
            _tell(child, (" ".join(map(str, asked)) + "\n").encode())
            sheets: list[Rows] = [[] for _ in asked]
            for rows in sheets:
                while (row := _answer(file, child)) is not None:
                    rows.append(row)
        finally:
            watch.cancel()
            child.kill()
    return sheets


def _tell(child: subprocess.Popen[bytes], words: bytes) -> None:
    assert child.stdin is not None  # noqa: S101 (a pipe was asked for)
    try:
        child.stdin.write(words)
        child.stdin.flush()
    except OSError:
        pass  # it ended: its answer, or that there is none, says why


def _answer(file: str, child: subprocess.Popen[bytes]) -> Any:
    """One line; ``None`` at the end of a sheet."""
    assert child.stdout is not None  # noqa: S101
    line = child.stdout.readline()
    if not line:
        raise InputError(
            file, "cannot be read as a workbook: it is damaged, or too large for the reader", _SAVE
        )
    found = json.loads(line)
    if isinstance(found, str):
        got = "".join(c if c.isprintable() else " " for c in found)[:80]
        raise InputError(file, f"cannot be read as a workbook ({got})", _SAVE)
    return found
