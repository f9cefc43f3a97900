"""Values that their own table marks as unreliable are judged, and the verdict says how many."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import within
from tests.cases.conftest import Report
from tests.cases.test_unread import N, judged, study, text
from wbcval.bundle import evidence


def marked(n: int, mark: str, column: int = 1) -> tuple[str, str]:
    """The model's table and a reference with a mark on so many values of one column."""
    reference, model = study()
    lines = text(reference).splitlines()
    for i in range(1, n + 1):
        cells = lines[i].split(",")
        cells[column] += mark
        lines[i] = ",".join(cells)
    return text(model), "\n".join(lines) + "\n"


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("n", "mark", "said"),
    [
        (N, "*", f"{N} of {N} reference values marked * are right (WBC)"),
        (4, "@", f"4 of {N} reference values marked @ are right (WBC)"),
        (9, " W", f"9 of {N} reference values marked W are right (WBC)"),
        (3, "*", ""),  # not above 5 %
        (N, " H", ""),  # high, and certain
        (N, "+", ""),
        (N, "!", ""),
    ],
)
def test_what_is_marked_unreliable_is_told(n: int, mark: str, said: str, report: Report) -> None:
    found = judged(report, *marked(n, mark))

    assert found.code == 0
    told = [line for line in found.results["scope"]["assumed"] if "marked" in line]
    assert told == ([said] if said else [])
    assert said in found.console
    assert evidence.verify(found.bundle) == []


def test_the_models_marks_are_told_too(report: Report) -> None:
    reference, other = marked(N, "*")
    found = judged(report, other, reference)

    assert f"{N} of {N} model values marked * are right (WBC)" in found.console


def test_marks_of_a_measurand_that_no_criterion_asks_for_are_not_told(report: Report) -> None:
    assert "marked" not in judged(report, *marked(N, "*", column=2)).console.partition("card:")[0]


def test_a_value_is_no_surer_than_what_it_is_made_of(report: Report) -> None:
    """Percentages that are computed of counts: the marks are on the counts."""
    reference, model = study()
    rows = [
        f"{i},{w:.2f},{w * s / 100:.3f}{'*' * (k % 2)}" for k, (i, w, s) in enumerate(reference)
    ]
    counts = "sample_id,WBC(10^9/L),NEUT#(10^9/L)\n" + "\n".join(rows) + "\n"

    found = judged(report, text(model), counts, within("NEUT%", name="n", min=0.9))

    assert f"{N // 2} of {N} reference values marked * are right (NEUT%)" in found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize("seed", range(4))
def test_the_figure_is_the_number_of_marked_values(seed: int, report: Report) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, N))
    found = judged(report, *marked(n, str(rng.choice(["*", "@", "*!", " W"]))))

    assert any(line.startswith(f"{n} of {N} ") for line in found.results["scope"]["assumed"])
