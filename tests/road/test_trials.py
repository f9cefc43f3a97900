"""The whole road on real cells and real blood counts; skipped where the trial data are absent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wbcval.protocol.types import Criterion, Protocol
from wbcval.values.classes import FIVE
from wbcval.verbs.road import Report, report


@pytest.fixture(scope="module")
def cells(shared: Path) -> Report:
    predictions = shared / "data" / "predictions" / "tiny_wbc_oof.csv"
    return report(Protocol("same-cells", inputs={"predictions": (predictions,)}))


@pytest.fixture(scope="module")
def trial(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """60 real blood counts × 100 cells, predictions joined by image."""
    folder = tmp_path_factory.mktemp("trial")
    drawn = pd.read_csv(shared / "data" / "trial" / "trial_cells.csv")
    called = pd.read_csv(shared / "data" / "predictions" / "tiny_wbc_oof.csv")
    table = drawn.merge(called[["image_path", "predicted_label"]], on="image_path")
    table["cell_id"] = table.groupby("trial_sample_id").cumcount() + 1
    table = table.drop(columns=["image_path", "source"])
    table.rename(columns={"trial_sample_id": "sample_id"}).to_csv(folder / "c.csv", index=False)
    theirs = {"NEUT#": "NEU", "LYMPH#": "LYM", "MONO#": "MONO", "EO#": "EOS", "BASO#": "BASO"}
    return report(
        Protocol(
            "different-aliquot",
            inputs={
                "predictions": (folder / "c.csv",),
                "reference": (shared / "data" / "trial" / "trial_reference_cbc.csv",),
            },
            columns={"reference": {"sample_id": "trial_sample_id"} | theirs},
            units={"reference": dict.fromkeys((*theirs, "WBC"), "G/L")},
        )
    )


def value(made: Report, measure: str, subject: str, statistic: str) -> float:
    found = made.results.get(measure, subject, statistic)
    assert found is not None
    assert found.estimate.value is not None
    return found.estimate.value


def test_real_cells_accuracy_and_sensitivities(cells: Report) -> None:
    # README of the predictions: accuracy 0.799; recall .93 .77 .97 .70 .53
    assert value(cells, "classification", "all", "accuracy") == pytest.approx(0.799, abs=5e-4)
    expected = dict(zip(FIVE, (0.93, 0.70, 0.53, 0.77, 0.97), strict=True))
    for name, share in expected.items():
        found = value(cells, "classification", name, "sensitivity")
        assert found == pytest.approx(share, abs=5e-3), name


def test_real_cells_mean_differences_and_their_sd(cells: Report) -> None:
    # model minus expert per sample, percentage points: mean (SD)
    expected = {
        "BASO%": (9.5, 13.9),
        "MONO%": (-5.2, 9.4),
        "LYMPH%": (-4.7, 13.3),
        "EO%": (-0.8, 7.8),
        "NEUT%": (1.3, 12.0),
    }
    for name, (bias, sd) in expected.items():
        assert value(cells, "bland_altman", name, "bias") == pytest.approx(bias, abs=0.05), name
        assert value(cells, "bland_altman", name, "sd") == pytest.approx(sd, abs=0.05), name


def test_real_cells_attribution_names_the_confusion(cells: Report) -> None:
    html = cells.files["report.html"].decode()
    assert "monocytes called basophil" in html
    assert "lymphocytes called basophil" in html
    for name in FIVE:  # the very same cells: all of it is misclassification
        observed = value(cells, "attribution", name, "observed")
        assert value(cells, "attribution", name, "explained") == pytest.approx(observed)
    assert not any(m.statistic == "remainder" for m in cells.results.of("attribution"))


def test_trial_agrees_with_a_plain_computation(trial: Report) -> None:
    study = trial.study
    pairs = study.pairs("NEUT%")
    error = 100 * np.abs(pairs.model - pairs.reference) / pairs.reference
    within = int((error <= 10 + 1e-8).sum())
    assert value(trial, "error", "NEUT%", "share_within:10") == pytest.approx(within / 60)


def test_trial_basophils_are_rejected_and_said_to_be_unresolvable(trial: Report) -> None:
    outcomes = [o for o in trial.verdict.outcomes if o.criterion.subject == "BASO%"]
    assert [str(o.status) for o in outcomes] == ["fail", "fail"]
    assert outcomes[0].attainable == "yes"  # within 10 % alone is out of reach, or noise is not
    assert trial.results.detail("error", "BASO%").acceptances["10"].unresolvable.sum() == 60
    assert value(trial, "bland_altman", "BASO%", "bias") == pytest.approx(7.2, abs=0.1)


def test_trial_total_is_not_compared_and_why(trial: Report) -> None:
    assert "WBC" not in trial.study.measurands
    assert "Total WBC is not compared" in trial.files["report.html"].decode()
    assert trial.verdict.exit_code == 1


def test_trial_shares_and_absolute_counts_err_alike(trial: Report) -> None:
    # model share × the reference's WBC: the relative errors are those of the shares
    for short in ("NEUT", "LYMPH", "MONO", "EO", "BASO"):
        percent = value(trial, "error", f"{short}%", "share_within:10")
        assert value(trial, "error", f"{short}#", "share_within:10") == percent


def test_trial_under_the_demonstrated_rule(trial: Report) -> None:
    criterion = Criterion(
        "neut", "error", "NEUT%", "share_within:30", min=0.90, rule="demonstrated"
    )
    protocol = replace(trial.study.protocol, criteria=(criterion,))
    outcome = report(protocol).verdict.outcomes[0]
    assert outcome.level == pytest.approx(0.90)
    assert outcome.status in ("pass", "inconclusive")
