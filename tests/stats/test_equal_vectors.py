"""Copies of cells by their probabilities; honest models repeat vectors, too, and raise nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wbcval.stats.equal_vectors import EqualVectors

MIX = np.array([0.58, 0.30, 0.08, 0.03, 0.01])
Written = Callable[[np.ndarray], np.ndarray]


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def digits(places: int) -> Written:
    return lambda z: np.round(softmax(z), places)


def quantised(levels: int) -> Written:
    """Logits of few levels, as an int8 model has them."""
    return lambda z: softmax(np.round(z / np.abs(z).max() * levels) / levels * np.abs(z).max())


WRITTEN: dict[str, Written] = {
    "1 digit": digits(1),
    "2 digits": digits(2),
    "3 digits": digits(3),
    "4 digits": digits(4),
    "6 digits": digits(6),
    "float32": lambda z: softmax(z.astype(np.float32)).astype(float),
    "float16": lambda z: softmax(z).astype(np.float16).astype(float),
    "int8 logits": quantised(127),
    "int8 outputs": lambda z: np.round(softmax(z) * 256) / 256,
    "int4 logits": quantised(7),
}
SIZES = {"even": [200] * 20, "small": [100] * 60, "one of half": [2000] + [100] * 20}


def cells(
    rng: np.random.Generator, sizes: list[int], sharp: float, shift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Codes of samples and logits; each sample has a mix and a shift (stain) of its own."""
    rows = []
    for n, mix in zip(sizes, rng.dirichlet(MIX * 25, len(sizes)), strict=True):
        true = rng.choice(5, n, p=mix)
        logits = rng.normal(0, 1, (n, 5)) + rng.normal(0, shift, 5)
        logits[np.arange(n), true] += 3
        rows.append(logits * sharp)
    return np.repeat(np.arange(len(sizes)), sizes), np.concatenate(rows)


def found(samples: np.ndarray, values: np.ndarray, parts: int = 1, kept: int = 1 << 20) -> float:
    vectors = EqualVectors(kept)
    for at in np.array_split(np.arange(len(samples)), parts):
        vectors.add(samples[at], values[at])
    told = vectors.copies()
    assert told.cells == len(samples)
    assert told.many == (told.copies > 0.05 * told.cells)
    return told.copies / told.cells


@pytest.mark.representatives(12)
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("sharp", [0.7, 2.0, 12.0])  # hesitant, as trained, saturated (0.9999…)
def test_honest_models_list_no_copies(written: str, sizes: str, sharp: float) -> None:
    rng = np.random.default_rng(20)
    for shift in (0.0, 1.0):
        samples, logits = cells(rng, SIZES[sizes], sharp, shift)
        assert found(samples, WRITTEN[written](logits)) <= 0.02


@pytest.mark.parametrize("written", ["3 digits", "4 digits", "float32", "int8 logits"])
@pytest.mark.parametrize("sharp", [0.7, 2.0])
def test_oversampled_cells_are_counted(written: str, sharp: float) -> None:
    rng = np.random.default_rng(21)
    samples, logits = cells(rng, SIZES["small"], sharp, 0.5)
    values = WRITTEN[written](logits)
    monocytes = np.flatnonzero(values.argmax(axis=1) == 2)
    at = np.concatenate([np.arange(len(samples)), *[monocytes] * 5])
    share = 5 * len(monocytes) / len(at)
    assert share > 0.2
    assert found(samples[at], values[at]) == pytest.approx(share, rel=0.25)


def test_batches_order_and_memory_do_not_matter() -> None:
    rng = np.random.default_rng(22)
    samples, logits = cells(rng, [400] * 50, 2.0, 0.5)
    values = softmax(logits)
    at = np.concatenate([np.arange(20_000), np.arange(0, 20_000, 5)])  # every fifth cell twice
    whole = found(samples[at], values[at])
    assert whole == pytest.approx(4000 / 24_000)
    shuffled = rng.permutation(at)
    assert found(samples[shuffled], values[shuffled], parts=7) == whole
    bounded = found(samples[at], values[at], parts=3, kept=2000)
    assert bounded == pytest.approx(whole, rel=0.15)
    assert found(samples[shuffled], values[shuffled], parts=5, kept=2000) == bounded


def test_too_few_samples_and_missing_probabilities_tell_nothing() -> None:
    rng = np.random.default_rng(23)
    samples, logits = cells(rng, [100] * 19, 2.0, 0.0)
    values = softmax(logits)
    assert found(np.tile(samples, 2), np.tile(values, (2, 1))) == 0
    vectors = EqualVectors()
    vectors.add(np.arange(30), np.full((30, 5), np.nan))
    assert vectors.copies() == (0, 0)
