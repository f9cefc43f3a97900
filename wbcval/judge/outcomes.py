"""What became of criteria: one outcome each, and the verdict on all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wbcval.judge.scope import NOTHING, Scope, subject_of
from wbcval.machine import input_json
from wbcval.measure.results import scale_of
from wbcval.protocol.types import NON_INFERIOR, AcceptedFlag, Criterion
from wbcval.values import notebook
from wbcval.values.dummies import Dummy
from wbcval.values.flags import FLAGS
from wbcval.values.one_line import quoted
from wbcval.values.told import Told, in_one_line
from wbcval.values.wording import DASH, FAILED, OPEN, PASSED, Scale, all_of

if TYPE_CHECKING:
    import pandas as pd

SAME_PREDICTIONS = "same_predictions"  # flag: the two models said the same of every cell
SAME_VALUES = "same_values"  # flag: they did so of one measurand
NOTHING_MOVED = frozenset((SAME_PREDICTIONS, SAME_VALUES))
BY_CHANCE = "not_after_holm"  # flag: worse by its interval, not after Holm's adjustment
NOTHING_SHOWN = "That shows nothing, for models that must fail would pass too."


class Status(StrEnum):
    """What became of one criterion."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_ESTIMABLE = "not_estimable"

    @property
    def symbol(self) -> str:
        """For whom colours do not tell."""
        return {"pass": PASSED, "fail": FAILED, "inconclusive": OPEN, "not_estimable": DASH}[self]

    @property
    def word(self) -> str:
        """As people write it."""
        return self.value.replace("_", " ")

    @property
    def written(self) -> str:
        """Symbol and word."""
        return f"{self.symbol} {self.word}"


