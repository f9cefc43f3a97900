"""The model's share × the reference's WBC is no count of the model's, whatever it is called."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Judged, Report

PERCENT = ["NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%"]
COUNTS = [name.replace("%", "#") for name in PERCENT]
MIX = (58.0, 30.0, 8.0, 3.0, 1.0)
SAID = "no count of the model was measured"
UNIT = '[units.predictions]\n"NEUT#" = "10*9/L"\n'
PROTOCOL = protocol(UNIT, within("NEUT#", "20", name="c", min=0.85))
rng = np.random.default_rng(21)
TRUE = rng.dirichlet(0.1 * np.array(MIX), 40)
WBC = np.round(np.exp(rng.normal(2, 0.6, 40)), 2)


def sides(total: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A model with shares of 400 cells and counts of that total, and the reference."""
    shares = np.array([rng.multinomial(400, p) for p in TRUE]) / 400
    ids = {"sample_id": [f"S{i:02d}" for i in range(40)]}
    model = pd.DataFrame(ids).assign(
        **dict(zip(COUNTS, np.round(shares * total[:, None], 3).T, strict=True)),
        **dict(zip(PERCENT, 100 * shares.T, strict=True)),
    )
    reference = pd.DataFrame(ids).assign(
        WBC=WBC, **dict(zip(PERCENT, np.round(100 * TRUE, 1).T, strict=True))
    )
    return model, reference


def judged(report: Report, model: pd.DataFrame, reference: pd.DataFrame) -> Judged:
    return report(
        p_csv=model.to_csv(index=False), r_csv=reference.to_csv(index=False),
        protocol_toml=PROTOCOL,
    )  # fmt: skip


@pytest.mark.representatives(2)
@pytest.mark.parametrize("factor", [1.0, 1.004])
@pytest.mark.parametrize("kept", [COUNTS, [*COUNTS, *PERCENT], ["NEUT#", "NEUT%"]])
def test_counts_of_the_references_total_are_not_accepted(
    report: Report, kept: list[str], factor: float
) -> None:
    model, reference = sides(factor * WBC)
    found = judged(report, model[["sample_id", *kept]], reference)
    assert found.code == 3
    assert SAID in found.console


def test_another_column_of_totals_hides_nothing(report: Report) -> None:
    model, reference = sides(WBC)
    wild = WBC * np.exp(rng.normal(0, 0.3, 40))
    model = model[["sample_id", *COUNTS]].assign(WBC=wild.round(2))
    assert SAID in judged(report, model, reference).console


def test_percentages_beside_the_references_total_make_such_counts(report: Report) -> None:
    model, reference = sides(WBC)
    found = judged(report, model[["sample_id", *PERCENT]].assign(WBC=1.004 * WBC), reference)
    assert found.code == 3
    assert SAID in found.console


def test_the_references_total_may_be_the_sum_of_its_counts(report: Report) -> None:
    model, reference = sides(WBC)
    counts = (reference[PERCENT].mul(WBC, axis=0) / 100).round(2).set_axis(COUNTS, axis=1)
    assert SAID in judged(report, model, reference[["sample_id"]].join(counts)).console


@pytest.mark.representatives(1)
@pytest.mark.parametrize("cv", [0.01, 0.03])
def test_a_total_of_the_models_own_is_judged(report: Report, cv: float) -> None:
    own = WBC * (1 + rng.normal(0, cv, 40))
    model, reference = sides(own)
    for columns in (COUNTS, [*COUNTS, *PERCENT]):
        found = judged(report, model[["sample_id", *columns]].assign(WBC=own.round(2)), reference)
        assert found.code == 0, found.console
        assert "of a total that the model counted" not in found.console


def test_a_count_that_stands_alone_is_taken_for_granted(report: Report) -> None:
    model, reference = sides(WBC)
    found = judged(report, model[["sample_id", "NEUT#"]], reference)
    assert found.code == 0, found.console
    assert "Taken for granted:" in found.console
    assert "NEUT# of a total that the model counted (no NEUT%)" in found.console
