"""Bland–Altman: published and R values, identities, and the edges."""

from __future__ import annotations

import dataclasses
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps

from tests.build.golden import read
from tests.build.pairs import pairs
from wbcval.stats import bland_altman
from wbcval.stats._moments import mean_sd
from wbcval.stats.functions.bland_altman import METRIC
from wbcval.stats.functions.shape import shape, shapiro_p
from wbcval.stats.metric import Better, Context, StatisticUnit
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate

PAIRED_SETS = [
    "creatinine", "pefr1986", "giavarina2015", "milk", "sbp_J1_S1", "arsenate", "ferritin",
    "aromatics_mono", "scint_dtpa", "hba1c_means", "glucose_t0_plas_cap", "edge_ties_dups",
    "edge_negative_slopes", "edge_even_slopes", "edge_big_offset",
]  # fmt: skip
SUMMARY = [
    "bias", "sd", "bias_lci", "bias_uci", "loa_lower", "loa_upper",
    "loa_lower_lci", "loa_lower_uci", "loa_upper_lci", "loa_upper_uci",
]  # fmt: skip


def entries(golden, name, stat, package="base R"):
    return [
        e["values"]
        for e in golden[name]["entries"]
        if e["stat"] == stat and e["by"].get("package") == package
    ]


def summary(found, limits):
    lower, upper = limits
    return [
        found.bias.value, found.sd.value, found.bias.low, found.bias.high,
        lower.value, upper.value, lower.low, lower.high, upper.low, upper.high,
    ]  # fmt: skip


# --- against R ---


@pytest.mark.parametrize("name", PAIRED_SETS)
def test_approximate_limits_equal_r(shared, golden, name):
    # base R 4.2.2: the formulas of Bland & Altman 1999 written out with z = qnorm(.975)
    (expected,) = entries(golden, name, "ba.absolute.approx_z")

    found = bland_altman(*read(shared, golden, name))

    got = summary(found, found.alternatives["approximate"])
    assert got == pytest.approx([expected[k] for k in SUMMARY], rel=1e-9)


@pytest.mark.parametrize("difference", ["percent", "percent_of_reference"])
@pytest.mark.parametrize("name", PAIRED_SETS)
def test_percent_limits_equal_r(shared, golden, name, difference):
    # base R 4.2.2: 100·(y − x) over the mean of both, or over x
    stat = "ba.percent_of_mean" if difference == "percent" else "ba.percent_of_reference"
    if not (values := entries(golden, name, stat)):
        pytest.skip("no value: the set holds zeros")

    found = bland_altman(*read(shared, golden, name), difference=difference)

    got = summary(found, found.alternatives["approximate"])
    assert got == pytest.approx([values[0][k] for k in SUMMARY], rel=1e-9)


@pytest.mark.parametrize("name", PAIRED_SETS)
def test_log_limits_equal_r(shared, golden, name):
    # base R 4.2.2: log(y/x), limits exp(mean ± z·sd)
    if not (values := entries(golden, name, "ba.ratio_log")):
        pytest.skip("no value: the set holds zeros")

    found = bland_altman(*read(shared, golden, name), difference="log")

    got = (found.bias.value, found.sd.value, *map(math.exp, (found.lower.value, found.upper.value)))
    expected = [values[0][k] for k in ("log_bias", "log_sd", "loa_ratio_lower", "loa_ratio_upper")]
    assert got == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", PAIRED_SETS)
def test_slope_on_the_mean_and_normality_equal_r(shared, golden, name):
    # base R 4.2.2: lm((y - x) ~ I((x + y)/2)); shapiro.test(y - x)
    (line,) = entries(golden, name, "ba.proportional_bias")
    (normality,) = entries(golden, name, "normality.shapiro_wilk")

    found = bland_altman(*read(shared, golden, name))

    slope = found.proportional.slope
    got = (slope.value, slope.low, slope.high, found.proportional.intercept)
    expected = [line[k] for k in ("slope", "slope_lci", "slope_uci", "intercept")]
    assert got == pytest.approx(expected, rel=1e-9)
    assert found.shapiro_p == pytest.approx(normality["p"], rel=1e-9)


@pytest.mark.parametrize("interval", ["exact", "exact_pair", "mover", "approximate"])
def test_the_chosen_interval_is_the_one_of_the_limits(shared, golden, interval):
    x, y = read(shared, golden, "milk")
    everything = bland_altman(x, y, interval="exact").alternatives

    found = bland_altman(x, y, interval=interval)

    assert interval not in found.alternatives
    assert set(found.alternatives) | {interval} == {
        "exact", "exact_pair", "mover", "approximate", "nonparametric", "normal",
    }  # fmt: skip
    if interval != "exact":
        assert (found.lower, found.upper) == everything[interval]


