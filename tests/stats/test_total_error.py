"""Total error: percentiles by hand and by R, infinite errors, and what a criterion may ask."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from tests.build.pairs import pairs
from tests.simulated import repeats, slack
from wbcval.stats import total_error
from wbcval.stats.functions.total_error import METRIC
from wbcval.stats.metric import Context
from wbcval.values.errors import NotEstimable


def errors_of(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides, with these errors in percent."""
    reference = np.full(len(errors), 50.0)
    return reference, reference * (1 + errors / 100)


def test_percentiles_as_r_has_them() -> None:
    # R 4.2: quantile(c(-30, seq(-19, 20), 55), c(0.025, 0.975), type = 6) gives -29.175 and 52.375
    found = total_error(*errors_of(np.r_[-30.0, np.arange(-19.0, 21), 55.0]))

    assert found.lower.value == pytest.approx(-29.175, rel=1e-12)
    assert found.upper.value == pytest.approx(52.375, rel=1e-12)
    assert found.n == 42


def test_ends_have_the_intervals_of_the_order_statistics() -> None:
    # Bin(150, 0.025): P(X <= 0) = 0.022, P(X <= 1) = 0.109, P(X >= 8) = 0.036, P(X >= 9) = 0.014
    found = total_error(*errors_of(np.arange(150.0) - 60))

    assert (found.lower.low, found.lower.high) == pytest.approx((-60, -52))
    assert (found.upper.low, found.upper.high) == pytest.approx((81, 89))


@pytest.mark.parametrize(("infinite", "upper"), [(0, False), (1, True), (40, True)])
def test_an_infinite_error_is_never_dropped(infinite: int, upper: bool) -> None:
    # of 50 the 97.5th percentile lies between the last but one and the last: 49.725
    reference, model = errors_of(np.linspace(-5, 5, 50 - infinite))
    found = total_error(np.r_[reference, np.zeros(infinite)], np.r_[model, np.ones(infinite)])

    assert math.isfinite(found.lower.value)
    assert math.isinf(found.upper.value) is upper
    assert found.n == 50
    assert not math.isnan(found.upper.value)


def test_few_or_impossible_values_are_refused_in_words() -> None:
    few = total_error(*errors_of(np.arange(38.0)))
    assert few.lower.value is few.upper.value is None
    assert "39" in str(few.lower.reason)
    with pytest.raises(NotEstimable, match="pair"):
        total_error([], [])
    with pytest.raises(ValueError, match="at least 0"):
        total_error([1, -2], [1, 2])


@given(st.lists(st.integers(-90, 300), min_size=39, max_size=60), st.sampled_from([0.01, 7.0]))
@settings(max_examples=40)
def test_unit_and_order_do_not_matter_and_the_ends_enclose_what_they_say(
    errors: list[int], unit: float
) -> None:
    reference, model = errors_of(np.array(errors, dtype=float))
    found, other = total_error(reference, model), total_error(unit * reference[::-1],
                                                               unit * model[::-1])  # fmt: skip

    assert other.lower.value == pytest.approx(found.lower.value, rel=1e-9, abs=1e-9)
    assert other.upper.value == pytest.approx(found.upper.value, rel=1e-9, abs=1e-9)
    inside = (found.errors >= found.lower.value - 1e-9) & (found.errors <= found.upper.value + 1e-9)
    assert (~inside).sum() <= 2 * math.floor(0.025 * (len(errors) + 1))


def test_repeated_patients_widen_the_interval() -> None:
    errors = np.repeat(np.random.default_rng(4).normal(0, 10, 100), 3)
    once = total_error(*errors_of(errors)).upper
    often = total_error(*errors_of(errors), cluster=np.repeat(np.arange(100), 3)).upper

    assert once.has_interval
    assert often.deff is not None
    assert often.deff > 1.5
    assert not often.has_interval or often.high - often.low > once.high - once.low


def test_agreement_on_absence_is_marked_and_a_total_is_not() -> None:
    rare = pairs(np.r_[np.zeros(190), np.full(10, 5.0)], np.r_[np.zeros(190), np.full(10, 5.1)])
    (found,) = METRIC.measure(rare, Context())
    assert all("class_rare" in e.flags for e in found.estimates.values())
    (found,) = METRIC.measure(pairs(np.full(200, 5.0), np.full(200, 5.1), "WBC"), Context())
    assert not any("class_rare" in e.flags for e in found.estimates.values())


# coverage of lower and upper, as docs/explanation/coverage.md has it: the ranks are exact
@pytest.mark.slow
@pytest.mark.parametrize(("n", "expected"), [(146, 0.965), (200, 0.983), (400, 0.979)])
@pytest.mark.parametrize("shape", ["normal", "t"])
def test_the_intervals_hold_the_percentiles_whatever_the_shape(
    n: int, expected: float, shape: str
) -> None:
    rng, runs, hits = np.random.default_rng(n), repeats(4_000, 500), np.zeros(2)
    end = {"normal": special.ndtri(0.975), "t": special.stdtrit(5, 0.975)}[shape]
    for _ in range(runs):
        drawn = rng.standard_normal(n) if shape == "normal" else rng.standard_t(5, n)
        found = total_error(np.full(n, 100.0), 100 + 2 * drawn)
        pairs_ = ((found.lower, -2 * end), (found.upper, 2 * end))
        hits += [e.low <= true <= e.high for e, true in pairs_]

    assert np.abs(hits / runs - expected).max() <= slack(0.03, runs, 4_000) + 0.005
