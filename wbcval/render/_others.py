"""Whatever else was measured: nothing in the results stays out of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wbcval import _plugins
from wbcval.render._scope import Scope
from wbcval.render._words import listing

_ELSEWHERE = (
    "error", "classification", "bland_altman", "bland_altman_percent", "attribution",
    "counting_noise",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """One measure: its statistics with their titles, and its subjects with their method."""

    measure: str
    titles: Mapping[str, str]
    methods: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.measure.replace("_", " ")


@dataclass(frozen=True)
class Others:
    """Measures that no section of their own shows."""

    scope: Scope

    @cached_property
    def tables(self) -> list[Table]:
        titles: dict[str, dict[str, str]] = {}
        methods: dict[str, dict[str, str]] = {}
        for m in self.scope.results.measurements:
            if m.stratum == "all" and m.measure not in _ELSEWHERE:
                titles.setdefault(m.measure, {})[m.statistic] = _title(m.measure, m.statistic)
                of = methods.setdefault(m.measure, {})
                of[m.subject] = of.get(m.subject) or m.estimate.method
        return [Table(measure, titles[measure], methods[measure]) for measure in titles]

    @property
    def sentence(self) -> str:
        return (
            f"Also measured, beside the sections above: {listing([t.name for t in self.tables])}."
        )


def _title(measure: str, statistic: str) -> str:
    base, _, parameter = statistic.partition(":")
    metrics: tuple[Any, ...] = _plugins.load("wbcval.stats", "METRIC")
    measures = {name: known for metric in metrics for name, known in metric.measures.items()}
    about = measures.get(measure, {}).get(base)
    title = about.title if about else base.replace("_", " ")
    return f"{title} ({parameter})" if parameter else title