def test_published_example(shared, golden):
    # Bland & Altman, Lancet 1986: Wright minus mini peak flow −2.1, SD 38.8, CI −22.0 to 17.8
    found = bland_altman(*read(shared, golden, "pefr1986"))

    assert round(found.bias.value, 1) == 2.1
    assert round(found.sd.value, 1) == 38.8
    assert (round(found.bias.low, 1), round(found.bias.high, 1)) == (-17.8, 22.0)


# --- NIST StRD univariate: certified mean and SD, generated by their rule ---

NUMACC = {
    "NumAcc1": ([10000001.0, 10000003.0, 10000002.0], 10000002.0, 1.0, 15),
    "NumAcc2": ([1.2] + [1.1, 1.3] * 500, 1.2, 0.1, 13),
    "NumAcc3": ([1000000.2] + [1000000.1, 1000000.3] * 500, 1000000.2, 0.1, 9),
    "NumAcc4": ([10000000.2] + [10000000.1, 10000000.3] * 500, 10000000.2, 0.1, 8),
}


@pytest.mark.parametrize("name", NUMACC)
def test_nist_certified_mean_and_sd(name):
    values, certified_mean, certified_sd, digits = NUMACC[name]

    average, sd = mean_sd(np.array(values))
    found = bland_altman(np.zeros(len(values)), values)

    assert average == pytest.approx(certified_mean, rel=1e-15)
    assert sd == pytest.approx(certified_sd, rel=10.0**-digits)  # the most float64 holds
    assert (found.bias.value, found.sd.value) == (average, sd)


# --- identities ---

NUMBERS = st.lists(
    st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=3, max_size=60
).map(lambda rows: np.array(rows, dtype=float).T / 8)  # eighths: sums are exact


@settings(max_examples=40)
@given(NUMBERS)
def test_swapping_the_methods_flips_the_signs(sides):
    x, y = sides

    one, other = bland_altman(x, y), bland_altman(y, x)

    assert other.bias.value == -one.bias.value
    assert other.sd.value == one.sd.value
    assert other.lower.value == -one.upper.value
    assert (other.lower.low, other.lower.high) == pytest.approx(
        (-one.upper.high, -one.upper.low), rel=1e-12, abs=1e-12
    )


@settings(max_examples=40)
@given(NUMBERS, st.integers(-40, 40))
def test_shifting_the_model_shifts_the_bias_alone(sides, shift):
    x, y = sides

    before, after = bland_altman(x, y), bland_altman(x, y + shift)

    assert after.bias.value == pytest.approx(before.bias.value + shift, abs=1e-12)
    assert after.sd.value == pytest.approx(before.sd.value, rel=1e-12)
    assert after.lower.low == pytest.approx(before.lower.low + shift, abs=1e-9)


@settings(max_examples=25)
@given(NUMBERS, st.randoms(use_true_random=False))
def test_order_of_the_pairs_changes_nothing(sides, random):
    x, y = sides
    order = np.array(random.sample(range(len(x)), len(x)))

    one, other = bland_altman(x, y), bland_altman(x[order], y[order])

    for name in ("bias", "sd", "lower", "upper"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-10)
    assert one.deciding == other.deciding


def test_units_scale_everything():
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 9, 50)
    y = x + rng.normal(size=50)

    one, ten = bland_altman(x, y), bland_altman(10 * x, 10 * y)

    for name in ("bias", "sd", "lower", "upper"):
        a, b = getattr(one, name), getattr(ten, name)
        assert (b.value, b.low, b.high) == pytest.approx((10 * a.value, 10 * a.low, 10 * a.high))
    assert ten.proportional.slope.value == pytest.approx(one.proportional.slope.value)


# --- edges ---


def test_no_pair_is_not_estimable():
    with pytest.raises(NotEstimable, match="needs 1 pair, got 0"):
        bland_altman([], [])


def test_one_pair_has_a_bias_and_says_what_it_has_not():
    found = bland_altman([4.0], [4.5])

    assert (found.bias.value, found.bias.low, found.n) == (0.5, None, 1)
    assert "needs 2 pairs, got 1" in found.bias.reason
    for estimate in (found.sd, found.lower, found.upper):
        assert estimate.value is None
        assert estimate.reason == "needs 2 pairs, got 1"
    assert found.drawn is None
    assert found.proportional.slope.reason == "needs 3 pairs, got 1"
    assert not found.degenerate


