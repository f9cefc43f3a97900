"""Candidate minus baseline on the same cells: the formulas, the edges, and who decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.stats._tango import tango_interval
from wbcval.stats.clustered import degrees_of_freedom
from wbcval.stats.functions.paired_difference import paired_difference, paired_differences
from wbcval.stats.paired_limits import Losses, samples_needed, share_unseen
from wbcval.values.errors import NotEstimable


def rng(seed=1):
    return np.random.default_rng(seed)


def drop(samples=40, cells=50, losing=12, lost=3, gaining=6):
    """Baseline right in 45 of 50; some samples lose a few cells, some gain one."""
    base = np.full(samples, cells - 5)
    new = base.copy()
    new[:losing] -= lost
    new[losing : losing + gaining] += 1
    return new, base, np.full(samples, cells)


def difference(new, base, cells, cluster=None, **options):
    cluster = np.arange(len(cells)) if cluster is None else cluster
    return paired_difference(new, base, cells, cluster, generator=rng(), **options)


def test_value_discordance_and_design_effect_are_the_formulas():
    new, base, cells = drop()
    cells[3] = 80

    found = difference(new, base, cells)

    b, c, n = 6, 36, 40 * 50 + 30
    net, value = new - base, (b - c) / n
    variance = sum((d - m * value) ** 2 / (1 - m / n) for d, m in zip(net, cells, strict=True))
    deff = variance / n**2 / ((b + c - (b - c) ** 2 / n) / n**2)
    assert (found.gains, found.losses, found.estimate.value) == (b, c, value)
    assert found.estimate.n == n
    assert found.deff == pytest.approx(deff, rel=1e-12)
    assert found.df == pytest.approx(degrees_of_freedom(cells), rel=1e-12)
    size = (39 * 50**2 + 80**2) / n
    assert found.trials == pytest.approx(n / (1 + (size - 1) * 0.1))
    assert found.discordant_samples == 18
    limits = tango_interval(b / deff, c / deff, n / deff, df=found.df)
    assert found.tango == pytest.approx(limits, rel=1e-12)


def test_the_wider_interval_decides_and_is_named():
    found = difference(*drop())

    widths = {"BCa": found.bca[1] - found.bca[0], "Tango": found.tango[1] - found.tango[0]}
    wider = max(widths, key=widths.get)
    assert found.estimate.method.startswith(wider)
    assert found.estimate.high == (found.bca if wider == "BCa" else found.tango)[1]
    assert found.spread_low <= (found.bca if wider == "BCa" else found.tango)[0]
    assert found.estimate.low == found.spread_low


def test_below_ten_discordant_samples_tango_decides():
    found = difference(*drop(losing=6, gaining=3))

    assert found.discordant_samples == 9
    assert found.bca is None
    assert found.bca_reason == "9 samples with a discordant cell: needs 10"
    assert found.estimate.method.startswith("Tango at n/deff")


WHOLE = Losses(whole_samples=True)


@pytest.mark.parametrize("losses", [Losses(), WHOLE], ids=["spread", "whole samples"])
def test_nothing_discordant_leaves_what_losses_could_be(losses):
    base, cells = np.full(60, 45), np.full(60, 50)

    found = difference(base, base, cells, margin=0.02, losses=losses)

    square, trials = 2.0009954**2, 3000 / (1 + 49 * 0.1)  # t(59) at 0.975; 508.5 trials
    spread, whole = (-square / (n + square) for n in (trials, 60))
    assert found.estimate.value == 0
    assert (found.spread_low, found.whole_low) == pytest.approx((spread, whole), rel=1e-6)
    assert found.estimate.low == (found.whole_low if losses.whole_samples else found.spread_low)
    assert found.estimate.high == pytest.approx(square / (trials + square), rel=1e-6)
    assert found.unseen == pytest.approx(1 - 0.025 ** (1 / 60))
    assert found.estimate.flags == ("assumed_deff",)
    assert found.p_worse == 1
    assert found.p_moved == 0.5  # of a change that is none
    assert "deff 5.9 assumed" in found.estimate.method
    if losses.whole_samples:
        assert found.estimate.method.endswith("lower limit: Tango on 60 samples")


def test_the_method_names_the_correlation_that_was_assumed():
    base, cells = np.full(60, 45), np.full(60, 50)

    found = difference(base, base, cells, losses=Losses(0.3))

    assert found.estimate.low < found.tango[0]
    assert found.estimate.method.endswith(
        "lower limit: Tango on 191.1 trials, correlation 0.3 within samples"
    )


@pytest.mark.parametrize("correlation", [-0.01, 1.01, np.nan])
def test_a_correlation_that_is_none_is_refused(correlation):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Losses(correlation)


def test_a_share_of_samples_that_failed_can_hide_from_all_of_them():
    # none of 60 is one of so many with a chance of 2.5 %
    assert (1 - share_unseen(60, 0.95)) ** 60 == pytest.approx(0.025)


def test_nothing_discordant_borrows_the_largest_correlation():
    base, cells = np.full(40, 45), np.full(40, 50)
    new = base - np.repeat([40, 0], [3, 37])  # 3 samples lose nearly all

    pair = paired_differences(
        np.column_stack([new, base]),
        np.column_stack([base, base]),
        np.column_stack([cells, cells]),
        np.arange(40),
        generator=rng(),
    )

    assert pair[0].deff > 10
    assert pair[1].deff == pytest.approx(pair[0].deff)
    assert pair[1].trials > pair[1].estimate.n / pair[1].deff  # the lower limit is on the latter
    assert pair[0] == difference(new, base, cells)


def test_one_cell_per_sample_is_plain_tango():
    base = np.repeat([1, 1, 0, 0], [150, 12, 8, 30])
    new = np.repeat([1, 0, 1, 0], [150, 12, 8, 30])

    found = difference(new, base, np.ones(200, dtype=int))

    # the variance of 200 single cells, S − 1 in its denominator: deff 200/199
    assert found.deff == pytest.approx(200 / 199)
    expected = tango_interval(8 * 199 / 200, 12 * 199 / 200, 199, df=199)
    assert found.tango == pytest.approx(expected, rel=1e-12)
    assert (found.spread_low, found.whole_low) == pytest.approx([expected[0]] * 2, abs=1e-12)


def test_patients_are_the_clusters_and_samples_hold_the_discordance():
    # each patient gains in one sample what is lost in another: net 0 in the patient
    base, cells = np.full(40, 40), np.full(40, 50)
    new = base + np.tile([2, -2], 20)
    patients = np.repeat(np.arange(20), 2)

    found = difference(new, base, cells, patients)

    assert (found.gains, found.losses) == (40, 40)
    assert found.deff == 1  # patients do not differ at all
    assert found.discordant_samples == 20
    assert found.trials == pytest.approx(2000 / (1 + 99 * 0.1))
    assert found.unseen == pytest.approx(1 - 0.025 ** (1 / 20))


def test_a_broken_class_is_seen_with_few_samples():
    base, cells = np.full(20, 18), np.full(20, 20)

    found = difference(base - rng().integers(6, 12, 20), base, cells, margin=0.02)

    assert found.estimate.high < -0.3
    assert found.p_worse == 1 / 10_001
    assert found.p_moved < 1e-6  # no resample gains: Tango's score tells how small


def test_p_worse_counts_resamples_on_the_good_side():
    found = difference(*drop(), margin=0.0149)  # δ is −0.015: about half of the resamples

    assert found.p_worse == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("samples", "large", "reason"),
    [
        (190, 20, "190 samples cannot exclude a drop of 0.02: needs 191"),
        (191, 20, ""),
        # Kish: (190·20 + 1000)²/(190·20² + 1000²) = 21.4
        (
            191,
            1000,
            "191 samples that weigh like 21 of equal size cannot exclude a drop of 0.02: needs 191",
        ),
    ],
)
def test_too_few_samples_are_said_with_how_many_are_needed(samples, large, reason):
    cells = np.full(samples, 20)
    cells[0] = large

    found = difference(cells, cells, cells, margin=0.02, losses=WHOLE)

    assert found.estimate.reason == reason
    assert (found.estimate.low > -0.02) == (reason == "")


@pytest.mark.parametrize(("samples", "margin"), [(30, 0.02), (14, 0.05)])
def test_where_losses_are_spread_so_many_samples_are_enough(samples, margin):
    trials = 20 / (1 + 19 * 0.1)  # of a sample of 20 cells
    assert samples_needed(margin, trials=trials) == samples

    for count, enough in ((samples, True), (samples - 1, False)):
        cells = np.full(count, 20)
        found = difference(cells, cells, cells, margin=margin)

        assert (found.estimate.low > -margin) == enough
        assert (f"needs {samples}" in found.estimate.reason) == (not enough)


def test_p_of_a_change_is_on_the_side_where_the_interval_is():
    new, base, cells = drop(losing=6, gaining=3)  # too few discordant samples for BCa

    found = difference(new, base, cells)
    mirrored = difference(base, new, cells)

    assert mirrored.p_moved == pytest.approx(found.p_moved)
    assert (found.p_moved < 0.025) == (found.estimate.high < 0)


def test_a_candidate_that_gains_enough_needs_no_reason():
    base, cells = np.full(60, 30), np.full(60, 50)

    found = difference(base + rng().integers(5, 9, 60), base, cells, margin=0.02)

    assert found.estimate.low > -0.02
    assert found.estimate.reason == ""


@pytest.mark.parametrize("margin", [0, -0.01, np.nan, np.inf])
def test_a_margin_that_is_none_is_refused(margin):
    with pytest.raises(ValueError, match="positive finite"):
        difference(*drop(), margin=margin)


def test_each_column_has_its_own_margin():
    new, base, cells = (np.column_stack([each, each]) for each in drop())
    codes = np.arange(40)

    found = paired_differences(new, base, cells, codes, generator=rng(), margin=[0.0149, 0.5])

    assert 0.4 < found[0].p_worse < 0.6
    assert found[1].p_worse == 1  # no resample loses half
    with pytest.raises(ValueError, match="one for each of 2"):
        paired_differences(new, base, cells, codes, generator=rng(), margin=[0.02])


@pytest.mark.parametrize(
    ("new", "base", "cells"), [([6], [5], [5]), ([-1], [0], [5]), ([np.nan], [0], [5])]
)
def test_hits_outside_the_cells_are_refused(new, base, cells):
    with pytest.raises(ValueError, match="hits"):
        difference(np.array(new), np.array(base), np.array(cells))


def test_few_samples_have_a_value_and_no_interval():
    found = difference(*drop(samples=4, losing=1, gaining=0), labels="patients")

    assert found.estimate.value == -3 / 200
    assert (found.estimate.low, found.estimate.high, found.deff) == (None, None, None)
    assert found.estimate.reason == "interval needs 5 patients, got 4"


def test_one_sample_with_nearly_all_cells_has_no_interval():
    cells = np.array([1000, 1, 1, 1, 1, 1])

    found = difference(cells - 1, cells, cells)

    assert found.estimate.low is None
    assert "more than 95%" in found.estimate.reason


def test_no_cell_is_not_estimable():
    with pytest.raises(NotEstimable, match="none of the samples holds a cell"):
        difference(np.zeros(9), np.zeros(9), np.zeros(9))


def test_order_and_names_change_nothing():
    new, base, cells = drop()
    order, names = rng(2).permutation(40), rng(3).permutation(40)

    again = difference(new[order], base[order], cells[order], names, margin=0.02)

    assert again == difference(new, base, cells, margin=0.02)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)), min_size=5))
def test_exchanging_the_sides_mirrors_tango(rows):
    new, base = (np.array([min(r[i], r[2]) for r in rows]) for i in (0, 1))
    cells = np.array([r[2] for r in rows])

    found, mirrored = difference(new, base, cells), difference(base, new, cells)

    assert mirrored.estimate.value == -found.estimate.value
    if found.tango:
        assert mirrored.tango == pytest.approx((-found.tango[1], -found.tango[0]), abs=1e-12)
        assert found.whole_low <= found.spread_low <= found.tango[0] + 1e-12
        assert found.estimate.low == found.spread_low
        assert -1 <= found.estimate.low <= found.estimate.value <= found.estimate.high <= 1
