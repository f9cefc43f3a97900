"""What the gate judged, as a reader meets it: in words and pictures, the worst first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup

from wbcval.gating.compare.needs import losses_said
from wbcval.gating.compare.types import ANCHOR, BASELINE, Change
from wbcval.gating.compare.written import exactly, lower_bounds, scaled, shown, size, unit_of
from wbcval.judge.outcomes import BY_CHANCE, Outcome, Status
from wbcval.plots.pictures.changes import ChangeRow, changes
from wbcval.plots.scene import BLUE, GREEN, VERMILLION
from wbcval.plots.svg import svg
from wbcval.render._basis import ComparisonBasis
from wbcval.render._change import name, named
from wbcval.render._planned import Plan
from wbcval.render._section import Section
from wbcval.render._words import badge, status
from wbcval.values.wording import DASH, FAILED, OPEN, PASSED, with_unit

_WORDS = {  # symbol and class of colour, the worst first
    "worse": (FAILED, "fail"),
    "inconclusive": (OPEN, "inconclusive"),
    "not worse": (PASSED, "pass"),
    "identical": ("=", "pass"),
}
_COLOURS = {"pass": GREEN, "fail": VERMILLION, "inconclusive": BLUE}
_HOLM = (
    "its interval says worse, but among so many comparisons one such loss is expected by chance "
    "(Holm)"
)
MOST_DRAWN = 60


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A change, what became of it, and its word."""

    change: Change
    outcome: Outcome
    word: str

    @property
    def optional(self) -> bool:
        """Whether its result does not count."""
        return self.outcome.criterion.optional

    @property
    def margin(self) -> float:
        """Δ, in the statistic's unit."""
        return -(self.outcome.criterion.min or 0.0)

    @property
    def margin_text(self) -> str:
        """Δ exactly as it was asked for, with its unit."""
        return exactly(self.change, self.margin)

    @property
    def badge(self) -> Markup:
        """Symbol, word and class of colour."""
        return _badge(self.word)

    @property
    def detectable(self) -> str:
        """The loss that a "not worse" would have caught, to two digits."""
        change = self.change
        if self.word != "not worse" or change.detectable is None:
            return DASH
        return size(change, change.detectable)

    @property
    def bounds(self) -> str:
        """Both lower bounds, and the share of samples that could have failed unseen."""
        told = lower_bounds(self.change, self.margin)
        return DASH if told is None else f"{told.spread} / {told.whole}"

    @property
    def unseen(self) -> str:
        """That share, or "" where the bounds cannot be said."""
        told = lower_bounds(self.change, self.margin)
        return "" if told is None else with_unit(told.unseen, "%")

    @property
    def reason(self) -> str:
        """Why it is not decided as its interval reads, or why a number is missing."""
        if self.word == "inconclusive" and BY_CHANCE in self.change.change.flags:
            return _HOLM
        return self.change.change.reason


