"""Failures that are all of one end of the measuring range are told (§18)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulated import counted, repeats, sides, slack
from wbcval.judge import ends
from wbcval.protocol.types import Criterion
from wbcval.study.types import Study

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


@pytest.mark.drawn
def test_by_lot_it_is_told_in_1_percent_of_the_studies() -> None:
    rng, many = np.random.default_rng(1), repeats(2000, 300)
    told = sum(
        bool(ends.lines(studied(rng.choice(N, 3, replace=False)), [WITHIN])) for _ in range(many)
    )
    assert told / many <= 0.01 + slack(0.01, many, many + 1)
    assert told


@pytest.mark.drawn
@pytest.mark.parametrize("cv", [0.03, 0.045])
def test_of_an_honest_model_it_is_seldom_told(cv: float) -> None:
    """Its errors are larger where fewer cells were counted, and patients differ."""
    rng, many, told = np.random.default_rng(2), repeats(2000, 400), 0
    for _ in range(many):
        reference = rng.lognormal(2.0, 0.5, N).round(2)
        spread = np.sqrt(cv**2 + 0.02**2 / reference)
        study = counted({"WBC": sides(reference, reference * rng.normal(1, spread))})
        told += bool(ends.lines(study, [WITHIN]))
    assert told / many <= 0.01 + slack(0.01, many, many + 1)
