"""The gate where the true drop is known: docs/gate-simulation.md, in small."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wbcval.stats._detectable import detectable_drop
from wbcval.stats._paired_difference import paired_difference

SLOW_SHARE = float(os.environ.get("WBCVAL_SLOW_SHARE", "1"))
SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/gate_simulation.py"


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gate_simulation", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["gate_simulation"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def judged(net, cells, generator):
    base = np.maximum(-net, 0)
    codes = np.arange(len(cells))
    return paired_difference(base + net, base, cells, codes, generator=generator)


LOSSES = (
    "all alike", "all alike, 20 % churn", "correlated 0.3", "in 15 % of samples, 6 % churn",
    "whole samples", "half in whole samples", "whole samples, large ones",
)  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sizes", ["20", "CV 1.2"])
def test_the_formulas_for_arrays_are_those_of_the_statistic(simulation, loss, sizes):
    generator = np.random.default_rng([3, len(loss)])
    cells = simulation.sizes(sizes, (2, 60), generator)
    net = simulation.net_differences(simulation.LOSSES[loss], 0.05, cells, generator)

    found = simulation.limits(net, cells, generator)

    for row in range(2):
        expected = judged(net[row], cells[row], generator)
        low, high = (each[simulation.CHOSEN][row] for each in (found.low, found.high))
        if expected.estimate.method.startswith("Tango") and expected.bca is None:
            assert (low, high) == pytest.approx((expected.estimate.low, expected.estimate.high))
        else:  # two bootstraps, of 999 and 10 000 resamples
            width = expected.estimate.high - expected.estimate.low
            assert (low, high) == pytest.approx(
                (expected.estimate.low, expected.estimate.high), abs=0.15 * width
            )


@pytest.mark.parametrize("sizes", ["20", "CV 0.7", "eosinophils"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_planted_drop_is_the_one_asked_for(simulation, loss, sizes):
    generator = np.random.default_rng(4)
    cells = simulation.sizes(sizes, (1500, 100), generator)

    net = simulation.net_differences(simulation.LOSSES[loss], 0.05, cells, generator)

    drops = -net.sum(axis=1) / cells.sum(axis=1)
    assert drops.mean() == pytest.approx(0.05, abs=4 * drops.std() / np.sqrt(1500))


@pytest.mark.parametrize("samples", [20, 100, 200])
def test_whole_samples_lost_unseen_do_not_pass_small(simulation, samples):
    # §12's two intervals call 67, 13 and 2 % of these not worse: the chance to see none of them
    setting = simulation.Setting(samples, "200", "whole samples", 0.02, 0.02)

    found = simulation.rates(setting, 400)

    unseen = 0.98**samples
    assert found["§12: the wider of the two"][0] == pytest.approx(unseen, abs=0.08)
    assert found[simulation.CHOSEN][0] <= 0.025 + 3 * np.sqrt(0.025 / 400)


@pytest.mark.parametrize("lost", [1, 20])
@pytest.mark.parametrize(("samples", "margin"), [(100, 0.05), (300, 0.02)])
def test_making_a_sample_worse_makes_no_candidate_pass(simulation, samples, margin, lost):
    generator = np.random.default_rng(8)
    cells = simulation.sizes("20", (600, samples), generator)
    churn = simulation.LOSSES["all alike, 6 % churn"]
    net = simulation.net_differences(churn, margin / 4, cells, generator)
    worse = net.copy()
    worse[np.arange(600), generator.integers(0, samples, 600)] -= lost
    worse = np.maximum(worse, -cells)

    before, after = (
        simulation.limits(each, cells, np.random.default_rng(9)).low[simulation.CHOSEN] > -margin
        for each in (net, worse)
    )

    assert 0.1 < before.mean() < 0.9
    assert not np.any(after & ~before)


MOST = 0.025
ALL = (
    "all alike", "all alike, 6 % churn", "all alike, 20 % churn", "correlated 0.02",
    "correlated 0.1, 6 % churn", "correlated 0.3", "in 15 % of samples",
    "in 15 % of samples, 6 % churn", "in 5 % of samples", "in 5 % of samples, 6 % churn",
    "whole samples", "half in whole samples", "whole samples, large ones",
    "in exactly 15 % of samples",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("loss", ALL)
def test_a_drop_of_the_margin_passes_in_no_more_than_2_5_percent(simulation, loss):
    runs = max(100, int(4000 * SLOW_SHARE))
    # four SDs of the runs: some 250 settings are tried
    most = MOST + 4 * np.sqrt(MOST * (1 - MOST) / runs)

    for margin in (0.02, 0.1):
        for samples in (20, 200, 500):
            for sizes in ("1", "200", "CV 1.2"):
                setting = simulation.Setting(samples, sizes, loss, margin, margin)
                wrong = simulation.rates(setting, runs)[simulation.CHOSEN][0]
                assert wrong <= most, setting


@pytest.mark.slow
@pytest.mark.parametrize(("samples", "sizes"), [(300, "20"), (300, "200"), (500, "CV 0.7")])
def test_the_drop_that_could_have_been_seen_is_seen(simulation, samples, sizes):
    runs, studies = max(100, int(2000 * SLOW_SHARE)), 8
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
            by = (found.low if seen is stopped else found.high)[simulation.CHOSEN]
            seen.append(np.mean(by <= -0.02 if seen is stopped else by < -0.02))

    # each study's own deff: a few points on average; a drop alike in all samples varies less
    # than the churn whose deff it is given, so that "worse" is said more often than stated
    assert np.mean(stopped) == pytest.approx(0.8, abs=0.05 + 2 / np.sqrt(runs * studies))
    assert 0.8 - 2 / np.sqrt(runs * studies) <= np.mean(worse) <= 1
