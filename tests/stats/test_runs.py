"""Labels of cells that were sorted, each column by itself, within their sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.stats.runs import Runs

CLASSES, CELLS = 5, 100


def drawn(samples: int, wrong: float, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(samples), CELLS)
    true = rng.choice(CLASSES, len(of), p=[0.55, 0.3, 0.09, 0.04, 0.02])
    called = np.where(rng.random(len(of)) < wrong, rng.integers(CLASSES, size=len(of)), true)
    return of, true, called


def by_sample(of: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return labels[np.lexsort([labels, of])]


def judged(
    of: np.ndarray, true: np.ndarray, called: np.ndarray, cuts: tuple[int, ...] = ()
) -> bool:
    runs = Runs()
    for part in np.split(np.arange(len(of)), sorted(cuts)):
        runs.add(of[part], true[part], called[part])
    confusion = np.zeros((of.max() + 1, CLASSES + 1, CLASSES), dtype=np.int64)
    np.add.at(confusion, (of, np.where(true < 0, CLASSES, true), called), 1)
    return runs.in_order(confusion)


@pytest.mark.parametrize("wrong", [0.05, 0.5])
def test_columns_sorted_apart_are_found(wrong: float) -> None:
    of, true, called = drawn(20, wrong, 1)
    assert judged(of, by_sample(of, true), by_sample(of, called))
    assert not judged(of, true, called)
    order = np.lexsort([true, of])  # as folders of classes are listed
    assert not judged(of, true[order], called[order])


def test_without_errors_or_samples_nothing_is_said() -> None:
    of, true, _ = drawn(20, 0.0, 2)
    assert not judged(of, by_sample(of, true), by_sample(of, true))
    of, true, called = drawn(4, 0.5, 3)
    assert not judged(of, by_sample(of, true), by_sample(of, called))


def test_honest_models_on_grouped_cells_are_not_doubted() -> None:
    for seed in range(300):
        of, true, called = drawn(12, 0.03, seed)
        for order in (np.lexsort([true, of]), np.lexsort([called, true, of])):  # rows stay whole
            assert not judged(of, true[order], called[order])


@given(st.lists(st.integers(1, 1999), max_size=5, unique=True), st.booleans())
def test_batches_make_no_difference(cuts: list[int], blank: bool) -> None:
    of, true, called = drawn(20, 0.3, 4)
    true = np.where(blank & (np.arange(len(of)) % 10 == 0), -1, true)
    for pair in ((true, called), (by_sample(of, true), by_sample(of, called))):
        assert judged(of, *pair, tuple(cuts)) == judged(of, *pair)


def test_samples_without_a_true_class_tell_nothing() -> None:
    none = np.zeros((7, CLASSES + 1, CLASSES), dtype=np.int64)
    none[:, -1, 0] = 9
    assert not Runs().in_order(none)
