"""A perfect classifier's chance: published table, enumeration, brute force, simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import stats as sps

from tests.build.pairs import noise_free
from wbcval.stats.acceptance import is_within, k_min_observed
from wbcval.stats.functions.attainability import attainability
from wbcval.stats.functions.error import effective_error
from wbcval.stats.functions.perfect import perfect
from wbcval.stats.refuted_cells import against_the_data


def neutrophils(n=60, cells=300, seed=1, **more):
    reference = np.random.default_rng(seed).normal(60, 10, n).clip(25, 90).round(1)
    return noise_free(reference, cells, subject="NEUT%", **({"resolution": 0.1} | more))


def chances(pairs, limit=10.0, floor=0.0):
    return perfect(pairs, limit, floor).chances()


@pytest.mark.parametrize(
    ("share", "percent"),
    # LAB.md §5: chance (percent) to land within 10 % of a noise-free truth, N = 100 … 5 000
    [
        (1, [37, 27, 20, 37, 57]),
        (5, [18, 37, 43, 58, 90]),
        (10, [38, 44, 55, 73, 98]),
        (30, [55, 68, 83, 96, 100]),
        (60, [82, 93, 99, 100, 100]),
    ],
)
def test_chance_of_one_sample_is_the_published_table(share, percent):
    found = chances(noise_free(share, [100, 200, 400, 1000, 5000]))

    assert np.round(100 * found).tolist() == percent


@settings(max_examples=80)
@given(
    st.integers(0, 1000),
    st.integers(1, 400),
    st.sampled_from([5.0, 10.0, 15.0, 50.0]),
    st.sampled_from([0.0, 0.5, 3.0]),
)
def test_the_range_is_that_of_the_verdict_itself(tenths, cells, limit, floor):
    reference = tenths / 10
    k = np.arange(cells + 1)
    error = effective_error(np.full(cells + 1, reference), 100.0 * k / cells, limit, floor)
    within = is_within(error, limit)
    expected = sps.binom.pmf(k, cells, reference / 100)[within].sum()

    found = chances(noise_free(reference, cells), limit, floor)

    assert found[0] == pytest.approx(expected, abs=1e-9)


def by_hand(reference, cells, share_to_chance, low, high, cv=0.0):
    """Average over rounding and CV by adaptive quadrature."""

    def over_rounding(z):
        a, b = low * (1 + cv * z), high * (1 + cv * z)
        if b <= a:
            return share_to_chance(a)
        return integrate.quad(share_to_chance, a, b, epsabs=1e-10)[0] / (b - a)

    if cv == 0:
        return over_rounding(0.0)
    weighted = integrate.quad(
        lambda z: sps.norm.pdf(z) * over_rounding(z), -6, 6, epsabs=1e-8, limit=200
    )
    return weighted[0]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("reference", "cells", "step", "cv"),
    [
        (5.0, 200, 1.0, 0.0),
        (0.0, 200, 0.1, 0.0),
        (0.4, 1000, 0.1, 0.0),
        (4.3, 400, 0.1, 0.08),
        (60.0, 500, 0.1, 0.02),
        (60.0, 20_000, 0.0, 0.05),  # noise of the count an eighth of the reference's
    ],
)
def test_rounding_and_cv_of_the_reference_equal_quadrature(reference, cells, step, cv):
    allowed = reference * 0.1 * (1 + 1e-9)
    first = np.ceil(cells * (reference - allowed) / 100)
    last = np.floor(cells * (reference + allowed) / 100)

    def chance(p):
        return sps.binom.cdf(last, cells, p) - sps.binom.cdf(first - 1, cells, p)

    low, high = max(reference - step / 2, 0) / 100, (reference + step / 2) / 100
    expected = by_hand(reference, cells, chance, low, high, cv)

    found = chances(noise_free(reference, cells, resolution=step, reference_cv=cv or None))

    assert found[0] == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(("hits", "total"), [(0, 100), (3, 100), (50, 200), (200, 200)])
@pytest.mark.parametrize("cells", [100, 2000])
def test_a_counted_reference_brings_its_own_noise(hits, total, cells):
    # Beta-binomial, Jeffreys prior, by scipy
    reference = 100 * hits / total
    k = np.arange(cells + 1)
    within = is_within(effective_error(np.full(cells + 1, reference), 100.0 * k / cells, 20), 20)
    expected = sps.betabinom.pmf(k, cells, hits + 0.5, total - hits + 0.5)[within].sum()

    pairs = noise_free(
        reference, cells, reference_cells=np.array([total]), reference_hits=np.array([hits])
    )

    assert chances(pairs, 20.0)[0] == pytest.approx(expected, abs=2e-5)


def test_against_400_counted_cells_10_percent_is_out_of_reach_at_any_count():
    # LAB.md §5: for shares up to some 49 % (per sample, 95 %)
    pairs = noise_free(
        [40, 60],
        1e9,
        reference_cells=np.full(2, 400.0),
        reference_hits=np.array([160.0, 240.0]),
    )

    found = chances(pairs)

    assert found[0] < 0.95 < found[1]


def test_wbc_is_a_poisson_count():
    # LAB.md §5: 385 cells for 10 % (normal approximation)
    found = chances(noise_free([7.0, 7.0], [385, 100], subject="WBC"))

    k = np.arange(91, 110)
    assert found[0] == pytest.approx(0.95, abs=0.005)
    assert found[1] == pytest.approx(sps.poisson.pmf(np.append(k, [90, 110]), 100).sum())


def test_absolute_counts_on_a_shared_total_are_the_percentages_again():
    percent, total = np.array([4.0, 7.5, 60.0]), np.array([3.0, 8.0, 20.0])
    absolute = noise_free(
        percent * total / 100,
        subject="MONO#",
        shared_total=True,
        total=total,
        resolution=0.1 * total / 100,
    )

    found = chances(absolute)

    assert found == pytest.approx(chances(noise_free(percent, resolution=0.1)), abs=1e-12)


def test_absolute_counts_on_an_own_total_have_its_noise_too():
    shared = noise_free([4.8], subject="NEUT#", total=np.array([8.0]), shared_total=True)
    own = replace(shared, shared_total=False)
    k = np.arange(108, 133)  # 120 expected of 200 cells, within 10 %

    assert chances(own)[0] == pytest.approx(sps.poisson.pmf(k, 120).sum(), abs=1e-12)
    assert chances(own)[0] < chances(shared)[0]


def test_the_chance_to_pass_is_binomial_for_samples_alike():
    pairs = noise_free(np.full(40, 60.0), 400)
    (pi, *_) = chances(pairs)

    found = attainability(pairs, limit=10, share=0.95)

    assert found.chance == pytest.approx(sps.binom.sf(37, 40, pi), abs=1e-12)
    assert found.within == pytest.approx(np.full(40, pi))


@pytest.mark.parametrize(
    ("cells", "status", "words"),
    [
        (600, "yes", "attainable: a perfect classifier would pass in"),
        (310, "marginal", "hardly attainable at this cell count"),
        (200, "no", "not attainable at this cell count"),
    ],
)
def test_status_follows_the_chance(cells, status, words):
    found = attainability(neutrophils(cells=cells), limit=10, share=0.95)

    assert found.status == status
    assert found.reason.startswith(words)
    assert ("Ask instead" in found.reason) == (status != "yes")
    assert f"from {found.cells_needed} cells per sample" in found.reason


@pytest.mark.parametrize(
    ("pairs", "status", "words"),
    [
        (noise_free(5.0, mode="same-cells", model_cells=None), "yes", "the very same cells"),
        (noise_free(5.0, model_cells=None), None, "cells the model counted is not known"),
        (noise_free([]), None, "no pair"),
        (noise_free(0.3, subject="MONO#"), None, "total WBC is not known"),
    ],
)
def test_where_nothing_is_to_be_computed(pairs, status, words):
    found = attainability(pairs, limit=10, share=0.95)

    assert (found.status, found.cells_needed) == (status, None)
    assert words in found.reason


def test_the_report_says_what_is_not_included():
    def reason(**more):
        return attainability(neutrophils(**more), limit=10, share=0.95).reason

    counted = {"reference_cells": np.full(60, 200.0), "reference_hits": np.full(60, 120.0)}

    assert "analyzer imprecision not included: upper bound" in reason()
    assert "reference CV 2 % included" in reason(reference_cv=0.02)
    assert "own counting noise included" in reason(**counted)
    assert "overlap unknown" in reason(mode="same-slide", **counted)


def test_the_references_cv_can_only_make_it_harder():
    free = attainability(neutrophils(), limit=10, share=0.95)
    noisy = attainability(neutrophils(reference_cv=0.03), limit=10, share=0.95)
    hopeless = attainability(neutrophils(reference_cv=0.08), limit=10, share=0.95)

    assert noisy.chance < free.chance
    assert noisy.cells_needed > free.cells_needed
    assert hopeless.cells_needed is None
    assert "no cell count up to 1000000" in hopeless.reason


def test_technical_failures_are_outside():
    pairs = neutrophils(cells=600)

    none = attainability(pairs, limit=10, share=0.95)
    some = attainability(replace(pairs, technical_failures=3), limit=10, share=0.95)
    many = attainability(replace(pairs, technical_failures=4), limit=10, share=0.95)

    assert none.chance > some.chance > many.chance == 0.0
    assert some.cells_needed > none.cells_needed
    assert many.cells_needed is None
    assert "4 samples without a result are too many" in many.reason


def test_demonstrated_needs_its_number_of_samples():
    def ask(n, share=0.95):
        return attainability(neutrophils(n, 5000), limit=10, share=share, rule="demonstrated")

    assert ask(59).status == "yes"
    assert ask(58).status == "no"
    assert "at least 59 can" in ask(58).reason
    assert "no number of samples" in ask(58, 1.0).reason


def test_a_coarse_reference_makes_it_unattainable():
    # 4 of 60 printed to whole percent below 5 %: more than 5 % cannot be told apart
    reference = np.r_[np.full(4, 4.0), np.full(56, 60.0)]
    coarse = noise_free(reference, 100_000, resolution=1.0)
    three = noise_free(np.r_[reference[1:], 60.0], 100_000, resolution=1.0)

    found = attainability(coarse, limit=10, share=0.95)

    assert (found.status, found.unresolvable, found.cells_needed) == ("no", 4, None)
    assert found.reason.startswith("reference too coarse, criterion not attainable")
    assert attainability(three, limit=10, share=0.95).unresolvable == 3
    assert "too coarse" not in attainability(three, limit=10, share=0.95).reason
    assert attainability(coarse, limit=10, share=0.95, floor=0.5).unresolvable == 0


def passes(pairs, cells, limit=10.0, floor=0.0):
    model = perfect(replace(pairs, model_cells=np.ones(len(pairs))), limit, floor)
    least = k_min_observed(len(pairs), 0.95)
    pmf = np.array([1.0])
    for pi in model.chances_at(cells):
        pmf = np.convolve(pmf, [1 - pi, pi])
    return pmf[least:].sum() >= 0.8


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("pairs", "limit", "floor"),
    [
        (neutrophils(), 10.0, 0.0),
        (noise_free(np.full(30, 5.0)), 50.0, 0.0),  # all alike: the saw-teeth at their largest
        (noise_free(np.full(25, 7.0), subject="WBC", resolution=0.1), 15.0, 0.0),
        (noise_free(np.linspace(0.1, 6, 40).round(1), resolution=0.1), 10.0, 1.0),
        (neutrophils(25, reference_cv=0.02), 10.0, 0.0),
    ],
)
def test_cells_needed_is_the_count_after_the_last_failing_one(pairs, limit, floor):
    needed = attainability(pairs, limit=limit, share=0.95, floor=floor).cells_needed

    assert not passes(pairs, needed - 1, limit, floor)
    assert all(passes(pairs, needed + i, limit, floor) for i in range(60))
    assert all(passes(pairs, round(needed * x), limit, floor) for x in (1.3, 2, 5, 30))


def test_a_dip_at_larger_counts_is_not_overlooked():
    # printed zeros stand for shares up to 0.05 %: the more cells, the more surely one turns up
    reference = np.r_[np.zeros(4), np.full(56, 60.0)]
    pairs = noise_free(reference, resolution=0.1)

    assert passes(pairs, 400)
    assert not passes(pairs, 20_000)
    assert attainability(pairs, limit=10, share=0.95).cells_needed is None


def test_a_dip_between_two_passing_counts_is_not_overlooked():
    # three zeros are missed only from some 40 000 cells on; two rare ones are hit only later
    reference = np.r_[np.zeros(3), 0.1, 0.1, np.full(55, 60.0)]
    pairs = noise_free(reference, resolution=np.r_[np.full(3, 0.01), np.zeros(57)])

    needed = attainability(pairs, limit=10, share=0.95).cells_needed

    assert passes(pairs, 10_000)
    assert passes(pairs, 1_000_000)
    assert not passes(pairs, 100_000)
    assert 100_000 < needed < 300_000
    assert all(passes(pairs, round(needed * x)) for x in np.geomspace(1, 5, 40))


@settings(max_examples=20)
@given(
    st.integers(0, 900),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.sampled_from([5.0, 10.0, 30.0]),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from(["MONO%", "WBC"]),
    st.sampled_from([None, 0.04]),
)
def test_the_smooth_bound_lies_below_and_has_no_dip(tenths, step, limit, floor, subject, cv):
    pairs = noise_free(tenths / 10, subject=subject, resolution=step, reference_cv=cv)
    model = perfect(pairs, limit, floor)
    counts = np.unique(np.geomspace(1, 1e6, 120).round())

    bound = np.array([model.floor_at(n)[0] for n in counts])
    exact = np.array([model.chances_at(n)[0] for n in counts])

    assert (bound <= exact + 1e-9).all()
    # rises, falls, or rises and then falls: no value lies below the least of any two around it
    around = np.minimum(np.maximum.accumulate(bound), np.maximum.accumulate(bound[::-1])[::-1])
    assert (bound >= around - 1e-3).all()  # the quadrature over a CV is that good at 1e6


def test_order_and_repetition_do_not_matter():
    pairs = neutrophils(40)
    order = np.random.default_rng(2).permutation(40)

    first = attainability(pairs, limit=10, share=0.95)
    second = attainability(replace(pairs, reference=pairs.reference[order]), limit=10, share=0.95)

    assert first.chance == pytest.approx(second.chance, rel=1e-12)
    assert first.within[order] == pytest.approx(second.within, abs=1e-15)
    assert first.cells_needed == second.cells_needed


@pytest.mark.parametrize("subject", ["MONO%", "WBC", "MONO#"])
@pytest.mark.parametrize("cv", [None, 0.2])
def test_zero_and_extreme_references_give_chances(subject, cv):
    pairs = noise_free(
        [0.0, 1e-9, 0.1, 100.0, 100.0],
        [1, 5, 10**6, 1, 10**6],
        subject=subject,
        total=np.array([0.0, 1e-9, 5.0, 50.0, 400.0]),
        resolution=np.array([0.1, 0, 0.1, 0.1, 1.0]),
        reference_cv=cv,
    )

    found = attainability(pairs, limit=10, share=0.5)

    assert ((found.within >= 0) & (found.within <= 1)).all()
    assert 0 <= found.chance <= 1


def test_no_cells_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        attainability(noise_free(5.0, 0), limit=10, share=0.95)


@pytest.mark.parametrize("studies", [400, pytest.param(20_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("poisson", [False, True])
def test_the_chance_to_pass_equals_monte_carlo(studies, poisson):
    rng = np.random.default_rng(11)
    cells = rng.integers(250, 450, 60)
    pairs = neutrophils(cells=cells, resolution=1.0)
    if poisson:
        pairs = replace(pairs, subject="WBC", reference=rng.uniform(3, 12, 60).round(0))
    expected = attainability(pairs, limit=10, share=0.90).chance
    r = pairs.reference
    truth = r + rng.uniform(-0.5, 0.5, (studies, 60))
    if poisson:
        model = r * rng.poisson(cells * truth / r) / cells
    else:
        model = 100 * rng.binomial(cells, truth / 100) / cells
    errors = effective_error(np.broadcast_to(r, truth.shape), model, 10.0)

    passed = is_within(errors, 10).sum(axis=1) >= k_min_observed(60, 0.90)

    assert abs(passed.mean() - expected) < 3.5 * np.sqrt(0.25 / studies)


@pytest.mark.slow
def test_the_chance_holds_over_studies_whose_truth_is_drawn():
    # truth drawn first, then printed: A, computed from the print alone, must be right on average
    rng = np.random.default_rng(12)
    passed, computed = [], []
    for _ in range(3000):
        truth = rng.normal(60, 10, 60).clip(25, 90)
        pairs = noise_free(truth.round(1), 330, subject="NEUT%", resolution=0.1)
        model = 100 * rng.binomial(330, truth / 100) / 330
        within = is_within(effective_error(pairs.reference, model, 10.0), 10)
        passed.append(within.sum() >= 57)
        least = poisson_chance(pairs)
        computed.append(least)

    error = np.std(np.array(passed) - computed) / np.sqrt(len(passed))
    assert 0.2 < np.mean(passed) < 0.99
    assert abs(np.mean(passed) - np.mean(computed)) < 3.5 * error


def poisson_chance(pairs):
    pmf = np.array([1.0])
    for pi in chances(pairs):
        pmf = np.convolve(pmf, [1 - pi, pi])
    return pmf[57:].sum()


# --- what the data refute ---


def beside_the_data(given, rule="observed"):
    found = attainability(given, limit=10, share=0.95, rule=rule)
    return against_the_data(found, given, limit=10)


def test_a_total_nearer_than_its_cells_allow_was_not_counted_from_them():
    # 999 of 1 000 totals within 10 %, where 100 cells put 68 % there (1.96/√100 = 19.6 %)
    rng = np.random.default_rng(5)
    reference = rng.uniform(4, 12, 1000).round(2)
    model = reference * (1 + rng.normal(0, 0.03, 1000))
    given = noise_free(reference, 100, subject="WBC", model=model)

    found = beside_the_data(given)

    within = int(is_within(effective_error(reference, model, 10.0), 10).sum())
    assert within >= 999
    assert found.status is None
    assert found.reason.startswith(f"cannot be said: {within} of 1000 samples are within")
    assert "WBC was not counted from n_cells" in found.reason


@pytest.mark.parametrize(
    ("subject", "more"), [("MONO%", {}), ("MONO#", {"total": np.full(60, 7.0)})]
)
@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
def test_shares_nearer_than_their_cells_allow_are_told_too(subject, more, rule):
    given = noise_free(np.full(60, 0.5), 100, subject=subject, model=np.full(60, 0.5), **more)

    found = beside_the_data(given, rule)

    assert found.status is None
    assert "do not come from n_cells cells, or the two sides are not independent" in found.reason


def test_a_perfect_classifier_refutes_nothing():
    rng = np.random.default_rng(6)
    told = []
    for _ in range(8):
        reference = rng.uniform(2, 20, 60)
        drawn = 100 * rng.binomial(200, reference / 100) / 200
        told.append(beside_the_data(noise_free(reference, 200, model=drawn)).status)

    assert set(told) == {"no"}  # in 1 study of 1 000 at most it would be told of its cells