def test_two_pairs_have_limits_but_no_slope_and_no_shape():
    found = bland_altman([4.0, 5.0], [4.5, 5.7])

    assert found.lower.low < found.lower.value < found.bias.value < found.upper.value
    assert found.proportional.slope.reason == "needs 3 pairs, got 2"
    assert (found.skewness, found.excess_kurtosis, found.shapiro_p) == (None, None, None)
    assert found.deciding[0].reason == "nonparametric limits need 39 pairs, got 2"


@pytest.mark.parametrize("n", [2, 60])
def test_equal_differences_are_degenerate_not_missing(n):
    # 0.3 cannot be written in binary: the differences differ in their last bits
    reference = np.linspace(0.1, 7.7, n)

    found = bland_altman(reference, reference + 0.3)

    assert found.degenerate
    assert found.sd.value == 0
    assert found.bias.value == found.lower.value == found.upper.value == pytest.approx(0.3)
    assert all("degenerate" in e.flags for e in (found.bias, found.sd, found.lower, found.upper))
    assert found.lower.low == found.lower.high
    assert n < 3 or found.proportional.cause == "no slope"


def test_identical_methods_in_every_difference():
    values = np.array([0.0, 0.0, 1.0, 2.5, 40.0])

    for difference in ("absolute", "percent", "percent_of_reference"):
        found = bland_altman(values, values, difference=difference)

        assert (found.bias.value, found.sd.value, found.n) == (0, 0, 5)
        assert found.degenerate


def test_a_small_true_spread_is_not_taken_for_none():
    reference = np.array([4.0, 5.0, 6.0, 7.0])

    found = bland_altman(reference, reference + np.array([0.1, 0.1, 0.1, 0.1 + 1e-12]))

    assert not found.degenerate
    assert found.sd.value > 0


def test_zero_in_both_is_zero_percent():
    found = bland_altman([0.0, 2.0, 4.0], [0.0, 1.0, 6.0], difference="percent")

    assert found.differences == pytest.approx([0, -100 / 1.5, 40])
    assert found.left_out == 0


def test_zero_reference_is_200_percent_of_the_mean():
    found = bland_altman([0.0, 2.0], [3.0, 2.0], difference="percent")

    assert found.differences.tolist() == [200.0, 0.0]


def test_zero_reference_below_the_model_is_left_out_of_percent_of_reference():
    found = bland_altman([0, 0, 2, 4], [0, 1, 1, 6], difference="percent_of_reference")

    assert found.differences.tolist() == [0.0, -50.0, 50.0]
    assert found.kept.tolist() == [True, False, True, True]
    assert (found.n, found.left_out) == (3, 1)
    assert "base of the percentage is 0" in found.why_left_out
    assert found.reference.tolist() == [0.0, 2.0, 4.0]


def test_logarithm_of_zero_is_refused():
    with pytest.raises(NotEstimable, match="above 0"):
        bland_altman([0.0, 1.0], [1.0, 1.0], difference="log")


@pytest.mark.parametrize(
    ("reference", "model", "options"),
    [
        ([1.0, np.nan], [1.0, 2.0], {}),
        ([1.0, 2.0], [1.0, np.inf], {}),
        ([1.0, 2.0], [1.0], {}),
        ([[1.0], [2.0]], [[1.0], [2.0]], {}),
        ([1.0, 2.0], [1.0, 2.0], {"difference": "relative"}),
        ([1.0, 2.0], [1.0, 2.0], {"interval": "bootstrap"}),
        ([1.0, 2.0], [1.0, 2.0], {"level": 95}),
        ([1.0, 2.0], [1.0, 2.0], {"cluster": [1, 2, 3]}),
    ],
)
def test_impossible_input_is_refused(reference, model, options):
    with pytest.raises(ValueError, match="must"):
        bland_altman(reference, model, **options)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e150])
def test_extreme_units_give_no_nan(scale):
    rng = np.random.default_rng(8)
    x = rng.uniform(1, 9, 50) * scale

    found = bland_altman(x, x * rng.uniform(0.9, 1.1, 50))

    assert math.isfinite(found.upper.high)


# --- which limits decide ---


