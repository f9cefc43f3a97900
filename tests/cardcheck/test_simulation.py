"""The simulation of benchmarks/card_check.py, in small: right causes alone are named."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.simulated import repeats

pytest.importorskip("cv2")
pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/card_check.py"
N = repeats(30, 6)


@pytest.fixture(scope="module")
def simulation() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPT.parent))
        spec = importlib.util.spec_from_file_location("card_check", SCRIPT)
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, "card_check", module)
        spec.loader.exec_module(module)
        yield module


def test_scrambled_cards_are_named_exactly(simulation: ModuleType) -> None:
    sample = simulation.subjects()[0]
    found = [*simulation.scrambles(sample, N, seed=11)]
    assert sum(d.same or d.among for d in found) >= 0.9 * N


def test_no_step_that_no_card_says_is_given_a_cause(simulation: ModuleType) -> None:
    sample = simulation.subjects()[0]
    found = [*simulation.controls(sample, N, seed=12)]
    assert [d.kind for d in found if d.false] == []
