"""What the door hands over, and how it is asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from wbcval.values.findings import Exclusion, Finding, LogEntry


@dataclass(frozen=True)
class ReadOptions:
    """What the protocol says about reading a file.

    Attributes:
        columns: ours = theirs; ours is a field (``sample_id``), a measurand (``NEUT#``), or
            ``probability_<class>``.
        units: unit of a measurand, or of a column as the file spells it.
        class_map: label as text -> class name; it wins over the vocabulary.
        duplicates: which of several rows of a sample counts: ``last``, ``first`` (valid ones);
            ``None``: an analyzer's own rule, else an error.
        sheet: the sheet of a workbook.
        read_elsewhere: its sheets that are read as something else.
        strata: columns of the samples table that the protocol asks for.
        rollup: which classes a measurand counts where a table has them apart.
        batch_rows: about how many cells a batch holds.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    class_map: Mapping[str, str] = field(default_factory=dict)
    duplicates: str | None = None
    sheet: str | None = None
    strata: tuple[str, ...] = ()
    rollup: str = "full"
    batch_rows: int = 250_000
    read_elsewhere: frozenset[str] = frozenset()


_MOST_NAMES = 1000  # of devices and people in a column
_MOST_APART = 0.9  # of the labels of two readers


@dataclass
class Second:
    """A column beside the one that is read, over all batches.

    Attributes:
        named: told by its name, or by numbers that follow those of the other.
        filled: rows in which it holds something. both: and both columns an answer.
        differ: of these, rows in which the two differ.
    """

    named: bool
    filled: int = 0
    both: int = 0
    differ: int = 0

    def merge(self, other: Second) -> None:
        """Count what another one has counted in other rows."""
        self.named = self.named or other.named
        self.filled += other.filled
        self.both += other.both
        self.differ += other.differ

    @property
    def is_told(self) -> bool:
        """Whether it answers the same question, and otherwise.

        By what it holds alone: not the second guess of each cell, which is hardly ever the first.
        """
        alike = 2 * self.both >= self.filled and self.differ <= _MOST_APART * self.both
        return self.differ > 0 and (self.named or alike)


@dataclass
class Weight:
    """What a column holds that may say for how many cells a row stands, over all batches.

    Attributes:
        words: some is no number.
        whole: all numbers are whole.
        falls: from one row to the next it did not rise, whatever their samples.
        first, last: numbers of all; NaN where there is none.
        rows: with a number.
        samples: sample → what its rows hold.
    """

    @dataclass(frozen=True, slots=True)
    class Of:
        """The numbers of a sample: of its first and last row, the least, the largest, the sum."""

        first: float
        last: float
        low: float
        high: float
        total: float
        rows: int
        fell: bool  # from one of its rows to the next it did not rise

    words: bool = False
    whole: bool = True
    falls: bool = False
    first: float = math.nan
    last: float = math.nan
    rows: int = 0
    samples: dict[str, Of] = field(default_factory=dict)

    def take(self, sample: str, later: Of) -> None:
        """Go on with further rows of a sample."""
        if known := self.samples.get(sample):
            later = Weight.Of(
                known.first,
                later.last,
                min(known.low, later.low),
                max(known.high, later.high),
                known.total + later.total,
                known.rows + later.rows,
                known.fell or later.fell or later.first <= known.last,
            )
        self.samples[sample] = later

    def merge(self, later: Weight) -> None:
        """Go on with rows that come after all of these."""
        self.words = self.words or later.words
        self.falls = self.falls or later.falls or later.first <= self.last
        self.first = later.first if math.isnan(self.first) else self.first
        self.last = self.last if math.isnan(later.last) else later.last
        self.whole = self.whole and later.whole
        self.rows += later.rows
        for sample, of in later.samples.items():
            self.take(sample, of)


WITHIN = "% within"  # after the name of a part of a class that one of the five counts
UNLISTED = "="  # before the name of a column of codes that no list knows


@dataclass
class Further:
    """What columns that no number is made of say of the rows, over all batches.

    Attributes:
        identities: what is identified (``patient``; of a column that no list knows its name after
            :data:`UNLISTED`) and the column as spelt → sample → a hash of what it holds, of an age
            the years + 1, 0 where that is several things.
        joined: column by which cells could be joined and are not → how many pairs it contradicts,
            and of how many.
        kinds: column as spelt, and what it says of what a row is (``= edited``) → rows.
        groups: what such rows are to a flag (``edited``), and the column as spelt → rows.
        makers: column that names a device, a method or a source → what it holds → rows.
        suspect: samples whose white cells an analyzer calls suspect -> what it says, as spelt.
        unread: column that nothing is made of, as spelt → a few of its numbers; "" for words.
        rows: with an id.
    """

    identities: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    joined: dict[str, tuple[int, int]] = field(default_factory=dict)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)
    makers: dict[str, Counter[str]] = field(default_factory=dict)
    suspect: dict[str, dict[str, None]] = field(default_factory=dict)
    unread: dict[str, dict[str, None]] = field(default_factory=dict)
    rows: int = 0

    def merge(self, later: Further) -> None:
        """Go on with what other rows say."""
        for column, of in later.identities.items():
            known = self.identities.setdefault(column, {})
            for sample, value in of.items():
                if known.setdefault(sample, value) != value:
                    known[sample] = 0
        self.joined |= later.joined
        self.kinds.update(later.kinds)
        self.groups.update(later.groups)
        for name, held in later.makers.items():
            self.add_maker(name, held)
        for sample, said in later.suspect.items():
            self.suspect.setdefault(sample, {}).update(said)
        for name, some in later.unread.items():
            self.unread.setdefault(name, {}).update(some)
        self.rows += later.rows

    def add_maker(self, column: str, held: Mapping[str, int]) -> None:
        """Count the rows of names in such a column; of so many that they are no names, the first.

        Args:
            column: as spelt. held: name → rows.
        """
        known = self.makers.setdefault(column, Counter())
        for name, rows in held.items():
            if name in known or len(known) < _MOST_NAMES:
                known[name] += rows


