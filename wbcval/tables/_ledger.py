"""The book kept while a table passes the door: findings, import log, exclusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wbcval.findings import Exclusion, Finding, LogEntry, Severity
from wbcval.tables import _rules

_ACTION = {Severity.ERROR: "excluded", Severity.EXCLUDE: "excluded", Severity.WARN: "flagged"}
_LONGEST = 60  # characters of a cell that are quoted back
_COLUMNS = 4  # named in one finding


@dataclass
class _Broken:
    """One rule: the first example, and all columns and rows it met."""

    got: str
    columns: dict[str, None] = field(default_factory=dict)  # in the order met
    rows: set[int] = field(default_factory=set)
    unlisted: int = 0  # rows only counted

    def finding(self, table: str, file: str, rule: str, column: str) -> Finding:
        said = _rules.findings(table)[rule]
        first = min(self.rows) if self.rows else None
        rows = max(len(self.rows) + self.unlisted, 1)
        return Finding(table, file, rule, said.severity, column, rows, first, self.got, said.advice)


@dataclass
class Ledger:
    """Findings and log of one table of one file.

    Attributes:
        table: ``cells``, ``counts``, ``reference``, ``samples``.
        file: base name.
        spelt: our column -> the column as the file spells it.
        exclusions: samples and values left out.
    """

    table: str
    file: str
    spelt: dict[str, str] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    _broken: dict[tuple[str, str], _Broken] = field(default_factory=dict)
    _entries: list[tuple[int, LogEntry]] = field(default_factory=list)

    def severity(self, rule: str) -> Severity:
        """How far a rule reaches in this table."""
        return _rules.findings(self.table)[rule].severity

    @property
    def has_errors(self) -> bool:
        """Whether an error was found so far."""
        return any(self.severity(rule) is Severity.ERROR for rule, _ in self._broken)

    def say(
        self, rule: str, got: str, *, column: str = "", row: int | None = None, rows: int = 1
    ) -> None:
        """A finding about the file, a column, or rows that are only counted.

        Errors are kept apart by column; other rules become one finding over all their columns.
        """
        spelt = self.spelt.get(column, column)
        key = (rule, spelt if self.severity(rule) is Severity.ERROR else "")
        broken = self._broken.setdefault(key, _Broken(got))
        if spelt:
            broken.columns[spelt] = None
        if row is not None:
            broken.rows.add(row)
            rows -= 1
            broken.unlisted += rows

    def value(
        self, rule: str, row: int, sample_id: str, column: str, text: str, reason: str
    ) -> None:
        """One value, or one row (``column`` = ""), that broke a rule."""
        text = clip(text)
        self.say(rule, text or reason, column=column, row=row)
        severity = self.severity(rule)
        self._write(row, sample_id, column, rule, _ACTION[severity], text, reason)
        if severity is Severity.EXCLUDE and self.table != "cells" and sample_id:
            self.exclusions.append(Exclusion(sample_id, column or "all", reason))

    def superseded(self, row: int, sample_id: str, reason: str) -> None:
        """A record of a sample for which another record counts."""
        self.say("superseded", reason, row=row)
        self._write(row, sample_id, "", "superseded", "ignored", "", reason)

    def ignore(self, row: int, sample_id: str, reason: str) -> None:
        """A record that is no sample's: no finding, a line in the log."""
        self._write(row, clip(sample_id), "", "not-a-sample", "ignored", "", reason)

    def kept(self, rows: NDArray[np.int64]) -> None:
        """The rows that passed, folded into ranges."""
        for first, last in ranges(rows):
            text = str(first) if first == last else f"{first}-{last}"
            entry = LogEntry(self.file, text, "", "", "", "kept", "", "")
            self._entries.append((first, entry))

    def findings(self) -> tuple[Finding, ...]:
        """Errors first, then exclusions, then warnings; each in the order met."""
        found = []
        for (rule, _), broken in self._broken.items():
            names = list(broken.columns)
            more = f" and {len(names) - _COLUMNS} more" if len(names) > _COLUMNS else ""
            column = ", ".join(names[:_COLUMNS]) + more
            found.append(broken.finding(self.table, self.file, rule, column))
        order = list(Severity)
        return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))

    def log(self) -> tuple[LogEntry, ...]:
        """The log in the order of the file."""
        return tuple(entry for _, entry in sorted(self._entries, key=lambda pair: pair[0]))

    def _write(
        self, row: int, sample_id: str, column: str, rule: str, action: str, value: str, reason: str
    ) -> None:
        spelt = self.spelt.get(column, column)
        self._entries.append(
            (row, LogEntry(self.file, str(row), sample_id, spelt, rule, action, value, reason))
        )


def ranges(rows: Sequence[int] | NDArray[np.int64]) -> list[tuple[int, int]]:
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


def clip(text: str) -> str:
    """A cell short enough to be quoted back."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
