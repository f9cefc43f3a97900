"""The slope of differences on the mean: published, λ from counting noise, and false alarms."""

from __future__ import annotations

import collections
import math

import numpy as np
import pandas as pd
import pytest

from tests.build.pairs import pairs
from tests.simulated import repeats, slack
from wbcval.stats import bland_altman
from wbcval.stats.functions.error_ratio import ErrorRatio, error_ratio
from wbcval.stats.functions.proportional_bias import Cause, proportional_bias
from wbcval.stats.functions.regression_limits import regression_limits


def judged(given, fixed=None, **options):
    """What the road makes of the pairs."""
    return bland_altman(
        given.reference, given.model, ratio=error_ratio(given, fixed), **options
    ).proportional


# --- published ---


def test_published_regression(shared, golden):
    # Bland & Altman 1999, §3.2, fat in milk: difference = 0.079 − 0.0283·mean
    frame = pd.read_csv(shared / "reference" / golden["milk"]["file"])

    agreement = bland_altman(frame["x"], frame["y"])
    found = agreement.proportional

    assert round(found.intercept, 3) == 0.079
    assert round(found.slope.value, 4) == -0.0283
    assert found.cause is Cause.UNKNOWN  # nothing is known of the errors of the two methods
    assert agreement.changing is None


def test_regression_limits_are_the_sd_of_a_half_normal_residual():
    rng = np.random.default_rng(1)
    a = rng.uniform(1, 9, 20_000)
    d = 0.5 - 0.2 * a + rng.normal(size=a.size) * (0.3 + 0.1 * a)

    lower, bias, upper = regression_limits(d, a).at(np.array([2.0, 8.0]))

    assert bias == pytest.approx([0.1, -1.1], abs=0.03)
    assert upper - bias == pytest.approx([1.96 * 0.5, 1.96 * 1.1], rel=0.03)
    assert bias - lower == pytest.approx(upper - bias)


def test_a_spread_below_zero_counts_as_zero():
    lower, bias, upper = regression_limits(
        np.array([-1.0, 1.0, 0.0, 0.0]), np.array([1.0, 1.0, 5.0, 5.0])
    ).at(np.array([9.0]))

    assert lower == bias == upper


# --- λ from counting noise ---


def test_ratio_of_shares_is_that_of_the_definition():
    # mean r(1 − r)/N_r + u²/12 over mean r(1 − r)/N_m, in percent²
    r = np.array([2.0, 10.0])
    given = pairs(
        r, r, model_cells=np.array([200.0, 100.0]), reference_cells=np.array([400.0, 400.0]),
        resolution=np.array([0.1, 0.5]),
    )  # fmt: skip

    found = error_ratio(given)

    model = 1e4 * (0.02 * 0.98 / 200 + 0.1 * 0.9 / 100) / 2
    reference = 1e4 * (0.02 * 0.98 + 0.1 * 0.9) / 400 / 2 + (0.01 + 0.25) / 2 / 12
    assert (found.model_variance, found.reference_variance) == pytest.approx((model, reference))
    assert found.value == pytest.approx(reference / model)
    assert (found.source, found.upper) == ("counting noise", None)


def test_an_analyzer_of_unstated_imprecision_gives_a_lower_bound():
    r = np.array([2.0, 10.0])
    cells = np.array([200.0, 200.0])

    unstated = error_ratio(pairs(r, r, model_cells=cells))
    stated = error_ratio(pairs(r, r, model_cells=cells, reference_cv=0.1))

    assert unstated.value == 0
    assert unstated.upper == pytest.approx(200 / 1000)
    assert "not stated" in unstated.source
    assert stated.upper is None
    assert stated.reference_variance == pytest.approx(0.01 * (4 + 100) / 2)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.0000692519, "0.0000693"), (0.5, "0.5"), (12.5, "12.5")]
)
def test_a_ratio_is_written_without_powers_of_ten(value, text):
    assert str(ErrorRatio(value, "protocol")) == f"λ = {text} (protocol)"


@pytest.mark.parametrize("known", [{}, {"model_cells": np.array([200.0, 0.0])}])
def test_without_cells_no_ratio_is_known(known):
    assert error_ratio(pairs([2.0, 10.0], [2.0, 11.0], **known)) is None


def test_a_class_without_a_cell_has_no_ratio():
    assert error_ratio(pairs([0.0, 0.0], [0.0, 0.0], model_cells=np.full(2, 200.0))) is None


