"""Copies but for a factor or a constant, and how rarely honest pairs are taken for some (§18)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.simulated import repeats
from wbcval.stats.functions.one_source import LINE, ROUNDED, one_source
from wbcval.stats.metric import Floats

Change = Callable[[Floats], Floats]


def flag(
    reference: Floats, model: Floats, digits: tuple[int, int] = (2, 2), apart: bool = True
) -> str:
    given, step = np.round(reference, digits[0]), np.full(len(reference), 10.0 ** -digits[0])
    return one_source(given, np.round(model, digits[1]), step, 10.0 ** -digits[1], two_draws=apart)


def drawn(n: int = 80, seed: int = 5) -> Floats:
    """WBC of patients, with all its digits."""
    return np.exp(np.random.default_rng(seed).normal(np.log(7.5), 0.45, n))


@pytest.mark.parametrize(
    "change",
    [
        lambda x: 1.02 * x,
        lambda x: x + 0.1,
        lambda x: 0.97 * x + 0.15,
        lambda x: np.where(np.arange(len(x)) % 9 == 0, 1.6 * x, 1.05 * x),  # others lie anywhere
    ],
)
@pytest.mark.parametrize("n", [25, 80])
def test_a_copy_on_a_line_is_seen_whichever_value_was_copied(change: Change, n: int) -> None:
    x = drawn(n)
    assert flag(x, change(x)) == flag(x, change(np.round(x, 2))) == LINE


@pytest.mark.parametrize(("n", "why"), [(25, LINE), (80, ROUNDED)])
def test_of_two_groups_of_copies_one_may_be_as_it_was(n: int, why: str) -> None:
    """Of many, those that were not changed show by themselves: equal, and none a few steps off."""
    x = drawn(n)
    assert flag(x, np.where(x < 4.5, x, 1.03 * x)) == why


@pytest.mark.parametrize("digits", [(1, 1), (1, 2), (2, 1)])
def test_a_copy_in_tenths_is_seen_in_many_samples(digits: tuple[int, int]) -> None:
    x = np.round(drawn(), digits[0])
    assert flag(x, 1.02 * x, digits) == LINE


def test_what_lies_on_a_line_by_its_steps_is_no_copy() -> None:
    """Small whole numbers, few values, a constant model, one slide read twice."""
    rng = np.random.default_rng(3)
    few = rng.integers(0, 6, 60).astype(float)
    assert flag(few, few + 1, (0, 0)) == ""
    assert flag(rng.choice([4.11, 7.52, 9.03], 60), rng.choice([4.31], 60)) == ""
    panel = rng.choice([4.11, 7.52, 9.03], 60)
    assert flag(panel, 1.02 * panel) == ""
    assert flag(drawn(), np.full(80, 7.5)) == ""
    assert flag(drawn(), 1.02 * drawn(), apart=False) == ""


@pytest.mark.parametrize("n", [300, 1000])
def test_many_samples_of_two_methods_in_tenths_are_on_no_line(n: int) -> None:
    """A step to either side of a line is no part of it, to the last bit of a number."""
    rng = np.random.default_rng(n)
    for seed in range(5):
        x = drawn(n, seed)
        one, other = (x * rng.normal(1, 0.007, n) for _ in range(2))
        assert flag(one, other, (1, 1)) == ""


@pytest.mark.parametrize("step", [0.0, 0.1])
def test_shares_of_cells_are_on_no_line(step: float) -> None:
    """Values of few cells lie on a grid, and of a grid some points lie on a line exactly."""
    rng = np.random.default_rng(4)
    for _ in range(40):
        true = rng.uniform(0.3, 0.8, 40)
        counted = rng.binomial(100, true).astype(float)
        given = rng.binomial(1000, true) / 10
        assert one_source(given, counted, full_of(step), 0.0, two_draws=True) == ""


def full_of(step: float) -> Floats:
    return np.full(40, step)


MIX = np.array([0.58, 0.30, 0.07, 0.035, 0.015])


def same_slide(rng: np.random.Generator) -> str:
    """The flag of an honest study in which both sides counted the same cells, or others.

    20 to 300 samples of 50 to 10 000 cells; up to a tenth of the cells are miscalled, of all
    classes alike or of some; none, one or two decimals, or none printed; n_cells half too large.
    """
    n = int(np.exp(rng.uniform(np.log(20), np.log(300))))
    most = int(rng.choice([50, 100, 200, 400, 1000, 2000, 10_000]))
    cells = np.full(n, most) if rng.random() < 0.5 else rng.integers(most // 2, most + 1, n)
    shares = rng.dirichlet(MIX * rng.choice([5, 10, 35]), n)
    wrong = rng.choice([0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1])
    calls = np.eye(5) * (1 - wrong) + wrong * rng.dirichlet(np.full(5, 0.3), 5)
    calls /= calls.sum(axis=1, keepdims=True)
    true = np.array([rng.multinomial(k, p) for k, p in zip(cells, shares, strict=True)])
    seen = np.array([sum(rng.multinomial(k, p) for k, p in zip(row, calls, strict=True))
                     for row in true])  # fmt: skip
    reference, model = 100 * true / cells[:, None], 100 * seen / cells[:, None]
    if rng.random() < 0.3:
        others = int(rng.choice([100, 200]))
        reference = 100 * np.array([rng.multinomial(others, p) for p in shares]) / others
    digits = [int(d) if rng.random() < 0.8 else None for d in rng.choice([0, 1, 2], 2)]
    which = rng.integers(2)
    x, y = (side[:, which] if d is None else np.round(side[:, which], d)
            for side, d in zip((reference, model), digits, strict=True))  # fmt: skip
    steps = [0.0 if d is None else 10.0**-d for d in digits]
    stated = cells * rng.choice([1, 1, 1.5])
    return one_source(x, y, np.full(n, steps[0]), steps[1], cells=stated)


def test_models_on_the_cells_of_the_reader_are_on_no_line() -> None:
    """0 of 8 000; the slow lane's share of what docs/decisions/0046 says."""
    rng = np.random.default_rng(6)
    assert LINE not in [same_slide(rng) for _ in range(150)]


