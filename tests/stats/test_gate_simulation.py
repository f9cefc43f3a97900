"""The gate where the true drop is known: docs/explanation/gate-simulation.md, in small."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import gate_simulation as simulation
from tests.simulated import repeats
from wbcval.stats.detectable import detectable_drop
from wbcval.stats.equal_model import equal_model_needs
from wbcval.stats.functions.holm import holm
from wbcval.stats.functions.paired_difference import paired_difference, paired_differences


def judged(net, cells, generator):
    base = np.maximum(-net, 0)
    codes = np.arange(len(cells))
    return paired_difference(base + net, base, cells, codes, generator=generator)


LOSSES = (
    "all alike", "all alike, 20 % churn", "correlated 0.3", "in 15 % of samples",
    "whole samples", "half in whole samples", "whole samples, large ones",
)  # fmt: skip


@pytest.mark.representatives(3)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sizes", ["20", "CV 1.2"])
def test_the_formulas_for_arrays_are_those_of_the_statistic(loss, sizes):
    generator = np.random.default_rng([5, len(loss)])
    cells = simulation.sizes(sizes, (2, 60), generator)
    net = simulation.net_differences(simulation.LOSSES[loss], 0.05, cells, generator)

    found = simulation.limits(net, cells, generator)

    for row in range(2):
        expected = judged(net[row], cells[row], generator)
        tango, bca = expected.tango, expected.bca
        if bca is not None and bca[1] - bca[0] == pytest.approx(tango[1] - tango[0], rel=0.1):
            continue  # of two bootstraps one may be the wider and the other not
        limits = (expected.spread_low, expected.whole_low, expected.estimate.high)
        rules = (simulation.SPREAD_OUT, simulation.WHOLE)
        shown = (*(found.low[rule][row] for rule in rules), found.high[row])
        # without BCa exactly; else two bootstraps, of 999 and 10 000 resamples
        width = limits[2] - limits[0]
        assert shown == pytest.approx(limits, abs=1e-9 if expected.bca is None else 0.15 * width)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("sizes", ["20", "CV 0.7", "eosinophils"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_planted_drop_is_the_one_asked_for(loss, sizes):
    generator = np.random.default_rng(4)
    cells = simulation.sizes(sizes, (1500, 100), generator)

    net = simulation.net_differences(simulation.LOSSES[loss], 0.05, cells, generator)

    drops = -net.sum(axis=1) / cells.sum(axis=1)
    assert drops.mean() == pytest.approx(0.05, abs=4 * drops.std() / np.sqrt(1500))


@pytest.mark.parametrize("samples", [20, 100, 200])
def test_whole_samples_lost_unseen_pass_unless_each_sample_counts_once(samples):
    setting = simulation.Setting(samples, "200", "whole samples", 0.02, 0.02)

    kept, _ = simulation.rates(setting, 400)

    # 13 and 2 %: the chance to see none of them, beyond what assumes that losses are spread;
    # 20 samples of 200 cells show too little even then
    unseen = 0.98**samples if samples > 20 else 0
    assert kept[simulation.SPREAD_OUT] == pytest.approx(unseen, abs=0.08)
    assert kept[simulation.WHOLE] <= 0.025 + 3 * np.sqrt(0.025 / 400)


@pytest.mark.representatives(3)
@pytest.mark.parametrize(("rule", "share"), [("SPREAD_OUT", 0.5), ("WHOLE", 0.25)])
@pytest.mark.parametrize("lost", [1, 20])
@pytest.mark.parametrize(("samples", "margin"), [(100, 0.05), (300, 0.02)])
def test_making_a_sample_worse_makes_no_candidate_pass(samples, margin, lost, rule, share):
    generator = np.random.default_rng(8)
    cells = simulation.sizes("20", (400, samples), generator)
    churn = simulation.LOSSES["all alike, 6 % churn"]
    net = simulation.net_differences(churn, share * margin, cells, generator)
    worse = net.copy()
    worse[np.arange(400), generator.integers(0, samples, 400)] -= lost
    worse = np.maximum(worse, -cells)

    before, after = (
        simulation.limits(each, cells, np.random.default_rng(9)).low[getattr(simulation, rule)]
        > -margin
        for each in (net, worse)
    )

    assert 0.02 < before.mean() < 0.995
    assert not np.any(after & ~before)


MOST = 0.032  # of single classes (STATISTICS §12)
WITHIN = (
    "all alike", "all alike, 6 % churn", "all alike, 20 % churn", "correlated 0.05",
    "correlated 0.1", "correlated 0.1, 1 % churn", "correlated 0.1, 6 % churn",
)  # fmt: skip
BEYOND = (
    "correlated 0.3", "in 15 % of samples", "in 5 % of samples",
    "whole samples", "half in whole samples", "whole samples, large ones",
    "in exactly 15 % of samples",
)  # fmt: skip


def test_what_the_lower_limit_is_made_for_is_what_is_tried():
    assert set(WITHIN) == set(simulation.WITHIN)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "rule"),
    [(loss, "SPREAD_OUT") for loss in WITHIN] + [(loss, "WHOLE") for loss in (*WITHIN, *BEYOND)],
)
def test_a_drop_of_the_margin_passes_in_no_more_than_3_2_percent(loss, rule):
    runs = repeats(4000, 100)
    # four SDs of the runs: some 250 settings are tried
    most = MOST + 4 * np.sqrt(MOST * (1 - MOST) / runs)

    for margin in (0.02, 0.05):
        for samples in (20, 50, 200):
            for sizes in ("200", "eosinophils"):
                setting = simulation.Setting(samples, sizes, loss, margin, margin)
                wrong = simulation.rates(setting, runs)[0][getattr(simulation, rule)]
                assert wrong <= most, setting


@pytest.mark.slow
@pytest.mark.parametrize("sizes", ["20", "200"])
@pytest.mark.parametrize("churn", ["1 %", "3 %", "5 %"])
@pytest.mark.parametrize(("margin", "samples"), [(0.02, 120), (0.05, 30)])
def test_an_equal_model_passes_with_so_many_samples(sizes, churn, margin, samples):
    runs = repeats(2000, 100)

    kept, _ = simulation.rates(simulation.Setting(samples, sizes, churn, margin, 0.0), runs)

    assert kept[simulation.SPREAD_OUT] >= 0.8 - 3 * np.sqrt(0.16 / runs)


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "samples"), [("20", 40), ("20", 80), ("200", 30)])
@pytest.mark.parametrize(("churn", "disagree"), [("1 %", 0.01), ("3 %", 0.03), ("5 %", 0.05)])
def test_the_chance_that_is_told_in_advance_is_that_of_the_simulation(
    sizes, samples, churn, disagree
):
    runs = repeats(2000, 100)
    cells, codes = np.full(samples, int(sizes)), np.arange(samples)

    told = equal_model_needs(cells, codes, 0.02, disagree).power
    kept, _ = simulation.rates(simulation.Setting(samples, sizes, churn, 0.02, 0.0), runs)

    assert told == pytest.approx(kept[simulation.SPREAD_OUT], abs=0.13 + 2 / np.sqrt(runs))


@pytest.mark.slow
@pytest.mark.parametrize(("samples", "sizes"), [(300, "20"), (300, "200"), (500, "CV 0.7")])
def test_the_drop_that_could_have_been_seen_is_seen(samples, sizes):
    runs, studies = repeats(2000, 100), 8
    churn = simulation.LOSSES["all alike, 6 % churn"]
    generator = np.random.default_rng(6)
    stopped, worse = [], []
    for _ in range(studies):
        cells = simulation.sizes(sizes, (1, samples), generator)
        net = simulation.net_differences(churn, 0, cells, generator)
        planted = detectable_drop(judged(net[0], cells[0], generator), 0.02)
        again = simulation.sizes(sizes, (runs, samples), generator)
        for drop, seen in ((planted.stopped, stopped), (planted.worse, worse)):
            found = simulation.limits(
                simulation.net_differences(churn, drop, again, generator), again, generator
            )
            seen.append(
                np.mean(found.low[simulation.SPREAD_OUT] <= -0.02)
                if seen is stopped
                else np.mean(found.high < -0.02)
            )

    # each study's own deff: a few points on average; a drop alike in all samples varies less
    # than the churn whose deff it is given, so that "worse" is said more often than stated
    assert np.mean(stopped) == pytest.approx(0.8, abs=0.05 + 2 / np.sqrt(runs * studies))
    assert 0.8 - 2 / np.sqrt(runs * studies) <= np.mean(worse) <= 1


@pytest.mark.slow
def test_of_equal_models_no_class_and_no_site_is_called_measurably_lower_too_often():
    studies, sites = repeats(300, 20), np.repeat([0, 1, 2], 20)
    generator = np.random.default_rng(7)
    heard = np.zeros(2)
    for _ in range(studies):
        cells = generator.multinomial(100, (0.55, 0.3, 0.08, 0.05, 0.02), 60).astype(float)
        net = simulation.net_differences(simulation.EQUAL["3 %"], 0.0, cells, generator)
        net, cells = (np.column_stack([each.sum(axis=1), each]) for each in (net, cells))
        parts = [sites >= 0], [sites == site for site in range(3)]
        heard += [lower(net, cells, masks) for masks in parts]

    # one-sided 2.5 % each
    assert np.all(heard / studies <= 0.025 + 4 * np.sqrt(0.025 / studies))


def lower(net, cells, masks):
    """Whether anything is called measurably lower in any of the parts, after Holm over all."""
    found = []
    for mask in masks:
        base = np.maximum(-net[mask], 0)
        found += paired_differences(
            base + net[mask], base, cells[mask], np.arange(mask.sum()),
            generator=np.random.default_rng(1),
        )  # fmt: skip
    tested = [each for each in found if each.p_moved is not None]
    told = holm([each.p_moved for each in tested], 0.025)
    return any(t and each.estimate.high < 0 for t, each in zip(told, tested, strict=True))
