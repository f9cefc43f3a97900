"""What was measured and no required criterion holds: the figures a verdict hides. STATISTICS.md §3.

A criterion judges a subject by one statistic. A bias, a slope or a median says nothing of a single
sample, precision nothing of the cells that were missed, and sensitivity nothing of false calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wbcval.judge.defaults import SENSITIVITY as LEAST
from wbcval.judge.defaults import SHARE
from wbcval.measure.hits import hits
from wbcval.measure.results import statistic_of
from wbcval.protocol.types import NON_INFERIOR, Criterion
from wbcval.stats.functions.error import WITHIN
from wbcval.stats.or_noise import few_cells
from wbcval.stats.statistic_name import (
    COVERING_ERROR,
    N_OUTSIDE,
    OR_NOISE,
    SHARE_WITHIN,
    StatisticName,
)
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import Measurand, Quantity
from wbcval.values.wording import fixed

SENSITIVITY, PPV = StatisticName("sensitivity"), StatisticName("ppv")
FIGURES = (("error", WITHIN), ("classification", SENSITIVITY), ("classification", PPV))
_ORDER = tuple(statistic for _, statistic in FIGURES)
# what bounds the error of each sample; limits of agreement may be as wide as one likes
_EACH_SAMPLE = (SHARE_WITHIN, N_OUTSIDE, COVERING_ERROR)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A measurand or class with a figure that no required criterion holds.

    Attributes:
        subject: measurand or class.
        statistic: share of its samples within 10 %, sensitivity or PPV.
        value: a fraction; ``None`` where it could not be measured, or was not.
        n: samples or cells; ``None`` where unknown.
    """

    subject: str
    statistic: StatisticName
    value: float | None
    n: int | None = None

    @property
    def figure(self) -> str:
        """Subject and value in words: ``NEUT% 0 of 60``."""
        if self.value is None:
            return self.subject
        if self.n is not None:
            return f"{self.subject} {round(self.value * self.n)} of {self.n}"
        return f"{self.subject} {fixed(100 * self.value, 1)} %"

    @property
    def _place(self) -> tuple[bool, int, bool, float]:
        """Shares of samples first, counts behind percentages; of each the worst first."""
        value = self.value or 0.0
        if self.statistic == PPV:  # of a class that is called once, 0 % is one false call
            value = (value - 1) * (self.n or 0)
        return (
            self.value is None,
            _ORDER.index(self.statistic),
            Measurand(self.subject).quantity is Quantity.COUNT,
            value,
        )


def left(
    figures: Iterable[Unjudged], study: Study, required: Sequence[Criterion]
) -> tuple[Unjudged, ...]:
    """Figures that no criterion holds, the worst first.

    Those of a subject that is judged at all are told where they are worse than by default: fewer
    than 95 % of the samples within 10 % or counting noise, a sensitivity below 80 %. So are false
    calls of any class, whether it is judged or not: a PPV below 80 %.

    Args:
        figures: of each measurand and class that was measured.
        study: whose counts on a shared total have the relative errors of the percentage, and are
            not told beside it.
        required: criteria.
    """
    shared = (name for name in study.measurands if study.values[name].shared_total)
    shares = {str(name): str(name.share) for name in shared}
    of_all = [c for c in required if c.stratum == "all"]
    bases = [(c.subject, c.statistic.base) for c in of_all]
    # a candidate that is not worse than a bad model is as bad
    bounded = [base for c, base in zip(of_all, bases, strict=True) if c.rule != NON_INFERIOR]

    def with_twins(names: Iterable[str]) -> set[str]:
        found = {*names}
        return found | {shares[name] for name in found & shares.keys()}

    judged = with_twins(subject for subject, _ in bases)
    samples_held = with_twins(subject for subject, base in bounded if base in _EACH_SAMPLE)
    # precision is no judge of the cells that were missed: their figure stands beside it
    cells_judged = {c.subject for c in of_all if not _is_of_calls(c)}
    cells_held = {subject for subject, base in bounded if base == SENSITIVITY}
    calls_held = {subject for subject, base in bounded if base == PPV}

    def is_told(u: Unjudged) -> bool:
        value = u.value
        if u.statistic == PPV:
            return u.subject not in calls_held and value is not None and value < LEAST
        if u.statistic == SENSITIVITY:
            low = value is not None and value < LEAST and u.subject not in cells_held
            return u.subject not in cells_judged or low
        return u.subject not in judged or (u.subject not in samples_held and _few(u, study))

    figures = tuple(figures)
    known = {u.subject for u in figures}
    found = [u for u in figures if is_told(u) and shares.get(u.subject) not in known]
    return tuple(sorted(found, key=lambda u: u._place))


def _is_of_calls(criterion: Criterion) -> bool:
    about = statistic_of(criterion.measure, criterion.statistic)
    return about is not None and about.of_calls


def _few(u: Unjudged, study: Study) -> bool:
    """Whether fewer samples agree than the default asks for, where it can be told with noise."""
    value = u.value
    if value is None or value >= SHARE:
        return False
    try:
        if not few_cells(study.pairs(u.subject)):
            found = hits(study, u.subject, WITHIN.with_option(OR_NOISE))
            value = int(found.hits.sum()) / max(int(found.trials.sum()), 1)
    except NotEstimable:
        pass
    return value < SHARE
