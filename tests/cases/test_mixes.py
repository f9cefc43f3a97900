"""What holds at the set's own mix of classes alone is told as it is at a clinical one (§8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wbcval.judge import mixes
from wbcval.measure.evaluate import evaluate_one
from wbcval.protocol.types import Criterion, Protocol
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.classes import FIVE

BALANCED = np.full(5, 0.2)
NATURAL = np.array(list(mixes.TYPICAL.values()))
FALSE = 0.04  # of the neutrophils


def studied(folder: Path, mix: np.ndarray, false: float = FALSE, **stated: object) -> Study:
    """100 cells in each of 40 samples; the model calls some neutrophils basophil."""
    rng = np.random.default_rng(4)
    true = np.concatenate([rng.choice(5, 100, p=mix) for _ in range(40)])
    called = np.where((true == 0) & (rng.random(len(true)) < false), 4, true)
    called = np.where((true == 1) & (rng.random(len(true)) < 0.01), 2, called)
    names = np.array(FIVE)
    cells = {"sample_id": np.repeat(np.arange(40), 100), "cell_id": range(4000)}
    table = pd.DataFrame(cells | {"predicted_class": names[called], "true_class": names[true]})
    table.to_csv(folder / "c.csv", index=False)
    asked = Protocol("same-cells", inputs={"predictions": (folder / "c.csv",)}, **stated)  # type: ignore[arg-type]
    return build(read_inputs(asked))


PPV = Criterion("p", "classification", "basophil", "ppv", min=0.8)
KAPPA = Criterion("k", "classification", "all", "kappa", min=0.95)


def test_the_typical_mix_is_one() -> None:
    assert sum(mixes.TYPICAL.values()) == pytest.approx(1)
    assert tuple(mixes.TYPICAL) == FIVE


@pytest.mark.parametrize("asked", [(PPV,), ()])
def test_false_calls_that_an_enriched_class_hides_are_told(
    tmp_path: Path, asked: tuple[Criterion, ...]
) -> None:
    study = studied(tmp_path, BALANCED)
    (line,) = mixes.lines(study, asked)
    head, _, said = line.partition("(healthy adults): PPV of basophil ")
    assert head.startswith("at a mix of 60 % neutrophil, 30 % lymphocyte, 6 % monocyte, 3 % eos")
    counts = study.counts
    assert counts is not None
    called = counts.confusion.sum(axis=0)[counts.labels.index("neutrophil")]
    rate = called[counts.labels.index("basophil")] / called.sum()
    bayes = 100 * 0.01 / (0.01 + 0.60 * rate)  # all basophils are found
    assert float(said.split()[0]) == pytest.approx(bayes, abs=0.06)
    assert said.endswith(" % here)")


@pytest.mark.parametrize(
    ("mix", "false", "asked"),
    [
        (NATURAL, FALSE, (PPV,)),  # fails here, and is judged
        (NATURAL, FALSE, (KAPPA,)),
        (BALANCED, 0.0, (PPV,)),
    ],
)
def test_a_set_like_blood_and_a_model_without_false_calls_are_not(
    tmp_path: Path, mix: np.ndarray, false: float, asked: tuple[Criterion, ...]
) -> None:
    assert mixes.lines(studied(tmp_path, mix, false), asked) == ()


def test_scores_follow_the_mix_of_the_protocol(tmp_path: Path) -> None:
    """Neutrophils alone are mistaken: the more of them, the lower is kappa."""
    mix = {"neutrophil": 0.9, "lymphocyte": 0.1}
    study = studied(tmp_path, BALANCED, 0.1, clinical_mix=mix)
    here = evaluate_one(study, KAPPA).get("classification", "all", "kappa")
    assert here is not None
    assert here.estimate.value is not None
    assert here.estimate.value > 0.95
    line, _ = mixes.lines(study, [KAPPA])
    assert line.startswith("at a mix of 90 % neutrophil and 10 % lymphocyte ([clinical_mix]): Coh")
    assert mixes.lines(studied(tmp_path, BALANCED, 0.1), [KAPPA, PPV])[0].count("here)") == 2


HALFWAY = (BALANCED + NATURAL) / 2


@pytest.mark.parametrize("declared", [BALANCED, HALFWAY, np.array([0.55, 0.25, 0.06, 0.04, 0.10])])
def test_a_mix_that_is_the_set_s_own_excuses_nothing(tmp_path: Path, declared: np.ndarray) -> None:
    """At healthy adults' two in three calls are false, whatever the protocol calls clinical."""
    stated = dict(zip(FIVE, declared.tolist(), strict=True))
    found = mixes.lines(studied(tmp_path, BALANCED, clinical_mix=stated), (PPV,))
    assert any("(healthy adults): PPV of basophil" in line for line in found)


@pytest.mark.parametrize("share", [0.005, 0.01, 0.02])
def test_a_mix_like_that_of_blood_is_the_one_that_is_told(tmp_path: Path, share: float) -> None:
    stated = dict(zip(FIVE, (0.61 - share, 0.30, 0.06, 0.03, share), strict=True))
    (line,) = mixes.lines(studied(tmp_path, BALANCED, clinical_mix=stated), (PPV,))
    assert "([clinical_mix]): PPV of basophil" in line


def test_a_good_model_is_not_told_of_two_mixes(tmp_path: Path) -> None:
    stated = dict(zip(FIVE, BALANCED.tolist(), strict=True))
    assert mixes.lines(studied(tmp_path, BALANCED, 0.0, clinical_mix=stated), (PPV, KAPPA)) == ()
