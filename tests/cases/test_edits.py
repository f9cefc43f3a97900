"""No edit turns a study that is not accepted into one that is, unless the headline tells it.

Whatever is done to the tables and the protocol: STATISTICS.md §18, docs/decisions/0042.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.cases import edits
from tests.cases.edits import EDITS, NEUTRAL, Edit, Given, judged, told
from wbcval.outcomes import Decision, Verdict

SLOW_SHARE = float(os.environ.get("WBCVAL_SLOW_SHARE", "1"))
GOOD = 0.97 * np.eye(5) + 0.006
MONOCYTES_MISSED = GOOD.copy()
MONOCYTES_MISSED[2] = [0.06, 0.16, 0.75, 0.02, 0.01]
LYMPHOCYTES_MISSED = np.eye(5)
LYMPHOCYTES_MISSED[1] = [0, 0.91, 0.09, 0, 0]

STUDIES: dict[str, Callable[[np.random.Generator], Given]] = {
    "cells: monocytes missed": lambda rng: edits.same_cells(rng, called=MONOCYTES_MISSED),
    "cells: few patients": lambda rng: edits.same_cells(rng, called=GOOD, patients=9),
    "cells: equal in all": lambda rng: edits.same_cells(rng, called=np.eye(5)),
    "values: lymphocytes missed": lambda rng: edits.counts(rng, called=LYMPHOCYTES_MISSED),
    "values: few patients": lambda rng: edits.counts(rng, called=np.eye(5), patients=9),
    "values: a copy": lambda rng: edits.counts(rng, called=np.eye(5), noise=0.3),
    "slide: lymphocytes missed": lambda rng: edits.counts(
        rng, called=LYMPHOCYTES_MISSED, mode="same-slide"
    ),
}


@cache
def drawn(study: str, seed: int, folder: Path) -> tuple[Given, Verdict]:
    given = STUDIES[study](np.random.default_rng(seed))
    verdict = judged(given, folder)
    assert verdict is not None
    return given, verdict


def hold(study: str, seed: int, folder: Path, *how: Edit) -> bool:
    """Whether the edits led to acceptance; if so, that it is told."""
    rng = np.random.default_rng([seed, len(how)])
    given, before = drawn(study, seed, folder)
    if before.decision is Decision.ACCEPTED:
        return False  # it missed its bound by chance
    for edit in how:
        given = edit(given, rng)
    after = judged(given, folder)
    accepted = after is not None and after.decision is Decision.ACCEPTED
    if accepted:
        names = [edit.__name__ for edit in how]
        assert told(after) - told(before), f"{study} (seed {seed}): {names}: {after!r}"
    return accepted


@pytest.mark.parametrize("study", STUDIES)
def test_no_edit_leads_to_acceptance_untold(study: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(sum(map(ord, study)))
    how = rng.choice(np.array(EDITS, dtype=object), (2, 2), replace=False)
    for seed, pair in enumerate(how):
        hold(study, seed, tmp_path, *pair)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_no_edits_lead_to_acceptance_untold(study: str, tmp_path: Path) -> None:
    """Each edit by itself, and with others before and after it."""
    rng, accepted = np.random.default_rng(42), 0
    for seed in range(max(1, round(12 * SLOW_SHARE))):
        for edit in EDITS:
            more = rng.choice(np.array(EDITS, dtype=object), int(rng.integers(3)))
            accepted += hold(study, seed, tmp_path, *rng.permutation([*more, edit]))
    assert accepted  # of so many some are, and it was told


@pytest.mark.parametrize("edit", [*NEUTRAL], ids=lambda edit: edit.__name__)
def test_names_decide_nothing(edit: Edit, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    given = edits.same_cells(rng, called=GOOD)
    before, after = judged(given, tmp_path), judged(edit(given, rng), tmp_path)
    assert before is not None
    assert after is not None
    assert before.decision is after.decision is Decision.ACCEPTED
    assert [o.observed for o in before.outcomes] == [o.observed for o in after.outcomes]
    assert told(before) == told(after)