def test_the_protocol_comes_first_and_same_cells_have_no_noise():
    given = {"model_cells": np.full(2, 200.0)}

    fixed = error_ratio(pairs([2.0, 10.0], [2.0, 11.0], **given), 0.7)
    same = error_ratio(pairs([2.0, 10.0], [2.0, 11.0], mode="same-cells", **given))

    assert (fixed.value, fixed.source) == (0.7, "protocol")
    assert fixed.model_variance is not None
    assert same.value == 0
    assert same.model_variance is None


@pytest.mark.parametrize("shared_total", [True, False])
def test_variance_of_absolute_counts_is_that_of_repeated_counting(shared_total):
    # X = W·k/N: the same blood counted 4 000 times over
    rng = np.random.default_rng(3)
    shares, wbc, cells = np.array([0.005, 0.03, 0.3]), np.array([4.0, 7.0, 12.0]), 200
    k = rng.binomial(cells, shares, (4000, 3))
    total = wbc if shared_total else wbc * rng.poisson(cells, (4000, 3)) / cells
    counts = total * k / cells
    repeats = 400
    estimated = [
        error_ratio(
            pairs(
                wbc * shares, counts[i], subject="EO#", unit="10*9/L", shared_total=shared_total,
                model_cells=np.full(3, float(cells)), model_hits=k[i].astype(float),
            )
        ).model_variance
        for i in range(repeats)
    ]  # fmt: skip

    assert np.mean(estimated) == pytest.approx(counts.var(axis=0).mean(), rel=0.1)


def test_variance_of_a_total_is_poisson():
    given = pairs(
        [4.0, 8.0], [4.0, 8.0], subject="WBC", unit="10*9/L", model_cells=np.array([400.0, 400.0])
    )

    assert error_ratio(given).model_variance == pytest.approx((16 + 64) / 2 / 400)


def test_absolute_counts_without_hits_have_no_ratio():
    given = pairs(
        [4.0, 8.0], [4.0, 8.0], subject="EO#", unit="10*9/L", model_cells=np.full(2, 200.0)
    )

    assert error_ratio(given) is None


# --- the verdict ---

# mean share and SD of its logarithm, over patients
CLASSES = {
    "BASO": (0.006, 0.6), "EO": (0.025, 0.7), "MONO": (0.08, 0.35), "LYMPH": (0.28, 0.35),
    "NEUT": (0.6, 0.15),
}  # fmt: skip


def study(rng, kind, n, *, cells=200, slope=1.0, reference=None, cv=None, scatter=0.0):
    """Shares of a class over patients, counted by the model, and by the reference if it counts."""
    mean, spread = CLASSES[kind]
    share = np.minimum(mean * np.exp(rng.normal(-(spread**2) / 2, spread, n)), 0.95)
    seen = np.clip(slope * share * np.exp(rng.normal(0, scatter, n)), 0, 1)
    hits = rng.binomial(cells, seen)
    known = {"model_cells": np.full(n, float(cells)), "reference_cv": cv}
    if reference is None:
        exact = 100 * share * np.maximum(1 + (cv or 0) * rng.normal(size=n), 0)
        return pairs(np.round(exact, 1), 100 * hits / cells, resolution=0.1, **known)
    counted = 100 * rng.binomial(reference, share) / reference
    return pairs(counted, 100 * hits / cells, reference_cells=np.full(n, float(reference)), **known)


def verdicts(kind, n, studies, seed=1, **options):
    """Share of studies with a significant slope of d on a, and of each cause."""
    rng = np.random.default_rng(seed)
    seen = collections.Counter()
    for _ in range(studies):
        given = study(rng, kind, n, **options)
        d, a = given.model - given.reference, (given.model + given.reference) / 2
        found = proportional_bias(d, a, (given.reference, given.model), error_ratio(given))
        seen[found.cause] += 1
        seen["significant"] += not found.slope.low <= 0 <= found.slope.high
    return {key: count / studies for key, count in seen.items()}


@pytest.mark.parametrize("kind", ["BASO", "EO", "MONO"])
def test_a_perfect_classifier_is_not_called_biased(kind):
    seen = verdicts(kind, 200, 150)

    assert seen["significant"] > 0.8
    assert seen.get(Cause.PROPORTIONAL, 0) <= 0.05
    assert seen[Cause.NOISE] > 0.75


