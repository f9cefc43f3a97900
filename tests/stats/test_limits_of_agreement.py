"""Intervals of limits of agreement: factors, order statistics, repeated patients; coverage."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special
from scipy import stats as sps

from wbcval.stats.functions.limits_of_agreement import INTERVALS, Z, factors
from wbcval.stats.functions.nonparametric_limits import nonparametric_limits
from wbcval.stats.functions.repeated_limits import one_way, repeated_limits


def entry(golden, name, stat, package):
    found = [
        e["values"]
        for e in golden[name]["entries"]
        if e["stat"] == stat and e["by"].get("package") == package
    ]
    assert len(found) == 1
    return found[0]


def ends(lower, upper):
    return [lower.low, lower.high, upper.low, upper.high]


# --- the four intervals ---


def test_factors_of_the_published_table():
    # R EnvStats 3.1.0 tolIntNormK(45, coverage = .95, conf.level = .025 and .975), milk data,
    # good to about 1e-4 there; and R qt() for the single limit
    assert factors("exact_pair", 45, 0.95) == pytest.approx((1.63703592, 2.50737603), rel=1e-6)
    assert factors("exact", 45, 0.95) == pytest.approx((1.5315289110, 2.5741876952), rel=1e-9)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("n", [3, 5, 20, 1000, 100_000])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_exact_factors_hold_their_definition(n, level):
    # P(mean + k·SD < population mean + z·SD), integrated over the SD instead of by noncentral t
    df = n - 1
    ends_of_chi = [special.gammaincinv(df / 2, 1e-16), special.gammainccinv(df / 2, 1e-16)]

    def below(k):
        def density(half_square):
            sd = math.sqrt(2 * half_square / df)
            return sps.gamma.pdf(half_square, df / 2) * special.ndtr(math.sqrt(n) * (Z - k * sd))

        middle = df / 2
        value, _ = integrate.quad(density, *ends_of_chi, points=[middle], limit=400, epsabs=1e-12)
        return value

    inner, outer = factors("exact", n, level)

    assert below(inner) == pytest.approx((1 + level) / 2, abs=1e-8)
    assert below(outer) == pytest.approx((1 - level) / 2, abs=1e-8)


@pytest.mark.parametrize("interval", INTERVALS)
def test_factors_close_on_z_as_n_grows(interval):
    sizes = [3, 10, 100, 1000, 10_000, 100_000, 1_000_000]

    inner, outer = np.array([factors(interval, n, 0.95) for n in sizes]).T

    assert (np.diff(inner) > 0).all()
    assert (np.diff(outer) < 0).all()
    assert inner[-1] == pytest.approx(Z, rel=3e-3)
    assert outer[-1] == pytest.approx(Z, rel=3e-3)
    assert (inner < Z).all()
    assert (outer > Z).all()


@pytest.mark.parametrize("interval", INTERVALS)
def test_a_higher_level_gives_a_wider_interval(interval):
    levels = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999]

    inner, outer = np.array([factors(interval, 30, level) for level in levels]).T

    assert (np.diff(inner) < 0).all()
    assert (np.diff(outer) > 0).all()


def test_two_pairs_have_an_exact_interval():
    # noncentral t at 1 degree of freedom: P(T ≤ t) by the same integral as above
    inner, outer = factors("exact", 2, 0.95)

    assert (inner, outer) == pytest.approx((0.5226052234, 62.5576485), rel=1e-8)


def covered(draw, n, interval, studies, low, high):
    rng = np.random.default_rng(20)
    d = draw(rng, (studies, n))
    average, sd = d.mean(axis=1), d.std(axis=1, ddof=1)
    inner, outer = factors(interval, n, 0.95)
    upper = (average + inner * sd <= high) & (high <= average + outer * sd)
    lower = (average - outer * sd <= low) & (low <= average - inner * sd)
    return lower.mean(), upper.mean()


def normal(rng, size):
    return rng.normal(size=size)


def rounded(rng, size):
    return np.round(2 * rng.normal(size=size)) / 2


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 20, 40, 100, 400])
@pytest.mark.parametrize("draw", [normal, rounded])
def test_exact_interval_covers_the_limit_of_normal_differences(n, draw):
    # measured with 10 000 studies: 0.946–0.956; the standard error of a share is 0.0022
    sd = 1.0 if draw is normal else math.hypot(1, 0.5 / math.sqrt(12))

    for share in covered(draw, n, "exact", 10_000, -Z * sd, Z * sd):
        assert 0.943 <= share <= 0.962


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 100, 400])
@pytest.mark.parametrize("interval", ["mover", "approximate"])
def test_closed_intervals_cover_nearly_as_much(n, interval):
    for share in covered(normal, n, interval, 10_000, -Z, Z):
        assert 0.93 <= share <= 0.962


@pytest.mark.slow
def test_parametric_intervals_fail_on_skewed_differences_as_documented():
    # gamma of skewness 1: 81–84 % for mean ± 1.96·SD, and the limits are no percentiles
    def skewed(rng, size):
        return rng.gamma(4, size=size)

    _, share = covered(skewed, 200, "exact", 10_000, 4 - 2 * Z, 4 + 2 * Z)
    low, high = sps.gamma.ppf([0.025, 0.975], 4)
    percentiles = covered(skewed, 200, "exact", 10_000, low, high)

    assert 0.80 < share < 0.85
    assert max(percentiles) < 0.25


def test_exact_pair_encloses_the_content_with_its_confidence():
    rng = np.random.default_rng(21)
    d = rng.normal(size=(4000, 30))
    average, sd = d.mean(axis=1), d.std(axis=1, ddof=1)

    for k, confidence in zip(factors("exact_pair", 30, 0.95), (0.025, 0.975), strict=True):
        content = special.ndtr(average + k * sd) - special.ndtr(average - k * sd)
        assert (content >= 0.95).mean() == pytest.approx(confidence, abs=0.011)


# --- percentiles ---


def test_percentiles_are_of_type_6():
    # n = 39: the 2.5th percentile at rank (n + 1)·0.025 = 1, the smallest value
    d = np.arange(1.0, 40.0)

    lower, upper = nonparametric_limits(d, None, 0.95)

    assert (lower.value, upper.value) == (pytest.approx(1.0), pytest.approx(39.0))
    # n = 100: rank 2.525 and 98.475
    lower, upper = nonparametric_limits(np.arange(1.0, 101.0), None, 0.95)
    assert (lower.value, upper.value) == (pytest.approx(2.525), pytest.approx(98.475))


@pytest.mark.parametrize(("n", "estimable"), [(2, False), (38, False), (39, True)])
def test_percentiles_need_39_pairs(n, estimable):
    lower, _ = nonparametric_limits(np.arange(float(n)), None, 0.95)

    assert (lower.value is not None) is estimable
    assert ("need 39 pairs" in lower.reason) is not estimable


@pytest.mark.parametrize(
    ("n", "level", "has"), [(145, 0.95, False), (146, 0.95, True), (118, 0.9, False), (119, 0.9, 1)]
)
def test_the_interval_of_a_percentile_needs_146_pairs_or_119(n, level, has):
    lower, upper = nonparametric_limits(np.arange(float(n)), None, level)

    for limit in (lower, upper):
        assert limit.has_interval is bool(has)
        assert bool(limit.reason) is not bool(has)
    if not has:
        assert f"needs n ≥ {n + 1}" in lower.reason


@pytest.mark.parametrize("n", [146, 200, 573, 5000, 100_000])
def test_ranks_are_the_binomial_ones(n):
    d = np.arange(1.0, n + 1.0)  # a value is its rank

    lower, upper = nonparametric_limits(d, None, 0.95)

    low, high = int(lower.low), int(lower.high)
    p = sps.binom(n, 0.025)
    assert p.cdf(low - 1) <= 0.025 < p.cdf(low)
    assert p.cdf(high - 1) >= 0.975 > p.cdf(high - 2)
    assert (upper.low, upper.high) == (n + 1 - high, n + 1 - low)


def test_repeated_patients_widen_the_interval_of_a_percentile():
    rng = np.random.default_rng(9)
    d = np.repeat(rng.normal(size=300), 2)

    alone, _ = nonparametric_limits(d, None, 0.95)
    clustered, _ = nonparametric_limits(d, np.repeat(np.arange(300), 2), 0.95)

    assert clustered.value == alone.value
    assert clustered.deff == pytest.approx(2, abs=0.35)
    assert clustered.low <= alone.low
    assert clustered.high >= alone.high
    assert clustered.high - clustered.low > alone.high - alone.low


@pytest.mark.slow
@pytest.mark.parametrize("skewed", [True, False])
def test_percentile_intervals_cover_whatever_the_distribution(skewed):
    rng = np.random.default_rng(22)
    d = rng.gamma(2, size=(4000, 200)) if skewed else np.round(2 * rng.normal(size=(4000, 200))) / 2
    # the 2.5th percentile of N(0, 1) rounded to halves is −2: P(≤ −2.5) = 0.012, P(≤ −2) = 0.040
    low, high = sps.gamma.ppf([0.025, 0.975], 2) if skewed else (-2.0, 2.0)

    limits = [nonparametric_limits(row, None, 0.95) for row in d]

    assert np.mean([a.low <= low <= a.high for a, _ in limits]) >= 0.945
    assert np.mean([b.low <= high <= b.high for _, b in limits]) >= 0.945


# --- repeated patients ---


def replicates(shared, golden, name):
    frame = pd.read_csv(shared / "reference" / golden[name]["file"]).dropna()
    return (frame["y"] - frame["x"]).to_numpy(float), pd.factorize(frame["id"])[0].astype(np.int64)


def test_bias_of_balanced_replicates_equals_simplyagree(shared, golden):
    # SimplyAgree 0.3.0 agreement_limit(data_type = "reps"): t with 84 degrees of freedom
    expected = entry(golden, "sbp_JS_reps", "ba.repeated.reps.mover", "SimplyAgree")

    found = repeated_limits(*replicates(shared, golden, "sbp_JS_reps"), 0.95)

    got = (found.bias.low, found.bias.high)
    assert got == pytest.approx((expected["lower.CL"], expected["upper.CL"]), rel=1e-9)


def test_published_replicates(shared, golden):
    # Bland & Altman 2007 (cardiac output): bias 0.60, SD 0.99 of single differences
    found = repeated_limits(*replicates(shared, golden, "cardiac"), 0.95)

    assert (round(abs(found.bias.value), 2), round(found.sd.value, 2)) == (0.60, 0.99)


def test_effective_degrees_of_freedom_are_g_minus_1_in_balanced_data():
    rng = np.random.default_rng(2)

    found = one_way(rng.normal(size=60), np.repeat(np.arange(20), 3))

    assert found.df_between == pytest.approx(19, rel=1e-12)


def test_negative_variance_between_patients_does_not_break_the_limits():
    # two patients with the same mean, spread within
    found = repeated_limits(np.array([-1.0, 1.0, -1.0, 1.0]), np.array([0, 0, 1, 1]), 0.95)

    assert found.anova.ms_between == 0
    assert found.sd.value == pytest.approx(math.sqrt(1 / 2 * 2.0))  # (1 − 1/n0)·MSW, n0 = 2
    assert found.lower.low < found.lower.value < found.lower.high


def replicate_coverage(sizes, between, within, studies, seed=3):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    truth = Z * math.hypot(between, within)
    hits = np.zeros(3)
    for _ in range(studies):
        d = rng.normal(0, between, len(sizes))[group] + rng.normal(0, within, len(group))
        found = repeated_limits(d, group, 0.95)
        hits += [
            found.bias.low <= 0 <= found.bias.high,
            found.lower.low <= -truth <= found.lower.high,
            found.upper.low <= truth <= found.upper.high,
        ]
    return hits / studies


MIXES = {
    "most patients once": [1] * 80 + [2, 3, 4, 5] * 5,
    "balanced": [3] * 50,
    "a few often": [1] * 20 + [10] * 5,
}


def test_replicate_intervals_cover_where_few_patients_repeat():
    # 88 % with G − 1 degrees of freedom instead of the effective ones
    bias, lower, upper = replicate_coverage(MIXES["a few often"], 1.0, 0.3, 400)

    assert min(bias, lower, upper) > 0.92


@pytest.mark.slow
@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize(("between", "within"), [(1, 0.3), (1, 1), (0.3, 1), (0, 1)])
def test_replicate_intervals_cover(mix, between, within):
    # measured with 4 000 studies: bias 0.943–0.975, limits 0.945–0.969; more where the patients
    # do not differ
    shares = replicate_coverage(MIXES[mix], between, within, 4000)

    assert min(shares) >= 0.935
    assert max(shares) <= 0.985