@dataclass(frozen=True)
class Checked:
    """A table that went through the door: clean typed rows, and everything there was to say.

    Attributes:
        name: ``cells``, ``counts``, ``reference`` or ``samples``.
        file: base name.
        sha256: of the file.
        dialect: ``csv``, ``sysmex-xn``, ``sysmex-xs``, ``parquet``, ``excel`` …
        frame: the clean rows. *cells*: ``sample_id``, ``cell_id``, ``predicted_class``,
            ``true_class`` (optional, NA where blank), ``stage`` (optional, "" where blank),
            ``probability_<class>``, ``level_<column>`` of scanners, lots and the like, ``row``; ids
            of samples, classes and stages by category.
            *counts*, *reference*: ``sample_id``, measurands as float64 in canonical units (NaN
            where there is none), ``blast%`` … of classes that no measurand counts, ``n_cells``
            (optional), ``flags`` (``NEUT#:*;WBC:@``).
            *samples*: ``sample_id``, ``patient_id`` (optional), strata as text.
        findings: what broke a rule.
        log: the import log of this table.
        exclusions: samples and values left out, with the reason.
        units: per measurand, the unit as stated in the file or protocol; ``""`` if unstated.
        resolution: per measurand, the step of the printed values, in the canonical unit; computed
            columns have none.
        measurands: the measurand columns present.
        rows: how many rows passed; those of a table of cells go by in batches.
        columns: ours -> the column as the file spells it.
        patients: sample → patients that the table says it is of; blanks are left out.
        labels: our column, a label as spelt and its class → cells.
        versions: column of predictions that names a model or its version → what it holds.
        superseded: measurand → samples of which another, differing result does not count.
        passed_over: id, and whether the results are a statistic of the other rows (a mean) →
            records that hold results and are no samples by their name or mode.
        unread: id, and whether it has the form of the others' → records with results that are read
            as no sample's: without an id ("", counted together), or above the column names.
        training: samples with a row of the model's training data; "" where a row names none.
        groups: column of a table with too many levels for strata → sample → its level,
            which is for comparing and never printed.
        levels: column of a table other than that of the samples → sample → its site, scanner ….
        invalid: sample → what a table of samples says of it, where that is no valid one.
        further: what columns that no number is made of say of the rows.
    """

    name: str
    file: str
    sha256: str
    dialect: str
    frame: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    log: tuple[LogEntry, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    resolution: Mapping[str, float] = field(default_factory=dict)
    measurands: tuple[str, ...] = ()
    rows: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    superseded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    patients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passed_over: Mapping[tuple[str, bool], int] = field(default_factory=dict)
    unread: Mapping[tuple[str, bool], int] = field(default_factory=dict)
    training: frozenset[str] = frozenset()
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    levels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    invalid: Mapping[str, str] = field(default_factory=dict)
    further: Further = field(default_factory=Further)
