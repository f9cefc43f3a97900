"""The step that printed values keep to, and what chance would make of it. STATISTICS.md §1."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats.lattice import kept_step


@pytest.mark.parametrize("wider", [1, 10, 100, 1000])
@pytest.mark.parametrize("n", [20, 60, 1000])
def test_values_keep_to_the_step_that_they_were_rounded_to(wider: int, n: int) -> None:
    rng = np.random.default_rng([wider, n])
    for _ in range(50):
        values = np.rint(np.exp(rng.normal(np.log(7), 0.5, n)) * 1000 / wider) * wider / 1000

        assert kept_step(values, 0.001) == pytest.approx(0.001 * wider)


def test_few_values_keep_to_no_step_beyond_chance() -> None:
    assert kept_step(np.array([70.0, 80.0, 90.0, 60.0, 50.0, 40.0]), 1.0) == 1.0
    assert kept_step(np.array([4_500_000.0]), 1.0) == 1.0
    assert kept_step(np.full(60, 70.0), 1.0) == 1.0


@pytest.mark.representatives(2)
@pytest.mark.parametrize("n", [2, 3, 5, 7, 20])
def test_digits_drawn_at_random_are_no_wider_step(n: int) -> None:
    rng = np.random.default_rng(n)
    found = {kept_step(rng.integers(1, 1000, n) / 10, 0.1) for _ in range(5000)}

    assert found == {0.1}


def test_one_value_between_is_enough() -> None:
    values = np.append(np.arange(10, 60, dtype=np.float64), 10.01)

    assert kept_step(values, 0.01) == 0.01


def test_zeros_and_what_is_exact_tell_nothing() -> None:
    assert kept_step(np.zeros(100), 0.1) == 0.1
    assert kept_step(np.arange(50, dtype=np.float64), 0.0) == 0.0
    assert kept_step(np.array([]), 0.1) == 0.1


def test_values_off_the_stated_step_are_left() -> None:
    assert kept_step(np.arange(1, 50) / 3, 0.1) == 0.1