def test_a_small_study_of_a_rare_class_is_not_called_biased_by_a_skewed_sample():
    # 7.7 % by Deming's slope alone, since its jackknife interval is short in skewed samples
    seen = verdicts("EO", 60, 400)

    assert seen.get(Cause.PROPORTIONAL, 0) <= 0.03


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("n", [60, 200])
@pytest.mark.parametrize(
    "against",
    [{}, {"reference": 400}, {"reference": 100, "cells": 500}, {"cv": 0.05}, {"cv": 0.1}],
    ids=str,
)
def test_a_perfect_classifier_is_rarely_called_biased(kind, n, against):
    # measured with 600 studies: 0.2–2.2 % against an exact reference, up to 5.5 % otherwise
    if kind == "NEUT" and "cv" in against:
        against = {"cv": 0.02}

    most, studies = 0.075 if against else 0.04, repeats(600, 100)
    seen = verdicts(kind, n, studies, **against)

    assert seen.get(Cause.PROPORTIONAL, 0) <= most + slack(most, studies, 600)
    if not against and kind in ("BASO", "EO", "MONO"):
        assert seen["significant"] >= 0.5


@pytest.mark.parametrize("kind", ["MONO", "LYMPH"])
@pytest.mark.parametrize("slope", [0.8, 1.2])
def test_a_true_proportional_bias_is_found(kind, slope):
    # a fifth of the class lost or gained, n = 200
    seen = verdicts(kind, 200, 100, slope=slope)

    assert seen[Cause.PROPORTIONAL] > 0.7


def test_random_misclassification_is_not_called_a_proportional_bias():
    # unbiased scatter of CV 30 % against 400 counted cells; λ of counting noise alone: 62 %
    seen = verdicts("MONO", 200, 150, reference=400, scatter=0.3)

    assert seen.get(Cause.PROPORTIONAL, 0) <= 0.08
    assert seen[Cause.UNKNOWN] > 0.7


def test_a_flat_line_is_not_pinned_on_the_model_where_the_analyzer_could_be_imprecise():
    rng = np.random.default_rng(4)
    n = 400
    truth = rng.uniform(1, 15, n)
    cells = np.full(n, 2000.0)
    noisy = truth + rng.normal(size=n)  # as a count of 700 cells at 8 %
    given = pairs(noisy, 100 * rng.binomial(2000, truth / 100) / 2000, model_cells=cells)

    unstated = judged(given)
    stated = judged(pairs(noisy, given.model, model_cells=cells, reference_cv=0.0))

    assert stated.cause is Cause.PROPORTIONAL  # so it looks to one who takes it for exact
    assert unstated.cause is Cause.UNKNOWN
    assert "analyzer's imprecision" in unstated.sentence


def test_noise_slope_and_deming_slope_stand_beside_the_slope():
    rng = np.random.default_rng(5)
    given = study(rng, "EO", 200)

    found = judged(given)

    a = (given.model + given.reference) / 2
    share = given.reference / 100
    noise = (1e4 * (share * (1 - share) / 200).mean() - 0.01 / 12) / (2 * a.var(ddof=1))
    assert found.slope_noise == pytest.approx(noise, rel=1e-12)
    assert found.deming.low < 1 < found.deming.high
    assert found.error_ratio.source.startswith("counting noise")
    assert found.cause is Cause.NOISE
    assert f"{noise:.3f}" in found.sentence


def test_a_proportional_bias_comes_with_limits_that_follow_it():
    rng = np.random.default_rng(6)
    given = study(rng, "LYMPH", 200, slope=0.8)

    found = bland_altman(given.reference, given.model, ratio=error_ratio(given))

    assert found.proportional.cause is Cause.PROPORTIONAL
    assert "Deming slope 0.8" in found.proportional.sentence
    assert found.changing.slope == pytest.approx(found.proportional.slope.value, rel=1e-12)


def test_without_cells_the_cause_is_unknown():
    rng = np.random.default_rng(6)
    known = study(rng, "LYMPH", 200, slope=0.8)

    found = judged(pairs(known.reference, known.model))

    assert found.cause is Cause.UNKNOWN
    assert found.slope_noise is None
    assert found.deming is None
    assert "not known" in found.sentence


