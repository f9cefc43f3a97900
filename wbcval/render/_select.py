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
from wbcval.plots._verification import Funnel
from wbcval.results import Measurement, Results
from wbcval.stats._attainability import Attainability
from wbcval.stats._bland_altman import BlandAltman
from wbcval.stats._classification import Classification
from wbcval.stats._counting_noise import funnel_half_width
from wbcval.stats._error import LIMIT, SHARE, Acceptance, Error, relative_error
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
    key: str
    unit: str
    error: Error
    acceptance: Acceptance
    share: float
    covering: Estimate | None
    outcomes: tuple[Outcome, ...]
    outside: tuple[Outside, ...]

    @property
    def where(self) -> str:
        """The measurand, with its stratum unless that is all."""
        return self.subject if self.stratum == "all" else f"{self.subject} in {self.stratum}"

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
class Apart:
    """A stratum that stands off all samples: in what, its figure and theirs."""

    stratum: str
    what: str
    part: Measurement | None
    whole: Measurement | None


@dataclass(frozen=True, slots=True)
class Noise:
    """Samples inside counting noise, and how many chance alone would put there."""

    subject: str
    inside: Measurement
    expected: Measurement | None
    note: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Bland–Altman of one measurand: its measurements by statistic, and the points."""

    subject: str
    unit: str
    judged: bool
    rows: Mapping[str, Measurement]
    detail: BlandAltman | None

    def get(self, statistic: str) -> Measurement | None:
        return self.rows.get(statistic)

    @property
    def limits(self) -> tuple[Measurement, Measurement] | None:
        """The limits to read; ``None`` where none is reliable."""
        if self.detail is None or self.detail.recommended == "none":
            return None
        end = ":nonparametric" if self.detail.recommended == "nonparametric" else ""
        lower, upper = self.get(f"lower{end}"), self.get(f"upper{end}")
        return None if lower is None or upper is None else (lower, upper)


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

    @cached_property
    def ease(self) -> list[tuple[Outcome, Attainability]]:
        """Attainability of each criterion where there is something to say beyond "yes"."""
        found = self.results.attainability
        pairs = [(o, found[o.criterion.id]) for o in self.verdict.outcomes if o.criterion.id in found]
        return pairs if any(a.status != "yes" for _, a in pairs) else []

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

    def twin(self, v: Verification) -> str:
        """The percent measurand whose picture is the same: both × the reference's own WBC."""
        percent = v.subject.replace("#", "%")
        if not (v.error.pairs.shared_total and v.subject.endswith("#")) or v.acceptance.floor:
            return ""
        others = ((w.subject, w.stratum, w.key) for w in self.verifications)
        return percent if (percent, v.stratum, v.key) in others else ""

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
            key,
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

    @cached_property
    def notes(self) -> list[tuple[str, str]]:
        """What is said of the criteria, each sentence once, with the criteria it holds for."""
        said: dict[str, list[str]] = {}
        for o in self.verdict.outcomes:
            texts = [o.message] if o.status in (Status.INCONCLUSIVE, Status.NOT_ESTIMABLE) else []
            for text in (*texts, *o.notes):
                said.setdefault(text, []).append(o.criterion.id)
        everyone = len(self.verdict.outcomes)
        return [
            ("All" if len(ids) == everyone > 1 else ", ".join(ids), text)
            for text, ids in said.items()
        ]

    def without_reference(self, measurand: str) -> int:
        """Samples under study that the reference has no value for."""
        return int((~np.isfinite(self.study.values[measurand].reference)).sum())

    @cached_property
    def agreements(self) -> list[Agreement]:
        """Bland–Altman of every measurand, absolute differences."""
        found = []
        for subject in self.study.measurands:
            rows = {
                m.statistic: m for m in self.results.of("bland_altman") if m.subject == subject
            }
            if "bias" in rows:
                detail = self.results.detail("bland_altman", subject)
                judged = subject in self.judged
                found.append(Agreement(subject, UNITS[subject], judged, rows, detail))
        return found

    def agreement_groups(self, a: Agreement) -> dict[str, NDArray[np.bool_]]:
        """The strata to colour, over the differences."""
        pairs, kept = self.results.detail("error", a.subject).pairs, a.detail.kept
        return {name: mask[kept] for name, mask in self.groups(pairs).items()}

    @cached_property
    def noise(self) -> list[Noise]:
        """Share inside counting noise and its expectation, by measurand."""
        found = []
        for m in self.results.of("counting_noise"):
            if m.statistic == "share_within_noise":
                detail = self.results.detail("counting_noise", m.subject)
                expected = self.get("counting_noise", m.subject, "expected_share_within_noise")
                found.append(Noise(m.subject, m, expected, detail.note if detail else ""))
        return found

    def funnel(self, v: Verification) -> Funnel | None:
        """Counting noise alone at each sample; ``None`` where it does not apply or is unknown."""
        pairs = v.error.pairs
        if pairs.mode == "same-cells" or pairs.model_cells is None:
            return None
        if v.subject == "WBC":
            half = funnel_half_width(pairs.model_cells)
            return Funnel(-half, half)
        if not (v.subject.endswith("%") or pairs.shared_total):
            return None
        share = v.subject.replace("#", "%")  # the reference's total cancels in a relative error
        noise = self.results.detail("counting_noise", share, v.stratum)
        percent = self.results.detail("error", share, v.stratum)
        if noise is None or percent is None or noise.sample_ids != pairs.sample_ids:
            return None
        reference = percent.pairs.reference
        return Funnel(
            relative_error(reference, 100 * noise.first / pairs.model_cells),
            relative_error(reference, 100 * noise.last / pairs.model_cells),
        )

    def share_statistic(self, subject: str, stratum: str) -> str:
        """The share within that the first criterion asks for, where the stratum has it."""
        keys = [v.key for v in self.verifications if v.subject == subject]
        names = [f"share_within:{key}" for key in keys] + [f"share_within:{LIMIT:g}"]
        return next((n for n in names if self.get("error", subject, n, stratum)), names[-1])

    def apart(self, measure: str, subject: str, statistic: str, stratum: str) -> bool:
        """Whether the interval of a stratum lies wholly off the value of all samples."""
        part = self.get(measure, subject, statistic, stratum)
        whole = self.get(measure, subject, statistic)
        if part is None or whole is None or whole.estimate.value is None:
            return False
        low, high = part.estimate.low, part.estimate.high
        return low is not None and high is not None and not low <= whole.estimate.value <= high

    @cached_property
    def standing_apart(self) -> list[Apart]:
        """Every stratum whose share within, bias or accuracy stands off that of all samples."""
        asked = [("error", m, None, f"share of {m}") for m in self.judged]
        asked += [("bland_altman", m, "bias", f"bias of {m}") for m in self.judged]
        asked += [("classification", "all", "accuracy", "accuracy of the cells")]
        found = []
        for names in self.strata_columns.values():
            for stratum in names:
                for measure, subject, statistic, said in asked:
                    name = statistic or self.share_statistic(subject, stratum)
                    if self.apart(measure, subject, name, stratum):
                        part = self.get(measure, subject, name, stratum)
                        whole = self.get(measure, subject, name)
                        found.append(Apart(stratum, said, part, whole))
        return found

    def strata_rows(
        self, measure: str, subject: str, statistic: str, names: Sequence[str]
    ) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of a figure: each stratum, and whether it stands apart."""
        return [
            (s, self.get(measure, subject, statistic, s), self.apart(measure, subject, statistic, s))
            for s in names
        ]

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
