"""Headlines where nothing is, and where something is: docs/explanation/headlines.md, in small."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import headline_simulation as simulation
from tests.simulated import repeats

TRUE = {("lymphocytes", kind) for kind in (  # what is said of them is so
    "a share that is off", "a biased measurand", "beyond counting noise")}  # fmt: skip


def test_a_confusion_and_a_site_that_were_planted_are_in_the_study():
    rng = np.random.default_rng(1)
    drawn = simulation.draw(simulation.Setting(600, confused=0.1, site=1.1), rng)

    lymphocytes = drawn.counts[:, 1].sum(axis=0)
    factor = drawn.wbc[1] / drawn.wbc[0]

    assert lymphocytes[2] / lymphocytes.sum() == pytest.approx(0.1, abs=0.01)
    assert factor[drawn.site == 2].mean() == pytest.approx(1.1, abs=0.015)
    assert factor[drawn.site < 2].mean() == pytest.approx(1.0, abs=0.01)


NULLS = (
    "perfect, analyzer, n = 20",
    "perfect, analyzer, n = 60",
    "perfect, 400 cells counted, n = 60",
    "perfect, patients of 3 samples, n = 60",
    "lymphocytes called monocyte, n = 60",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", NULLS)
def test_a_false_headline_is_heard_in_5_percent_of_studies(name):
    runs = repeats(500, 25)
    rates = simulation.rates(simulation.NULLS[name], runs)

    for kind, rate in zip(simulation.KINDS, rates, strict=True):
        if (name.split()[0], kind) not in TRUE:
            assert rate <= 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / runs), kind


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "one site's WBC 10 % too high, n = 99", "a tenth of lymphocytes called monocyte, n = 99",
])  # fmt: skip
def test_a_planted_fault_is_named(name):
    assert simulation.power(name, repeats(100, 10)) >= 0.9
