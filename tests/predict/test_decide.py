"""From outputs to labels: every number by hand."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.predict.cards import Card, CardStage, Input
from wbcval.predict.run._calibration import Calibration
from wbcval.predict.run._decide import Decider, chances

INPUT = Input((8, 8), "RGB", "stretch", "bilinear", 255.0, (0.0,) * 3, (1.0,) * 3)
FIVE = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")


def card(classes, output="logits"):
    return Card("m", "1", classes, output, INPUT)


def stage(name, classes, **more):
    return CardStage(name, "differentiation", classes, {"": "m.pt"}, **more)


def plain(**more):
    return Decider([stage("model", FIVE, **more)], {}, plain=True)


def test_logits_become_probabilities_by_softmax():
    found = chances(
        np.array([[np.log(1), np.log(2), np.log(5)]], np.float32), card(("a", "b", "c"))
    )

    assert found == pytest.approx(np.array([[0.125, 0.25, 0.625]]), abs=1e-7)


def test_large_logits_do_not_overflow():
    found = chances(np.array([[1000.0, 0.0], [-1000.0, 0.0]], np.float32), card(("a", "b")))

    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_single_logit_is_one_class_against_the_rest():
    found = chances(np.array([[np.log(3)], [0.0], [-800.0]], np.float32), card(("a",)))

    assert found[:, 0] == pytest.approx([0.75, 0.5, 0.0], abs=1e-7)


def test_probabilities_stay_as_they_are():
    given = np.array([[0.25, 0.75]], np.float32)

    assert np.array_equal(chances(given, card(("a", "b"), "probabilities")), given)


def test_the_label_is_the_largest_probability_as_written():
    # 0.4000001 and 0.4000002 are both written 0.4: the first in the card's order
    decided = plain().decide({"model": np.array([[0.2, 0.4000001, 0.4000002, 0.0, 0.0]])})

    assert decided.labels.tolist() == ["eosinophil"]
    assert decided.columns["probability_basophil"].tolist() == [0.4]
    assert list(decided.columns) == [f"probability_{c}" for c in FIVE]


def test_a_cell_below_the_threshold_is_unclassified_and_one_at_it_is_not():
    scores = np.array([[0.6, 0.4, 0, 0, 0], [0.5999994, 0.4000006, 0, 0, 0]])

    decided = plain(abstain_below=0.6).decide({"model": scores})

    assert decided.labels.tolist() == ["neutrophil", "unclassified"]


def test_equal_probabilities_decide_nothing():
    assert plain().decide({"model": np.full((1, 5), 0.2)}).labels.tolist() == ["unclassified"]


TREE = [
    CardStage("first", "identification", ("leukocyte", "artefact"), {"": "i.pt"},
          refined_by={"leukocyte": "groups"}),
    CardStage("groups", "differentiation", ("granulocyte", "lymphocyte", "monocyte"), {"": "g.pt"},
          refined_by={"granulocyte": "granules"}, abstain_below=0.5),
    CardStage("granules", "differentiation", ("neutrophil", "eosinophil"), {"": "n.pt"}),
]  # fmt: skip
OUTPUTS = {
    "first": np.array([[0.9, 0.1], [0.2, 0.8], [0.8, 0.2]]),
    "groups": np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.4, 0.35, 0.25]]),
    "granules": np.array([[0.4, 0.6], [0.5, 0.5], [0.9, 0.1]]),
}


def test_a_tree_is_walked_by_the_largest_and_says_who_decided():
    decided = Decider(TREE, {}, plain=False).decide(OUTPUTS)

    assert decided.labels.tolist() == ["eosinophil", "artefact", "unclassified"]
    assert decided.stages.tolist() == ["granules", "first", "groups"]


def test_the_probability_of_a_class_is_the_product_along_its_path():
    columns = Decider(TREE, {}, plain=False).decide(OUTPUTS).columns

    assert columns["probability_eosinophil"][0] == pytest.approx(0.9 * 0.7 * 0.6)
    assert columns["probability_artefact"].tolist() == [0.1, 0.8, 0.2]
    assert columns["probability_lymphocyte"][2] == pytest.approx(0.8 * 0.35)
    leaves = ("artefact", "lymphocyte", "monocyte", "neutrophil", "eosinophil")
    total = sum(columns[f"probability_{leaf}"] for leaf in leaves)
    assert total == pytest.approx(np.ones(3), abs=3e-6)


def test_each_stage_keeps_its_own_outputs():
    decider = Decider(TREE, {}, plain=False)
    columns = decider.decide(OUTPUTS).columns

    assert columns["probability_granules_neutrophil"].tolist() == [0.4, 0.5, 0.9]
    assert tuple(columns) == decider.columns


def ensemble(strategy, **more):
    return stage("all", ("neutrophil", "lymphocyte", "monocyte"), one_vs_all=strategy, **more)


def test_the_maximum_of_binary_scores_is_no_probability():
    decided = Decider([ensemble("maximum")], {}, plain=False).decide(
        {"all": np.array([[0.9, 0.95, 0.2]])}
    )

    assert decided.labels.tolist() == ["lymphocyte"]
    assert list(decided.columns) == [
        "probability_all_neutrophil", "probability_all_lymphocyte", "probability_all_monocyte",
    ]  # fmt: skip


def test_normalised_scores_add_up_to_one():
    columns = Decider([ensemble("normalised")], {}, plain=False).decide(
        {"all": np.array([[0.9, 0.6, 0.0], [0.0, 0.0, 0.0]])}
    )

    assert columns.columns["probability_neutrophil"].tolist() == [0.6, 0.333333]
    assert columns.columns["probability_all_neutrophil"].tolist() == [0.9, 0.0]
    assert columns.labels.tolist() == ["neutrophil", "unclassified"]  # nobody claimed the second


def test_calibrated_scores_go_through_their_own_curve():
    calibration = Calibration("t.csv", "0" * 64, 9, (1.0, 2.0, 1.0), (0.0, 0.0, -1.0))
    decided = Decider([ensemble("calibrated")], {"all": calibration}, plain=False).decide(
        {"all": np.array([[0.5, 0.75, 0.5]])}
    )

    # logit 0.75 = log 3, doubled: 9 to 1
    raw = np.array([0.5, 0.9, 1 / (1 + np.e)])
    expected = np.round(raw / raw.sum(), 6)
    assert [decided.columns[f"probability_{c}"][0] for c in
            ("neutrophil", "lymphocyte", "monocyte")] == pytest.approx(expected)  # fmt: skip
    assert decided.labels.tolist() == ["lymphocyte"]
