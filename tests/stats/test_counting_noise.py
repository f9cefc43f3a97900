"""Inside or outside counting noise: Rümke's table, R-equal limits, enumeration, simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import stats as sps

from tests.build.pairs import counted, counted_twice
from tests.simulated import repeats
from wbcval.stats.binomial import clopper_pearson
from wbcval.stats.functions import noise_ranges
from wbcval.stats.functions.counting_noise import (
    METRIC,
    count_cv,
    counting_noise,
    funnel_half_width,
    share_sd,
)
from wbcval.stats.functions.noise_ranges import binomial_quantile
from wbcval.stats.metric import Context
from wbcval.values.errors import NotEstimable


def test_limits_are_those_of_ruemkes_table(golden):
    # Rümke 1985 / CLSI H20-A2, computed with R 4.2.2 binom.test
    (entry,) = golden["rumke_table"]["entries"]
    for row in entry["values"]:
        low, high, k, n = row["lower"], row["upper"], row["k"], row["n"]
        edges = [low + 1e-9, high - 1e-9, max(low - 1e-6, 0), high + 1e-6]

        found = counting_noise(counted(edges, k, np.full(4, n)))

        assert found.inside.tolist() == [True, True, k == 0, False], row


@pytest.mark.parametrize(
    ("share", "cells", "half_width"),
    # LAB.md §5: 95 % relative half-width of a share, percent
    [(0.01, 100, 195), (0.05, 200, 60), (0.10, 400, 29), (0.30, 1000, 9), (0.60, 5000, 2)],
)
def test_cv_of_a_count_is_the_published_half_width(share, cells, half_width):
    assert round(196 * float(count_cv(share, cells))) == half_width
    assert share_sd(share, cells) == pytest.approx(share * count_cv(share, cells))


def test_funnel_of_a_total_needs_385_cells_for_10_percent():
    # LAB.md §5
    assert funnel_half_width(385) <= 10 < funnel_half_width(384)
    assert funnel_half_width([100, 400]).tolist() == [19.6, 9.8]


@settings(max_examples=60)
@given(st.integers(1, 600), st.data())
def test_inside_means_the_rounding_touches_the_clopper_pearson_interval(cells, data):
    hits = data.draw(st.integers(0, cells))
    reference = data.draw(st.integers(0, 1000)) / 10
    step = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    low, high = clopper_pearson(hits, cells)

    found = counting_noise(counted(reference, hits, cells, resolution=step))

    touches = reference - step / 2 <= 100 * high and reference + step / 2 >= 100 * low
    assert bool(found.inside[0]) == touches


@settings(max_examples=60)
@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_both_counted_is_the_two_sided_hypergeometric_test(cells, theirs, data):
    hits = data.draw(st.integers(0, cells))
    others = data.draw(st.integers(0, theirs))
    null = sps.hypergeom(cells + theirs, hits + others, cells)
    k = np.arange(cells + 1)
    p = 2 * np.minimum(null.cdf(k), null.sf(k - 1))

    found = counting_noise(counted_twice(hits, cells, others, theirs))

    assert bool(found.inside[0]) == bool(p[hits] > 0.05)
    assert found.chance[0] == pytest.approx(null.pmf(k)[p > 0.05].sum(), abs=1e-10)


@pytest.mark.parametrize("step", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("reference", [0.0, 0.5, 4.0, 57.3, 100.0])
def test_expectation_equals_enumeration_over_every_count(reference, step):
    cells = 200
    k = np.arange(cells + 1)
    low, high = clopper_pearson(k, np.full(cells + 1, 200.0))
    bottom, top = max(reference - step / 2, 0) / 100, min(reference + step / 2, 100) / 100
    inside = (low <= top) & (high >= bottom)

    def chance(share):
        return sps.binom.pmf(k, cells, share)[inside].sum()

    expected = chance(reference / 100)
    if step:
        expected = integrate.quad(chance, bottom, top)[0] / (top - bottom)

    found = counting_noise(counted(reference, 10, cells, resolution=step))

    assert found.expected.value == pytest.approx(expected, abs=1e-9)


def test_rare_classes_are_expected_inside_more_often_than_95_percent():
    # STATISTICS.md §4 says 97–99 %; by sample it runs from 95 to 99.9 % with the lattice
    shares = np.arange(1, 31) / 10

    found = counting_noise(counted(shares, 2, 200, resolution=0.1))

    assert found.chance.min() > 0.95
    assert 0.97 < found.expected.value < 0.99


def test_share_and_interval():
    hits = np.array([10] * 18 + [60, 80])

    found = counting_noise(counted(5.0, hits, 200), level=0.90)

    assert found.inside.sum() == 18
    assert found.share.value == 0.9
    assert (found.share.low, found.share.high) == clopper_pearson(18, 20, 0.90)
    assert found.expected.low is None


def test_the_level_moves_the_interval_and_not_the_noise():
    pairs = counted(np.linspace(0, 12, 40), 10, 200)

    wide, narrow = counting_noise(pairs, level=0.99), counting_noise(pairs, level=0.80)

    assert (wide.inside == narrow.inside).all()
    assert wide.share.low < narrow.share.low


def test_patients_repeated_widen_the_interval():
    hits = np.repeat([10, 60], [15, 5])

    apart = counting_noise(counted(5.0, hits, 200))
    together = counting_noise(counted(5.0, hits, 200, cluster=np.arange(20) // 5))

    assert together.share.deff == pytest.approx(20 / 3)  # 4 of 4 patients agree with themselves
    assert together.share.low < apart.share.low
    assert together.share.high > apart.share.high


def test_the_order_of_samples_does_not_matter():
    rng = np.random.default_rng(8)
    pairs = counted(rng.uniform(0, 20, 30).round(1), rng.integers(0, 40, 30), 200, resolution=0.1)
    order = rng.permutation(30)
    shuffled = replace(
        pairs,
        reference=pairs.reference[order],
        model=pairs.model[order],
        model_hits=pairs.model_hits[order],
    )

    first, second = counting_noise(pairs), counting_noise(shuffled)

    assert (first.inside[order] == second.inside).all()
    assert first.expected.value == pytest.approx(second.expected.value, rel=1e-14)


def test_same_slide_is_both_counted_and_says_so():
    found = counting_noise(counted_twice(10, 200, 20, 200, mode="same-slide"))

    assert found.share.flags == ("overlap_unknown",)
    assert "conservative, overlap unknown" in found.note
    assert (
        found.inside
        == counting_noise(counted_twice(10, 200, 20, 200, mode="different-aliquot")).inside
    )


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        (counted(5.0, 10, 200, mode="same-cells"), "same cells"),
        (counted(5.0, 10, 200, mode="same-slide"), "the reference counted"),
        (counted(5.0, 10, 200, subject="MONO#"), "% measurands only"),
        (counted(5.0, 10, 200, model_cells=None, model_hits=None), "the model counted"),
        (counted([], [], []), "no pair"),
    ],
)
def test_not_estimable_says_why(pairs, reason):
    with pytest.raises(NotEstimable, match=reason):
        counting_noise(pairs)


@pytest.mark.parametrize(("hits", "cells"), [(3, 2), (-1, 5), (0, 0)])
def test_impossible_counts_are_refused(hits, cells):
    with np.errstate(invalid="ignore"):
        pairs = counted(5.0, hits, cells)
    with pytest.raises(ValueError, match="hits"):
        counting_noise(pairs)


@given(cells=st.integers(1, 10**6), share=st.floats(0, 1), tail=st.sampled_from([0.025, 0.0015]))
def test_quantile_of_a_count_is_scipys(cells, share, tail):
    found = binomial_quantile(tail, np.array([float(cells)]), np.array([share]))

    assert found == [max(sps.binom.ppf(tail, cells, share), 0)]


def test_metric_yields_both_shares_and_nothing_where_it_does_not_apply():
    context = Context()

    (measured,) = METRIC.measure(counted(5.0, 10, [200, 100]), context)

    assert set(measured.estimates) == set(METRIC.measures["counting_noise"])
    assert measured.detail.inside.shape == (2,)
    assert METRIC.measure(counted(5.0, 10, 200, mode="same-cells"), context) == []
    assert METRIC.measure(counted(0.4, 10, 200, subject="MONO#"), context) == []


def simulate(rng, studies, both):
    """Share of samples inside over many studies of a perfect classifier, and its expectation."""
    seen, expected = [], []
    for _ in range(studies):
        truth = rng.gamma(1.5, 2.0, 50)
        cells = rng.integers(80, 400, 50)
        hits = rng.binomial(cells, truth / 100)
        if both:
            pairs = counted_twice(hits, cells, rng.binomial(200, truth / 100), np.full(50, 200))
        else:
            pairs = counted(truth.round(1), hits, cells, resolution=0.1)
        found = counting_noise(pairs)
        seen.append(found.share.value)
        expected.append(found.expected.value)
    return np.array(seen), np.array(expected)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("studies", [60, pytest.param(repeats(4000, 400), marks=pytest.mark.slow)])
def test_expected_share_is_what_simulation_shows(both, studies):
    seen, expected = simulate(np.random.default_rng(1), studies, both)

    error = seen.std(ddof=1) / np.sqrt(studies)
    assert abs(seen.mean() - expected.mean()) < 3.5 * error
    assert seen.mean() > 0.96


def test_what_was_told_of_one_reference_is_not_told_of_another():
    """Ranges are kept; whatever they rest on tells the studies apart."""

    def asked(reference, cells, resolution, level):
        pairs = counted(reference, np.zeros(3), np.array(cells), resolution=resolution)
        hits, of = noise_ranges.counts(pairs)
        return noise_ranges.noise_ranges(pairs, hits, of, level)

    plain = ((0.1, 0.5, 0.9), (100, 200, 400), 0.1, 0.95)
    others = [
        ((0.1, 0.5, 0.8), *plain[1:]),
        (plain[0], (100, 200, 401), *plain[2:]),
        (*plain[:2], 1.0, 0.95),
        (*plain[:3], 0.997),
    ]
    found = [asked(*one) for one in (plain, *others)]
    for one, kept in zip((plain, *others), found, strict=True):
        noise_ranges._between.cache_clear()
        assert [x.tolist() for x in asked(*one)] == [x.tolist() for x in kept]
    assert len({str(kept) for kept in found}) == len(found)
    with pytest.raises(ValueError, match="read-only"):
        found[0][0][0] = 0.0
