"""Failures that are all of one end of the measuring range are told (§18)."""

from __future__ import annotations

from math import comb

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
        ([59], ""),
        ([0, 30, 59], ""),
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


def test_by_lot_it_is_told_in_1_percent_of_the_studies() -> None:
    rng, many = np.random.default_rng(1), repeats(2000, 300)
    told = sum(
        bool(ends.lines(studied(rng.choice(N, 3, replace=False)), [WITHIN])) for _ in range(many)
    )
    # of the 3 among the m highest, the largest m below 1 % at two ends: C(12, 3)/C(60, 3)
    most = next(m for m in range(N, 2, -1) if 2 * comb(m, 3) / comb(N, 3) < 0.01)
    exact = 2 * comb(most, 3) / comb(N, 3)
    assert told / many <= exact + slack(exact, many, many + 1)
    assert told
