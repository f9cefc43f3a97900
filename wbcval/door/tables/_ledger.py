"""The book kept while a table passes the door: findings, import log, exclusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wbcval.door.tables import _rules
from wbcval.door.tables._log import ImportLog, Room
from wbcval.door.tables._types import Further, Second, Weight
from wbcval.values.findings import Exclusion, Finding, LogEntry, Severity

_ACTION = {Severity.ERROR: "excluded", Severity.EXCLUDE: "excluded", Severity.WARN: "flagged"}
_LONGEST = 60  # characters of a cell that are quoted back
_COLUMNS = 4  # named in one finding
_SEVERAL = frozenset(  # several examples are of use
    (
        "integer-class",
        "unknown-class",
        "not-a-sample",
        "stratum-dropped",
        "levels-alike",
        "unit-unstated",
        "passed-over-column",
        "state-unread",
        "unread-sheet",
        "extra-column",
        "identical-columns",
    )
)
_SECOND = "second-column"
_EXAMPLES, _REMEMBERED = 5, 1000  # quoted in one finding; told apart


@dataclass
class _Broken:
    """One rule: the first example, and all columns and rows it met."""

    examples: dict[str, None] = field(default_factory=dict)  # in the order met
    columns: dict[str, int] = field(default_factory=dict)  # with the first row of each, or 0
    first: int | None = None
    rows: set[int] = field(default_factory=set)  # of this batch: a row may break it in two columns
    counted: int = 0  # rows of earlier batches, and rows only counted

    def merge(self, later: _Broken, *, several: bool) -> None:
        """Go on with what broke it in rows that come after these; no batch is under way."""
        if several:
            room = _REMEMBERED - len(self.examples)
            more = [got for got in later.examples if got not in self.examples]
            self.examples |= dict.fromkeys(more[:room])
        elif not self.examples:
            self.examples = later.examples
        for name, row in later.columns.items():
            self.columns[name] = min(row, self.columns.get(name, row))
        if self.first is None:
            self.first = later.first
        self.counted += later.counted

    def finding(self, table: str, file: str, rule: str) -> Finding:
        said = _rules.findings(table)[rule]
        columns = _listed(sorted(self.columns, key=lambda name: self.columns[name]), _COLUMNS)
        got = _listed(list(self.examples), _EXAMPLES)
        rows = max(len(self.rows) + self.counted, 1)
        return Finding(
            table, file, rule, said.severity, columns, rows, self.first, got, said.advice
        )


@dataclass
class TableLog:
    """Findings and log of one table of one file, over all its batches.

    Attributes:
        table: ``cells``, ``counts``, ``reference``, ``samples``.
        file: base name.
        spelt: our column -> the column as the file spells it.
        exclusions: samples and values left out.
        room: of the log; what no longer fits is one line a rule, with the number of rows.
        recorded: a record of origin stands beside the file.
        reviewer: the column that says who labelled, where several did; "" else.
        seconds: column read and another one with answers to the same question -> how they differ.
        patients: sample -> its patients, of a table other than that of the samples.
        training: samples with a row of the model's training data; "" where a row names none.
        groups: column of too many levels for strata -> sample -> its level, which nobody names.
        levels: column of the allow-list in a table other than that of the samples -> sample -> its
            value, "" where it has several.
        invalid: sample -> what the table of samples says of it, where that is no valid one.
        versions: column that names a model or its version -> what it holds.
        passed_over: see :class:`wbcval.door.tables._types.Checked`.
        unread: likewise.
        labels: our column, a label as spelt and its class -> cells.
        further: likewise.
        weights: column that may say for how many cells a row stands -> what it holds.
        outside: sign (``%``, ``#``) -> columns of it that none of the five counts, as spelt.
    """

    table: str
    file: str
    spelt: dict[str, str] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    room: Room = field(default_factory=Room)
    recorded: bool = False
    passed_over: Counter[tuple[str, bool]] = field(default_factory=Counter)
    labels: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unread: Counter[tuple[str, bool]] = field(default_factory=Counter)
    outside: dict[str, str] = field(default_factory=dict)
    reviewer: str = ""
    patients: dict[str, dict[str, None]] = field(default_factory=dict)
    seconds: dict[tuple[str, str], Second] = field(default_factory=dict)
    training: set[str] = field(default_factory=set)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    levels: dict[str, dict[str, str]] = field(default_factory=dict)
    invalid: dict[str, str] = field(default_factory=dict)
    versions: dict[str, dict[str, None]] = field(default_factory=dict)
    further: Further = field(default_factory=Further)
    weights: dict[str, Weight] = field(default_factory=dict)
    _broken: dict[tuple[str, str], _Broken] = field(default_factory=dict)
    _log: ImportLog = field(init=False)

    def __post_init__(self) -> None:
        self._log = ImportLog(self.file, self.room)

    def next_batch(self) -> None:
        """The rows that follow are others than those so far."""
        for broken in self._broken.values():
            broken.counted += len(broken.rows)
            broken.rows.clear()

    def severity(self, rule: str) -> Severity:
        """How far a rule reaches in this table."""
        return _rules.findings(self.table)[rule].severity

    def patients_told(self) -> dict[str, tuple[str, ...]]:
        """Sample -> its patients, in the order met."""
        return {sample: tuple(names) for sample, names in self.patients.items()}

    def versions_told(self) -> dict[str, tuple[str, ...]]:
        """Column -> the models or versions that it names, in the order met."""
        return {column: tuple(names) for column, names in self.versions.items()}

    @property
    def has_errors(self) -> bool:
        """Whether an error was found so far."""
        return any(self.severity(rule) is Severity.ERROR for rule, _ in self._broken)

    def say(
        self, rule: str, got: str, *, column: str = "", row: int | None = None, rows: int = 1
    ) -> None:
        """A finding about the file, a column, or rows that are only counted.

        ``got`` is the example: the first, and for some rules the first few that differ. Errors are
        kept apart by column; other rules become one finding over all their columns.
        """
        spelt = self.spelt.get(column, column)
        key = (rule, spelt if self.severity(rule) is Severity.ERROR else "")
        broken = self._broken.setdefault(key, _Broken())
        if rule in _SEVERAL:
            if len(broken.examples) < _REMEMBERED:
                broken.examples[got] = None
        elif not broken.examples or (row is not None and row < (broken.first or row)):
            broken.examples = {got: None}
        if spelt:
            broken.columns[spelt] = min(row or 0, broken.columns.get(spelt, row or 0))
        if row is not None:
            broken.first = row if broken.first is None else min(row, broken.first)
            broken.rows.add(row)
        if rows > 1:
            broken.counted += rows if row is None else rows - 1

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

    def ignore(self, rows: NDArray[np.int64], sample_id: str, reason: str) -> None:
        """Rows that are no record of a sample: counted in a finding, and in the log by run."""
        said = f"{reason} ({sample_id!r})" if sample_id else reason
        self.say("not-a-sample", clip(said), row=int(rows[0]), rows=len(rows))
        self._write_runs(rows, clip(sample_id), "not-a-sample", "ignored", reason)

    def above(self, row: int, reason: str) -> None:
        """A row at the head of the file; a note of the importer's is the finding."""
        self._write(row, "", "", "not-a-record", "ignored", "", reason)

    def between(self, rows: NDArray[np.int64], reason: str) -> None:
        """Rows between the records that are none by their form: in the log, by run."""
        self._write_runs(rows, "", "not-a-record", "ignored", reason)

    def unused(self, rows: NDArray[np.int64], reason: str) -> None:
        """Rows that hold nothing that is compared: in the log, by run."""
        self._write_runs(rows, "", "not-used", "ignored", reason)

    def left_out(
        self, rule: str, rows: NDArray[np.int64], reason: str, *, column: str = ""
    ) -> None:
        """Rows without use whose finding is said elsewhere: in the log, by run."""
        self._write_runs(rows, "", rule, "excluded", reason, column)

    def kept(self, rows: NDArray[np.int64]) -> None:
        """The rows that passed, folded into ranges."""
        self._log.keep(rows)

    def of_one_record(self, lines: Mapping[int, NDArray[np.int64]]) -> None:
        """Records that stand on several rows of the file: the first row -> all of them."""
        self._log.of_one_record(lines)

    def withdraw(self, row: int) -> bool:
        """Take back that a row was kept; whether it was, as far as the log holds it."""
        return self._log.withdraw(row)

    def merge(self, later: TableLog) -> None:
        """Go on with what was found in rows that come after all of these, as if found here.

        Args:
            later: of the same table; it is not to be used afterwards.
        """
        self.next_batch()
        later.next_batch()
        for key, broken in later._broken.items():
            self._broken.setdefault(key, _Broken()).merge(broken, several=key[0] in _SEVERAL)
        for pair, second in later.seconds.items():
            self.seconds.setdefault(pair, Second(second.named)).merge(second)
        for sample, names in later.patients.items():
            self.patients.setdefault(sample, {}).update(names)
        for column, held in later.versions.items():
            self.versions.setdefault(column, {}).update(held)
        for column, of in later.levels.items():
            known = self.levels.setdefault(column, {})
            for sample, value in of.items():
                if known.setdefault(sample, value) != value:
                    known[sample] = ""
        for column, weight in later.weights.items():
            self.weights.setdefault(column, Weight()).merge(weight)
        for counter in ("passed_over", "unread", "labels"):
            getattr(self, counter).update(getattr(later, counter))
        for told in ("spelt", "outside", "groups", "invalid", "training"):
            getattr(self, told).update(getattr(later, told))
        self.further.merge(later.further)
        self.exclusions += later.exclusions
        self.reviewer = later.reviewer or self.reviewer
        self._log.merge(later._log)

    def findings(self) -> tuple[Finding, ...]:
        """Errors first, then exclusions, then warnings; each by its first row, then by its rule.

        The same whatever the batches in which the rows came.
        """
        found = [
            broken.finding(self.table, self.file, rule)
            for (rule, _), broken in self._broken.items()
        ]
        found += [self._second(*key, s) for key, s in self.seconds.items() if s.is_told]
        severities, rules = list(Severity), list(_rules.findings(self.table))

        def place(finding: Finding) -> tuple[int, int, int]:
            severity = severities.index(finding.severity)
            return severity, finding.first_row or 0, rules.index(finding.rule)

        return tuple(sorted(found, key=place))

    def _second(self, read: str, other: str, counts: Second) -> Finding:
        said = _rules.findings(self.table)[_SECOND]
        got = f"{read!r} is read, and {other!r} is not, which says otherwise in {counts.differ} of "
        got += f"{counts.both} rows"
        return Finding(
            self.table, self.file, _SECOND, said.severity, other, counts.differ, None, got,
            said.advice,
        )  # fmt: skip

    def log(self) -> tuple[LogEntry, ...]:
        """The log in the order of the file, within a row in the order of the rules.

        The same whatever the batches in which the rows came; that a row was kept is its last line.
        """
        return self._log.lines({rule: i for i, rule in enumerate(_rules.findings(self.table))})

    def _write_runs(
        self, rows: NDArray[np.int64], sample_id: str, rule: str, action: str, reason: str,
        column: str = "",
    ) -> None:  # fmt: skip
        spelt = self.spelt.get(column, column)
        self._log.write_runs(rows, (sample_id, spelt, rule, action, reason))

    def _write(
        self, row: int, sample_id: str, column: str, rule: str, action: str, value: str, reason: str
    ) -> None:
        spelt = self.spelt.get(column, column)
        entry = LogEntry(self.file, str(row), sample_id, spelt, rule, action, value, reason)
        # the record itself has no id else
        self._log.write(row, entry, whole=column in ("", "sample_id"))


def _listed(texts: list[str], most: int) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def clip(text: str) -> str:
    """A cell short enough to be quoted back."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
