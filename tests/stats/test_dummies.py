"""What dummies answer, and how often good models and dummies are accepted without a protocol."""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulated import drawn, labelled, repeats
from wbcval.judge.criteria import judge
from wbcval.judge.defaults import default_criteria
from wbcval.judge.outcomes import Verdict
from wbcval.measure.evaluate import evaluate
from wbcval.stats.dummies import holding, of_cells, of_pairs
from wbcval.study.types import Study
from wbcval.values.dummies import Dummy


@pytest.fixture
def cells():
    found = labelled(np.eye(5), samples=12).cells()
    assert found is not None
    return found


def test_no_dummy_of_cells_gains_or_loses_one(cells):
    made = of_cells(cells, cells, np.random.default_rng(1))

    assert set(made) == {Dummy.NEVER, Dummy.CONSTANT, Dummy.COMMONEST, Dummy.PERMUTED}
    true = cells.counts.sum(axis=2)
    for dummy in made.values():
        assert dummy.labels[:5] == cells.labels
        np.testing.assert_array_equal(dummy.counts.sum(axis=2)[:, :5], true)
    np.testing.assert_array_equal(made[Dummy.PERMUTED].counts.sum(axis=1)[:, :5], true)
    assert not made[Dummy.NEVER].counts[:, :, :5].any()
    assert made[Dummy.COMMONEST].counts[:, :, 1:].sum() == 0


def test_one_dummy_is_one_model_of_percentages():
    study = drawn(np.random.default_rng(2), 30, 200, concentration=10)
    made = {
        name: of_pairs(study.pairs(name), study.pairs(name), commonest=name == "NEUT%")
        for name in study.measurands
        if name != "WBC"
    }

    for dummy in (Dummy.CONSTANT, Dummy.COMMONEST):
        total = sum(found[dummy].model for found in made.values())
        np.testing.assert_allclose(total, 100, atol=0.1)  # as the printed references add up
    assert all(found[Dummy.HIGH].model.max() <= 100 for found in made.values())
    assert all((found[Dummy.LOW].model_hits % 1 == 0).all() for found in made.values())


def test_a_reference_below_half_its_step_holds_none():
    pairs = drawn(np.random.default_rng(2), 30, 200, concentration=10).pairs("BASO%")
    assert holding(pairs) == int((pairs.reference >= 0.1).sum()) < 30


def verdict(study: Study) -> Verdict:
    criteria = default_criteria(study)
    return judge(criteria, evaluate(study, criteria))


def accepted(count: int, samples: int, **how: object) -> tuple[int, int]:
    """Of so many studies: those of which all criteria pass, and those accepted."""
    rng = np.random.default_rng(7)
    found = [verdict(drawn(rng, samples, 200, lost=0.01, **how)) for _ in range(count)]
    passed = [all(o.status == "pass" for o in each.required) for each in found]
    return sum(passed), sum(each.decision == "accepted" for each in found)


def test_a_perfect_model_of_differing_samples_is_accepted_as_before():
    passed, kept = accepted(3, 40, concentration=10)
    assert passed == kept >= 2


def test_a_model_that_answers_the_same_everywhere_is_not():
    assert accepted(3, 40, concentration=60, constant=True)[1] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "samples"), [
    ("different-aliquot", 40), ("different-aliquot", 100),
    ("same-slide", 100),  # of 40 healthy samples two counts tell too little (decision 0035)
])  # fmt: skip
@pytest.mark.parametrize("concentration", [10, 35])
def test_honest_studies_are_accepted_as_before(mode, samples, concentration):
    many = repeats(60, 3)
    passed, kept = accepted(many, samples, concentration=concentration, mode=mode)
    assert kept >= 0.98 * passed
    assert (
        accepted(max(2, many // 3), samples, concentration=concentration, mode=mode, constant=True)[
            1
        ]
        == 0
    )