@pytest.mark.parametrize(("n", "said"), [(38, "no limits"), (39, "no 95 % bound"), (119, "decide")])
@pytest.mark.parametrize("skewed", [True, False])
def test_which_limits_decide_follows_from_n_alone(n, said, skewed):
    quantiles = (np.arange(n) + 0.5) / n
    model = 50 + (-np.log(1 - quantiles) if skewed else sps.norm.ppf(quantiles))

    found = bland_altman(np.full(n, 50.0), model)

    assert found.deciding == found.alternatives["nonparametric"]
    assert (found.deciding[0].value is None) == (n < 39)
    assert not found.deciding[0].flags
    assert said in found.why
    assert ("they are not normal" in found.why) == skewed
    parametric = {"other_limits", "not_normal"} if skewed else {"other_limits"}
    assert set(found.lower.flags) == set(found.alternatives["approximate"][1].flags) == parametric


def test_below_39_a_picture_shows_what_presumes_normal_differences():
    rng = np.random.default_rng(1)
    few, more = (bland_altman(np.full(n, 50.0), 50 + rng.normal(size=n)) for n in (38, 39))

    assert few.drawn == ((few.lower, few.upper), "bias ± 1.96 SD, presumes normal")
    assert more.drawn == (more.deciding, "2.5th and 97.5th percentile")


def test_spread_that_grows_comes_with_limits_that_follow_it(shared, golden):
    # 1999 §3.2 by R (golden): lm(|resid| ~ a); its slope's t test is the p of the spread
    x, y = read(shared, golden, "ferritin")
    d, a = y - x, (x + y) / 2
    rest = np.abs(d - np.polyval(np.polyfit(a, d, 1), a))

    found = bland_altman(x, y)

    assert found.doubts.spread_p == pytest.approx(sps.linregress(a, rest).pvalue, rel=1e-6)
    assert found.doubts.spread_p < 0.05
    assert "spread_grows" in found.lower.flags
    assert "their spread changes with the level" in found.why
    (line,) = entries(golden, "ferritin", "ba.proportional_bias")
    assert found.changing.spread_slope == pytest.approx(line["absres_slope"], rel=1e-9)


def test_shape_is_that_of_sas_and_excel():
    # Joanes & Gill 1998, G1 and G2; Excel SKEW and KURT of 3 4 5 2 3 4 5 6 4 7 (its help pages)
    found = bland_altman(np.zeros(10), [3, 4, 5, 2, 3, 4, 5, 6, 4, 7])

    assert found.skewness == pytest.approx(0.359543071, rel=1e-8)
    assert found.excess_kurtosis == pytest.approx(-0.151799637, rel=1e-8)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 11, 12, 50, 500, 5000])
@pytest.mark.parametrize("draw", ["normal", "exponential", "uniform"])
def test_shapiro_wilk_is_scipys_to_its_seven_digits(n, draw):
    # scipy takes normal quantiles by a rational function of about seven digits, R exact ones
    values = getattr(np.random.default_rng(n), draw)(size=n)

    assert shapiro_p(values) == pytest.approx(sps.shapiro(values).pvalue, rel=1e-5, abs=1e-300)


@pytest.mark.parametrize("n", [4, 30])
def test_skewness_and_kurtosis_are_scipys(n):
    values = np.random.default_rng(n).exponential(size=n)

    found = shape(values, *mean_sd(values))

    expected = sps.skew(values, bias=False), sps.kurtosis(values, bias=False)
    assert (found.skewness, found.excess_kurtosis) == pytest.approx(expected, rel=1e-12)


def test_shapiro_wilk_at_its_ends():
    # three values: W lies between 3/4 (two equal) and 1 (equally spaced)
    assert shapiro_p(np.array([0.0, 0.0, 1.0])) == pytest.approx(0, abs=1e-14)
    assert shapiro_p(np.array([0.0, 1.0, 2.0])) == pytest.approx(1, abs=1e-7)
    assert 0 < shapiro_p(np.array([*[1.0] * 10, 2.0])) < 1e-6


def test_more_than_5000_pairs_have_no_shapiro_p_and_no_warning():
    rng = np.random.default_rng(2)

    found = bland_altman(np.zeros(6000), rng.exponential(size=6000))

    assert found.shapiro_p is None
    assert "not_normal" not in found.lower.flags


# --- repeated patients ---


def test_codes_without_repeats_change_nothing():
    rng = np.random.default_rng(4)
    x, y = rng.uniform(1, 9, (2, 30))

    assert_same(bland_altman(x, y), bland_altman(x, y, cluster=[f"P{i}" for i in range(30)]))


def assert_same(one, other):
    for entry in dataclasses.fields(one):
        np.testing.assert_equal(getattr(one, entry.name), getattr(other, entry.name))


