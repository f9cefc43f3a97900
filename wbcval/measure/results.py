"""What was measured, on its way to judge, report and files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wbcval.machine import input_json, plugins
from wbcval.stats.functions.attainability import Attainability
from wbcval.stats.functions.error import LIMIT, SHARE, WITHIN
from wbcval.stats.metric import Better, Statistic
from wbcval.stats.statistic_name import COVERING_ERROR, StatisticName
from wbcval.values import notebook
from wbcval.values.dummies import Dummy
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import subject_unit
from wbcval.values.reasons import NO_REASON, Reason
from wbcval.values.wording import Scale

if TYPE_CHECKING:
    import pandas as pd

_INFINITE = Reason("infinite")  # of a value that is, where it has no other
CHANGE = "_change"  # in the measure of a difference between two models: ``error_change``
Key = tuple[str, str, str, str]  # measure, subject, stratum, statistic


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of ``results.json``; (measure, subject, stratum, statistic) is unique.

    ``unit`` is that of the number, ``title`` the statistic in words.

    Raises:
        ValueError: for an estimate without its own n (STATISTICS.md §15: never filled in).
    """

    measure: str
    subject: str
    stratum: str
    statistic: StatisticName
    estimate: Estimate
    unit: str
    better: Better
    title: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", StatisticName(self.statistic))
        if self.estimate.n is None:
            raise ValueError(f"{':'.join(self.key)}: the estimate does not say what it rests on")

    @property
    def n(self) -> int:
        """Cells or samples that the value rests on."""
        return self.estimate.n or 0

    @property
    def key(self) -> Key:
        """Its unique name."""
        return (self.measure, self.subject, self.stratum, self.statistic)

    @property
    def scale(self) -> Scale:
        """How people write the number, and in which unit."""
        return scale_of(self.measure, self.subject, self.statistic)

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values: numbers, or null with a reason."""
        e = self.estimate
        reason = e.reason
        if e.value is not None and math.isinf(e.value) and not reason:
            reason = _INFINITE
        return {
            "measure": self.measure,
            "subject": self.subject,
            "stratum": self.stratum,
            "statistic": str(self.statistic),
            "title": self.title,
            **input_json.numbers(value=e.value, low=e.low, high=e.high),
            "level": e.level,
            "method": e.method,
            "n": self.n,
            "deff": e.deff,
            "icc": e.icc,
            "unit": self.unit,
            "better": str(self.better),
            **reason.to_json(),
            "flags": list(e.flags),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Measurement:
        """The measurement of a row of ``results.json``: what :meth:`to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: where the row is none.
        """
        value, low, high = (input_json.number_of(row, key) for key in ("value", "low", "high"))
        reason = Reason.from_json(row)
        reason = NO_REASON if reason == _INFINITE else reason
        return cls(
            row["measure"], row["subject"], row["stratum"], StatisticName(row["statistic"]),
            Estimate(
                value, low, high, row["level"], row["method"], row["n"], reason,
                tuple(row["flags"]), row["deff"], row["icc"],
            ),
            row["unit"], Better(row["better"]), row["title"],
        )  # fmt: skip


_COLUMNS = (
    "measure",
    "subject",
    "stratum",
    "statistic",
    "title",
    "value",
    "low",
    "high",
    "level",
    "method",
    "n",
    "deff",
    "icc",
    "unit",
    "better",
    "reason",
    "reason_code",
    "flags",
)


def of_change(measure: str) -> str:
    """The measure of which a change is; of no change itself.

    >>> of_change("error_change_from_anchor"), of_change("deming")
    ('error', 'deming')
    """
    return measure.partition(CHANGE)[0]


def statistic_of(measure: str, statistic: str) -> Statistic | None:
    """What a statistic says of itself, by its name with or without parameters.

    Args:
        measure: as in ``results.json``; of a change, that of the statistic that changed.
        statistic: ``bias``, ``share_within:10``.

    Returns:
        ``None`` where no statistic has that name.
    """
    base = of_change(measure)
    for metric in plugins.load("wbcval.stats.functions", "METRIC"):
        known = metric.measures.get(base)  # type: ignore[attr-defined]
        if known is not None:
            found: Statistic | None = known.get(StatisticName(statistic).base)
            return found
    return None


def scale_of(measure: str, subject: str, statistic: str) -> Scale:
    """How a value of a statistic is written; of a change (``error_change``) how that is.

    What no statistic has the name of is a pure number.
    """
    about = statistic_of(measure, statistic)
    if about is None:
        return Scale()
    measurand = subject_unit(subject)
    return about.difference(measurand) if CHANGE in measure else about.scale(measurand)


@dataclass(frozen=True, slots=True)
class Apart:
    """A stratum that stands apart from the rest of the samples in one figure (§16).

    Attributes:
        measure, subject, statistic: the figure.
        inside, outside: its value in the stratum and in all other samples.
        t: studentised difference; ``p``: chance of any as large among all that was compared.
        worse: the stratum lies on the bad side of the rest.
    """

    stratum: str
    measure: str
    subject: str
    statistic: StatisticName
    inside: float
    outside: float
    t: float
    p: float
    worse: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", StatisticName(self.statistic))


@dataclass(frozen=True)
class Results:
    """All measurements of a study, and the frozen details behind the pictures.

    Attributes:
        measurements: in the order of the report.
        details: (measure, subject, stratum) → the statistic's own result.
        bounds: estimates at the level a ``demonstrated`` criterion asks for, by (key, level).
        strata: the strata measured, ``all`` first.
        attainability: criterion id → whether a perfect classifier could meet it.
        dummies: criterion id → models that looked at nothing and would pass (§18).
        apart: figures in which a stratum stands apart from the rest, worse ones first.
    """

    measurements: tuple[Measurement, ...]
    details: Mapping[tuple[str, str, str], Any]
    bounds: Mapping[tuple[Key, float], Estimate] = field(default_factory=dict)
    strata: tuple[str, ...] = ("all",)
    attainability: Mapping[str, Attainability] = field(default_factory=dict)
    dummies: Mapping[str, tuple[Dummy, ...]] = field(default_factory=dict)
    apart: tuple[Apart, ...] = ()

    def __post_init__(self) -> None:
        index = {m.key: m for m in self.measurements}
        if len(index) != len(self.measurements):
            raise ValueError("two measurements share one name")
        object.__setattr__(self, "_index", index)

    def get(
        self, measure: str, subject: str, statistic: str, stratum: str = "all"
    ) -> Measurement | None:
        """The measurement of that name, or ``None``."""
        index: Mapping[Key, Measurement] = self._index  # type: ignore[attr-defined]
        return index.get((measure, subject, stratum, statistic))

    def detail(self, measure: str, subject: str, stratum: str = "all") -> Any:
        """The frozen result behind a measure, or ``None``."""
        return self.details.get((measure, subject, stratum))

    def of(self, measure: str, stratum: str = "all") -> Iterator[Measurement]:
        """All measurements of one measure in one stratum, in order."""
        return (m for m in self.measurements if (m.measure, m.stratum) == (measure, stratum))

    def to_frame(self) -> pd.DataFrame:
        """One row per measurement, columns as in ``results.json``; what is null there is missing.

        Flags are joined by ``;``; the values of a reason stand in its words alone.
        """
        import pandas as pd

        rows = [m.to_json() | {"flags": ";".join(m.estimate.flags)} for m in self.measurements]
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        return frame.astype(
            dict.fromkeys(("value", "low", "high", "level", "deff", "icc"), "float64")
        )

    def __repr__(self) -> str:
        strata = ", ".join(self.strata)
        return f"Results: {len(self.measurements)} measurements in strata {strata}"

    def _repr_html_(self) -> str:
        """For a notebook: the share within the industry limit, covering error and bias."""
        shares = {m.subject: m for m in self.of("error") if m.statistic == WITHIN}
        rows: list[list[str | int]] = []
        for subject, found in shares.items():
            covering = self.get("error", subject, StatisticName.of(COVERING_ERROR, SHARE))
            bias = self.get("bland_altman", subject, "bias")
            share = notebook.number(found.estimate, SHARE, percent=True)
            covers = notebook.number(covering.estimate if covering else None, LIMIT, unit="%")
            unit = bias.scale.unit if bias else ""
            biased = notebook.number(bias.estimate if bias else None, unit=unit)
            rows.append([subject, found.n, share, covers, biased])
        header = ["measurand", "samples", f"% of samples within {LIMIT:g} %",
                  f"error that covers {100 * SHARE:g} %, in %",
                  "bias (points or 10⁹/L)"]  # fmt: skip
        return notebook.block(
            repr(self),
            notebook.paragraph(
                "On all samples; intervals are two-sided. Every number: .to_frame()"
            ),
            notebook.table(header, rows, ".to_frame()"),
        )
