"""Copies in a part of the samples are equal, and have no neighbours. STATISTICS.md §18."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats._equal_among_near import chance_among_near
from wbcval.stats._one_line import CHANCE, CLOSEST
from wbcval.stats.functions.one_source import ROUNDED, one_source


def wbc(rng: np.random.Generator, n: int, cv: float) -> tuple[np.ndarray, np.ndarray]:
    true = np.exp(rng.normal(np.log(7.5), 0.6, n))
    return tuple(np.round(true * (1 + rng.normal(0, sd, n)), 2) for sd in (0.015, cv))


def percent(rng: np.random.Generator, n: int, cells: tuple[int, int]) -> list[np.ndarray]:
    true = np.clip(rng.beta(6, 4, n), 0.05, 0.95)
    return [np.round(100 * rng.binomial(N, true) / N, 1) for N in cells]


def chance(reference: np.ndarray, model: np.ndarray, step: float) -> float:
    return chance_among_near(reference, model, np.full(len(reference), step), step, CLOSEST)


@pytest.mark.parametrize("n", [60, 300])
@pytest.mark.parametrize("cv", [0.01, 0.03, 0.08])
def test_two_measurements_have_as_many_near_as_equal(n: int, cv: float) -> None:
    rng = np.random.default_rng([n, int(1000 * cv)])

    assert min(chance(*wbc(rng, n, cv), 0.01) for _ in range(200)) > CHANCE


@pytest.mark.parametrize("cells", [(200, 10_000), (200, 200), (300, 300), (100, 200), (400, 400)])
def test_percentages_of_few_cells_lie_on_one_lattice(cells: tuple[int, int]) -> None:
    rng = np.random.default_rng(cells)
    found = [chance(*percent(rng, n, cells), 0.1) for n in (60, 400, 1500) for _ in range(50)]

    assert min(found) > CHANCE


def test_a_fifth_copied_is_seen() -> None:
    rng = np.random.default_rng(3)
    seen = 0
    for _ in range(20):
        reference, model = wbc(rng, 150, 0.1)
        reference[:30] = model[:30]
        step = np.full(150, 0.01)
        seen += one_source(reference, model, step, 0.01, two_draws=True) == ROUNDED
    assert seen == 20


def test_without_enough_steps_nothing_is_said() -> None:
    assert chance(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), 1.0) == 1.0
