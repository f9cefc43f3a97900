"""What is asked where no protocol asks anything: everything that was measured. STATISTICS.md §3.

Defaults, not norms: which errors harm a patient is for a protocol to say.
"""

from __future__ import annotations

from wbcval.protocol.types import Criterion
from wbcval.stats.acceptance import MIN_SAMPLES
from wbcval.stats.statistic_name import OR_NOISE, SHARE_WITHIN, StatisticName
from wbcval.study.types import Study
from wbcval.values.classes import FIVE, MALIGNANT, measured_class
from wbcval.values.measurands import PERCENT, WBC

LIMIT, SHARE = 10, 0.95
ACCURACY, SENSITIVITY = 0.90, 0.80
_FEW = 3  # true cells: of fewer a model that finds 80 % misses all by chance (0.2² = 4 %)


def default_criteria(study: Study) -> tuple[Criterion, ...]:
    """Criteria of a study without a protocol.

    - *same-cells*: accuracy, and the sensitivity to each class; to further ones than the five from
      20 true cells on, to blasts and plasma cells from 3 on, for a stray cell makes no class that
      the set could show anything of. Percentages of the same cells stand beside as optional ones,
      for there errors cancel.
    - otherwise WBC within 10 %, and for each class two criteria: within 10 % or counting noise,
      and a bias that is small or noise.

    What one side has and the other lacks is asked for all the same, and so are all five classes
    as soon as there is one: a column that is left out cannot make a verdict better.
    """
    if study.mode == "same-cells":
        return _of_cells(study)
    asked = []
    held = (*study.measurands, *study.not_compared)
    if WBC in held:
        asked.append(_within(WBC))
    if any(name != WBC for name in held):
        for name in PERCENT:
            asked += class_criteria(name)
    return tuple(asked)


def class_criteria(name: str) -> tuple[Criterion, Criterion]:
    """The two criteria on a percentage: within 10 % or noise, and a bias that is small or noise."""
    small = StatisticName.of("bias", LIMIT, OR_NOISE)
    bias = Criterion(f"{name}-bias", "bland_altman", name, small)
    return _within(name, OR_NOISE), bias


def _within(name: str, *options: str, optional: bool = False) -> Criterion:
    ending = "".join(f"-{option.replace('_', '-')}" for option in options)
    return Criterion(
        f"{name}-within-{LIMIT}{ending}", "error", name,
        StatisticName.of(SHARE_WITHIN, LIMIT, *options), min=SHARE, optional=optional,
    )  # fmt: skip


def _of_cells(study: Study) -> tuple[Criterion, ...]:
    sensitivities = [
        Criterion(
            f"{name.replace(' ', '-')}-sensitivity", "classification", name,
            StatisticName("sensitivity"), min=SENSITIVITY,
        )
        for name in _classes(study)
    ]  # fmt: skip
    return (
        Criterion("accuracy", "classification", "all", StatisticName("accuracy"), min=ACCURACY),
        *sensitivities,
        *(_within(name, optional=True) for name in study.measurands),
    )


def _classes(study: Study) -> list[str]:
    """Those of the five, stages counted, and further classes with enough true cells to tell."""
    assert study.counts is not None  # noqa: S101 (same-cells has cells with a true class)
    counts = study.counts
    true = counts.confusion.sum(axis=(0, 2))[: counts.n_classes]
    cells: dict[str, int] = dict(zip(counts.labels, true.tolist(), strict=False))
    known = {measured_class(name) for name, n in cells.items() if n}

    def enough(name: str) -> bool:
        if measured_class(name) in FIVE:
            return cells[name] > 0 or name in {*FIVE} - known
        return cells[name] >= (_FEW if name in MALIGNANT else MIN_SAMPLES)

    return [*filter(enough, cells)]
