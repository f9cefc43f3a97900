"""Which criteria apply, and whether a perfect classifier could meet them.

Only the reference, the numbers of cells and the true labels are looked at. How far the model is
off must not shape what it will be judged by.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wbcval.judge.defaults import class_criteria, default_criteria
from wbcval.protocol.types import Criterion
from wbcval.stats.acceptance import MIN_SAMPLES, k_min_observed
from wbcval.stats.dummies import of_pairs, too_rare
from wbcval.stats.functions.attainability import Attainability, attainability
from wbcval.stats.functions.error import acceptance
from wbcval.stats.metric import Pairs
from wbcval.stats.statistic_name import SHARE_WITHIN, StatisticName
from wbcval.study.types import Study
from wbcval.values.dummies import Dummy
from wbcval.values.measurands import PERCENT, WBC, Quantity
from wbcval.values.reasons import Reason
from wbcval.verbs.drafting._text import criterion, note, off

_LIMIT, _SHARE, _SENSITIVITY = 10, 0.95, 0.90
_FLOOR_STEPS = {"%": 0.5, "10*9/L": 0.1}  # of or_within
_MOST_STEPS = 60
_SPOKEN = {"%": "percentage points", "10*9/L": "10*9/L"}


def sections(study: Study | None, *, mode_known: bool) -> list[str]:
    """All ``[[criterion]]`` of the draft, each with what it asks.

    Args:
        study: what is compared; ``None`` where that is not known yet: every criterion stays off.
        mode_known: whether the study's mode is the user's own.
    """
    lines = note(
        "Criteria. WBC within 10 % in 95 % of the samples is the common rule of verification; "
        "every other figure is yours to set, from what a wrong result does to a patient, before "
        "the data are judged."
    )
    if study is None:
        lines += note("The inputs hold errors: take up what applies once these are mended.")
        for subject in ("WBC", *PERCENT):
            lines += ["", *off(criterion(_within(subject)))]
        return lines
    if not mode_known and study.mode != "same-cells":
        lines += note(
            "Attainability is that of mode different-aliquot. For another mode delete this file "
            "and run `wbcval init` again with --mode; in same-cells WBC is not compared."
        )
    if study.mode == "same-cells":
        return lines + _of_cells(study)
    for subject in (WBC, *PERCENT):
        if subject in study.values:
            lines += ["", *_share(_blind(study.pairs(subject)))]
    return lines + _sensitivities(study)


def _of_cells(study: Study) -> list[str]:
    """What is judged without a protocol: there a percentage is off by what the classes lose."""
    lines = ["", *note(
        "These are the criteria that are judged without a protocol: the cells called right "
        "decide. Percentages of the same cells are shown and never counted, for there errors "
        "cancel."
    )]  # fmt: skip
    true = _true_cells(study)
    for asked in default_criteria(study):
        said = note(f"{true[asked.subject]} cells are truly {asked.subject}") if (
            asked.subject in true
        ) else []  # fmt: skip
        lines += ["", *said, *criterion(asked)]
    return lines


def _within(subject: str) -> Criterion:
    name = f"{subject}-within-{_LIMIT}"
    return Criterion(name, "error", subject, StatisticName.of(SHARE_WITHIN, _LIMIT), min=_SHARE)


def _blind(pairs: Pairs) -> Pairs:
    """The pairs without the model's results; samples it failed on are not held against a bound."""
    return replace(
        pairs, model=pairs.reference, model_hits=None, technical_failures=0, lost=0,
        lost_cluster=None,
    )  # fmt: skip


def _share(pairs: Pairs) -> list[str]:
    asked = _within(pairs.subject)
    found = attainability(pairs, limit=_LIMIT, share=_SHARE)
    lines = note(f"attainable: {found.status or 'not known'}; {_why(found)}")
    if len(pairs) < MIN_SAMPLES:
        lines += note(f"{len(pairs)} samples: fewer than {MIN_SAMPLES} decide nothing")
    elif said := _passed_too(pairs):
        lines += note(f"shows nothing with these samples: {said}")
    if found.status != "no":
        return lines + criterion(asked)
    return lines + off(criterion(asked)) + _instead(pairs)


