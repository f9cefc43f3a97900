"""The bias that counting noise alone gives percent differences: brute force, and its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps

from tests.build.pairs import noise_free
from wbcval.stats.percent_noise import expected_bias, expected_percent, of_percent


def g(x, y):
    total = np.asarray(x + y, float)
    return np.where(total == 0, 0, 200 * (x - y) / np.where(total == 0, 1, total))


@settings(max_examples=60)
@given(st.integers(0, 1000), st.integers(1, 400))
def test_a_noise_free_reference_is_the_binomial_sum(tenths, cells):
    k = np.arange(cells + 1)
    expected = (sps.binom.pmf(k, cells, tenths / 1000) * g(100 * k / cells, tenths / 10)).sum()

    found = expected_percent(noise_free(tenths / 10, cells))

    assert found[0] == pytest.approx(expected, abs=1e-7)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 300), st.sampled_from([0.1, 0.5, 1.0]))
def test_a_rounded_reference_is_its_integral(tenths, cells, step):
    # Gauss–Legendre over the true share in place of the incomplete beta function
    r = tenths / 10
    low, high = max(r - step / 2, 0) / 100, min(r + step / 2, 100) / 100
    nodes, weights = np.polynomial.legendre.leggauss(60)
    p = low + (high - low) * (nodes + 1) / 2
    k = np.arange(cells + 1)[:, None]
    mean = (sps.binom.pmf(k, cells, p) * weights).sum(axis=1) / 2
    expected = (mean * g(100 * k[:, 0] / cells, r)).sum()

    found = expected_percent(noise_free(r, cells, resolution=step))

    assert found[0] == pytest.approx(expected, abs=1e-6)


@settings(max_examples=60)
@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_both_counted_is_the_hypergeometric_sum(cells, theirs, data):
    mine, other = (data.draw(st.integers(0, n)) for n in (cells, theirs))
    held = mine + other
    k = np.arange(held + 1)
    weight = sps.hypergeom.pmf(k, cells + theirs, cells, held)
    expected = (weight * g(k / cells, (held - k) / theirs)).sum()

    found = expected_percent(
        noise_free(
            100 * other / theirs,
            cells,
            model=np.array([100 * mine / cells]),
            reference_cells=np.array([float(theirs)]),
            reference_hits=np.array([float(other)]),
        )
    )

    assert found[0] == pytest.approx(expected, abs=1e-6)
    if cells == theirs:
        assert found[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("step", [0.0, 0.01])
def test_a_count_on_the_models_own_volume_is_poisson(step):
    given = noise_free(0.2, 200, subject="EO#", total=np.array([7.0]), resolution=step)
    p = np.linspace(0.2 - step / 2, 0.2 + step / 2, 2001) / 7
    k = np.arange(80)[:, None]

    expected = (sps.poisson.pmf(k, 200 * p).mean(axis=1) * g(k[:, 0] / 200, 0.2 / 7)).sum()

    assert expected_percent(given)[0] == pytest.approx(expected, abs=1e-4)


def test_on_the_references_total_a_count_is_its_share():
    share = expected_percent(noise_free(3.0, 200))
    count = expected_percent(
        noise_free(0.21, 200, subject="EO#", total=np.array([7.0]), shared_total=True)
    )

    assert count == pytest.approx(share)


def test_a_perfect_classifier_shows_it():
    rng = np.random.default_rng(3)
    reference = rng.gamma(3, 0.8, 400)
    given = noise_free(reference, 200)
    drawn = 100 * rng.binomial(200, reference / 100, (500, 400)) / 200

    found = expected_bias(given)

    means = g(drawn, reference).mean(axis=1)
    assert found.value == pytest.approx(means.mean(), abs=5 * means.std() / np.sqrt(500))
    assert found.n == 400
    assert found.value < -10  # rare classes: far from nothing


def test_long_ranges_are_summed_in_parts():
    rng = np.random.default_rng(4)
    reference, cells = rng.uniform(0, 70, 300).round(1), rng.integers(100, 40_000, 300)

    together = expected_percent(noise_free(reference, cells, resolution=0.1))

    alone = [
        expected_percent(noise_free(r, n, resolution=0.1))[0]
        for r, n in zip(reference[:20], cells[:20], strict=True)
    ]
    assert together[:20] == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mode": "same-cells"}, "no counting noise"),
        ({"subject": "WBC"}, "not of the total"),
        ({"mode": "same-slide"}, "cells the reference counted"),
        ({"subject": "EO#"}, "total WBC is not known"),
    ],
)
def test_where_it_is_not_known_it_is_said(more, said):
    found = expected_bias(noise_free([2.0, 3.0], 200, **more))

    assert (found.value, found.n) == (None, 2)
    assert said in found.reason


def test_zeros_are_told_on_every_statistic():
    given = noise_free([2.0, 3.0], 200, model=np.array([0.0, 3.0]))
    plain = expected_bias(given)

    found = of_percent(given, {"bias": plain, "upper": plain})

    assert found["bias"].flags == found["upper"].flags == ("zeros_in_percent",)
    assert found["expected_bias"] == plain
