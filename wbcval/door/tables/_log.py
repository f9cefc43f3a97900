"""The import log of one table: what became of each row, in bounded memory.

Lines are numbered as they are written: where there is no room for all, the first ones are kept,
and a log that is put together from those of its parts keeps the same ones.
"""

from __future__ import annotations

import sys
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wbcval.values.findings import LogEntry

Rows = NDArray[np.int64]
RunKey = tuple[str, str, str, str, str]  # sample, column, rule, action, reason


@dataclass
class Room:
    """How many lines the import log may still take, over all files that share it."""

    lines: int = sys.maxsize


@dataclass
class _Run:
    """Consecutive rows of which one line tells, and that line's place in the order of writing."""

    first: int
    last: int
    at: int


@dataclass
class _Folded:
    """Lines of the log for which there was no room: rows from first to last."""

    first: int
    last: int
    rows: int = 0


@dataclass
class ImportLog:
    """Lines of one table of one file, over all its batches.

    Attributes:
        file: base name.
        room: what no longer fits is one line a rule, with the number of rows.
    """

    file: str
    room: Room
    _entries: list[tuple[int, int, LogEntry]] = field(default_factory=list)  # row, at, line
    _kept: list[_Run] = field(default_factory=list)
    _runs: dict[RunKey, list[_Run]] = field(default_factory=dict)
    _folded: dict[tuple[str, str, str], _Folded] = field(default_factory=dict)
    _records: dict[int, Rows] = field(default_factory=dict)
    _written: int = 0

    def of_one_record(self, rows: Mapping[int, Rows]) -> None:
        """Records that stand on several rows of the file: the first row -> all of them."""
        self._records = dict(rows)

    def write(self, row: int, entry: LogEntry, *, whole: bool) -> None:
        """One line of one row.

        Args:
            row: its number.
            entry: the line.
            whole: of the record, which may stand on further rows, and not of one value.
        """
        further = self._records.get(row)
        if further is not None and whole:
            reason = f"as row {row}: {entry.reason}"
            self.write_runs(further[1:], (entry.sample_id, "", entry.rule, entry.action, reason))
        self._enter(row, entry)

    def _enter(self, row: int, entry: LogEntry) -> None:
        if self._has_room():
            self._entries.append((row, self._written, entry))
        else:
            self._fold((entry.rule, entry.column, entry.action), row, row)

    def write_runs(self, rows: Rows, key: RunKey) -> None:
        """Lines of the log, one a run of rows, whatever the batches in which these came."""
        for first, last in ranges(rows):
            self._go_on(first, last, key)

    def _go_on(self, first: int, last: int, key: RunKey) -> None:
        known = self._runs.get(key)
        if known and known[-1].last == first - 1:
            known[-1].last = last
        elif self._has_room():
            self._runs.setdefault(key, []).append(_Run(first, last, self._written))
        else:
            _, column, rule, action, _ = key
            self._fold((rule, column, action), first, last)

    def keep(self, rows: Rows) -> None:
        """The rows that passed, folded into ranges; with the further rows of their records."""
        if self._records:
            parts = [self._records.get(int(row), row[None]) for row in rows]
            rows = np.unique(np.concatenate(parts))
        for first, last in ranges(rows):
            self._keep(first, last)

    def _keep(self, first: int, last: int) -> None:
        if self._kept and first == self._kept[-1].last + 1:
            self._kept[-1].last = last
        elif self._has_room():
            self._kept.append(_Run(first, last, self._written))
        else:
            self._fold(("", "", "kept"), first, last)

    def withdraw(self, row: int) -> bool:
        """Take back that a row was kept; whether it was, as far as the log holds it."""
        i = bisect(self._kept, row, key=lambda run: run.first) - 1
        if i < 0 or self._kept[i].last < row:
            return False
        run = self._kept[i]
        parts = [_Run(run.first, row - 1, run.at), _Run(row + 1, run.last, run.at)]
        self._kept[i : i + 1] = [part for part in parts if part.first <= part.last]
        return True

    def merge(self, later: ImportLog) -> None:
        """Go on with the lines of rows that come after all of these, as if written here."""
        lines: list[tuple[int, int, int, LogEntry | RunKey | None]] = [
            *((at, row, row, entry) for row, at, entry in later._entries),
            *((run.at, run.first, run.last, None) for run in later._kept),
            *((r.at, r.first, r.last, key) for key, runs in later._runs.items() for r in runs),
        ]
        for _, first, last, line in sorted(lines, key=lambda line: line[0]):
            if line is None:
                self._keep(first, last)
            elif isinstance(line, LogEntry):
                self._enter(first, line)
            else:
                self._go_on(first, last, line)
        for key, rest in later._folded.items():
            self._fold(key, rest.first, rest.last, rest.rows)
        self._records |= later._records

    def lines(self, order: Mapping[str, int]) -> tuple[LogEntry, ...]:
        """In the order of the file, within a row in that of the rules.

        The same whatever the batches in which the rows came; that a row was kept is its last line.

        Args:
            order: rule → its place.
        """
        found = [(row, entry) for row, _, entry in self._entries]
        found += [(run.first, self._line(run, "", "", "", "kept", "")) for run in self._kept]
        for key, runs in self._runs.items():
            found += [(run.first, self._line(run, *key)) for run in runs]
        for (rule, column, action), rest in self._folded.items():
            reason = f"{rest.rows} more rows among these, not listed one by one"
            found.append((rest.first, self._line(rest, "", column, rule, action, reason)))

        def place(line: tuple[int, LogEntry]) -> tuple[int, int]:
            row, entry = line
            return row, order.get(entry.rule, len(order))

        return tuple(line for _, line in sorted(found, key=place))

    def _line(
        self, of: _Run | _Folded, sample_id: str, column: str, rule: str, action: str, reason: str
    ) -> LogEntry:
        span = str(of.first) if of.first == of.last else f"{of.first}-{of.last}"
        return LogEntry(self.file, span, sample_id, column, rule, action, "", reason)

    def _has_room(self) -> bool:
        """Whether a line fits, which then is taken."""
        if self.room.lines < 1:
            return False
        self.room.lines -= 1
        self._written += 1
        return True

    def _fold(
        self, key: tuple[str, str, str], first: int, last: int, rows: int | None = None
    ) -> None:
        rest = self._folded.setdefault(key, _Folded(first, last))
        rest.first, rest.last = min(first, rest.first), max(last, rest.last)
        rest.rows += last - first + 1 if rows is None else rows


def ranges(rows: Sequence[int] | Rows) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers.

    >>> ranges([2, 3, 4, 7])
    [(2, 4), (7, 7)]
    """
    array = np.asarray(rows, dtype=np.int64)
    if not array.size:
        return []
    breaks = np.flatnonzero(np.diff(array) != 1)
    first = array[np.concatenate(([0], breaks + 1))]
    last = array[np.concatenate((breaks, [array.size - 1]))]
    return list(zip(first.tolist(), last.tolist(), strict=True))
