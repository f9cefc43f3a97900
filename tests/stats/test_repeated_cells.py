"""Equal samples of labelled cells: by chance where these are few, copies where they are many."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats.functions.repeated_cells import repeated_cells

MIX = np.array([0.58, 0.30, 0.08, 0.03, 0.01])


def confusion(
    rng: np.random.Generator, samples: int, cells: int, alike: float = 25.0, right: float = 0.97
) -> np.ndarray:
    """Of patients whose mixes are the more alike the larger ``alike`` is; shape (S, 5, 5)."""
    found = np.zeros((samples, 5, 5), dtype=np.int64)
    for s, mix in enumerate(rng.dirichlet(MIX * alike, samples) + 1e-9):
        true = rng.choice(5, cells, p=mix / mix.sum())
        called = np.where(rng.random(cells) < right, true, rng.integers(0, 5, cells))
        np.add.at(found[s], (true, called), 1)
    return found


def values(samples: int) -> np.ndarray:
    return np.zeros((samples, 1))


def test_honest_samples_are_no_copies() -> None:
    """0 of 2 850: 20 to 600 samples of 1 to 100 cells, models of 80 to 100 %."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        samples, cells = int(rng.choice([20, 60, 200])), int(rng.choice([1, 3, 5, 10, 20, 100]))
        alike, right = float(rng.choice([3, 25, 1e5])), float(rng.choice([0.8, 0.97, 1.0]))
        assert not repeated_cells(values(samples), confusion(rng, samples, cells, alike, right))


@pytest.mark.parametrize(("samples", "times", "cells"), [(12, 2, 50), (12, 10, 20), (100, 2, 50)])
def test_copies_of_larger_samples_are_found(samples: int, times: int, cells: int) -> None:
    rng = np.random.default_rng(8)
    for _ in range(5):
        cells_of = np.tile(confusion(rng, samples, cells), (times, 1, 1))
        found = repeated_cells(values(len(cells_of)), cells_of)
        assert sum(len(group) - 1 for group in found) >= 0.9 * samples * (times - 1)


def test_copies_are_found_beside_small_samples_which_are_none() -> None:
    rng = np.random.default_rng(9)
    large, small = confusion(rng, 20, 100), confusion(rng, 60, 2)
    found = repeated_cells(values(100), np.concatenate([large, large, small]))
    assert sorted(found) == [(i, i + 20) for i in range(20)]


def test_one_value_that_differs_makes_another_sample() -> None:
    twice = np.tile(confusion(np.random.default_rng(1), 20, 100), (2, 1, 1))
    assert repeated_cells(values(40), twice)
    assert not repeated_cells(np.arange(40.0)[:, None], twice)
    assert not repeated_cells(values(40), np.zeros_like(twice))  # no cell has a label


@pytest.mark.parametrize("samples", [0, 1])
def test_of_fewer_than_two_samples_none_repeats(samples: int) -> None:
    rows, cells = np.ones((samples, 4)), np.ones((samples, 5, 5), dtype=np.int64)
    assert repeated_cells(rows, cells) == ()
