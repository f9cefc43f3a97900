"""What an equal model needs: from sample sizes alone. Against simulation: test_gate_simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as sps

from wbcval.cli import main
from wbcval.stats.equal_model import equal_model_needs
from wbcval.stats.paired_limits import Losses
from wbcval.values.errors import NotEstimable

WHOLE = Losses(whole_samples=True)


def needs(cells, samples=100, margin=0.02, disagree=0.03, **options):
    sizes = np.full(samples, cells)
    return equal_model_needs(sizes, np.arange(samples), margin, disagree, **options)


def test_the_chance_is_that_of_a_normal_estimate_beyond_what_the_limit_lets_pass():
    # one cell a sample: the limit is Tango's, whose score at -0.05 must exceed t(299) at 0.975
    found = needs(1, 300, 0.05, 0.03)

    gains = np.linspace(0, 9, 100_001)
    losses, n, delta = 9 - gains, 300, -0.05
    linear = -9 + (2 * n - gains + losses) * delta
    root = np.sqrt(linear**2 + 8 * n * losses * delta * (1 - delta))
    losing = (root - linear) / (4 * n)
    score = (gains - losses - n * delta) / np.sqrt(n * (2 * losing + delta * (1 - delta)))
    least = (2 * gains - 9)[np.argmax(score > sps.t.ppf(0.975, 299))] / n
    expected = sps.norm.sf(least, scale=np.sqrt(0.03 / n))
    assert found.power == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("cells", "losses", "small", "large"),
    [
        (200, Losses(), (29, 44), (20, 20)),
        (20, Losses(), (44, 88), (20, 23)),
        (5, Losses(), (95, 238), (31, 51)),
        (1, Losses(), (366, 1070), (109, 206)),
        (200, WHOLE, (210, 235), (80, 86)),
    ],
)
def test_the_help_of_the_gate_says_what_is_computed(cells, losses, small, large, capsys):
    with pytest.raises(SystemExit):
        main(["gate", "--help"])
    said = " ".join(capsys.readouterr().out.split())

    for margin, ends in ((0.02, small), (0.05, large)):
        found = [needs(cells, 100, margin, d, losses=losses).needed for d in (0.01, 0.05)]
        assert tuple(found) == ends

    row = [f"{a} to {b}" if a != b else f"{a}" for a, b in (small, large)]
    assert " ".join(row) in said


def test_the_number_needed_gives_the_power_and_one_less_does_not():
    needed = needs(20).needed

    assert needs(20, needed).power >= 0.8 > needs(20, needed - 1).power


def test_more_disagreement_a_smaller_margin_and_whole_samples_need_more():
    usual = needs(50).needed

    assert needs(50, disagree=0.05).needed > usual
    assert needs(50, margin=0.01).needed > usual
    assert needs(50, losses=Losses(0.3)).needed > usual
    assert needs(50, losses=WHOLE).needed > needs(50, losses=Losses(0.3)).needed


def test_only_samples_that_hold_the_class_are_counted():
    sizes = np.r_[np.full(60, 20), np.zeros(40)]

    found = equal_model_needs(sizes, np.arange(100), 0.02, 0.03)

    assert found.samples == 60
    assert found.needed == needs(20, 60).needed


def test_patients_count_and_not_their_samples():
    sizes, patients = np.full(100, 20), np.repeat(np.arange(50), 2)

    found = equal_model_needs(sizes, patients, 0.02, 0.03)

    assert found == needs(40, 50)


def test_too_few_samples_for_an_interval_are_no_chance_and_no_number():
    found = needs(20, 4)

    assert (found.power, found.needed) == (None, None)


def test_a_margin_beyond_reach_is_none():
    assert needs(1, margin=1e-6).needed is None


def test_no_cell_is_not_estimable():
    with pytest.raises(NotEstimable, match="no cell"):
        needs(0)
