"""WBC in one table of the model, the differential in another: one result of each measurand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Report

PERCENT = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
MODEL = ("--predictions", "m.csv")
TWO = ("--predictions", "w.csv", "--predictions", "d.csv")
AGAINST = ("--reference", "r.csv", "--mode", "different-aliquot")


def tables() -> tuple[pd.DataFrame, str]:
    """Results of the model, and the reference, of 25 samples."""
    rng = np.random.default_rng(3)
    true = rng.dirichlet(np.array([58, 30, 8, 3, 1]) / 4, 25)
    wbc = rng.uniform(3, 15, 25)
    ids = [f"S{i}" for i in range(25)]
    cells = np.array([rng.multinomial(400, p) for p in true])
    near = rng.normal(1.02, 0.01, 25)
    model = pd.DataFrame({"sample_id": ids, "WBC": np.round(wbc * near, 2), "n_cells": 400})
    model[list(PERCENT)] = cells / 4
    reference = pd.DataFrame({"sample_id": ids, "WBC": np.round(wbc, 2)})
    reference[list(PERCENT)] = np.round(100 * true, 1)
    return model, reference.to_csv(index=False)


def test_tables_of_other_measurands_are_read_as_one(report: Report) -> None:
    model, reference = tables()
    files = {
        "m_csv": model.to_csv(index=False),
        "w_csv": model[["sample_id", "WBC"]].to_csv(index=False),
        "d_csv": model.drop(columns="WBC")[::-1].to_csv(index=False),
        "r_csv": reference,
    }
    whole = report(*MODEL, *AGAINST, **files)
    both = report(*TWO, *AGAINST, **files)
    assert whole.results["measurements"]
    assert both.results["measurements"] == whole.results["measurements"]
    assert both.results["outcomes"] == whole.results["outcomes"]


@pytest.mark.further
def test_a_sample_of_one_table_alone_is_lost_in_the_other(report: Report) -> None:
    model, reference = tables()
    found = report(
        *TWO, *AGAINST, r_csv=reference,
        w_csv=model[["sample_id", "WBC"]][:23].to_csv(index=False),
        d_csv=model.drop(columns="WBC")[1:].to_csv(index=False),
    )  # fmt: skip
    accounts = {a["subject"]: a for a in found.results["scope"]["ledger"]["accounts"]}
    assert (accounts["WBC"]["judged"], accounts["WBC"]["lost"]) == (23, 2)
    assert (accounts["NEUT%"]["judged"], accounts["NEUT%"]["lost"]) == (24, 1)


@pytest.mark.parametrize("twice", ["EO%", "n_cells"])
def test_a_measurand_that_two_tables_have_is_refused(report: Report, twice: str) -> None:
    """Advice: "give each measurand of a sample once"; followed in the first test."""
    model, reference = tables()
    found = report(
        *TWO, *AGAINST, r_csv=reference,
        w_csv=model[["sample_id", "WBC", twice]].to_csv(index=False),
        d_csv=model.drop(columns="WBC").to_csv(index=False),
    )  # fmt: skip
    assert found.code == 2
    assert f"has {twice} in more than one table" in found.console
