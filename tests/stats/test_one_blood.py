"""Mixes of patients against the cells of one sample: honest sets are hardly ever taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulated import repeats
from wbcval.stats.one_blood import of_one_blood

MIX = np.array([0.58, 0.30, 0.07, 0.035, 0.015])


def healthy(rng: np.random.Generator, samples: int, spread: float = 1.0) -> np.ndarray:
    """Percentages as reference intervals have them: NEUT 40–75, MONO 3.5–10.5, EO 0.7–7."""
    neut = np.clip(rng.normal(57, 9 * spread, samples), 30, 85)
    mono = np.clip(rng.normal(7, 1.8 * spread, samples), 2, 13)
    eo = np.clip(np.exp(rng.normal(np.log(2.2), 0.6 * spread, samples)), 0, 12)
    baso = np.clip(rng.normal(0.6, 0.3 * spread, samples), 0, 2)
    lymph = np.clip(100 - neut - mono - eo - baso, 5, None)
    found = np.column_stack([neut, lymph, mono, eo, baso])
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def seen(rng: np.random.Generator, shares: np.ndarray, cells: float) -> np.ndarray:
    if np.isnan(cells):
        return shares.round(3)
    return np.array([rng.multinomial(int(cells), row) for row in shares]) / cells


@pytest.mark.slow
@pytest.mark.parametrize("cells", [50, 100, 200, 400, np.nan])
def test_healthy_patients_are_not_of_one_blood(cells: float) -> None:
    """0 of 30 000; of a group with 0.6 of the healthy spread 39 of 1 500 with all five classes."""
    rng, taken = np.random.default_rng(9), 0
    for _ in range(repeats(600, 40)):
        samples = int(rng.choice([12, 20, 40, 100, 200]))
        shares = seen(rng, healthy(rng, samples, rng.choice([0.8, 1.0])), cells)
        own = [slice(None), slice(1), slice(1, 2), slice(2), slice(2, 3)][rng.integers(5)]
        taken += of_one_blood(shares[:, own], np.full(samples, cells))
    assert taken == 0


@pytest.mark.parametrize("concentration", [10, 35, 60])
def test_drawn_patients_are_not_of_one_blood(concentration: float) -> None:
    rng = np.random.default_rng(3)
    for samples, cells in ((20, 100), (40, 200), (100, 100)):
        for _ in range(5):
            shares = seen(rng, rng.dirichlet(MIX * concentration, samples), cells)
            assert not of_one_blood(shares, np.full(samples, float(cells)))


@pytest.mark.parametrize(("samples", "cells", "least"), [(40, 200, 20), (100, 100, 19)])
@pytest.mark.parametrize("others", [0, 10])
def test_cells_of_one_sample_are_found(samples: int, cells: int, least: int, others: int) -> None:
    """Of 20 studies, also where every tenth sample is another's; 100 of 100 and 99 at 0."""
    rng, found = np.random.default_rng(5), 0
    for _ in range(20):
        shares = rng.multinomial(cells, MIX, samples) / cells
        if others:
            shares[::others] = rng.dirichlet(MIX * 20, len(shares[::others]))
        found += of_one_blood(shares, np.full(samples, float(cells)))
    assert found >= (least if not others else 8)


@pytest.mark.parametrize("cells", [30, 100])
def test_few_samples_and_rare_classes_tell_nothing(cells: int) -> None:
    rng = np.random.default_rng(1)
    shares = rng.multinomial(cells, MIX, 60) / cells
    every = np.full(60, float(cells))
    assert not of_one_blood(shares[:11], every[:11])
    assert not of_one_blood(shares[:, 2:], every)
    assert not of_one_blood(np.full((60, 1), np.nan), every)