class Decision(StrEnum):
    """What became of all of them; the exit code follows."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"

    @property
    def symbol(self) -> str:
        """For whom colours do not tell."""
        return {"accepted": PASSED, "rejected": FAILED, "inconclusive": OPEN}[self]

    @property
    def written(self) -> str:
        """Symbol and word."""
        return f"{self.symbol} {self.value}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One criterion, judged.

    Attributes:
        observed: the value; ``low``, ``high``: the bounds that decided, or beside which the
            observed value stands, at ``level``.
        hits: k and n of a share of samples, else ``None``.
        attainable: ``yes``, ``marginal``, ``no``, or ``None`` where it cannot be said.
        attainable_note: why, and what to ask instead, in words.
        unit: of the number.
        message: the outcome in one sentence.
        both_rules: status under ``observed`` and under ``demonstrated``, whichever decides.
        notes: further sentences (chance to pass, n needed).
        accepted: doubts of the number that the protocol accepts by name.
        dummies: models that looked at nothing, or too little, and would pass (§18).
        suspicious: whether it passed where a perfect classifier most likely would not.
    """

    criterion: Criterion
    status: Status
    observed: float | None
    low: float | None
    high: float | None
    level: float | None
    n: int
    unit: str
    message: str
    hits: tuple[int, int] | None = None
    attainable: str | None = None
    attainable_note: str = ""
    both_rules: Mapping[str, Status] | None = None
    notes: tuple[str, ...] = ()
    accepted: tuple[AcceptedFlag, ...] = ()
    dummies: tuple[Dummy, ...] = ()
    suspicious: bool = False

    @property
    def scale(self) -> Scale:
        """How people write the number and its bounds, and in which unit."""
        c = self.criterion
        return scale_of(c.measure, c.subject, c.statistic)

    @classmethod
    def from_json(cls, row: Mapping[str, Any], accepted: Sequence[AcceptedFlag] = ()) -> Outcome:
        """The outcome of a row of ``results.json``: what :meth:`to_json` wrote.

        Args:
            row: of ``outcomes``.
            accepted: of the whole file, which has the reasons.

        Raises:
            KeyError, TypeError, ValueError: where the row is none.
        """
        observed, low, high = (
            input_json.number_of(row, key) for key in ("observed", "low", "high")
        )
        return cls(
            Criterion.from_json(row), Status(row["status"]), observed, low, high,
            row["level"], row["n"], row["unit"], row["message"],
            hits=_hits(row["hits"]),
            attainable=row["attainable"],
            attainable_note=row["attainable_note"],
            both_rules=None
            if row["both_rules"] is None
            else {rule: Status(status) for rule, status in row["both_rules"].items()},
            notes=tuple(row["notes"]),
            accepted=tuple(
                a
                for flag in row["accepted_flags"]
                for a in accepted
                if a.flag == flag and a.subject == row["subject"]
            ),
            dummies=tuple(map(Dummy, row["dummies"])),
            suspicious=row["suspicious"],
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The row of ``results.json``."""
        return self.criterion.to_json() | {
            "status": str(self.status),
            **input_json.numbers(observed=self.observed, low=self.low, high=self.high),
            "level": self.level,
            "n": self.n,
            "unit": self.unit,
            "hits": None if self.hits is None else list(self.hits),
            "attainable": self.attainable,
            "attainable_note": self.attainable_note,
            "both_rules": None
            if self.both_rules is None
            else {rule: str(status) for rule, status in self.both_rules.items()},
            "dummies": [str(dummy) for dummy in self.dummies],
            "suspicious": self.suspicious,
            "accepted_flags": [a.flag for a in self.accepted],
            "message": self.message,
            "notes": list(self.notes),
        }


def _hits(found: Sequence[int] | None) -> tuple[int, int] | None:
    if found is None:
        return None
    k, n = found
    return k, n


def _counted(optional: Sequence[str]) -> str:
    return f"{len(optional)} optional criteri{'a' if len(optional) > 1 else 'on'}"


_COLUMNS = (
    "criterion",
    "measure",
    "subject",
    "stratum",
    "statistic",
    "status",
    "observed",
    "low",
    "high",
    "level",
    "min",
    "max",
    "rule",
    "optional",
    "n",
    "unit",
    "attainable",
    "attainable_note",
    "dummies",
    "suspicious",
    "accepted_flags",
    "message",
)


def _accepted(outcomes: Iterable[Outcome]) -> Told:
    """What the protocol accepted by name, with reasons as quotations (STATISTICS.md §15)."""
    names = dict.fromkeys(a for o in outcomes for a in o.accepted)
    said = (f"{a.subject}: {FLAGS[a.flag].words} ({quoted(a.reason)})" for a in names)
    return Told("Accepted by the protocol", tuple(said))


def suspicious_words(outcomes: Iterable[Outcome]) -> str:
    """Which criteria passed that a perfect classifier most likely would not (STATISTICS.md §18)."""
    found = [f"{o.criterion.subject} ({o.criterion.id})" for o in outcomes if o.suspicious]
    if not found:
        return ""
    return (
        f"Suspicious: {', '.join(found)} passed where even a perfect classifier would most likely "
        "not; look whether the two sides are two, and n_cells right."
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accepted, rejected or inconclusive, with the reason in one sentence.

    Attributes:
        notes: further sentences.
        scope: what was judged, and what was not; whoever states the verdict states both.
    """

    decision: Decision
    reason: str
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    scope: Scope = NOTHING

    @property
    def headline(self) -> str:
        """The decision and what it is on: ``accepted for WBC; none of its classes was judged``."""
        return str(self.decision) + self.on

    @property
    def on(self) -> str:
        """What follows the decision in the headline: what it is on; "" where nothing follows."""
        if self.decision is not Decision.ACCEPTED or not self.scope.judged:
            return ""
        said = f" for {self.scope.what}"
        said += "; none of its classes was judged" if self.scope.classless else ""
        more = (self.scope.unshown, self.scope.findings)
        return said + "".join(f"; {each}" for each in more if each)

    @property
    def failing(self) -> frozenset[str]:
        """Subjects of which a required criterion fails."""
        return frozenset(o.criterion.subject for o in self.required if o.status is Status.FAIL)

    def over(self, scope: Scope) -> Verdict:
        """The same verdict with what it covers, but for what is not shown."""
        changed = [
            subject_of(o.criterion) for o in self.required if o.criterion.rule == NON_INFERIOR
        ]
        return replace(self, scope=scope.without(self.scope.not_shown, changed))

    @property
    def beside(self) -> tuple[Told, ...]:
        """What stands beside the headline: as ``told``, without what it has said."""
        return self._beside if self.decision is Decision.ACCEPTED else self.told

    @property
    def covers(self) -> str:
        """The same in one line."""
        return in_one_line(self.beside)

    @property
    def told(self) -> tuple[Told, ...]:
        """What was judged, measured and not, optional criteria that failed, what was accepted."""
        found = self.scope.findings
        judged = (
            Told("Judged", (self.scope.what,) if self.scope.judged else ()),
            Told("", (f"{found[0].upper()}{found[1:]}.",) if found else ()),
        )
        return (*(each for each in judged if each.lines), *self._beside)

    @property
    def covered(self) -> str:
        """The same in one line."""
        return in_one_line(self.told)

    @property
    def _beside(self) -> tuple[Told, ...]:
        failed = [
            o.criterion.id
            for o in self.outcomes
            if o.criterion.optional and o.status is Status.FAIL
        ]
        optional = Told(f"{_counted(failed)} failed", (", ".join(failed),) if failed else ())
        # last, for they hold words of others
        own = (*self.scope.told, optional, _accepted(self.required))
        return tuple(each for each in own if each.lines)

    @property
    def accepted(self) -> tuple[AcceptedFlag, ...]:
        """Doubts that the protocol accepts by name, of the numbers that were judged."""
        return tuple(dict.fromkeys(a for o in self.outcomes for a in o.accepted))

    @property
    def required(self) -> tuple[Outcome, ...]:
        """Outcomes that the decision rests on."""
        return tuple(o for o in self.outcomes if not o.criterion.optional)

    @property
    def counted(self) -> str:
        """The reason in numbers, for a page that states each criterion below it."""
        count = len(self.required)
        statuses = [o.status for o in self.required]
        failed, passed = statuses.count(Status.FAIL), statuses.count(Status.PASS)
        open_ = count - failed - passed
        if open_ == count:
            return f"Not one of the {count} required criteria could be decided."
        words = {"failed": failed, "could not be decided": open_, "passed": passed}
        became = {word: found for word, found in words.items() if found}
        if len(became) == 1:
            said = f"All {count} required criteria {next(iter(became))}."
            accepted = failed or open_ or self.decision is Decision.ACCEPTED
            return said if accepted else f"{said} {NOTHING_SHOWN}"
        parts = [f"{found} {word}" for word, found in became.items()]
        return f"Of {count} required criteria {all_of(parts)}."

    @property
    def exit_code(self) -> int:
        """Of the command line (DESIGN.md, exit codes)."""
        return {Decision.ACCEPTED: 0, Decision.REJECTED: 1, Decision.INCONCLUSIVE: 3}[self.decision]

    def to_frame(self) -> pd.DataFrame:
        """One row per criterion, as in ``results.json``; its bound is ``min`` and ``max``.

        Dummies that pass, and accepted flags, are joined by ``;``.
        """
        import pandas as pd

        rows = []
        for outcome in self.outcomes:
            row = outcome.to_json()
            for key in ("dummies", "accepted_flags"):
                row[key] = ";".join(row[key])
            rows.append(row | row.pop("bound"))
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        numbers = ("observed", "low", "high", "level", "min", "max")
        return frame.astype(dict.fromkeys(numbers, "float64"))

    def __repr__(self) -> str:
        opening = f"Verdict: {self.decision.symbol} {self.headline}."
        return " ".join(filter(None, (opening, self.reason, self.covers)))

    def _repr_html_(self) -> str:
        """For a notebook: the decision, its reason, and each criterion in a sentence."""
        rows = [
            (
                o.criterion.id + (" (optional)" if o.criterion.optional else ""),
                o.status.written,
                o.message,
                o.attainable or "",
            )
            for o in self.outcomes
        ]
        return notebook.block(
            f"Verdict: {self.decision.symbol} {self.headline}",
            notebook.paragraph(self.reason),
            notebook.paragraph(self.covers),
            notebook.table(("criterion", "status", "finding", "attainable"), rows, ".to_frame()"),
            *map(notebook.paragraph, self.notes),
        )
