"""An analyzer's export in the model's place, and a reference that bears the model's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cases.conftest import Judged

Report = Callable[..., Judged]
BOTH = ("--predictions", "p.csv", "--reference", "r.csv", "--mode", "different-aliquot")
N = 40
FIVE = ("NEUT", "LYMPH", "MONO", "EO", "BASO")
HEAD = (
    "Nickname,Analyzer ID,Date,Time,Sample No.,Order Type,Measurement Mode,Discrete,"
    "WBC(10^3/uL),WBC/M," + ",".join(f"{m}#(10^3/uL),{m}#/M" for m in FIVE) + ","
    + ",".join(f"{m}%(%),{m}%/M" for m in FIVE)
    + ",IG#(10^3/uL),IG#/M,IG%(%),IG%/M,NRBC#(10^3/uL),NRBC#/M,NRBC%(/100WBC),NRBC%/M,"
)  # fmt: skip


def export(seed: int) -> pd.DataFrame:
    """Of one analyzer; the samples are the same, whatever the seed of its imprecision."""
    blood, own = np.random.default_rng(3), np.random.default_rng(seed)
    rows = []
    for i in range(N):
        wbc = float(np.exp(blood.normal(2, 0.4))) * (1 + own.normal(0, 0.02))
        shares = own.multinomial(10_000, blood.dirichlet([15, 8, 2, 0.8, 0.3])) / 10_000
        row = dict.fromkeys(HEAD.split(","), "")
        row |= {
            "Nickname": "XN-1", "Analyzer ID": f"XN-10^{seed}", "Date": "2026/07/01",
            "Time": f"08:{i:02d}:00", "Sample No.": f"S{i:03d}", "Order Type": "Initial",
            "Measurement Mode": "WB", "Discrete": "CBC+DIFF", "WBC(10^3/uL)": f"{wbc:.2f}",
        }  # fmt: skip
        for name, share in zip(FIVE, shares, strict=True):
            row[f"{name}#(10^3/uL)"] = f"{wbc * share:.2f}"
            row[f"{name}%(%)"] = f"{100 * share:.1f}"
        rows.append(row)
    return pd.DataFrame(rows)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """A table as the message asks for it."""
    return table.rename(columns={"Sample No.": "sample_id", "WBC(10^3/uL)": "WBC(10^9/L)"}).rename(
        columns=lambda name: name.replace("%(%)", "%")
    )[["sample_id", "WBC(10^9/L)", *(f"{m}%" for m in FIVE)]]


def run(report: Report, p: pd.DataFrame, r: pd.DataFrame) -> Judged:
    return report(*BOTH, p_csv=p.to_csv(index=False), r_csv=r.to_csv(index=False))


def test_of_two_exports_nobody_is_told_to_exchange_them(report: Report) -> None:
    found = run(report, export(1), export(2))
    assert found.code == 2
    assert "and the reference r.csv is one, too" in found.console
    assert "exchange" not in found.console
    asked = re.search(r"with the columns (.*?) alone", found.console)
    assert asked is not None
    assert asked[1].replace("\n", " ").split(", ") == [*plain(export(1))]
    followed = run(report, plain(export(1)), export(2))
    assert followed.code in (0, 1, 3), followed.console
    assert "swapped-files" not in followed.console


def test_of_one_export_it_is_said_that_it_stands_on_both_sides(report: Report) -> None:
    found = run(report, export(1), export(1))
    assert found.code == 2
    assert "the export that is the reference, r.csv, given once more" in found.console
    assert "exchange" not in found.console


@pytest.mark.further
def test_an_export_beside_the_model_s_table_is_to_be_exchanged(report: Report) -> None:
    found = run(report, export(1), plain(export(2)))
    assert found.code == 2
    assert "exchange the two files" in found.console
    assert run(report, plain(export(2)), export(1)).code in (0, 1, 3)


PROTOCOL = """mode = "different-aliquot"
[inputs]
predictions = "p.csv"
reference = "r.csv"
[model]
name = "LeukoNet"
version = "2.0"
[analyzer]
name = "{}"
[[criterion]]
id = "a"
measure = "error"
subject = "WBC"
statistic = "share_within:20"
min = 0.9
"""


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("name", "code"),
    [("LeukoNet", 3), ("leukonet 2.0", 3), ("XN-1000", 0), ("Leuko", 0), ("LeukoNet reader", 0)],
)
def test_a_reference_by_the_name_of_the_model_is_the_model_s(
    name: str, code: int, report: Report
) -> None:
    p, r = (plain(export(i)).to_csv(index=False) for i in (1, 2))
    found = report(protocol_toml=PROTOCOL.format(name), p_csv=p, r_csv=r)
    assert found.code == code, found.console
    assert ("labels_of_model" in str(found.results)) is (code == 3)
    accepted = PROTOCOL.format(name) + (
        '[[accept]]\nflag = "labels_of_model"\nsubject = "WBC"\nreason = "two of one kind"\n'
    )
    if code:
        assert report(protocol_toml=accepted, p_csv=p, r_csv=r).code == 0


def test_the_shipped_export_is_of_this_form() -> None:
    shipped = Path(__file__).parents[2] / "sample_data" / "xn_export.csv"
    assert shipped.read_text(encoding="utf-8").splitlines()[0] == HEAD
