"""Imprecision from repeated results, Westgard's total error and sigma: by hand, identities."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from tests.build.pairs import pairs
from tests.simulated import repeats, slack
from wbcval.stats import precision, variance_components, westgard
from wbcval.stats.functions.precision import METRIC
from wbcval.stats.metric import Context, Pairs, Replicates
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate

SEEDS = st.integers(0, 10_000)
DAY, RUN = np.repeat(np.arange(20), 4), np.tile([0, 0, 1, 1], 20)


def drawn(seed: int, mean: float = 7.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    days, runs = rng.normal(0, 0.2, 20), rng.normal(0, 0.1, 40)
    found: np.ndarray = mean + days[DAY] + runs[2 * DAY + RUN] + rng.normal(0, 0.2, 80)
    return found


def study(n: int = 60) -> Pairs:
    rng = np.random.default_rng(5)
    reference = np.exp(rng.normal(np.log(7), 0.5, n))
    return pairs(reference, reference * rng.normal(1.02, 0.02, n), subject="WBC")


@given(SEEDS)
@settings(max_examples=20)
def test_one_sample_is_its_analysis_of_variance(seed):
    values = drawn(seed)
    at = precision(values, np.zeros(80), day=DAY, run=RUN).at(7.0)
    anova = variance_components(values, DAY, RUN)

    for mine, theirs in (
        (at.repeatability, anova.repeatability), (at.within_laboratory, anova.within_laboratory)
    ):  # fmt: skip
        assert [mine.value, mine.low, mine.high] == pytest.approx(
            [theirs.value, theirs.low, theirs.high], rel=1e-12
        )
    assert at.within_laboratory_cv.value == pytest.approx(
        100 * anova.within_laboratory.value / values.mean(), rel=1e-9
    )


@given(SEEDS)
@settings(max_examples=20)
def test_rows_have_no_order_and_a_unit_changes_no_cv(seed):
    values, rng = drawn(seed), np.random.default_rng(seed)
    order = rng.permutation(80)
    one = precision(values, DAY // 10, day=DAY, run=RUN).levels[0]
    other = precision(
        1000 * values[order], (DAY // 10)[order], day=DAY[order], run=RUN[order]
    ).levels[0]

    assert other.repeatability_cv.value == pytest.approx(one.repeatability_cv.value, rel=1e-9)
    assert other.within_laboratory.value == pytest.approx(
        1000 * one.within_laboratory.value, rel=1e-9
    )


def test_duplicates_are_pooled_by_hand():
    # SD of duplicates: the root of the mean of half the squared differences
    at = precision([7.0, 7.2, 6.8, 6.9], ["A", "A", "B", "B"]).levels
    assert len(at) == 1
    assert at[0].repeatability.value == pytest.approx(math.sqrt((0.2**2 + 0.1**2) / 4))
    assert at[0].within_laboratory.reason.code == "one_day"


def test_a_number_of_the_result_is_no_run():
    values = [7.0, 7.2, 6.9, 7.1, 7.0, 7.3]
    numbered = precision(values, ["A"] * 6, run=[1, 2, 3, 4, 5, 6])
    assert numbered.levels[0].repeatability.value == pytest.approx(np.std(values, ddof=1))


def test_lost_results_unbalance_a_design_and_it_stands():
    # Searle 1971, §11.4: of one-way data the coefficient is n0 = (N − Σnᵢ²/N)/(a − 1)
    values, day = [7.0, 7.2, 6.9, 8.0, 8.1], [1, 1, 1, 2, 2]
    found = variance_components(values, day)
    n0 = 5 - (9 + 4) / 5
    means = [np.mean(values[:3]), np.mean(values[3:])]
    between = 3 * (means[0] - np.mean(values)) ** 2 + 2 * (means[1] - np.mean(values)) ** 2
    within = (np.var(values[:3]) * 3 + np.var(values[3:]) * 2) / 3
    assert found.repeat.mean_square == pytest.approx(within)
    assert found.day.variance == pytest.approx((between - within) / n0)
    assert found.run is None


def test_levels_hold_every_repeated_sample():
    means = np.array([0.5, 0.6, 2.0, 2.4, 4.0, 30.0])
    values = np.repeat(means, 2) * np.tile([0.99, 1.01], 6)
    found = precision(values, np.repeat(np.arange(6), 2))
    covered = {m for at in found.levels for m in means if abs(m - at.level) <= 0.2 * at.level}
    assert covered == {*means}
    assert [at.samples for at in found.levels] == [2, 2, 1, 1]


def test_westgard_by_hand():
    both = westgard(
        Estimate(-2.0, -3.0, -1.0, 0.95, n=60), Estimate(2.0, 1.6, 2.8, 0.95, n=80), allowable=10
    )
    assert both.total_error.value == pytest.approx(5.3)
    assert both.sigma.value == pytest.approx(4.0)
    assert both.total_error.low == pytest.approx(5.3 - math.hypot(1.0, 1.65 * 0.4))
    assert both.total_error.high == pytest.approx(5.3 + math.hypot(1.0, 1.65 * 0.8))


@given(st.floats(-20, 20), st.floats(0, 5), st.floats(0.5, 5), st.floats(1.05, 4), st.floats(5, 30))
@settings(max_examples=300)
def test_sigma_is_where_its_own_bound_says_it(bias, half, cv, ratio, allowable):
    b = Estimate(bias, bias - half, bias + half, 0.95, n=60)
    c = Estimate(cv, cv / ratio, cv * ratio, 0.95, n=20)
    both = westgard(b, c, allowable=allowable)
    sigma = both.sigma
    assert sigma.low <= sigma.value + 1e-9
    assert sigma.value <= sigma.high + 1e-9
    # at its lower bound s, allowable is what |bias| + s·CV comes to at most
    more = max(abs(b.low), abs(b.high)) - abs(bias)
    s = sigma.low
    off = (c.high - cv) if s > 0 else (cv - c.low)
    assert abs(bias) + s * cv + math.hypot(more, s * off) == pytest.approx(allowable, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: precision([7.0, 8.0], ["A", "B"]), "measured repeatedly"),
        (lambda: westgard(Estimate(1.0), Estimate(0.0), allowable=10), "CV is 0"),
    ],
)
def test_what_cannot_be_told_is_refused(call, why):
    with pytest.raises(NotEstimable, match=why):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: precision([7.0, -1.0], ["A", "A"]),
        lambda: precision([7.0, 1.0], ["A"]),
        lambda: westgard(Estimate(1.0), Estimate(2.0), allowable=0),
    ],
)
def test_what_is_no_input_is_refused(call):
    with pytest.raises(ValueError, match=r"at least 0|length|above 0"):
        call()


ASKED = tuple(
    map(StatisticName, ("within_laboratory_cv:7", "total_error:7", "sigma:7:allowable=15"))
)


def measured(given: Pairs, *asked: StatisticName):
    return METRIC.measure(given, Context(requested=asked))


def test_nothing_is_measured_without_repeats_and_a_criterion_hears_why():
    assert measured(study()) == []
    (found,) = measured(study(), *ASKED)
    assert {e.reason.code for e in found.estimates.values()} == {"no_repeats"}


def with_repeats(values: np.ndarray, **options) -> Pairs:
    given = Replicates(
        ("A",) * len(values), values, tuple(map(str, DAY)), tuple(map(str, RUN)), **options
    )  # fmt: skip
    return replace(study(), replicates=given)


def test_the_road_measures_them_at_one_level():
    (found,) = measured(with_repeats(drawn(1)), *ASKED)
    te, cv = found.estimates["total_error:7"], found.estimates["within_laboratory_cv:7"]
    sigma = found.estimates["sigma:7:allowable=15"]
    bias = te.value - 1.65 * cv.value
    assert bias == pytest.approx(2, abs=1.5)
    assert sigma.value == pytest.approx((15 - bias) / cv.value)
    assert "normal_assumed" in sigma.flags
    assert "assumed_error_ratio" in te.flags  # the doubt of the line goes with its bias
    assert "assumed_error_ratio" not in cv.flags


def test_lost_repeats_are_said():
    for lost, flagged in ((4, False), (5, True)):
        (found,) = measured(with_repeats(drawn(1), lost=lost))
        assert all(("lost" in e.flags) is flagged for e in found.estimates.values())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("repeatability_cv", "level_needed"),
        ("repeatability_cv:x", "level_needed"),
        ("sigma:7", "allowable_missing"),
        ("sigma:30:allowable=15", "no_repeats_near"),
    ],
)
def test_what_a_criterion_leaves_open(name, code):
    (found,) = measured(with_repeats(drawn(1)), StatisticName(name))
    assert found.estimates[name].reason.code == code


def test_copied_results_show_no_scatter():
    (found,) = measured(with_repeats(np.full(80, 7.0)), *ASKED)
    assert "degenerate" in found.estimates["within_laboratory_cv:7"].flags
    assert found.estimates["sigma:7:allowable=15"].reason.code == "cv_zero"


@pytest.mark.slow
def test_intervals_of_total_error_and_sigma_cover():
    now, full = repeats(10_000, 500), 10_000
    rng = np.random.default_rng(1)
    for true, se, dof in ((0.0, 0.25, 4), (0.0, 1.0, 24), (1.0, 0.5, 12), (12.0, 1.0, 60)):
        hits = np.zeros(2)
        for _ in range(now):
            b, s = true + se * rng.normal(), 2 * math.sqrt(rng.chisquare(dof) / dof)
            low, high = (
                s * math.sqrt(dof / special.chdtri(dof, (1 + w * 0.95) / 2)) for w in (-1, 1)
            )
            both = westgard(
                Estimate(b, b - 1.96 * se, b + 1.96 * se, 0.95, n=60),
                Estimate(s, low, high, 0.95, n=25), allowable=10,
            )  # fmt: skip
            hits[0] += both.total_error.low <= true + 3.3 <= both.total_error.high
            hits[1] += both.sigma.low <= (10 - true) / 2 <= both.sigma.high
        assert (hits / now >= 0.935 - slack(0.05, now, full)).all(), (true, se, dof, hits / now)
