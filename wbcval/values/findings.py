"""What the input check has to say: findings, the import log, and exclusions. All are values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wbcval.values._finding_table import ROWS, Goes

# rules that other rooms ask for: a label that neither its probabilities nor a stage bear out, and
# one that its own table says a model gave
UNEXPLAINED, LABEL_OF_MODEL = "label-unexplained", "label-of-model"
OF_ANALYZER = "result-of-analyzer"  # of the model's, by a column of its own table
STATE_UNREAD = "state-unread"  # a word of a column that says whether a row counts, in no list
INITIALS = "initials-or-model"  # AI, ML: a column of people's initials holds them
CONTRADICTED = "join-contradicted"  # rows joined by an id, and another column says wrongly


__all__ = [
    "CONTRADICTED",
    "INITIALS",
    "LABEL_OF_MODEL",
    "OF_ANALYZER",
    "STATE_UNREAD",
    "UNEXPLAINED",
    "Exclusion",
    "Finding",
    "Goes",
    "Kind",
    "LogEntry",
    "Severity",
    "told",
]


class Severity(StrEnum):
    """How far a finding reaches (DESIGN.md, severities)."""

    ERROR = "error"  # the run stops, exit 2
    EXCLUDE = "exclude"  # the row or value is left out and listed
    WARN = "warn"  # kept, and said


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that some rows broke.

    Attributes:
        table: the table's name (``cells``, ``counts``, ``reference``, ``samples``).
        file: base name of the file.
        rule: short stable name of the rule (``duplicate-id``).
        severity: see :class:`Severity`.
        column: the column as the file spells it, or "".
        rows: how many rows broke the rule.
        first_row: 1-based row in the file of the first, if it has one.
        got: what was found, the first example.
        advice: what to do.
    """

    table: str
    file: str
    rule: str
    severity: Severity
    column: str = ""
    rows: int = 1
    first_row: int | None = None
    got: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        if self.severity is not Severity.ERROR and self.rule not in ROWS:
            raise ValueError(f"{self.rule}: no row says where it goes (values/_finding_table.py)")

    @property
    def told(self) -> str:
        """As it stands beside a verdict, without an end."""
        row = ROWS[self.rule]
        rows = f" in {self.rows} row{'s' * (self.rows > 1)}" if row.counted else ""
        return f"{self.file}: {row.words or self.got}{rows}"

    def text(self) -> str:
        """Where · rule · got · what to do, in one line."""
        where = self.file
        if self.first_row is not None:
            where += f" row {self.first_row}"
        if self.column:
            where += f" column {self.column}"
        if self.rows > 1:
            where += f" (and {self.rows - 1} more)"
        return " · ".join(part for part in (where, self.rule, self.got, self.advice) if part)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of ``import-log.csv``; ``action``: kept, excluded, flagged or ignored."""

    file: str
    row: str  # "17", or "2-101" for a folded range of kept rows, or ""
    sample_id: str
    column: str
    rule: str
    action: str
    value: str
    reason: str


def told(findings: Iterable[Finding], goes: Goes) -> tuple[str, ...]:
    """What stands beside the verdict, each once.

    Args:
        findings: of all tables.
        goes: which of the sentences.
    """
    return tuple(
        dict.fromkeys(f.told for f in findings if f.rule in ROWS and ROWS[f.rule].goes is goes)
    )


class Kind(StrEnum):
    """What became of a sample or cell that is not judged, and of one whose result was replaced."""

    LOST = "lost"  # a reference, and no result of the model
    EXCLUDED = "excluded"  # by the protocol
    UNREFERENCED = "unreferenced"  # nothing to compare with
    UNLISTED = "unlisted"  # of the reference alone, and not in the samples table
    COPIED = "copied"  # every value of another sample, which counts
    INVALID = "invalid"  # the table of samples calls it no valid one
    NO_SAMPLE = "no_sample"  # a result on both sides, under the name of a control or a summary
    UNREAD = "unread"  # a result without an id, or above the column names
    UNLABELLED = "unlabelled"  # no true class
    UNUSABLE = "unusable"  # a cell that its file gives no use
    SUPERSEDED = "superseded"  # judged, by another of its results


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A sample (or one measurand of it) left out of the comparison, and why."""

    sample_id: str
    subject: str  # a measurand, or "all"
    reason: str
    kind: Kind = Kind.UNREFERENCED