class Changes:
    """What the gate judged, for tables, pictures and sentences."""

    def __init__(self, basis: ComparisonBasis) -> None:
        self.comparison = basis.comparison
        self.most_drawn = MOST_DRAWN

    @cached_property
    def judged(self) -> list[JudgedChange]:
        """Every change with a margin: required ones first, of these the worst."""
        found = [
            JudgedChange(self.comparison.change_of[o.criterion.id], o, self.comparison.word(o))
            for o in self.comparison.verdict.outcomes
            if o.criterion.id in self.comparison.change_of
        ]
        return sorted(found, key=_rank)

    def against(self, side: str) -> list[JudgedChange]:
        """Those against one side, the worst first."""
        return [j for j in self.judged if j.change.against == side]

    @property
    def tables(self) -> list[tuple[str, list[JudgedChange]]]:
        """The sides that the candidate was judged against, with what was judged."""
        return [(s, rows) for s in (BASELINE, ANCHOR) if (rows := self.against(s))]

    def sentence(self, side: str = BASELINE) -> str:
        """How many changes are not worse, and which are not."""
        found = [j for j in self.against(side) if not j.optional]
        if not found:
            return f"Nothing was judged against the {side}: no margin applies to these data."
        parts = []
        for word in _WORDS:
            group = [j for j in found if j.word == word]
            if group:
                which = (
                    ""
                    if word in ("not worse", "identical")
                    else f" ({named(replace(j.change, against=BASELINE) for j in group)})"
                )
                parts.append(f"{len(group)} {word}{which}")
        many = "change" if len(found) == 1 else "changes"
        return f"{len(found)} required {many} against the {side}: {', '.join(parts)}."

    @cached_property
    def stops(self) -> list[Outcome]:
        """Required outcomes that decide against a pass; none where the reason tells the only one.

        The failed ones, else the open ones; of a change that both the baseline and the anchor
        stop, the baseline's alone.
        """
        verdict = self.comparison.verdict
        found = verdict.required
        if len(found) < 2:
            return []
        failed = [o for o in found if o.status is Status.FAIL]
        told = failed or [o for o in found if o.status is not Status.PASS]
        keys = [self._key(o) for o in told]
        return [
            o
            for i, o in enumerate(told)
            if not (self.against_anchor(o) and (BASELINE, *keys[i][1:]) in keys)
        ]

    def _key(self, outcome: Outcome) -> tuple[str, ...]:
        change = self.comparison.change_of.get(outcome.criterion.id)
        return (outcome.criterion.id,) if change is None else change.key

    def against_anchor(self, outcome: Outcome) -> bool:
        """Whether a criterion is on a change from the anchor."""
        change = self.comparison.change_of.get(outcome.criterion.id)
        return change is not None and change.against == ANCHOR

    def badge(self, outcome: Outcome) -> Markup:
        """The word of a change, or the status of another criterion."""
        if outcome.criterion.id not in self.comparison.change_of:
            return status(outcome.status)
        return _badge(self.comparison.word(outcome))

    @cached_property
    def drawn(self) -> list[tuple[str, Markup]]:
        """Title and drawing of the changes against each side, one for each unit."""
        found = []
        for side, rows in self.tables:
            units: dict[str, list[JudgedChange]] = {}
            for j in rows:
                if j.change.change.value is not None:
                    units.setdefault(unit_of(j.change), []).append(j)
            for unit, some in units.items():
                title = f"Changes against the {side}, in {unit}"
                axis = f"Change, {unit}"
                drawn = changes([_row(j) for j in some[:MOST_DRAWN]], title=title, axis=axis)
                found.append((title, Markup(svg(drawn))))  # noqa: S704 (plots escape)
        return found

    @property
    def crowded(self) -> bool:
        """Whether a picture shows less than all."""
        return any(len(rows) > MOST_DRAWN for _, rows in self.tables)

    @property
    def has_errors(self) -> bool:
        """Whether any change is of something of which less is better."""
        return any(not c.scale.percent for c in self.comparison.changes)

    @property
    def losses(self) -> str:
        """How losses are taken to strike."""
        return losses_said(self.comparison.candidate)

    @property
    def methods(self) -> list[str]:
        """How the intervals of what was judged were made, each once."""
        return list(dict.fromkeys(filter(None, (j.change.change.method for j in self.judged))))


def _badge(word: str) -> Markup:
    symbol, kind = _WORDS[word]
    return badge(kind, symbol, word)


def _rank(judged: JudgedChange) -> tuple[bool, int]:
    order = {"worse": 0, "inconclusive": 1}
    return judged.optional, order.get(judged.word, 3 - bool(judged.change.measurable_loss))


def _row(judged: JudgedChange) -> ChangeRow:
    change = judged.change
    symbol, kind = _WORDS[judged.word]
    said = shown(change, judged.margin)
    scale = change.difference.factor
    e = scaled(change.change, scale)
    assert e.value is not None  # noqa: S101 (rows without one are not drawn)
    return ChangeRow(
        label=f"{symbol} {name(change)}",
        value=e.value,
        low=e.low,
        high=e.high,
        margin=scale * judged.margin,
        text=f"{said.number} ({said.interval})" if said.interval else said.number,
        colour=_COLOURS[kind],
    )


SECTION = Section(context={"changes": Changes, "plan": Plan})