def _passed_too(pairs: Pairs) -> str:
    """The first dummy that would be within the limit in enough samples, in words; "" for none."""
    classes = list(filter(None, [pairs.subject.cell_class]))
    if too_rare(pairs):
        return Dummy.RARE.said(classes)
    for dummy, answers in of_pairs(pairs, pairs, commonest=False).items():
        found = acceptance(answers, _LIMIT)
        if found.k >= k_min_observed(found.n, _SHARE):
            return dummy.said(classes)
    return ""


_STATED = {"attainable": "passes", "not_attainable": "passes", "very_same_cells": "very_same"}


def _why(found: Attainability) -> str:
    first, *rest = found.reasons  # not what to ask instead: the file goes on to say that
    # the status stands before it already
    bare = _STATED.get(first.code)
    return ". ".join(filter(None, (Reason(bare, **first.values) if bare else first, *rest)))


def _instead(pairs: Pairs) -> list[str]:
    subject, unit = pairs.subject, _SPOKEN[pairs.unit]
    lines: list[str] = []
    if subject.quantity is Quantity.SHARE and pairs.mode != "same-cells":
        lines += note(
            f"Instead, what is judged without a protocol: {_LIMIT} % or counting noise in "
            f"{100 * _SHARE:g} % of the samples, and a bias that is small or noise. Both belong "
            "together: the first sees no small error that is alike in all samples."
        )
        for asked in class_criteria(subject):
            lines += off(criterion(asked))
    floor = _least_floor(pairs)
    if floor is not None and floor < np.median(pairs.reference):  # else 0 would be within too
        lines += note(
            f"Instead, the larger of {_LIMIT} % and an absolute floor. {floor:g} {unit} is the "
            "least floor that a perfect classifier meets at these numbers of cells: take it up "
            "only if a difference that large is harmless."
        )
        asked = _within(subject)
        lines += off(criterion(replace(asked, id=f"{asked.id}-or-{floor:g}", or_within=floor)))
    lines += note(f"Instead, a bias shown to be small; the bounds, in {unit}, are yours to set:")
    return [*lines, *off(_bias(subject))]


def _bias(subject: str) -> list[str]:
    """A criterion without figures: as it stands it is no TOML, so that none slips in unread."""
    blank = Criterion(
        f"{subject}-bias-shown", "bland_altman", subject, StatisticName("bias"), rule="demonstrated"
    )
    return [*criterion(blank), "min = -…", "max = …"]


def _least_floor(pairs: Pairs) -> float | None:
    """Least ``or_within``, in round steps, at which the criterion is attainable."""
    step = _FLOOR_STEPS[pairs.unit]

    def floor(steps: int) -> float:
        return float(f"{steps * step:.6g}")

    def met(steps: int) -> bool:
        found = attainability(pairs, limit=_LIMIT, share=_SHARE, floor=floor(steps))
        return found.status == "yes"

    low, high = 0, _MOST_STEPS
    if not met(high):
        return None
    while high - low > 1:  # a wider floor is never harder
        middle = (low + high) // 2
        low, high = (low, middle) if met(middle) else (middle, high)
    return floor(high)


def _true_cells(study: Study) -> dict[str, int]:
    """How many of the cells are truly of each class, by its name."""
    cells = study.cells()
    if cells is None:
        return {}
    truth = cells.counts.sum(axis=(0, 2))[: cells.n_classes]
    return dict(zip(cells.labels, truth.tolist(), strict=False))


def _sensitivities(study: Study) -> list[str]:
    if study.cells() is None:
        return []
    lines = ["", *note(
        "The cells carry a true class. These are shown and never counted, until you set the bound "
        "and delete the line `optional`."
    )]  # fmt: skip
    for name, n in _true_cells(study).items():
        if n:
            asked = Criterion(
                f"{name.replace(' ', '-')}-sensitivity", "classification", name,
                StatisticName("sensitivity"), min=_SENSITIVITY, rule="demonstrated", optional=True,
            )  # fmt: skip
            lines += ["", *note(f"{n} cells are truly {name}"), *criterion(asked)]
    return lines
