"""Stages of one class that the model mixes up: the roll-up is named, and nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import criterion, protocol
from tests.cases.conftest import Report
from wbcval.values.classes import FIVE

CELLS = ("--predictions", "p.csv", "--mode", "same-cells")
STAGES = ("segmented neutrophil", "band neutrophil", "metamyelocyte", "lymphocyte", "monocyte",
          "eosinophil", "basophil")  # fmt: skip


def cells(true: str, called: str, missed: float = 0.4) -> str:
    """Cells of 25 samples; of one class a share is called another."""
    rng = np.random.default_rng(5)
    lines = ["sample_id,cell_id,true_class,predicted_class"]
    for s in range(25):
        for name in rng.choice(STAGES, 160, p=[0.4, 0.1, 0.05, 0.28, 0.08, 0.05, 0.04]):
            said = called if name == true and rng.random() < missed else name
            lines.append(f"S{s},{len(lines)},{name},{said}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("true", "called", "rollup"),
    [
        ("band neutrophil", "segmented neutrophil", "manual5"),
        ("metamyelocyte", "band neutrophil", "xn5"),
    ],
)
def test_the_rollup_is_named_and_changes_what_it_says(
    report: Report, true: str, called: str, rollup: str
) -> None:
    found = report(*CELLS, p_csv=cells(true, called))
    assert found.code == 1
    assert found.outcome(f"{true.replace(' ', '-')}-sensitivity")["status"] == "fail"
    assert f"state rollup = '{rollup}'" in found.console
    asked = (criterion("classification", name, "sensitivity", name=name, min=0.8) for name in FIVE)
    text = protocol(*asked, mode="same-cells", top=f'rollup = "{rollup}"')
    followed = report(p_csv=cells(true, called, 0.41), protocol_toml=text)
    assert "stages-mixed-up" not in followed.console
    assert followed.outcome("neutrophil")["observed"] > 0.95


@pytest.mark.parametrize(
    ("true", "called", "missed"),
    [
        ("monocyte", "lymphocyte", 0.4),  # no roll-up counts these as one
        ("band neutrophil", "lymphocyte", 0.4),
        ("band neutrophil", "segmented neutrophil", 0.1),  # nothing fails
    ],
)
def test_other_errors_are_no_matter_of_rollups(
    report: Report, true: str, called: str, missed: float
) -> None:
    assert "rollup" not in report(*CELLS, p_csv=cells(true, called, missed)).console
