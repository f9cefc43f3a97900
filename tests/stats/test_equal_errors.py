"""Equal mistakes in samples of one mix: honest models never make so many, copies do."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulated import repeats
from wbcval.stats.functions.equal_errors import equal_errors


def called(rng: np.random.Generator, mix: np.ndarray, rates: np.ndarray) -> np.ndarray:
    return np.array([rng.multinomial(n, row) for n, row in zip(mix, rates, strict=True)])


def honest(rng: np.random.Generator) -> np.ndarray:
    """Confusions of one mix: models good and bad, alike in all samples or not, also one-eyed."""
    mix = np.full(5, rng.choice([4, 10, 20, 40])) if rng.random() < 0.5 else rng.choice(
        [2, 4, 10, 20, 40], 5)  # fmt: skip
    often, spread = rng.choice([5, 50, 500]), rng.choice([0.1, 0.5])
    rates = np.array([rng.dirichlet(np.where(np.arange(5) == i, often, spread)) for i in range(5)])
    if rng.random() < 0.2:  # every cell of a class is called another
        rates[rng.integers(5)] = np.eye(5)[rng.integers(5)]
    found = []
    for _ in range(int(rng.choice([12, 20, 40, 100]))):
        own = rates * rng.gamma(1, 1, (5, 5)) + 1e-12 if rng.random() < 0.5 else rates
        found.append(called(rng, mix, own / own.sum(axis=1, keepdims=True)))
    return np.array(found)


@pytest.mark.drawn
def test_honest_samples_of_one_mix_are_no_copies() -> None:
    """0 of 3 000."""
    rng = np.random.default_rng(3)
    assert not any(equal_errors(honest(rng)) for _ in range(repeats(200, 50)))


def confusion(mistakes: int) -> np.ndarray:
    """20 cells of each class, so many of which are miscalled, each of another class."""
    found = np.diag([20] * 5)
    for k in range(mistakes):
        found[k, k] -= 1
        found[k, (k + 1) % 5] += 1
    return found


@pytest.mark.parametrize("mistakes", [1, 2, 3])
def test_copies_are_found_by_one_mistake(mistakes: int) -> None:
    assert equal_errors(np.array([confusion(mistakes)] * 20)) == (tuple(range(20)),)


def test_half_of_the_samples_are_one() -> None:
    """Three mistakes tell it in 99 of 100 studies of 40 samples."""
    rng, found = np.random.default_rng(4), 0
    rates = 0.97 * np.eye(5) + 0.0075 * (1 - np.eye(5))
    for _ in range(20):
        table = np.array([called(rng, np.full(5, 20), rates) for _ in range(40)])
        table[:20] = confusion(3)
        found += [group[:20] for group in equal_errors(table)] == [tuple(range(20))]
    assert found >= 18


def test_no_mistake_and_no_correct_call_are_no_wonder() -> None:
    blind = np.diag([20] * 5)
    blind[4] = np.roll(blind[4], 1)  # every basophil is called neutrophil
    assert not equal_errors(np.array([np.diag([20] * 5)] * 40))
    assert not equal_errors(np.array([blind] * 40))
