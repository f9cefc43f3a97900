"""Platt's scaling from a table of scores, against curves that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wbcval.predict.cards import CardStage
from wbcval.predict.run._calibration import calibrate
from wbcval.values.errors import InputError

STAGE = CardStage(
    "ova", "differentiation", ("neutrophil", "lymphocyte"),
    {"neutrophil": "n.pt", "lymphocyte": "l.pt"}, one_vs_all="calibrated", calibration="t.csv",
)  # fmt: skip


def table(n=4000, slope=2.0, intercept=-0.5, seed=1):
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 1.5, n)
    own = rng.random(n) < 1 / (1 + np.exp(-(slope * logit + intercept)))
    score = 1 / (1 + np.exp(-logit))
    return pd.DataFrame(
        {
            "true_class": np.where(own, "neutrophil", "lymphocyte"),
            "probability_ova_neutrophil": score.round(6),
            "probability_ova_lymphocyte": (1 - score).round(6),
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_curve_behind_the_scores_is_found_again(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    if suffix == ".csv":
        table().to_csv(path, index=False)
    else:
        table().to_parquet(path)

    found = calibrate(STAGE, path, path.read_bytes())

    # standard errors at n = 4000 are about 0.06 and 0.04
    assert found.slope[0] == pytest.approx(2.0, abs=0.2)
    assert found.intercept[0] == pytest.approx(-0.5, abs=0.15)
    # the second score mirrors the first: same slope, intercept of the other sign
    assert found.slope[1] == pytest.approx(found.slope[0], rel=0.01)
    assert found.intercept[1] == pytest.approx(-found.intercept[0], abs=0.02)
    assert found.cells == 4000


def test_it_is_the_maximum_of_platts_likelihood(tmp_path):
    path = tmp_path / "t.csv"
    data = table(300)
    data.to_csv(path, index=False)
    found = calibrate(STAGE, path, path.read_bytes())

    score = data["probability_ova_neutrophil"].to_numpy()
    logit = np.log(score / (1 - score))
    own = (data["true_class"] == "neutrophil").to_numpy()
    target = np.where(own, (own.sum() + 1) / (own.sum() + 2), 1 / ((~own).sum() + 2))

    def loss(a, b):
        chance = 1 / (1 + np.exp(-(a * logit + b)))
        return -(target * np.log(chance) + (1 - target) * np.log(1 - chance)).sum()

    best = loss(found.slope[0], found.intercept[0])
    for step in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)):
        assert loss(found.slope[0] + step[0], found.intercept[0] + step[1]) > best


def test_classes_that_the_scores_separate_keep_a_finite_slope(tmp_path):
    path = tmp_path / "t.csv"
    pd.DataFrame(
        {
            "true_class": ["neutrophil"] * 20 + ["lymphocyte"] * 20,
            "probability_ova_neutrophil": [0.9] * 20 + [0.1] * 20,
            "probability_ova_lymphocyte": [0.1] * 20 + [0.9] * 20,
        }
    ).to_csv(path, index=False)

    found = calibrate(STAGE, path, path.read_bytes())

    # the curve goes through Platt's targets 21/22 and 1/22 at logit(0.9) and logit(0.1)
    assert found.slope[0] == pytest.approx(np.log(21) / np.log(9), rel=1e-4)
    assert found.intercept[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="true_class"), "has no column 'true_class'"),
        (lambda t: t.drop(columns="probability_ova_lymphocyte"), "probability_ova_lymphocyte"),
        (lambda t: t.assign(probability_ova_neutrophil=7.0), "outside 0 to 1"),
        (lambda t: t.assign(probability_ova_neutrophil=np.nan), "outside 0 to 1"),
        (lambda t: t.assign(true_class="neutrophil"), "0 others"),
        (lambda t: t.assign(probability_ova_neutrophil=1 - t.probability_ova_neutrophil), "fall"),
    ],
)
def test_a_table_that_cannot_serve_is_refused(tmp_path, change, says):
    path = tmp_path / "t.csv"
    change(table(400)).to_csv(path, index=False)

    with pytest.raises(InputError, match=says):
        calibrate(STAGE, path, path.read_bytes())


def test_a_table_that_is_none_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 but no more")

    with pytest.raises(InputError, match="cannot be read"):
        calibrate(STAGE, path, path.read_bytes())


def test_true_classes_are_told_apart_by_the_names_of_the_card(tmp_path):
    """Lymphoblast and myeloblast are one class to a report, and two to this stage."""
    classes = ("lymphoblast", "myeloblast")
    stage = CardStage(
        "ova", "differentiation", classes, {name: f"{name}.pt" for name in classes},
        one_vs_all="calibrated", calibration="t.csv",
    )  # fmt: skip
    path, plain = tmp_path / "t.csv", tmp_path / "plain.csv"
    table(600).to_csv(plain, index=False)
    renamed = plain.read_text().replace("neutrophil", classes[0]).replace("lymphocyte", classes[1])
    path.write_text(renamed)

    found = calibrate(stage, path, path.read_bytes())

    expected = calibrate(STAGE, plain, plain.read_bytes())
    assert (found.slope, found.intercept) == (expected.slope, expected.intercept)
    path.write_text(renamed.replace(f"\n{classes[0]},", "\nblast,", 1))
    with pytest.raises(InputError, match="'blast' may be 'lymphoblast' or 'myeloblast'"):
        calibrate(stage, path, path.read_bytes())
