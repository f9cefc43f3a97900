"""What tells copies from measurements, and how rarely an honest study is taken for one (§18)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.simulated import repeats
from wbcval.stats.functions.one_source import (
    IDENTICAL,
    NEARER,
    ROUNDED,
    chance_so_equal,
    chance_so_near,
    one_source,
)
from wbcval.stats.functions.repeated_rows import Column, repeated_rows
from wbcval.stats.metric import Floats

WIDE, NARROW = 0.2, 1.5  # of the mixture over samples
MIX = np.array([60, 28, 7, 3.5, 0.7])


def full(value: float, n: int) -> Floats:
    return np.full(n, value)


def test_the_bound_is_none_below_the_exact_chance_and_near_it() -> None:
    """Of one sample the chance is a sum of binomial terms; of many alike, near a χ²."""
    cells, share, near = 200, 0.3, 0.305
    exact = sum(stats.binom.pmf(k, cells, share) for k in range(59, 62))
    found = chance_so_near(full(share, 1), full(near, 1), full(cells, 1))
    assert exact <= found <= 6 * exact
    many = chance_so_near(full(0.5, 60), 0.5 + full(0.02, 60), full(400, 60))
    q = 60 * 0.02**2 * 400 / 0.25
    assert stats.chi2.cdf(q, 60) <= many <= 30 * stats.chi2.cdf(q, 60)


def test_a_rare_class_that_is_mostly_absent_is_no_copy() -> None:
    """Of a class of 0.1 % most counts of 100 are 0, each as near as counting gets."""
    n = 40
    assert not one_source(full(0.1, n), full(0, n), full(0.1, n), 0.0, full(0.001, n),
                          full(100, n), full(0, n))  # fmt: skip


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ([41.0, 52.0, 63.0], IDENTICAL),
        ([41.0, 52.0, 63.0 + 1e-12], IDENTICAL),
        ([41.0, 52.0, 63.1], ""),
        ([0.0, 52.0, 63.0], ""),
    ],
)
def test_equal_in_every_sample(model: list[float], found: str) -> None:
    reference = np.array([41.0, 52.0, 63.0])
    assert one_source(reference, np.array(model), full(0.0, 3), 0.0) == found


def test_zeros_on_both_sides_are_no_equal_values() -> None:
    both = np.array([0.0] * 30 + [1.0, 2.0])
    assert one_source(both, both.copy(), full(0.1, 32), 0.1) == ""


@pytest.mark.parametrize(
    ("steps", "model_steps", "found"),
    [(0.1, 0.001, ROUNDED), (1.0, 0.1, ROUNDED), (0.01, 0.1, ROUNDED), (10.0, 0.1, "")],
)
def test_the_coarser_rounding_decides(steps: float, model_steps: float, found: str) -> None:
    """Steps of 10 are too coarse for values of 40 to 75 to tell anything."""
    true = np.random.default_rng(1).uniform(40, 75, 60)
    sides = [np.round(true / u) * u for u in (steps, model_steps)]
    assert one_source(*sides, full(steps, 60), model_steps) == found


def study(rng: np.random.Generator) -> tuple[Floats, Floats, Floats, int, int]:
    """True shares, both sides' percentages, cells, and decimals of an honest study.

    A perfect model or a good one that calls 2 % of the lymphocytes monocytes; an analyzer, or a
    reader of 200 other cells; 20 to 200 samples.
    """
    n, cells = int(rng.choice([20, 40, 60, 100, 200])), int(rng.choice([100, 200, 400]))
    decimals = int(rng.choice([0, 1, 2]))
    shares = rng.dirichlet(MIX * rng.choice([WIDE, NARROW]), size=n)
    called = shares.copy()
    if rng.random() < 0.5:
        called[:, 2] += 0.02 * called[:, 1]
        called[:, 1] *= 0.98
    model = 100 * np.array([rng.multinomial(cells, row) for row in called]) / cells
    reference = 100 * shares
    if rng.random() < 0.5:
        reference = 100 * np.array([rng.multinomial(200, row) for row in shares]) / 200
    return shares, np.round(reference, decimals), model, cells, decimals


def alarms(studies: int, seed: int) -> tuple[int, int]:
    """Honest studies in which a measurand is taken for a copy, and with repeated samples."""
    rng = np.random.default_rng(seed)
    copied = repeated = 0
    for _ in range(studies):
        _, reference, model, cells, decimals = study(rng)
        n, step = len(model), 10.0**-decimals
        copied += any(
            one_source(r, m, full(step, n), 0.0, r / 100, full(cells, n), m / 100)
            for r, m in zip(reference.T, model.T, strict=True)
        )
        take = rng.choice(5, size=int(rng.integers(1, 5)), replace=False)
        columns = [Column(reference[:, j], model[:, j], step, 100 / cells) for j in take]
        rows = np.column_stack([reference[:, take], model[:, take]])
        repeated += bool(repeated_rows(rows, columns))
    return copied, repeated


def test_honest_studies_are_not_taken_for_copies() -> None:
    assert alarms(40, 1) == (0, 0)


@pytest.mark.slow
def test_honest_studies_are_taken_for_copies_once_in_a_thousand_at_most() -> None:
    """The figures stand in docs/decisions/0036."""
    copied, repeated = alarms(repeats(3000, 60), 2)
    assert copied <= 3
    assert repeated <= 3


@pytest.mark.parametrize(("noise", "share"), [(0.0, 1.0), (0.4, 1.0), (1.0, 0.0)])
def test_what_is_found_of_copies_with_noise(noise: float, share: float) -> None:
    """Of 60 samples of 200 cells, noise as a multiple of what counting makes."""
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(10):
        true = rng.uniform(0.4, 0.75, 60)
        seen = true + noise * np.sqrt(true * (1 - true) / 200) * rng.normal(size=60)
        flag = one_source(100 * true, 100 * seen, full(0.0, 60), 0.0, true, full(200, 60), seen)
        found += flag in (NEARER, IDENTICAL)
    assert found / 10 == share


@pytest.mark.parametrize(
    ("classes", "times", "found"),
    [
        ([0, 1, 2, 3, 4], 2, True),
        ([0], 10, True),
        ([4], 10, False),  # a class so rare that most samples are alike in it
    ],
)
def test_copies_are_found_where_values_tell_samples_apart(
    classes: list[int], times: int, found: bool
) -> None:
    rng = np.random.default_rng(9)
    shares = rng.dirichlet(MIX * NARROW, size=20)
    model = np.tile(100 * np.array([rng.multinomial(200, row) for row in shares]) / 200, (times, 1))
    reference = np.tile(np.round(100 * shares, 1), (times, 1))
    columns = [Column(reference[:, j], model[:, j], 0.1, 0.5) for j in classes]
    rows = np.column_stack([reference[:, classes], model[:, classes]])
    groups = repeated_rows(rows, columns)
    assert bool(groups) is found
    assert all(len(group) % times == 0 for group in groups)


@pytest.mark.parametrize("absent", [0.05, 0.4, 0.9])
def test_a_class_that_is_absent_in_many_makes_no_copies_of_them(absent: float) -> None:
    rng = np.random.default_rng(6)
    for n in (40, 200):
        there = rng.random(n) >= absent
        reference = np.where(there, np.round(rng.uniform(3, 9, n), 1), 0.0)
        model = np.where(there, np.round(reference * rng.normal(1, 0.1, n), 2), 0.0)
        columns = [Column(reference, model, 0.1, 0.01)]
        assert repeated_rows(np.column_stack([reference, model]), columns) == ()


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("cv", "step", "low", "high"), [
    (0.007, 0.01, 3, 12), (0.007, 0.1, 3, 12), (0.02, 0.1, 2, 6),  # WBC: nobody measures it better
    (0.02, 1.0, 20, 80), (0.02, 0.1, 2, 80),  # percentages of 100 cells, and an analyzer's
])  # fmt: skip
def test_two_measurements_are_not_equal_beyond_chance(cv, step, low, high):
    rng = np.random.default_rng(11)
    for n in (20, 60, 200):
        for _ in range(60):
            true = rng.uniform(low, high, n)
            one, other = (np.rint(true * rng.normal(1, cv, n) / step) * step for _ in range(2))
            assert one_source(one, other, np.full(n, step), step, two_draws=True) == ""


LABORATORIES = {
    "wards": (lambda rng, n: np.exp(rng.normal(np.log(7.5), 0.5, n))),
    "leukopenia": (lambda rng, n: rng.uniform(0.3, 3.5, n)),
    "CLL": (lambda rng, n: np.exp(rng.normal(np.log(60), 0.6, n))),
}


@pytest.mark.representatives(3)
@pytest.mark.parametrize("blood", LABORATORIES)
@pytest.mark.parametrize("steps", [(1.0, 1.0), (0.1, 0.1), (1.0, 0.1), (0.01, 1.0)])
def test_coarse_values_of_two_measurements_are_no_copies(blood, steps):
    """WBC in whole numbers or hundreds: in 1 % of the studies at most, were both CVs 0.7 %."""
    rng = np.random.default_rng([len(blood), int(100 * steps[0])])
    told = 0
    for n in (20, 40, 60, 200):
        for _ in range(50):
            true = LABORATORIES[blood](rng, n)
            one, other = (
                np.rint(true * rng.normal(1, cv, n) / step) * step
                for cv, step in zip((0.015, 0.02), steps, strict=True)
            )
            told += bool(one_source(one, other, np.full(n, steps[0]), steps[1], two_draws=True))
    assert told == 0


def test_all_equal_is_a_copy_where_chance_makes_no_such_study():
    """Whole numbers of twenty normal WBC are soon all the same; of two hundred they never are."""
    rng = np.random.default_rng(5)
    for n, found in ((20, ""), (200, IDENTICAL)):
        both = np.rint(rng.uniform(3, 12, n))
        assert one_source(both, both, full(1.0, n), 1.0, two_draws=True) == found
    fine = rng.uniform(3, 12, 20).round(2)
    assert one_source(fine, fine, full(0.01, 20), 0.01, two_draws=True) == IDENTICAL


@pytest.mark.parametrize(("step", "share"), [(0.01, 0.93), (0.01, 0.4), (0.1, 0.93)])
def test_copies_of_a_part_are_equal_beyond_chance(step, share):
    rng = np.random.default_rng(12)
    true = rng.uniform(3, 12, 100)
    one, other = (np.rint(true * rng.normal(1, 0.02, 100) / step) * step for _ in range(2))
    other[: int(100 * share)] = one[: int(100 * share)]
    assert one_source(one, other, np.full(100, step), step, two_draws=True) == ROUNDED
    if step == 0.01:  # of the same cells counts may well be equal so often
        assert one_source(one, other, np.full(100, step), step) == ""


def test_the_chance_of_equal_digits_is_that_of_drawing():
    rng = np.random.default_rng(13)
    for s in (0.05, 0.5, 2.0, 8.0):
        a = rng.uniform(0, 1000, 200_000)
        equal = np.mean(np.rint(a) == np.rint(a + rng.normal(0, 1 / s, 200_000)))
        assert chance_so_equal(1, np.array([s])) == 1.0  # not above the mean by one
        found = chance_so_equal(3, np.full(3, s)) ** (1 / 3) if 3 * equal + 1 <= 3 else equal
        assert found == pytest.approx(equal, abs=0.004)
