"""Errors of samples, share within, covering error (STATISTICS.md §2 and §3)."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as sps

from tests.build.pairs import pairs as build
from wbcval.stats._error_summary import mean_and_sd, median
from wbcval.stats.functions.error import (
    METRIC,
    acceptance,
    covering_error,
    effective_error,
    relative_error,
)
from wbcval.stats.metric import Context, Pairs
from wbcval.values.errors import NotEstimable

pairs = partial(build, subject="WBC")


def within(n: int, outside: int, **more: object) -> Pairs:
    return pairs([1.0] * n, [1.2] * outside + [1.0] * (n - outside), **more)


def test_zeros_of_the_reference() -> None:
    found = relative_error(np.array([0.0, 0.0, 2.0]), np.array([0.0, 1.0, 1.0]))
    assert found.tolist() == [0.0, math.inf, -50.0]


def test_a_tenth_more_than_one_is_within_ten_percent() -> None:
    assert acceptance(pairs([1.0], [1.1])).k == 1  # (1.1 - 1.0)/1.0 is 0.10000000000000009


def test_reference_zero_with_model_one_is_outside() -> None:
    found = acceptance(pairs([0.0, 1.0], [1.0, 1.0]))
    assert (found.k, found.n) == (1, 2)


def test_an_absolute_floor_lets_small_differences_in() -> None:
    tiny = pairs([0.0, 0.1, 0.1, 5.0], [0.1, 0.2, 0.25, 5.6])
    assert acceptance(tiny).within.tolist() == [False, False, False, False]
    # 0.2 - 0.1 in binary is a bit above 0.1; the edge holds there too
    assert acceptance(tiny, floor=0.1).within.tolist() == [True, True, False, False]


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(1, 50), st.floats(0, 2))
def test_a_floor_means_either_percent_or_absolute(
    reference: float, model: float, limit: float, floor: float
) -> None:
    error = effective_error(np.array([reference]), np.array([model]), limit, floor)[0]
    size = abs(model - reference)
    expected = size <= limit / 100 * reference or size <= floor
    if abs(size - max(limit / 100 * reference, floor)) > 1e-6:  # off the edge
        assert (error <= limit * (1 + 1e-9)) == expected


def test_published_example() -> None:
    # 58 of 60 within 10 %, 96.7 %, covering error 9.2 % (the published verification plot)
    errors = np.concatenate([np.linspace(0.1, 9.2, 57), [9.5, 14.0, 20.0]])
    model = 10 * (1 + errors / 100)
    found = acceptance(pairs([10.0] * 60, list(model)))
    assert (found.k, found.n) == (58, 60)
    assert found.share.value == pytest.approx(0.967, abs=5e-4)
    assert covering_error(found.errors, 0.95).value == pytest.approx(9.2)


def test_interval_of_the_share_is_clopper_pearson() -> None:
    # an independent implementation: scipy's binomial test
    expected = sps.binomtest(58, 60).proportion_ci(0.95, method="exact")
    found = acceptance(within(60, 2)).share
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


@pytest.mark.parametrize(("n", "rank"), [(60, 60), (100, 99), (200, 196)])
def test_covering_error_bound_and_share_bound_are_one_statement(n: int, rank: int) -> None:
    errors = np.arange(1.0, n + 1)
    assert covering_error(errors, 0.95, level=0.90).high == rank


def test_covering_error_needs_72_samples_for_its_upper_bound() -> None:
    assert covering_error(np.arange(71.0), 0.95).high is None
    assert "n ≥ 72" in covering_error(np.arange(71.0), 0.95).reason
    assert covering_error(np.arange(72.0), 0.95).high == 71.0


def test_ties_at_the_covering_error() -> None:
    errors = np.array([1.0] * 18 + [10.0, 10.0])
    assert covering_error(errors, 0.95).value == 10.0
    assert covering_error(errors, 0.90).value == 1.0


@given(st.lists(st.integers(0, 12), min_size=1, max_size=80))
def test_share_and_covering_error_agree(tenths: list[int]) -> None:
    errors = np.array(tenths, dtype=float)
    share = np.mean(errors <= 10)
    covered = covering_error(errors, 0.95).value
    assert covered is not None
    assert (share >= 0.95 - 1e-12) == (covered <= 10 * (1 + 1e-9))


def test_technical_failures_are_outside() -> None:
    found = acceptance(within(19, 0, technical_failures=1, lost=1))
    assert (found.k, found.n, found.share_measured) == (19, 20, 1.0)
    measured = METRIC.measure(within(19, 0, technical_failures=2, lost=2), Context())[0]
    covered = measured.estimates["covering_error:0.95"]
    assert covered.value == math.inf
    assert "infinite" in covered.reason


def test_no_sample_at_all_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="no sample"):
        acceptance(pairs([], []))
    measured = METRIC.measure(pairs([], []), Context())[0]
    assert all(e.value is None and e.reason for e in measured.estimates.values())


def test_infinite_errors_stand_in_the_median() -> None:
    signed = np.array([math.inf, math.inf, math.inf, 1.0])
    assert median(signed).value == math.inf


@pytest.mark.parametrize("cluster", [None, np.array([0, 0, 1, 1])])
def test_one_infinite_error_leaves_no_mean_and_no_sd(cluster) -> None:
    signed = np.array([1.0, 3.0, 2.0, math.inf])
    for found in mean_and_sd(signed, Context(), "WBC", cluster):
        assert (found.value, found.n, found.flags) == (None, 4, ("infinite_errors",))
        assert found.reason.startswith("1 of 4 errors are infinite")


def test_median_interval_ranks() -> None:
    # binom.ppf(0.025, 20, 0.5) = 6: ranks 6 and 15 (Conover 1999, table A3)
    found = median(np.arange(1.0, 21.0))
    assert (found.low, found.high) == (6.0, 15.0)
    assert sps.binom.cdf(5, 20, 0.5) <= 0.025 < sps.binom.cdf(6, 20, 0.5)
    assert median(np.arange(5.0)).low is None


def test_repeated_patients_widen_the_interval() -> None:
    model = [1.2] * 20 + [1.0] * 80  # four patients, wholly outside or wholly within
    patients = np.repeat(np.arange(20), 5)
    alone = acceptance(pairs([1.0] * 100, model)).share
    together = acceptance(pairs([1.0] * 100, model, cluster=patients)).share
    assert together.deff == pytest.approx(5.0, rel=0.1)
    assert alone.low is not None
    assert together.low is not None
    assert together.low < alone.low


def test_nothing_outside_with_repeated_patients_counts_patients() -> None:
    patients = np.repeat(np.arange(20), 5)
    found = acceptance(within(100, 0, cluster=patients)).share
    assert found.low == pytest.approx(0.025 ** (1 / 20))  # exact lower bound of 20 of 20
    assert "assumed_deff" in found.flags


def test_all_samples_of_one_patient_count_as_one() -> None:
    model = [1.2] * 5 + [1.0] * 15
    found = acceptance(pairs([1.0] * 20, model, cluster=np.zeros(20, dtype=int))).share
    assert found.value == 0.75
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.9


def test_a_reference_too_coarse_for_the_limit_is_unresolvable() -> None:
    found = acceptance(pairs([0.1, 2.0], [0.1, 2.0], resolution=np.array([0.1, 0.1])))
    assert found.unresolvable.tolist() == [True, False]


@given(st.permutations(range(30)))
def test_order_of_the_samples_changes_nothing(order: list[int]) -> None:
    reference, model = np.arange(1.0, 31.0), np.arange(1.0, 31.0) ** 1.05
    before = METRIC.measure(pairs(list(reference), list(model)), Context())[0].estimates
    after = METRIC.measure(pairs(list(reference[order]), list(model[order])), Context())[0]
    for name, estimate in before.items():
        assert estimate.value == pytest.approx(after.estimates[name].value, rel=1e-12)
        if estimate.high is not None:
            assert estimate.high == pytest.approx(after.estimates[name].high, rel=1e-12)


def test_a_lost_sample_belongs_to_its_patient() -> None:
    # 100 patients with 3 samples each; 5 patients lost all of theirs
    patients = np.repeat(np.arange(95), 3)
    lost = np.repeat(np.arange(95, 100), 3)
    alone = pairs([1.0] * 285, [1.05] * 285, cluster=patients, technical_failures=15, lost=15)
    together = replace(alone, lost_cluster=lost)
    # every patient is wholly within or wholly lost: deff = 3·100/99, as the patients' variance
    assert acceptance(together).share.deff == pytest.approx(300 / 99)
    assert acceptance(together, level=0.9).share.low == pytest.approx(0.8974, abs=1e-4)


def test_a_required_share_of_one() -> None:
    found = covering_error(np.arange(30.0), 1.0)
    assert (found.value, found.low, found.high) == (29.0, 29.0, None)
    assert "no number of samples" in found.reason


def test_the_limit_at_a_reference_is_the_wider_of_limit_and_floor() -> None:
    plain = acceptance(pairs([10.0], [10.0]), 10)
    floored = acceptance(pairs([10.0], [10.0]), 10, 0.5)
    references = np.array([0.0, 1.0, 5.0, 50.0])
    assert plain.limit_at(references).tolist() == [10, 10, 10, 10]
    assert floored.limit_at(references).tolist() == [np.inf, 50, 10, 10]
