"""What a verdict covers: what was judged, and what was measured and not. STATISTICS.md §3.

Made once, beside the verdict, which carries it to every place that states it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from wbcval.judge import assumed, ends, gross, groups, levels, looser, mixes
from wbcval.judge.unjudged import FIGURES, PPV, SENSITIVITY, Unjudged, left
from wbcval.judge.unlisted import failing
from wbcval.measure.results import Results
from wbcval.protocol.types import Criterion
from wbcval.stats.functions.error import LIMIT, WITHIN
from wbcval.stats.statistic_name import StatisticName
from wbcval.study import declared, false_findings, missed_findings
from wbcval.study.ledger import CELLS, CLASSIFICATION, MOST, SAMPLES, Account, Ledger
from wbcval.study.ledger import NOTHING as NO_LEDGER
from wbcval.study.types import Study
from wbcval.values.classes import ABSTENTION, COUNTABLE
from wbcval.values.dummies import Dummy
from wbcval.values.measurands import WBC, class_of
from wbcval.values.told import Told, in_one_line
from wbcval.values.wording import all_of

_EVERYTHING = "over all classes"
_MANY = 3  # subjects of the same n of N, which then is said once
_FEW = 3  # classes that are named: "all" of so few is less than one thinks
_MOST = 6  # subjects of one statistic in a sentence; results.json has all


class JudgedSubject(str):
    """What a required criterion judges, as a verdict names it: ``NEUT%``, ``WBC in site=B``.

    Attributes:
        subject: measurand or class; "all" of a statistic over all classes.
        stratum: "all", or where alone.
    """

    subject: str
    stratum: str

    __slots__ = ("stratum", "subject")

    @classmethod
    def of(cls, criterion: Criterion) -> JudgedSubject:
        """By a criterion."""
        return cls._made(subject_of(criterion), criterion.subject, criterion.stratum)

    @classmethod
    def named(cls, name: str) -> JudgedSubject:
        """By a name alone, of which no criterion is known."""
        return cls._made(name, name, "all")

    @classmethod
    def _made(cls, name: str, subject: str, stratum: str) -> JudgedSubject:
        made = cls(name)
        made.subject, made.stratum = subject, stratum
        return made


@dataclass(frozen=True, slots=True)
class NotShown:
    """A measurand or class whose required criteria all passed, and a dummy's would too (§18).

    Attributes:
        subject: as among the judged, with its stratum.
        name: the measurand or class itself.
        dummy: the first of those that pass.
    """

    subject: str
    name: str
    dummy: Dummy


@dataclass(frozen=True, slots=True)
class Scope:
    """What a verdict covers.

    Attributes:
        judged: subjects of the required criteria that were compared, in their order, with the
            stratum where it is not all samples.
        not_judged: figures of what was measured that no required criterion holds, the worst first,
            then what was not compared.
        declared: what the protocol declares and a verdict could hide behind, in sentences without
            an end: classes counted as one, columns read as others.
        seen: what the data show beside the criteria, likewise: sites that fail, biases by the
            level, what columns say that nobody reads.
        marks: flags that every number of the study carries, or every one of its cells.
        looser: required bounds that are wider than the default ones.
        assumed: what is taken for granted, since no column tells it, likewise.
        not_shown: subjects that were judged by criteria which a dummy passes.
        miscounted: labels of no leukocyte of which more than 5 % of the cells were called one:
            ``240 of 240 nrbc``.
        ledger: where every sample and cell went.
    """

    judged: tuple[JudgedSubject, ...] = ()
    not_judged: tuple[Unjudged, ...] = ()
    declared: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    looser: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    miscounted: tuple[str, ...] = ()
    ledger: Ledger = NO_LEDGER

    @classmethod
    def from_json(cls, found: Mapping[str, Any], criteria: Iterable[Criterion]) -> Scope:
        """The scope that a ``results.json`` tells.

        Args:
            found: ``scope`` of the file.
            criteria: of its outcomes.

        Raises:
            KeyError, TypeError, ValueError: where it is none.
        """
        known = {name: name for name in map(JudgedSubject.of, criteria)}
        return cls(
            tuple(known.get(name) or JudgedSubject.named(name) for name in found["judged"]),
            tuple(
                Unjudged(u["subject"], StatisticName(u["statistic"]), u["value"], u["n"])
                for u in found["not_judged"]
            ),
            tuple(map(str, found["declared"])),
            tuple(map(str, found["seen"])),
            tuple(map(str, found["marks"])),
            tuple(map(str, found["looser"])),
            tuple(map(str, found["assumed"])),
            tuple(
                NotShown(n["subject"], n["name"], Dummy(n["dummy"])) for n in found["not_shown"]
            ),
            tuple(map(str, found["miscounted"])),
            Ledger.from_json(found["ledger"]),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """``scope`` of ``results.json``."""
        return {
            "judged": list(self.judged),
            "not_judged": [
                {"subject": u.subject, "statistic": u.statistic, "value": u.value, "n": u.n}
                for u in self.not_judged
            ],
            "declared": list(self.declared),
            "seen": list(self.seen),
            "marks": list(self.marks),
            "looser": list(self.looser),
            "assumed": list(self.assumed),
            "not_shown": [
                {"subject": n.subject, "name": n.name, "dummy": str(n.dummy)}
                for n in self.not_shown
            ],
            "miscounted": list(self.miscounted),
            "ledger": self.ledger.to_json(),
        }

    def without(self, not_shown: Sequence[NotShown], told: Iterable[str] = ()) -> Scope:
        """The same, these subjects moved from the judged to those that are not shown.

        Args:
            not_shown: what is moved.
            told: subjects of which something else was shown besides: they stay judged.
        """
        gone = {n.subject for n in not_shown} - {*told}
        kept = tuple(name for name in self.judged if name not in gone)
        return replace(self, judged=kept, not_shown=tuple(not_shown))

    @property
    def what(self) -> str:
        """What was judged, for a headline: ``WBC and NEUT%``; "" where nothing was.

        With n of N where not all that is listed was: ``NEUT% (21 of 60 samples)``.
        """
        # of one stratum there is no account
        accounts = [self._account(j) if j.stratum == "all" else None for j in self.judged]
        shares = ["" if a is None or a.judged == a.listed else a.share for a in accounts]
        names = [name.replace(_EVERYTHING, self._everything) for name in self.judged]
        if len({*shares}) == 1:
            return all_of(names) + _beside(shares[0])
        return _together(names, shares)

    @property
    def _everything(self) -> str:
        """How many classes "all" are, and which where they are few."""
        found = [a.subject for a in self.ledger.accounts if a.of == CELLS and a.judged]
        classes = [name for name in found if name in COUNTABLE]
        named = f" ({all_of(classes)})" if 0 < len(classes) <= _FEW else ""
        return f"over all {len(classes)} classes{named}" if classes else _EVERYTHING

    def _account(self, judged: JudgedSubject) -> Account | None:
        """The account of what was judged, of all samples."""
        if judged.subject == "all":
            return self.ledger.of("all", CELLS)
        return self.ledger.of(judged.subject, SAMPLES) or self.ledger.of(judged.subject, CELLS)

    @property
    def missing(self) -> str:
        """Samples and cells that are lost or left out of what was judged, in sentences."""
        found = [a for name in self.judged if (a := self._account(name)) is not None]
        of_cells = bool(found) and all(a.of == CELLS for a in found)
        if of_cells and (whole := self.ledger.of("all", SAMPLES)):
            found.append(whole)  # a sample without a cell is in no account of cells
        if any(a.of == CELLS for a in found) and (some := self.ledger.of(CLASSIFICATION)):
            found.append(some)
        subjects = dict.fromkeys((a.subject, a.of) for a in found)
        if any(a.subject != WBC for a in found):
            subjects |= dict.fromkeys(self.ledger.unscored)
        return self.ledger.said(subjects)

    @property
    def classless(self) -> bool:
        """Whether a classifier was judged on none of its classes."""
        about_classes = any(u.subject != WBC for u in self.not_judged)
        return about_classes and all(judged.subject == WBC for judged in self.judged)

    @property
    def unshown(self) -> str:
        """What is not shown, for a headline: ``not shown for BASO%``; "" where all is."""
        names = all_of([n.subject for n in self.not_shown])
        return f"not shown for {names}" if names else ""

    @property
    def findings(self) -> str:
        """Blasts and plasma cells found where none are, and missed, for a headline; "" if none."""
        falsely = false_findings.said(self.ledger.false_findings or ())
        missed = missed_findings.said(self.ledger.missed_findings or ())
        return "; ".join(filter(None, (missed, falsely)))

    @property
    def _passed_too(self) -> Iterator[Told]:
        """What would have passed too, a line for each dummy."""
        by: dict[Dummy, list[NotShown]] = {}
        for n in self.not_shown:
            by.setdefault(n.dummy, []).append(n)
        for dummy, found in by.items():
            lead = f"Not shown for {all_of([n.subject for n in found])}"
            yield Told(lead, (dummy.said([class_of(n.name) for n in found]),))

    @property
    def told(self) -> tuple[Told, ...]:
        """What was seen, declared, assumed, not shown and not judged; empty where nothing was."""
        others = false_findings.said_of_others(self.ledger.false_findings or ())
        missing, beside = self.missing, self.ledger.uncompared.said
        found = (
            Told("", (missing,) if missing else ()),
            Told("Also seen", self.seen, apart=True),
            Told("Declared", self.declared),
            Told("Looser than by default", (", ".join(self.looser),) if self.looser else ()),
            *self._passed_too,
            Told("Counted as leukocytes", (all_of(self.miscounted),) if self.miscounted else ()),
            Told("Positive findings, not judged", (others,) if others else ()),
            Told("", (beside,) if beside else ()),
            Told("Measured, not judged", tuple(self._figures)),
            Told("Not compared", tuple(self._absent)),
            Told("Taken for granted", self.assumed),
        )
        return tuple(each for each in found if each.lines)

    @property
    def _figures(self) -> Iterator[str]:
        measured = [u for u in self.not_judged if u.value is not None]
        for statistic, words in (
            (WITHIN, f"samples within {LIMIT:g} %"),
            (SENSITIVITY, "true cells found"),
            (PPV, "calls right (PPV)"),
        ):
            if figures := [u.figure for u in measured if u.statistic == statistic]:
                yield f"{_some(figures)} {words}"

    @property
    def _absent(self) -> Iterator[str]:
        if absent := [u.subject for u in self.not_judged if u.value is None]:
            yield all_of(absent)

    @property
    def said(self) -> str:
        """The same in one line."""
        return in_one_line(self.told)


def _together(names: Sequence[str], shares: Sequence[str]) -> str:
    """Names with their shares; a share of many stands once: ``A and B (1 of 2 samples each)``."""
    runs = [(share, [name for name, _ in run]) for share, run in groupby(
        zip(names, shares, strict=True), lambda pair: pair[1])]  # fmt: skip
    if max(len(run) for _, run in runs) < _MANY:
        return all_of([name + _beside(share) for name, share in zip(names, shares, strict=True)])
    return "; ".join(all_of(run) + _beside(share, each=len(run) > 1) for share, run in runs)


def _beside(share: str, each: bool = False) -> str:
    return f" ({share}{' each' if each else ''})" if share else ""


NOTHING = Scope()  # nothing was judged, or nobody said what


def scope_of(
    study: Study,
    results: Results,
    criteria: Iterable[Criterion],
    failing: Set[str] = frozenset(),
) -> Scope:
    """What a verdict on these criteria covers.

    Args:
        study: what was compared, and what was not.
        results: what was measured.
        criteria: all of them; optional ones judge nothing.
        failing: subjects of which a required one fails.
    """
    figures = [
        Unjudged(m.subject, m.statistic, m.estimate.value, m.n)
        for measure, statistic in FIGURES
        for m in results.of(measure)
        if m.statistic == statistic and (measure == "error" or m.n)
    ]
    criteria = tuple(criteria)
    required = [c for c in criteria if not c.optional and c.subject not in study.not_compared]
    # told here alone: a bundle lacks the steps of its values, and carries what was told of them
    far = gross.lines(study, required, failing)
    parts = groups.lines(study, required)  # nor do its tables tell the order of the rows
    return covering(figures, replace(study, seen=(*far, *parts, *study.seen)), criteria)


def covering(figures: Sequence[Unjudged], study: Study, criteria: Iterable[Criterion]) -> Scope:
    """The scope from the figures of everything measured.

    Args:
        figures: of each measurand and class that was measured.
        study: what was compared, and what was not, and its ledger.
        criteria: all of them; optional ones judge nothing.
    """
    criteria, not_compared = tuple(criteria), study.not_compared
    required = [c for c in criteria if not c.optional and c.subject not in not_compared]
    judged = dict.fromkeys(map(JudgedSubject.of, required))
    absent = [_not_compared(study, name) for name in not_compared]
    by_level = (*ends.lines(study, required), *levels.lines(study, required))
    seen = (*failing(study, criteria), *by_level, *mixes.lines(study, required), *study.seen)
    return Scope(
        tuple(judged),
        (*left(figures, study, required), *absent),
        tuple(dict.fromkeys((*study.declared, *declared.mix(study.protocol, required)))),
        tuple(dict.fromkeys(seen)),
        study.whole_marks,
        looser.lines(study, required),
        assumed.lines(study, required),
        miscounted=tuple(_miscounted(study)),
        ledger=study.ledger,
    )


def _not_compared(study: Study, name: str) -> Unjudged:
    """With its figure where the protocol alone leaves it out."""
    if name not in study.switched_off:
        return Unjudged(name, WITHIN, None)
    k, n = study.switched_off[name]
    return Unjudged(name, WITHIN, k / n, n)


def _miscounted(study: Study) -> Iterator[str]:
    """Cells that are no leukocytes and were called one: in no sensitivity, and in every share."""
    if study.counts is None:
        return
    first, total = study.counts.n_classes, study.counts.confusion.sum(axis=0)
    for i, label in enumerate(study.counts.labels[first:], first):
        cells, called = int(total[i].sum()), int(total[i, :first].sum())
        if label != ABSTENTION and called > MOST * cells:
            yield f"{called} of {cells} {label}"


def subject_of(criterion: Criterion) -> str:
    """What a criterion judges, with its stratum where that is not all samples."""
    where = "" if criterion.stratum == "all" else f" in {criterion.stratum}"
    everything = f"{criterion.statistic.replace('_', ' ')} {_EVERYTHING}"
    return (everything if criterion.subject == "all" else criterion.subject) + where


def _some(figures: Sequence[str]) -> str:
    more = len(figures) - _MOST
    return all_of(figures) if more <= 0 else f"{', '.join(figures[:_MOST])} (and {more} more)"
