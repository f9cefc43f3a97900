"""The simulation of experiments/card_check.py, in small: right causes alone are named."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from tests.simulated import repeats

pytest.importorskip("cv2")
pytestmark = pytest.mark.slow
N = repeats(30, 6)


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    return importlib.import_module("experiments.card_check")  # which needs OpenCV


def test_scrambled_cards_are_named_exactly(simulation: ModuleType) -> None:
    sample = simulation.subjects()[0]
    found = [*simulation.scrambles(sample, N, seed=11)]
    assert sum(d.same or d.among for d in found) >= 0.9 * N


def test_no_step_that_no_card_says_is_given_a_cause(simulation: ModuleType) -> None:
    sample = simulation.subjects()[0]
    found = [*simulation.controls(sample, N, seed=12)]
    assert [d.kind for d in found if d.false] == []
