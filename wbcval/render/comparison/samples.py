"""Samples and strata that moved from the baseline to the candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from wbcval.gating.compare.types import BASELINE, Change, Flips, Moved
from wbcval.render._basis import ComparisonBasis
from wbcval.render._change import named
from wbcval.render._section import Section
from wbcval.render._words import listing, plural
from wbcval.render.comparison.changes import Changes
from wbcval.values.measurands import subject_unit
from wbcval.values.strata import Stratum
from wbcval.values.wording import difference_unit, fixed, unit_text

MOST_ON_TOP, MOST_IDS, MOST_LOST, MOST_STRATA = 8, 50, 10, 30


@dataclass(frozen=True, slots=True)
class Crossed:
    """Samples of one measurand that crossed its limit, one way."""

    subject: str
    limit: str
    way: str
    sample_ids: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that are named."""
        return self.sample_ids[:MOST_IDS]

    @property
    def unnamed(self) -> int:
        """How many are not."""
        return len(self.sample_ids) - len(self.shown)


class Movements:
    """Selections and sentences on what moved."""

    def __init__(self, basis: ComparisonBasis) -> None:
        self.changes, self.comparison = basis.of(Changes), basis.comparison
        self.most_on_top, self.most_lost = MOST_ON_TOP, MOST_LOST

    @cached_property
    def crossed(self) -> list[Crossed]:
        """Samples that fell outside first, then those that came within."""
        out = [_crossed(f, "within → outside", f.outside_now) for f in self.comparison.flips]
        back = [_crossed(f, "outside → within", f.within_now) for f in self.comparison.flips]
        return [c for c in (*out, *back) if c.sample_ids]

    @property
    def fell(self) -> list[str]:
        """Samples that fell outside a limit, each once."""
        return list(dict.fromkeys(i for f in self.comparison.flips for i in f.outside_now))

    @property
    def flip_sentence(self) -> str:
        """How many samples crossed a limit, and which way."""
        flips = self.comparison.flips
        if not self.comparison.paired:
            return "Unpaired: no sample can be followed from the baseline to the candidate."
        if not flips:
            return "No share of samples within a limit was compared, so no sample can cross one."
        fell = sum(len(f.outside_now) for f in flips)
        came = sum(len(f.within_now) for f in flips)
        if not fell and not came:
            return "No sample crossed the limit, in either direction."
        subjects = listing([f.subject for f in flips if f.outside_now or f.within_now])
        return (
            f"{plural(fell, 'sample')} fell outside the limit and {came} came within it "
            f"({subjects}; a sample counts once for each measurand)."
        )

    @property
    def errors(self) -> list[Flips]:
        """Measurands whose samples' errors were tested."""
        return [f for f in self.comparison.flips if f.errors is not None]

    @staticmethod
    def p(flips: Flips) -> str:
        """The p of that test."""
        found = 1.0 if flips.errors is None else flips.errors.p
        return "< 0.001" if found < 0.001 else fixed(found, 3)

    @cached_property
    def lost(self) -> list[tuple[Change, tuple[Moved, ...]]]:
        """What was judged of the cells, worst first, with the samples that lost in it.

        Once for each statistic of a class: over all samples, where that was judged.
        """
        first: dict[tuple[str, str], Change] = {}
        found = [j.change for j in self.changes.against(BASELINE) if j.change.moved]
        for c in sorted(found, key=lambda c: c.stratum != "all"):
            if c.measure == "classification":
                first.setdefault((c.subject, c.statistic), c)
        ordered = sorted(first.values(), key=lambda c: (c.subject == "all", found.index(c)))
        return [(c, c.moved) for c in ordered]

    @cached_property
    def strata(self) -> Mapping[str, list[Change]]:
        """Column of the samples table → changes in its strata, those that moved first."""
        columns: dict[str, list[Change]] = {}
        for c in self.comparison.changes:
            if c.against == BASELINE and c.stratum != "all":
                columns.setdefault(Stratum(c.stratum).column, []).append(c)
        return {column: sorted(found, key=_moved_first) for column, found in columns.items()}

    def listed(self, found: list[Change]) -> list[Change]:
        """As many as a table shows; those that moved down are shown whatever their number."""
        lower = sum(c.direction == "lower" for c in found)
        return found[: max(MOST_STRATA, lower if lower <= 3 * MOST_STRATA else 0)]

    @property
    def strata_sentence(self) -> str:
        """Which strata moved, and in what."""
        every = [c for found in self.strata.values() for c in found]
        if not every:
            return "No stratum was compared by itself."
        lower = [c for c in every if c.direction == "lower"]
        higher = [c for c in every if c.direction == "higher"]
        if not lower and not higher:
            return "No stratum moved measurably, their number considered."
        down = f"Measurably down: {_by_stratum(lower)}." if lower else "None is measurably down."
        return f"{down} Up: {_by_stratum(higher)}." if higher else down


def _by_stratum(found: list[Change]) -> str:
    """``site=B (sensitivity of monocyte)``, each stratum once."""
    strata: dict[str, list[Change]] = {}
    for c in found:
        strata.setdefault(c.stratum, []).append(replace(c, stratum="all"))
    return listing([f"{stratum} ({named(some)})" for stratum, some in strata.items()])


def _crossed(flips: Flips, way: str, ids: tuple[str, ...]) -> Crossed:
    name, unit = flips.statistic, unit_text(difference_unit(subject_unit(flips.subject)))
    said = f"±{name.parameter}\N{NO-BREAK SPACE}%" + (
        f" or {name.floor:.15g} {unit}" if name.floor else ""
    )
    return Crossed(flips.subject, said, way, ids)


def _moved_first(change: Change) -> tuple[int, float]:
    value = change.change.value
    if value is None:
        return 3, 0.0
    return {"lower": 0, "higher": 1}.get(change.direction, 2), value


SECTION = Section(context={"movements": Movements})
