"""Failures that are all of one end of the measuring range are told (§18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.simulated import counted, drawn, repeats, sides, slack
from wbcval.judge import ends
from wbcval.protocol.types import Criterion
from wbcval.study.types import Study
from wbcval.values.measurands import PERCENT

N = 60


def studied(failed: np.ndarray, lost: bool = False) -> Study:
    """Sixty samples with the reference 1 to 60; those that fail are 60 % off, or have no result."""
    reference = np.arange(1.0, N + 1)
    model = reference.copy()
    model[failed] = np.nan if lost else 0.4 * model[failed]
    return counted({"WBC": sides(reference, model)})


WITHIN = Criterion("w", "error", "WBC", "share_within:10", min=0.9)


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        ([59, 58, 57], "the 3 of 60 samples of WBC that fail are the 3 highest"),
        ([0, 1, 2], "the 3 of 60 samples of WBC that fail are the 3 lowest"),
        ([59, 57, 55], "the 3 of 60 samples of WBC that fail are among the 5 highest"),
        ([59, 58], "the 2 of 60 samples of WBC that fail are the 2 highest"),
        (
            [0, 1, 59],
            "the 3 of 60 samples of WBC that fail are among the 2 lowest and the 2 highest",
        ),
        (
            [0, 59, 58, 2],
            "the 4 of 60 samples of WBC that fail are among the 3 lowest and the 3 highest",
        ),
        ([0, 59], "the 2 of 60 samples of WBC that fail are the lowest and the highest"),
        ([59, 58, 57, 56, 30], "4 of the 5 of 60 samples of WBC that fail are the 4 highest"),
        (
            [0, 1, 59, 58, 25],
            "4 of the 5 of 60 samples of WBC that fail are the 2 lowest and the 2 highest",
        ),
        ([59], ""),
        ([0, 30, 59], ""),
        ([0, 20, 40, 58, 59], ""),
        ([], ""),
        (list(range(50, 60)), ""),  # as a whole it fails, and that is told
    ],
)
@pytest.mark.parametrize("lost", [False, True])
def test_failures_at_one_end_are_told(failed: list[int], said: str, lost: bool) -> None:
    found = ends.lines(studied(np.array(failed, dtype=int), lost), [WITHIN])
    assert "".join(found) == said


@pytest.mark.parametrize(
    "c",
    [
        Criterion("c", "error", "WBC", "covering_error:0.9", max=10),
        Criterion("n", "error", "WBC", "n_outside:10", max=6),
    ],
)
def test_another_statistic_of_the_same_says_the_same(c: Criterion) -> None:
    study = studied(np.array([57, 58, 59]))
    assert ends.lines(study, [c]) == ends.lines(study, [WITHIN])


OFF = "that are off by more than 10 %"
OTHERS = [
    Criterion("b", "bland_altman", "WBC", "bias", min=-9, max=9),
    Criterion("u", "bland_altman", "WBC", "upper", max=90),
    Criterion("d", "deming", "WBC", "slope", min=0.5, max=2),
    Criterion("t", "total_error", "WBC", "upper", max=90),
]


@pytest.mark.parametrize("c", OTHERS, ids=lambda c: c.measure)
def test_it_is_told_whatever_judges_the_measurand(c: Criterion) -> None:
    said = f"4 of the 5 of 60 samples of WBC {OFF} are the 4 highest"
    assert ends.lines(studied(np.array([59, 58, 57, 56, 30])), [c]) == (said,)
    assert not ends.lines(studied(np.array([0, 30, 59])), [c])
    # fifteen too low at the top: no share within would hold, and these criteria ask for none
    many = ends.lines(studied(np.arange(45, 60)), [c])
    assert many == (f"the 15 of 60 samples of WBC {OFF} are the 15 highest",)


@pytest.mark.parametrize("mode", ["different-aliquot", "same-slide"])
@pytest.mark.parametrize("points", [0, 20])
def test_of_percentages_what_counting_explains_does_not_fail(mode: str, points: int) -> None:
    study = drawn(np.random.default_rng(5), N, 200, concentration=10, mode=mode)
    neut = study.values["NEUT%"]
    highest = np.argsort(-neut.reference)[:5]
    model = neut.model.copy()
    model[highest] -= points
    moved = replace(neut, model=model, model_hits=2 * model)
    study = replace(study, values={**study.values, "NEUT%": moved})
    asked = Criterion("b", "bland_altman", "NEUT%", "bias", min=-9, max=9)
    said = f"the 5 of 60 samples of NEUT% {OFF} and 5 points are the 5 highest"
    assert ends.lines(study, [asked]) == ((said,) if points else ())


@pytest.mark.drawn
@pytest.mark.parametrize("accuracy", [1.0, 0.95])
def test_of_honest_percentages_it_is_seldom_told(accuracy: float) -> None:
    called = np.full((5, 5), (1 - accuracy) / 4)
    np.fill_diagonal(called, accuracy)
    asked = [Criterion(m, "bland_altman", m, "bias", min=-9, max=9) for m in PERCENT]
    rng, many, told = np.random.default_rng(4), repeats(1000, 60), 0
    for _ in range(many):
        told += bool(ends.lines(drawn(rng, N, 200, concentration=20, called=called), asked))
    assert told / many <= 0.01 + slack(0.01, many, many + 1)


@pytest.mark.drawn
def test_by_lot_it_is_told_in_1_percent_of_the_studies() -> None:
    rng, many = np.random.default_rng(1), repeats(2000, 300)
    told = sum(
        bool(ends.lines(studied(rng.choice(N, 3, replace=False)), [WITHIN])) for _ in range(many)
    )
    assert told / many <= 0.01 + slack(0.01, many, many + 1)
    assert told


@pytest.mark.drawn
@pytest.mark.parametrize("asked", [WITHIN, OTHERS[0]], ids=lambda c: c.measure)
@pytest.mark.parametrize("cv", [0.03, 0.045])
def test_of_an_honest_model_it_is_seldom_told(cv: float, asked: Criterion) -> None:
    """Its errors are larger where fewer cells were counted, and patients differ."""
    rng, many, told = np.random.default_rng(2), repeats(2000, 400), 0
    for _ in range(many):
        reference = rng.lognormal(2.0, 0.5, N).round(2)
        spread = np.sqrt(cv**2 + 0.02**2 / reference)
        study = counted({"WBC": sides(reference, reference * rng.normal(1, spread))})
        told += bool(ends.lines(study, [asked]))
    assert told / many <= 0.01 + slack(0.01, many, many + 1)
