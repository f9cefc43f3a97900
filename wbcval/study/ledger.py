"""Where every sample and every cell of a study went: listed = judged + lost + left out.

STATISTICS.md §18. Whatever says "left out", "lost" or "n of N" says it from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wbcval.stats.binomial import clopper_pearson
from wbcval.study.false_findings import FalseFinding
from wbcval.study.missed_findings import MissedFinding
from wbcval.study.uncompared import NONE, Uncompared
from wbcval.values.classes import ABSTENTION, NOT_COUNTABLE
from wbcval.values.findings import Kind

MOST = 0.05  # of what is listed; beyond it, the rest is no fair sample (§18)
MOST_TOGETHER = 0.12  # of all kinds, each of which is few
TOGETHER = "left_out_together"  # flag
_SURE = 0.9998  # two-sided: a class's own share lies beyond MOST, but for one chance in 10 000
SAMPLES, CELLS, FIELDS = "samples", "cells", "fields"
CLASSIFICATION = "classification"  # subject: the samples that have labelled cells
LOST, ABSTAINED, DISPUTED = str(Kind.LOST), "abstained", "disputed"  # flags
UNCOMPARED, FALSE_FINDINGS = "uncompared", "false_findings"  # likewise
MISSED_FINDINGS = "missed_findings"  # likewise

_WORDS: Mapping[Kind, str] = {
    Kind.LOST: "without a model result",
    Kind.EXCLUDED: "left out by the protocol",
    Kind.UNREFERENCED: "without a reference",
    Kind.UNLISTED: "not in the samples table",
    Kind.COPIED: "with every value of another one",
    Kind.INVALID: "marked as invalid in the samples table",
    Kind.NO_SAMPLE: "named as no sample",
    Kind.UNREAD: "with a result that is read as no sample's",
    Kind.UNLABELLED: "without a true class",
    Kind.UNUSABLE: "without use in the file",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Samples of one measurand, cells of one class, or the fields in which cells were looked for.

    Attributes:
        subject: measurand or class (of the true label); ``all``: the study's samples, or its cells;
            ``classification``: the samples with labelled cells, where of some of these none counts.
        of: ``samples``, ``cells`` or ``fields``.
        listed: by the list of samples, the reference or the predictions.
        judged: a value on both sides, or a true class: what the numbers rest on.
        gone: the others, by kind; ``lost`` is the model's, the rest is left out.
        superseded: samples for which one of several differing results counts; among the judged.

    Raises:
        ValueError: where it does not add up, which no input can cause.
    """

    subject: str
    of: str
    listed: int
    judged: int
    gone: Mapping[Kind, int] = field(default_factory=dict)
    superseded: int = 0

    def __post_init__(self) -> None:
        gone = {Kind.LOST: 0, **self.gone}  # in the order of a row: page and bundle say it alike
        object.__setattr__(self, "gone", {kind: n for kind, n in gone.items() if n})
        numbers = (self.listed, self.judged, self.superseded, *self.gone.values())
        total = self.judged + sum(self.gone.values())
        if min(numbers) < 0 or self.listed != total or self.of not in (SAMPLES, CELLS, FIELDS):
            raise ValueError(
                f"the ledger does not add up: {self.subject}, {self.listed} {self.of} listed, "
                f"{self.judged} judged, {self.lost} lost and {self.left_out} left out"
            )

    @property
    def lost(self) -> int:
        """A reference, and no result of the model."""
        return self.gone.get(Kind.LOST, 0)

    @property
    def left_out(self) -> int:
        """Neither judged nor lost."""
        return sum(n for kind, n in self.gone.items() if kind is not Kind.LOST)

    @property
    def flags(self) -> tuple[str, ...]:
        """Of the numbers that rest on it: what more than 5 % of the listed became of.

        And whether the kinds of which there are fewer are more than 12 % in all.
        """
        counted = {**self.gone, Kind.SUPERSEDED: self.superseded}
        counted.pop(Kind.UNUSABLE, None)  # of so many the input check says that the file is broken
        many = tuple(str(kind) for kind, n in counted.items() if n > MOST * self.listed)
        counted.pop(Kind.LOST, None)  # in shares of samples these lie outside
        few = sum(n for kind, n in counted.items() if str(kind) not in many)
        return (*many, *((TOGETHER,) if few > MOST_TOGETHER * self.listed else ()))

    @property
    def reasons(self) -> str:
        """What became of those not judged: ``39 left out by the protocol, 2 without …``."""
        said = [f"{n} {_WORDS[kind]}" for kind, n in self.gone.items()]
        if self.superseded:
            said.append(f"{self.superseded} with a result that another one supersedes")
        return ", ".join(said)

    @property
    def name(self) -> str:
        """For a table or a sentence."""
        if self.subject == "all":
            return f"All {self.of}"
        return "Samples with labelled cells" if self.subject == CLASSIFICATION else self.subject

    @property
    def share(self) -> str:
        """How many were judged: ``21 of 60 samples``."""
        return f"{self.judged} of {self.listed} {self.of}"

    def to_json(self) -> dict[str, Any]:
        """A row of ``ledger`` in ``results.json``."""
        gone = {str(kind): n for kind, n in self.gone.items() if kind is not Kind.LOST}
        return {
            "subject": self.subject, "of": self.of, "listed": self.listed, "judged": self.judged,
            "lost": self.lost, "left_out": gone, "superseded": self.superseded,
        }  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Account:
        """The account that a row tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        gone = {Kind.LOST: row["lost"], **{Kind(kind): n for kind, n in row["left_out"].items()}}
        return cls(row["subject"], row["of"], row["listed"], row["judged"], gone, row["superseded"])


@dataclass(frozen=True, slots=True)
class Called:
    """Cells of the samples under study by what the model called them.

    Attributes:
        label: after the roll-up.
        cells: all of them.
        unlabelled: of these, without a true class, or with "unclassified" for one.
        leukocytes: of these, with the true class of a countable leukocyte.
    """

    label: str
    cells: int
    unlabelled: int = 0
    leukocytes: int = 0

    def __post_init__(self) -> None:
        if (
            min(self.unlabelled, self.leukocytes, self.cells - self.unlabelled - self.leukocytes)
            < 0
        ):
            raise ValueError(f"the ledger does not add up: cells called {self.label}")


@dataclass(frozen=True)
class Ledger:
    """All accounts of a study; the same on page, console, in JSON and in the gate.

    Attributes:
        accounts: that of all samples first, then of measurands, of all cells and of classes. Cells
            have accounts where any has a true class.
        called: the model's cells, by label.
        selected: the cells without a true class are called otherwise than the others of their
            samples, which no chance explains.
        uncompared: what either side counts and no percentage of the study compares.
        false_findings: pathological cells in samples of which nothing tells that they have any;
            ``None`` in a file of a version that did not look for them.
        missed_findings: blasts and plasma cells that samples have and the model does not find;
            likewise.
    """

    accounts: tuple[Account, ...] = ()
    called: tuple[Called, ...] = ()
    selected: bool = False
    uncompared: Uncompared = NONE
    false_findings: tuple[FalseFinding, ...] | None = ()
    missed_findings: tuple[MissedFinding, ...] | None = ()

    def of(self, subject: str, what: str = SAMPLES) -> Account | None:
        """The account of a measurand or class, or ``None``."""
        return next((a for a in self.accounts if (a.subject, a.of) == (subject, what)), None)

    def marks(self, subject: str, what: str, *, same_cells: bool = False) -> tuple[str, ...]:
        """Flags of every number on a measurand (``samples``) or class (``cells``).

        Args:
            subject: measurand or class.
            what: which of the two.
            same_cells: the values of samples are made of the labelled cells.
        """
        own = self.of(subject, what)
        found = [*(own.flags if own else ())]
        if what == CELLS and (samples := self.of(CLASSIFICATION)):
            found += samples.flags  # few cells may be many samples
        if what == CELLS or same_cells:
            found += self._of_no_class
        if subject != "WBC" and self.refused > MOST * self.leukocytes:
            found.append(ABSTAINED)
        if subject != "WBC" and any(LOST in a.flags for a in self._images):
            found.append(LOST)  # of the cells that the percentages are made of
        if subject != "WBC" and what == SAMPLES and self.uncompared.many:
            found.append(UNCOMPARED)
        if subject != "WBC":
            many = (f for f in self.false_findings or () if f.many and f.malignant)
            found += [FALSE_FINDINGS if f.known else UNCOMPARED for f in many]
            found += [MISSED_FINDINGS for f in self.missed_findings or () if f.many]
        return tuple(dict.fromkeys(found))

    @property
    def _images(self) -> list[Account]:
        """Of all that cells come from."""
        return [a for of in (CELLS, FIELDS) if (a := self.of("all", of)) is not None]

    @property
    def unscored(self) -> list[tuple[str, str]]:
        """Those of these accounts that lost some."""
        return [(a.subject, a.of) for a in self._images if a.lost]

    @property
    def _of_no_class(self) -> tuple[str, ...]:
        """Flags of cells that could be of any class: without a true class, or of absent samples.

        The first are many in all, or among those called one class.
        """
        cells, samples = self.of("all", CELLS), self.of("all", SAMPLES)
        if cells is None:
            return ()
        open_ = sum(c.unlabelled for c in self.called)
        many = open_ > MOST * sum(c.cells for c in self.called) or any(
            c.unlabelled and clopper_pearson(c.unlabelled, c.cells, _SURE)[0] > MOST
            for c in self.called
        )
        # of these the classes' own accounts tell
        known = (Kind.EXCLUDED, Kind.INVALID, Kind.UNREFERENCED, Kind.UNLISTED, Kind.COPIED)
        found = [flag for flag in cells.flags if flag not in known]
        found += samples.flags if samples else ()  # of those without a cell no class tells
        return tuple(dict.fromkeys((*found, *([str(Kind.UNLABELLED)] if many else []))))

    def could_be_misses(self, subject: str) -> int:
        """Cells without a true class that a model may have missed, where these are selected.

        Those that it called the class can be no misses of it.

        Args:
            subject: class, or ``all``.
        """
        if not self.selected:
            return 0
        return sum(c.unlabelled for c in self.called if c.label != subject)

    @property
    def _open(self) -> list[Called]:
        return [c for c in self.called if c.label in NOT_COUNTABLE]

    @property
    def leukocytes(self) -> int:
        """Judged cells whose true class is a countable leukocyte."""
        return sum(c.leukocytes for c in self.called)

    @property
    def refused(self) -> int:
        """Of these, those that the model left unclassified or called no leukocyte."""
        return sum(c.leukocytes for c in self.called if c.label in NOT_COUNTABLE)

    def said(self, subjects: Iterable[tuple[str, str]]) -> str:
        """What is not judged, of the subjects that a verdict is on, in sentences.

        Args:
            subjects: of accounts, with ``samples`` or ``cells``.
        """
        own = [a for s in subjects if (a := self.of(*s)) is not None]
        many = sum(c.cells for c in self._open) > MOST * sum(c.cells for c in self.called)
        said = (self._gone(own), self.unlabelled, self.no_leukocyte if many else "")
        return " ".join(filter(None, said))

    def _gone(self, accounts: Iterable[Account]) -> str:
        by_words: dict[str, list[str]] = {}
        for a in accounts:
            unlabelled_alone = a.of == CELLS and {k for k, n in a.gone.items() if n} == {
                Kind.UNLABELLED
            }
            if a.reasons and not unlabelled_alone:  # which are told by class
                by_words.setdefault(f"of {a.listed} {a.of}, {a.reasons}", []).append(a.name)
        return " ".join(f"{', '.join(names)}: {words}." for words, names in by_words.items())

    @property
    def unlabelled(self) -> str:
        """Cells without a true class by what they were called; "" where there are none."""
        cells = self.of("all", CELLS)
        found = [(c.unlabelled, c.label) for c in self.called if c.unlabelled]
        if cells is None or not found:
            return ""
        total, listed = sum(n for n, _ in found), sum(c.cells for c in self.called)
        return f"{total} of {listed} cells without a true class are left out: {_listed(found)}."

    @property
    def no_leukocyte(self) -> str:
        """Cells called no leukocyte, or left open; "" where there are none."""
        found = [(c.cells, c.label) for c in self._open]
        if not found:
            return ""
        total, cells = sum(n for n, _ in found), sum(c.cells for c in self.called)
        said = f"{100 * total / cells:.1f} % of {cells} cells left unclassified or called no "
        said += f"leukocyte, so in no percentage: {_listed(found)}."
        return said

    def to_json(self) -> dict[str, Any]:
        """``ledger`` of ``results.json``."""
        return {
            "accounts": [a.to_json() for a in self.accounts],
            "called": [
                {"label": c.label, "cells": c.cells, "unlabelled": c.unlabelled,
                 "leukocytes": c.leukocytes}
                for c in self.called
            ],
            "selected": self.selected,
            "uncompared": self.uncompared.to_json(),
            "false_findings": [f.to_json() for f in self.false_findings or ()],
            "missed_findings": [f.to_json() for f in self.missed_findings or ()],
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Ledger:
        """The ledger that a ``results.json`` tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        return cls(
            tuple(Account.from_json(row) for row in found["accounts"]),
            tuple(
                Called(row["label"], row["cells"], row["unlabelled"], row["leukocytes"])
                for row in found["called"]
            ),
            found["selected"],
            Uncompared.from_json(found["uncompared"]),
            tuple(map(FalseFinding.from_json, found["false_findings"]))
            if "false_findings" in found
            else None,
            tuple(map(MissedFinding.from_json, found["missed_findings"]))
            if "missed_findings" in found
            else None,
        )  # fmt: skip


NOTHING = Ledger()


def _listed(found: Iterable[tuple[int, str]]) -> str:
    words = {ABSTENTION: "left unclassified"}
    return ", ".join(f"{n} {words.get(label, f'called {label}')}" for n, label in found)
