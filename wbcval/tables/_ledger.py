"""The book kept while a table passes the door: findings, import log, exclusions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wbcval.findings import Exclusion, Finding, LogEntry, Severity
from wbcval.tables import _rules

_ACTION = {Severity.ERROR: "excluded", Severity.EXCLUDE: "excluded", Severity.WARN: "flagged"}
_LONGEST = 60  # characters of a cell that are quoted back


@dataclass
class _Count:
    rows: int
    first_row: int | None
    got: str


@dataclass
class Ledger:
    """Findings and log of one table of one file.

    Attributes:
        table: ``cells``, ``counts``, ``reference``, ``samples``.
        file: base name.
        spelt: our column -> the column as the file spells it.
    """

    table: str
    file: str
    spelt: dict[str, str] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    _counts: dict[tuple[str, str], _Count] = field(default_factory=dict)
    _entries: list[tuple[int, LogEntry]] = field(default_factory=list)

    def severity(self, rule: str) -> Severity:
        return _rules.findings(self.table)[rule].severity

    def say(
        self, rule: str, got: str, *, column: str = "", row: int | None = None, rows: int = 1
    ) -> None:
        """A finding about the file, or about rows that are logged elsewhere or not at all."""
        count = self._counts.setdefault((rule, self.spelt.get(column, column)), _Count(0, row, got))
        count.rows += rows

    def value(
        self, rule: str, row: int, sample_id: str, column: str, text: str, reason: str
    ) -> None:
        """One value, or one row (``column`` = ""), that broke a rule."""
        text = clip(text)
        self.say(rule, text or reason, column=column, row=row)
        self._write(row, sample_id, column, rule, _ACTION[self.severity(rule)], text, reason)
        if self.severity(rule) is Severity.EXCLUDE and self.table != "cells" and sample_id:
            self.exclusions.append(Exclusion(sample_id, column or "all", reason))

    def ignore(self, row: int, sample_id: str, rule: str, reason: str) -> None:
        """A record that is no sample's: no finding, a line in the log."""
        self._write(row, clip(sample_id), "", rule, "ignored", "", reason)

    def kept(self, rows: NDArray[np.int64]) -> None:
        """The rows that passed, folded into ranges."""
        for first, last in ranges(rows):
            text = str(first) if first == last else f"{first}-{last}"
            entry = LogEntry(self.file, text, "", "", "", "kept", "", "")
            self._entries.append((first, entry))

    def findings(self) -> tuple[Finding, ...]:
        """Errors first, then exclusions, then warnings; each in the order met."""
        rules = _rules.findings(self.table)
        found = [
            Finding(
                self.table, self.file, rule, rules[rule].severity, column,
                count.rows, count.first_row, count.got, rules[rule].advice,
            )
            for (rule, column), count in self._counts.items()
        ]  # fmt: skip
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


def ranges(rows: Sequence[int] | NDArray[np.int64]) -> Iterable[tuple[int, int]]:
    """First and last of each run of consecutive numbers.

    >>> list(ranges([2, 3, 4, 7]))
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
