"""Which of the results a section shows, and in which order. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wbcval.classes import UNITS
from wbcval.criteria import Outcome, Status, Verdict
from wbcval.estimate import Estimate
from wbcval.plots._cloud import GROUP_COLOURS
from wbcval.results import Measurement, Results
from wbcval.stats._classification import Classification
from wbcval.stats._error import LIMIT, SHARE, Acceptance, Error
from wbcval.stats._metric import Pairs
from wbcval.study import Study

MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Outside:
    """One sample outside the limit; a technical failure has no model value and no error."""

    sample_id: str
    reference: float
    model: float | None
    error: float | None
    cells: float | None
    flags: str


@dataclass(frozen=True)
class Verification:
    """What one verification plot and its table show.

    Attributes:
        key: parameters of the share within (``10``, ``10:or_within=0.1``).
        share: the required share P, of the covering error.
        outcomes: the criteria judged on it; empty for a measurand judged otherwise.
        outside: worst first, technical failures before, all of them.
    """

    subject: str
    stratum: str
    unit: str
    error: Error
    acceptance: Acceptance
    share: float
    covering: Estimate | None
    outcomes: tuple[Outcome, ...]
    outside: tuple[Outside, ...]

    @property
    def infinite(self) -> int:
        return int(np.isinf(self.error.signed).sum())

    @property
    def failures(self) -> int:
        return self.error.pairs.technical_failures

    @property
    def unresolvable(self) -> int:
        return int(self.acceptance.unresolvable.sum())


@dataclass(frozen=True)
class Reason:
    """Samples left out for one reason."""

    subject: str
    reason: str
    sample_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One cell of the confusion matrix: its count, and its part of the row."""

    count: int
    share: float | None
    diagonal: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One true class of the confusion matrix."""

    label: str
    total: int
    cells: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The confusion matrix as a table; labels without any cell on that side are left out."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Selection:
    """Views of the results, one method a section."""

    study: Study
    results: Results
    verdict: Verdict
    most_listed: int = field(default=MOST_LISTED, init=False)

    @cached_property
    def required(self) -> list[Outcome]:
        return [o for o in self.verdict.outcomes if not o.criterion.optional]

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Measurands under a criterion, in the order of the study."""
        named = {o.criterion.subject for o in self.verdict.outcomes}
        return tuple(m for m in self.study.measurands if m in named)

    @cached_property
    def unattainable(self) -> list[Outcome]:
        return [o for o in self.verdict.outcomes if o.attainable in ("no", "marginal")]

    def unit(self, measurand: str) -> str:
        return UNITS[measurand]

    def with_status(self, status: str) -> list[Outcome]:
        return [o for o in self.verdict.outcomes if o.status is Status(status)]

    @cached_property
    def verifications(self) -> list[Verification]:
        """One for each limit under criterion; the industry limit where there is none."""
        by_limit: dict[tuple[str, str, str], list[Outcome]] = {}
        for outcome in self.verdict.outcomes:
            c = outcome.criterion
            if c.subject not in self.study.values:
                continue
            if c.measure == "error" and c.statistic.startswith("share_within:"):
                key = c.measured_as.partition(":")[2]
                by_limit.setdefault((c.subject, c.stratum, key), []).append(outcome)
        for subject in self.judged:
            if not any(found[0] == subject for found in by_limit):
                by_limit[subject, "all", f"{LIMIT:g}"] = []
        order = {name: i for i, name in enumerate(self.study.measurands)}
        found = (
            self._verification(*key, tuple(outcomes))
            for key, outcomes in sorted(by_limit.items(), key=lambda item: order[item[0][0]])
        )
        return [v for v in found if v is not None]

    def _verification(
        self, subject: str, stratum: str, key: str, outcomes: tuple[Outcome, ...]
    ) -> Verification | None:
        detail = self.results.detail("error", subject, stratum)
        if detail is None or key not in detail.acceptances:
            return None
        criteria = [o.criterion for o in outcomes if o.criterion.min is not None]
        name = criteria[0].companions[-1] if criteria else f"covering_error:{SHARE:g}"
        found = self.results.get("error", subject, name, stratum)
        return Verification(
            subject,
            stratum,
            UNITS[subject],
            detail,
            detail.acceptances[key],
            (criteria[0].min if criteria else None) or SHARE,
            found.estimate if found else None,
            outcomes,
            tuple(self._outside(subject, stratum, detail, detail.acceptances[key])),
        )

    def _outside(
        self, subject: str, stratum: str, detail: Error, acceptance: Acceptance
    ) -> Iterator[Outside]:
        values, pairs = self.study.values[subject], detail.pairs
        if pairs.technical_failures:
            for i in np.flatnonzero(values.lost & self.study.strata[stratum]):
                name = self.study.sample_ids[i]
                yield Outside(name, float(values.reference[i]), None, None, None, "no model result")
        order = np.argsort(-acceptance.errors, kind="stable")
        cells = pairs.model_cells
        for i in order[~acceptance.within[order]]:
            name = pairs.sample_ids[i]
            flags = [values.sample_flags[name]] if name in values.sample_flags else []
            if acceptance.unresolvable[i]:
                flags.append("reference too coarse")
            yield Outside(
                name,
                float(pairs.reference[i]),
                float(pairs.model[i]),
                float(detail.signed[i]),
                None if cells is None else float(cells[i]),
                ", ".join(flags),
            )

    @cached_property
    def classification(self) -> Classification | None:
        found: Classification | None = self.results.detail("classification", "all")
        return found

    @cached_property
    def confusion(self) -> Matrix | None:
        found = self.classification
        if found is None:
            return None
        counts = found.confusion
        true, called = counts.sum(axis=1), counts.sum(axis=0)
        columns = np.flatnonzero((called > 0) | (true > 0))
        rows = []
        for i in np.flatnonzero((true > 0) | (np.arange(len(true)) < found.n_classes)):
            total = int(true[i])
            cells = (
                Share(int(counts[i, j]), counts[i, j] / total if total else None, bool(i == j))
                for j in columns
            )
            rows.append(Row(found.labels[i], total, tuple(cells)))
        return Matrix(tuple(found.labels[j] for j in columns), tuple(rows))

    @cached_property
    def sensitivities(self) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of the figure: class, sensitivity, never marked."""
        found = self.classification
        names = [c.name for c in found.classes] if found else []
        return [(name, self.get("classification", name, "sensitivity"), False) for name in names]

    def without_reference(self, measurand: str) -> int:
        """Samples under study that the reference has no value for."""
        return int((~np.isfinite(self.study.values[measurand].reference)).sum())

    @cached_property
    def strata_columns(self) -> Mapping[str, tuple[str, ...]]:
        """Column of the samples table → its strata."""
        columns: dict[str, list[str]] = {}
        for name in self.results.strata:
            if name != "all":
                columns.setdefault(name.partition("=")[0], []).append(name)
        return {column: tuple(names) for column, names in columns.items()}

    def groups(self, pairs: Pairs, stratum: str = "all") -> dict[str, NDArray[np.bool_]]:
        """The strata to colour: those of the first column with few enough of them."""
        if stratum != "all":
            return {}
        ids = np.array(pairs.sample_ids, dtype=object)
        every = np.array(self.study.sample_ids, dtype=object)
        for names in self.strata_columns.values():
            if len(names) <= len(GROUP_COLOURS):
                return {name: np.isin(ids, every[self.study.strata[name]]) for name in names}
        return {}

    def get(
        self, measure: str, subject: str, statistic: str, stratum: str = "all"
    ) -> Measurement | None:
        return self.results.get(measure, subject, statistic, stratum)

    def measures(self, prefix: str) -> list[str]:
        """Measures of that name and its variants, in order of appearance."""
        names = dict.fromkeys(m.measure for m in self.results.measurements)
        return [name for name in names if name == prefix or name.startswith(prefix + "_")]

    @cached_property
    def exclusions(self) -> list[Reason]:
        """Exclusions by measurand and reason."""
        ids: dict[tuple[str, str], list[str]] = {}
        for e in self.study.exclusions:
            ids.setdefault((e.subject, e.reason), []).append(e.sample_id)
        return [Reason(s, reason, tuple(found)) for (s, reason), found in ids.items()]

    def excluded_samples(self) -> list[str]:
        return list(dict.fromkeys(e.sample_id for e in self.study.exclusions if e.subject == "all"))

    @cached_property
    def failures(self) -> list[tuple[str, list[str]]]:
        """Measurand and its samples with a reference but no model result."""
        ids = np.array(self.study.sample_ids, dtype=object)
        found = ((m, list(ids[v.lost])) for m, v in self.study.values.items())
        return [(m, names) for m, names in found if names]


def apart(estimate: Estimate | None, whole: Estimate | None) -> bool:
    """Whether an interval lies wholly off the value of the whole study."""
    if estimate is None or whole is None or whole.value is None:
        return False
    if estimate.low is None or estimate.high is None:
        return False
    return not estimate.low <= whole.value <= estimate.high


def first(found: Sequence[Outcome]) -> Outcome | None:
    """The first outcome, if any."""
    return found[0] if found else None
