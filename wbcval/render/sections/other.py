"""Whatever else was measured: nothing in the results stays out of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from wbcval.measure.results import statistic_of
from wbcval.render._basis import Selections
from wbcval.render._section import Section, sections
from wbcval.render._words import listing
from wbcval.stats.statistic_name import StatisticName

_NAMES: Mapping[str, str] = {}  # measures whose home is here, in words


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """One measure: its statistics with their titles; its subjects with their method."""

    measure: str
    titles: Mapping[str, str]
    methods: Mapping[str, str]

    @property
    def name(self) -> str:
        """The measure in words."""
        return _NAMES.get(self.measure) or self.measure.replace("_", " ").capitalize()


class Others(Selections):
    """Measures that no section of their own shows."""

    @cached_property
    def tables(self) -> list[MeasureTable]:
        """One for each measure, in the order of the results."""
        titles: dict[str, dict[str, str]] = {}
        methods: dict[str, dict[str, str]] = {}
        others = (s for s in sections("sections").values() if s is not SECTION)
        elsewhere = {measure for section in others for measure in section.measures}
        for m in self.basis.results.measurements:
            if m.stratum == "all" and m.measure not in elsewhere:
                titles.setdefault(m.measure, {})[m.statistic] = _title(m.measure, m.statistic)
                of = methods.setdefault(m.measure, {})
                of[m.subject] = of.get(m.subject) or m.estimate.method
        return [MeasureTable(m, titles[m], methods[m]) for m in titles]

    @property
    def sentence(self) -> str:
        """Which measures these are."""
        names = listing([t.name for t in self.tables])
        return f"Also measured, beside the sections above: {names}."


def _title(measure: str, statistic: StatisticName) -> str:
    about = statistic_of(measure, statistic)
    title = about.title if about else statistic.base.replace("_", " ")
    return f"{title} ({statistic.rest})" if statistic.rest else title


SECTION = Section(context={"others": Others}, measures=tuple(_NAMES))