@pytest.mark.slow
def test_no_study_of_one_slide_is_taken_for_a_copy_on_a_line() -> None:
    rng = np.random.default_rng(7)
    assert LINE not in [same_slide(rng) for _ in range(repeats(4000, 100))]


@pytest.mark.parametrize(("slope", "constant"), [(1.03, 0.0), (0.97, 0.5), (1.0, 0.7)])
@pytest.mark.parametrize(("cells", "digits"), [(200, 1), (1000, 1), (1000, 2), (10_000, 2)])
def test_a_copy_on_a_line_is_seen_on_one_slide(
    slope: float, constant: float, cells: int, digits: int
) -> None:
    x = np.round(np.random.default_rng(2).uniform(25, 80, 40), 1)
    y = np.round(constant + slope * x, digits)
    every, step = np.full(40, float(cells)), np.full(40, 0.1)
    assert one_source(x, y, step, 10.0**-digits, cells=every) == LINE
    assert one_source(x, y, step, 10.0**-digits) == ""  # of how many cells nobody said


def alarms(studies: int, seed: int) -> int:
    """Honest pairs, calibrated alike or apart, that are taken for copies.

    CV 0.7 to 5 % on each side, one or two decimals, 20 to 300 samples: WBC of patients, within a
    narrow range, and percentages.
    """
    rng = np.random.default_rng(seed)
    found = 0
    for _ in range(studies):
        n, cv = (
            int(np.exp(rng.uniform(np.log(20), np.log(300)))),
            rng.choice([0.007, 0.01, 0.02, 0.05]),
        )
        true = [
            drawn(n, int(rng.integers(1 << 30))),
            rng.uniform(2.1, 3, n),
            rng.uniform(20, 80, n),
        ]
        x = true[rng.integers(3)]
        y = rng.choice([0, 0.05, 0.1, 0.3]) + rng.choice([0.95, 1, 1.02]) * x
        x, y = (side * rng.normal(1, cv, n) for side in (x, y))
        digits = rng.choice([1, 2], 2)
        found += flag(x, y, (int(digits[0]), int(digits[1]))) != ""
    return found


def test_honest_pairs_are_no_copies() -> None:
    assert alarms(150, 1) == 0


@pytest.mark.slow
def test_honest_pairs_are_taken_for_copies_once_in_a_thousand_at_most() -> None:
    """The figures stand in docs/decisions/0036."""
    assert alarms(repeats(4000, 100), 2) <= 4