def test_repeated_patients_take_the_replicate_form():
    rng = np.random.default_rng(4)
    patient = np.repeat(np.arange(200), 2)
    x = rng.uniform(1, 9, 400)
    y = x + rng.normal(size=200)[patient] + 0.01 * rng.normal(size=400)

    alone, found = bland_altman(x, y), bland_altman(x, y, cluster=patient)

    assert found.patients == 200
    assert found.bias.value == alone.bias.value
    assert found.bias.high - found.bias.low > 1.3 * (alone.bias.high - alone.bias.low)
    assert "MOVER" in found.lower.method
    assert found.alternatives["exact"][0].reason
    lower, _ = found.alternatives["nonparametric"]
    assert lower.deff > 1.5
    assert "patients" in found.proportional.slope.method


def test_one_patient_has_a_bias_only():
    found = bland_altman([1.0, 2.0, 3.0], [1.5, 2.0, 3.0], cluster=[7, 7, 7])

    assert found.bias.value == pytest.approx(1 / 6)
    assert found.bias.low is None
    assert found.lower.reason == "needs 2 patients, got 1"
    assert found.proportional.slope.value is None


def test_equal_differences_of_repeated_patients_are_degenerate():
    found = bland_altman([1.0, 2.0, 3.0], [1.1, 2.1, 3.1], cluster=[7, 7, 8])

    assert found.degenerate
    assert (found.sd.value, found.lower.low) == (0, found.lower.high)


# --- on the road ---


def test_metric_yields_what_the_contract_names():
    rng = np.random.default_rng(6)
    x = rng.uniform(1, 9, 60)
    given = pairs(x, x + rng.normal(size=60))

    measured = METRIC.measure(given, Context(requested=("lower:mover", "upper:mover")))

    assert [m.measure for m in measured] == ["bland_altman", "bland_altman_percent"]
    for m in measured:
        assert set(m.estimates) == {
            "bias", "sd", "lower", "upper", "proportional_slope", "lower:exact", "upper:exact",
            "lower:approximate", "upper:approximate", "lower:nonparametric",
            "upper:nonparametric", "lower:mover", "upper:mover",
        } | ({"expected_bias"} if m.measure.endswith("percent") else set())  # fmt: skip
        assert m.estimates["lower"] == m.estimates["lower:nonparametric"]
        assert all(isinstance(e, Estimate) for e in m.estimates.values())
        assert all(e.value is not None or e.reason for e in m.estimates.values())
        default = {n for n, about in METRIC.measures[m.measure].items() if about.parameter != ""}
        assert {name.partition(":")[0] for name in m.estimates} == default
    assert measured[0].estimates["lower:nonparametric"].reason  # 60 < 146: no interval


def test_metric_knows_units_and_directions():
    absolute, percent = METRIC.measures["bland_altman"], METRIC.measures["bland_altman_percent"]

    assert {absolute[k].unit for k in ("bias", "sd", "lower", "upper")} == {
        StatisticUnit.DIFFERENCE
    }
    assert {percent[k].unit for k in ("bias", "sd", "lower", "upper")} == {StatisticUnit.PERCENT}
    assert absolute["sd"].better is Better.LOWER
    assert {absolute[k].better for k in ("bias", "lower", "upper")} == {Better.ZERO}


def test_metric_of_one_pair_says_why():
    measured = METRIC.measure(pairs([1.0], [2.0]), Context())

    assert measured[0].estimates["bias"].value == 1
    for name in ("sd", "lower", "lower:nonparametric", "proportional_slope"):
        assert measured[0].estimates[name].value is None
        assert measured[0].estimates[name].reason


def test_metric_follows_the_level_of_the_context():
    rng = np.random.default_rng(6)
    x = rng.uniform(1, 9, 200)
    given = pairs(x, x + rng.normal(size=200))

    at95, at90 = (METRIC.measure(given, Context(level=level))[0] for level in (0.95, 0.90))

    for name, wide in at95.estimates.items():
        narrow = at90.estimates[name]
        assert narrow.value == wide.value
        assert (wide.level, narrow.level) == (0.95, 0.90)
        assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_metric_is_fast():
    rng = np.random.default_rng(6)
    x = rng.uniform(1, 9, 1000)
    given = pairs(x, x + rng.normal(size=1000))
    METRIC.measure(given, Context())

    start = time.process_time()
    for _ in range(5):
        METRIC.measure(given, Context())

    assert (time.process_time() - start) / 5 < 0.2  # 0.01 s of work
