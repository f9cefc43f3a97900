"""A differential's ``n_cells`` say nothing of how many cells a WBC was counted from (§4, §6)."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import criterion, protocol, within
from tests.cases.conftest import Report
from tests.cases.test_levels import right, tables

LINES = ("deming", "passing_bablok")
SLOPES = [criterion(line, "WBC", "slope", name=line, min=0.9, max=1.1) for line in LINES]


def as_counts(p_csv: str) -> str:
    """The differential as absolute counts instead of percentages."""
    frame = pd.read_csv(StringIO(p_csv))
    shares = [name for name in frame.columns if name.endswith("%")]
    counts = {f"{n[:-1]}#": (frame[n] * frame["WBC"] / 100).round(3) for n in shares}
    return frame.drop(columns=shares).assign(**counts).to_csv(index=False)


def alone(p_csv: str) -> str:
    return pd.read_csv(StringIO(p_csv))[["sample_id", "n_cells", "WBC"]].to_csv(index=False)


@pytest.mark.parametrize("form", [str, as_counts])
def test_beside_a_differential_nothing_is_said_of_what_wbc_can_attain(
    report: Report, form: type[str]
) -> None:
    files = tables(right)
    found = report(p_csv=form(files["p_csv"]), r_csv=files["r_csv"],
                   protocol_toml=protocol(within(min=0.9), top='measurands = ["WBC"]'))  # fmt: skip

    outcome = found.outcome("w")
    assert (outcome["status"], outcome["attainable"]) == ("pass", None)
    assert "from how many cells WBC was counted is not known" in outcome["attainable_note"]
    page = (found.bundle / "report.html").read_text(encoding="utf-8")
    assert "rom how many cells WBC was counted is not known" in page
    samples = pd.read_csv(found.bundle / "samples.csv")
    assert samples.loc[samples["measurand"] == "WBC", "n_cells"].isna().all()


def test_a_table_of_totals_alone_counts_them(report: Report) -> None:
    files = tables(right)
    found = report(p_csv=alone(files["p_csv"]), r_csv=files["r_csv"],
                   protocol_toml=protocol(within(min=0.9), top='measurands = ["WBC"]'))  # fmt: skip

    samples = pd.read_csv(found.bundle / "samples.csv")
    assert samples["n_cells"].eq(400).all()


@pytest.mark.parametrize(("top", "status"), [("error_ratio = 1", "pass"), ("", "inconclusive")])
def test_a_line_of_wbc_rests_on_no_noise_of_the_differential(
    report: Report, top: str, status: str
) -> None:
    """λ of 400 cells made it a line of too unlike errors, and refused a stated one."""
    found = report(**tables(right), protocol_toml=protocol(*SLOPES, top=top))

    assert {found.outcome(line)["status"] for line in LINES} == {status}
    assert "too unlike" not in found.console


def test_a_line_that_is_off_fails(report: Report) -> None:
    files = tables(right)
    frame = pd.read_csv(StringIO(files["p_csv"]))
    frame["WBC"] = (frame["WBC"] * np.float64(1.2)).round(2)
    found = report(p_csv=frame.to_csv(index=False), r_csv=files["r_csv"],
                   protocol_toml=protocol(*SLOPES, top="error_ratio = 1"))  # fmt: skip

    assert {found.outcome(line)["status"] for line in LINES} == {"fail"}