def test_a_ratio_of_the_protocol_decides_without_cells():
    rng = np.random.default_rng(6)
    known = study(rng, "LYMPH", 200, slope=0.8)

    found = judged(pairs(known.reference, known.model), fixed=0.5)

    assert found.cause is Cause.PROPORTIONAL
    assert "protocol" in found.sentence


def test_same_cells_are_never_explained_by_counting_noise():
    # every share scattered by misclassification, no trend: d tilts on a, the model does not lie
    rng = np.random.default_rng(7)
    truth = rng.uniform(2, 5, 300)
    scattered = np.maximum(truth + rng.normal(size=300), 0)

    found = judged(pairs(truth, scattered, mode="same-cells", model_cells=np.full(300, 200.0)))

    assert found.slope.low > 0
    assert found.slope_noise is None
    assert found.cause is Cause.UNKNOWN
    assert found.deming.low < 1 < found.deming.high
    assert "Deming slope" in found.sentence


def test_same_cells_show_a_class_that_is_lost_in_proportion():
    rng = np.random.default_rng(8)
    truth = rng.uniform(2, 30, 100)
    kept = 100 * rng.binomial(np.round(2 * truth).astype(int), 0.85) / 200

    found = judged(pairs(truth, kept, mode="same-cells", model_cells=np.full(100, 200.0)))

    assert found.cause is Cause.PROPORTIONAL
    assert found.deming.value == pytest.approx(0.85, abs=0.05)


def test_swapping_the_methods_flips_the_slope():
    rng = np.random.default_rng(9)
    x = rng.uniform(1, 9, 50)
    y = 1.1 * x + rng.normal(size=50)

    one, other = bland_altman(x, y).proportional, bland_altman(y, x).proportional

    assert other.slope.value == pytest.approx(-one.slope.value, rel=1e-12)
    assert other.slope.low == pytest.approx(-one.slope.high, rel=1e-12)


def test_percent_differences_have_a_slope_and_no_known_cause():
    rng = np.random.default_rng(10)
    x = rng.uniform(1, 9, 100)
    given = pairs(x, 3 + x + 0.1 * rng.normal(size=100), model_cells=np.full(100, 200.0))

    found = judged(given, difference="percent")

    assert found.cause is Cause.UNKNOWN
    assert found.slope.high < 0
    assert (found.slope_noise, found.deming) == (None, None)


def test_repeated_patients_judge_by_patients():
    rng = np.random.default_rng(11)
    known = study(rng, "MONO", 60)
    thrice = {
        "reference": np.repeat(known.reference, 3), "model": np.repeat(known.model, 3),
    }  # fmt: skip
    patient = np.repeat(np.arange(60), 3)

    once = bland_altman(known.reference, known.model, ratio=error_ratio(known)).proportional
    found = bland_altman(**thrice, cluster=patient, ratio=error_ratio(known)).proportional

    assert found.slope.value == pytest.approx(once.slope.value, rel=1e-9)
    assert found.deming.low == pytest.approx(once.deming.low, rel=1e-9)


@pytest.mark.parametrize(
    ("reference", "model", "reason"),
    [
        ([1.0, 2.0], [1.0, 3.0], "needs 3 pairs, got 2"),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], "all means of the two methods are equal"),
    ],
)
def test_a_slope_that_is_not_determined_says_so(reference, model, reason):
    found = bland_altman(reference, model).proportional

    assert found.slope.reason == reason
    assert found.cause is Cause.NOT_ESTIMABLE
    assert reason in found.sentence


def test_a_side_without_variance_has_no_deming_slope_and_no_verdict():
    reference, model = [4.0, 4.0, 4.0, 4.0], [1.0, 2.0, 3.0, 5.0]

    found = bland_altman(reference, model, ratio=ErrorRatio(1.0, "protocol")).proportional

    assert found.cause is Cause.UNKNOWN
    assert "all values of the reference are equal" in found.sentence


def test_no_number_is_nan_whatever_the_noise():
    rng = np.random.default_rng(12)
    for _ in range(300):
        n = int(rng.integers(1, 8))
        x, y = np.round(rng.exponential(1, (2, n)), int(rng.integers(0, 2)))
        given = pairs(x, y, model_cells=np.full(n, 10.0), resolution=float(rng.integers(0, 2)))

        for difference in ("absolute", "percent"):
            found = judged(given, difference=difference)

            assert found.sentence
            assert found.slope_noise is None or math.isfinite(found.slope_noise)
