"""How many samples a share within takes, against enumeration and drawn studies (§13)."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats.acceptance import MIN_SAMPLES, chance_to_pass, k_min, samples_to_pass


@pytest.mark.parametrize("rule", ["demonstrated", "observed"])
@pytest.mark.parametrize("true_share", [0.97, 0.98, 0.99, 1.0])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_from_that_number_on_every_one_passes_and_not_one_before(
    rule: str, true_share: float, power: float
) -> None:
    found = samples_to_pass(0.95, true_share, power, rule=rule)
    assert found is not None

    chances = {
        n: chance_to_pass(n, k_min(n, 0.95, rule), true_share)
        for n in range(MIN_SAMPLES, found + 1500)
    }
    assert all(chance >= power for n, chance in chances.items() if n >= found)
    assert found == MIN_SAMPLES or chances[found - 1] < power


@pytest.mark.parametrize(("true_share", "power"), [(0.98, 0.8), (0.99, 0.9)])
def test_drawn_studies_pass_as_often_as_it_says(true_share: float, power: float) -> None:
    n = samples_to_pass(0.95, true_share, power)
    assert n is not None
    least = k_min(n, 0.95, "demonstrated")
    within = np.random.default_rng(3).binomial(n, true_share, 20_000)

    passed = float((within >= least).mean())

    assert passed == pytest.approx(chance_to_pass(n, least, true_share), abs=0.012)
    assert passed >= power - 0.012


def test_what_is_no_better_than_asked_for_never_passes() -> None:
    assert samples_to_pass(0.95, 0.95, 0.8) is None
    assert samples_to_pass(0.95, 0.951, 0.8, most=5000) is None


@pytest.mark.parametrize(("share", "true_share", "power"), [(1.0, 1.0, 0.8), (0.9, 0.95, 1.0)])
def test_what_is_no_share_is_refused(share: float, true_share: float, power: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        samples_to_pass(share, true_share, power)
