"""Change of the covering error and of the bias, and whether errors changed at all."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from scipy import stats as sps

from tests.simulated import repeats
from wbcval.stats.functions.error import covering_error
from wbcval.stats.functions.paired_change import absolute_bias, covering, paired_change
from wbcval.stats.functions.signed_rank import signed_rank
from wbcval.values.errors import NotEstimable


def rng(seed=1):
    return np.random.default_rng(seed)


def errors(seed=3, n=80, scale=1.0):
    return np.round(scale * np.abs(rng(seed).normal(0, 5, n)), 3)


def change(new, old, statistic, cluster=None, **options):
    cluster = np.arange(len(new)) if cluster is None else cluster
    return paired_change(new, old, cluster, statistic, generator=rng(), **options)


@pytest.mark.parametrize("share", [0.5, 0.55, 0.95, 1.0])
def test_covering_is_the_covering_error_of_the_resample(share):
    values = errors(n=20)
    times = rng().multinomial(20, np.full(20, 0.05), size=30)

    found = covering(share).of(values, times)

    expected = [covering_error(np.repeat(values, row), share).value for row in times]
    assert found.tolist() == expected


def test_absolute_bias_is_the_mean_without_its_sign():
    found = absolute_bias.of(np.array([-3.0, 1.0]), np.array([[1, 1], [0, 2], [3, 1]]))

    assert found.tolist() == [1.0, 1.0, 2.0]


def test_smaller_errors_are_an_improvement():
    old = errors()
    new = old / 2

    found = change(new, old, covering(0.95))

    assert found.value == covering_error(old, 0.95).value - covering_error(new, 0.95).value
    assert 0 < found.low <= found.value <= found.high
    assert (found.n, found.level) == (80, 0.95)
    mirrored = change(old, new, covering(0.95))
    assert mirrored.value == -found.value
    assert mirrored.high < 0


def test_change_of_bias_agrees_with_scipy():
    # both sides' bias far from 0, so that its size is a smooth function
    old, new = rng(5).normal(3.0, 1.0, 80), rng(6).normal(2.5, 1.0, 80)

    found = change(new, old, absolute_bias, replicates=20_000)

    newer = "rng" in inspect.signature(sps.bootstrap).parameters  # SciPy 1.15
    peer = sps.bootstrap(
        (old, new), lambda a, b, axis: a.mean(axis) - b.mean(axis), paired=True, method="BCa",
        n_resamples=20_000, **{"rng" if newer else "random_state": rng(2)},
    )  # fmt: skip
    assert found.value == pytest.approx(old.mean() - new.mean())
    assert found.low == pytest.approx(peer.confidence_interval.low, abs=0.1 * peer.standard_error)
    assert found.high == pytest.approx(peer.confidence_interval.high, abs=0.1 * peer.standard_error)


def test_a_cluster_brings_all_its_samples():
    old, new = errors(), errors(4)
    copies = np.repeat(np.arange(80), 3)

    found = change(np.repeat(new, 3), np.repeat(old, 3), absolute_bias, copies)

    single = change(new, old, absolute_bias)
    assert (found.low, found.high) == pytest.approx((single.low, single.high), rel=1e-9)


def test_order_and_names_change_nothing():
    old, new, patients = errors(), errors(4), np.arange(80) // 2
    order = rng(2).permutation(80)

    first = change(new, old, covering(0.9), patients)
    again = change(new[order], old[order], covering(0.9), 100 - patients[order])

    assert again == first


def test_nothing_changed_is_degenerate():
    found = change(errors(), errors(), covering(0.95))

    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert "degenerate" in found.flags


@pytest.mark.parametrize("lost", [2, 4])
def test_infinite_errors_in_the_tail_make_a_bound_infinite(lost):
    old, new = errors(), errors()
    new[:lost] = np.inf  # q_95 of 80 is the 76th: it is finite with up to 4 of them

    found = change(new, old, covering(0.95))

    assert math.isfinite(found.value)
    assert found.low == -np.inf
    assert math.isfinite(found.high)
    assert found.reason == "a bound is infinite: resamples reach infinite errors"


def test_an_infinite_change_is_a_value_without_interval():
    old, new = errors(), errors()
    new[:5] = np.inf

    found = change(new, old, covering(0.95))

    assert (found.value, found.low, found.high) == (-np.inf, None, None)
    assert "the candidate reaches the share only with infinite errors" in found.reason


def test_infinite_on_both_sides_is_not_estimable():
    lost = errors()
    lost[:5] = np.inf

    with pytest.raises(NotEstimable, match="both sides"):
        change(lost, lost, covering(0.95))


def test_infinite_errors_have_no_mean():
    with pytest.raises(NotEstimable, match="no mean"):
        change(np.array([1.0, np.inf]), np.ones(2), absolute_bias)


@pytest.mark.parametrize(
    ("n", "share", "reason"),
    [
        (71, 0.95, "lower bound needs n ≥ 72, got 71"),  # §3: needs n ≥ 72
        (80, 1.0, "no number of samples bounds the largest error"),
    ],
)
def test_too_few_samples_give_a_covering_error_no_lower_limit(n, share, reason):
    found = change(errors(n=n), errors(4, n=n), covering(share))

    assert found.low is None
    assert math.isfinite(found.high)
    assert found.reason == reason


def test_few_patients_have_no_interval():
    found = change(errors(), errors(4), covering(0.95), np.arange(80) % 4)

    assert not found.has_interval
    assert found.reason == "interval needs 5 independent samples, got 4"


def test_signed_rank_is_scipys_exact_test_without_ties():
    new, old = np.array([1.0, 2.5, 4, 8, 3]), np.array([1.5, 2.4, 6, 7, 9.5])

    found = signed_rank(new, old)

    # changes −0.5, 0.1, −2, 1, −6.5: W+ = 1 + 3 = 4 of 15; P(W ≤ 4) = 7/32 by counting subsets
    assert found.p == pytest.approx(2 * 7 / 32)
    assert (found.better, found.worse, found.unchanged) == (3, 2, 0)
    assert "exact" in found.method


def test_signed_rank_with_ties_is_the_normal_form():
    change = np.array([1, 1, -1, 2, 2, 3, 0, 0.0])

    found = signed_rank(5 + change, np.full(8, 5.0))

    # ranks 2 2 2 4.5 4.5 6: W+ = 19, mean 10.5, variance 6·7·13/24 − (24 + 6)/48
    z = (19 - 10.5) / math.sqrt(6 * 7 * 13 / 24 - 30 / 48)
    assert found.p == pytest.approx(2 * sps.norm.sf(z))
    assert (found.better, found.worse, found.unchanged) == (1, 5, 2)


def test_signed_rank_of_no_change_is_one():
    found = signed_rank(np.array([1.0, np.inf]), np.array([1.0, np.inf]))

    assert (found.p, found.unchanged, found.infinite) == (1.0, 2, 0)


def test_signed_rank_ranks_infinite_changes_above_all_others():
    new, old = np.array([1.0, 2, 3, np.inf]), np.array([0.5, 1, 1, 4.0])

    found = signed_rank(new, old)

    assert found.p == pytest.approx(2 / 16)  # all four rose
    assert found.infinite == 1


@pytest.mark.parametrize("function", [signed_rank, lambda a, b: change(a, b, covering(0.9))])
def test_nan_and_emptiness_are_refused(function):
    with pytest.raises(ValueError, match="exclude missing values first"):
        function(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(NotEstimable, match="got none"):
        function(np.zeros(0), np.zeros(0))


@pytest.mark.slow
@pytest.mark.parametrize("samples", [20, 72, 200])
def test_the_change_in_the_covering_error_is_seldom_missed(samples):
    runs = repeats(1000, 50)
    generator = rng(8)

    def pair():
        shared = generator.normal(0, 4, samples)
        return np.abs(shared + generator.normal(1, 3, (2, samples)))

    above = below = 0
    for _ in range(runs):
        new, old = pair()  # alike: the true change is 0
        found = paired_change(
            new, old, np.arange(samples), covering(0.95), generator=generator, replicates=499
        )
        above, below = above + (found.low is not None and found.low > 0), below + (found.high < 0)

    # measured on either side: see the docstring
    most = {20: 0.07, 72: 0.05, 200: 0.035}[samples]
    assert max(above, below) / runs <= most + 4 * math.sqrt(most / runs)
    assert samples >= 72 or above == 0


@pytest.mark.parametrize(
    ("n", "decimals", "method"),
    [(8, 9, "exact"), (50, 9, "exact"), (51, 9, "asymptotic"), (30, 1, "asymptotic")],
)
def test_signed_rank_is_scipys(n, decimals, method):
    rng = np.random.default_rng(n)
    new, old = (rng.exponential(2, n).round(decimals) for _ in range(2))

    expected = sps.wilcoxon(new, old, zero_method="wilcox", correction=False, method=method)

    assert signed_rank(new, old).p == pytest.approx(expected.pvalue, rel=1e-9)
