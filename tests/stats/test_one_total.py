"""Is the total behind the model's counts the reference's own? STATISTICS.md §18."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats.functions.one_total import Printed, added, one_total, total_of
from wbcval.stats.metric import Floats


def drawn(rng: np.random.Generator, n: int, cv: float) -> tuple[Floats, Floats]:
    """A WBC with CV 0, and another measurement of it."""
    true = np.exp(rng.normal(np.log(7.0), 0.5, n))
    return true, true * (1 + rng.normal(0, cv, n))


def printed(values: Floats, digits: int) -> Printed:
    return Printed.of(np.round(values, digits), 10.0**-digits)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("digits", [1, 2])
@pytest.mark.parametrize("cv", [0.01, 0.02, 0.05])
def test_two_measurements_are_no_one_total(cv: float, digits: int) -> None:
    rng = np.random.default_rng(1)
    for n in (5, 20, 60, 200):
        for _ in range(100):
            theirs, ours = drawn(rng, n, cv)
            shares = rng.dirichlet((58, 30, 8, 3, 1), n).T
            five = added([printed(ours * share, digits) for share in shares])
            assert not one_total(printed(theirs, 2), five)
            neut, percent = printed(ours * shares[0], digits), printed(100 * shares[0], 1)
            assert not one_total(printed(theirs, 2), total_of([neut], [percent]))
            assert not one_total(printed(theirs, 1), printed(1.2 * ours, 1))


@pytest.mark.parametrize("factor", [1.0, 1.004, 0.9])
@pytest.mark.parametrize("jitter", [0.0, 0.002])
def test_one_total_is_found_behind_its_counts(factor: float, jitter: float) -> None:
    rng = np.random.default_rng(2)
    theirs = printed(drawn(rng, 60, 0.0)[0], 2)
    used = factor * theirs.values * (1 + rng.normal(0, jitter, 60))
    shares = rng.dirichlet((58, 30, 8, 3, 1), 60).T
    assert one_total(theirs, added([printed(used * share, 2) for share in shares]))
    percent = 100 * shares[0]
    assert one_total(theirs, total_of([printed(used * shares[0], 3)], [printed(percent, 2)]))
    assert one_total(theirs, printed(used, 2))


def test_what_rounding_hides_and_what_is_absent_is_no_one_total() -> None:
    rng = np.random.default_rng(3)
    theirs, _ = drawn(rng, 60, 0.0)
    coarse = added([printed(theirs / 5, 0) for _ in range(5)])  # any total looks like this one
    assert not one_total(printed(theirs, 2), coarse)
    nothing = Printed.of(np.full(60, np.nan), 0.0)
    assert not one_total(nothing, printed(theirs, 2))
    assert np.isnan(total_of([printed(0 * theirs, 2)], [printed(0 * theirs, 1)]).values).all()
