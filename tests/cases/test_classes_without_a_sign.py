"""Columns of blasts and others whose header says neither # nor %, beside NEUT% …: never silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Report
from wbcval.door.tables import ReadOptions, read
from wbcval.values import classes
from wbcval.values.measurands import ABSOLUTE, PERCENT

N = 40
WBC = 8.0
PROTOCOL = protocol(within("NEUT%", "10:or_noise", min=0.9), predictions="m.csv")
FEW = np.where(np.arange(N) < 8, 10.0, 0.0)  # percent, in 8 of 40 patients
NONE = np.zeros(N)


def table(
    name: str, values: np.ndarray, *, of: np.ndarray = NONE, counts: bool = False, seed: int = 1
) -> str:
    """A row per sample: the five add up to 100 less ``of``; then a column of this name."""
    mixes = np.random.default_rng(7).dirichlet([6, 3.5, 1, 0.5, 0.3], N)  # a constant would fail
    rng = np.random.default_rng(seed)
    rows = [",".join(("sample_id", "n_cells", *PERCENT, *ABSOLUTE * counts, "WBC", name))]
    for i, mix in enumerate(mixes):
        shares = rng.multinomial(round(1000 * (1 - of[i] / 100)), mix) / 10
        numbers = [*shares, *(shares * WBC / 100 if counts else ()), WBC + i / 1000, values[i]]
        rows.append(f"S{i:02},1000," + ",".join(f"{n:.6g}" for n in numbers))
    return "\n".join(rows) + "\n"


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    "name",
    ["Blasts", "BLAST", "Blast cells", "Myeloblasts", "Blasten", "原始细胞", "Plasma cells",
     "Prolymphocytes"],
)  # fmt: skip
@pytest.mark.parametrize("inside", [True, False])
def test_patients_whose_blasts_are_missed_cost_the_pass_without_a_sign(
    name: str, inside: bool, report: Report
) -> None:
    of = FEW if inside else NONE  # what the five leave for them; or an analyzer's five beside

    found = report(
        protocol_toml=PROTOCOL,
        m_csv=table(name, NONE, seed=2),
        r_csv=table(name, FEW, of=of, seed=3),
    )

    assert found.code == 3, found.console
    assert "(reference 2.0 %; less than half of the other side's in 8 of 40" in found.console


def test_blasts_that_the_model_alone_calls_cost_the_pass(report: Report) -> None:
    many = np.where(np.arange(N) < 25, 3.0, 0.0)

    found = report(
        protocol_toml=PROTOCOL,
        m_csv=table("Blasts", many, of=many, seed=2),
        r_csv=table("Blasts", NONE, seed=3),
    )

    assert found.code == 3
    assert "blasts or plasma cells are called in more than 5 % of the samples" in found.console


def test_of_counts_and_percent_the_one_that_adds_up_is_meant(report: Report) -> None:
    found = report(
        protocol_toml=PROTOCOL,
        m_csv=table("Blasts", NONE, counts=True, seed=2),
        r_csv=table("Blasts", FEW * WBC / 100, of=FEW, counts=True, seed=3),
    )

    assert found.code == 3
    assert "(reference 2.0 %; less" in found.console  # 10 %, of 0.8 10*9/L


@pytest.mark.representatives(1)
@pytest.mark.parametrize(("line", "share"), [('"%"', "2.0 %"), ('"10*9/L"', "20.0 %")])
def test_what_does_not_add_up_is_refused_with_the_line_to_write(
    line: str, share: str, report: Report
) -> None:
    files = {
        "m_csv": table("Blasts", NONE, counts=True, seed=2),
        "r_csv": table("Blasts", FEW * (1 if line == '"%"' else 0.8), counts=True, seed=3),
    }

    refused = report(protocol_toml=PROTOCOL, **files)
    told = report(protocol_toml=f"{PROTOCOL}\n[units.reference]\nBlasts = {line}\n", **files)

    assert refused.code == 2
    assert "column Blasts: class-columns" in refused.console
    assert "say 10*9/L, % or cells for these columns under [units.reference]" in refused.console
    assert told.code == 3
    assert f"(reference {share}; less" in told.console


def test_cells_of_no_total_are_refused_and_of_one_are_percent(tmp_path: Path) -> None:
    options = ReadOptions(units={"Blasts": "cells"})
    path = tmp_path / "r.csv"
    path.write_text(table("Blasts", 10 * FEW, of=FEW), encoding="utf-8")

    checked = read(path, "reference", options)
    path.write_text(path.read_text(encoding="utf-8").replace("n_cells", "of"), encoding="utf-8")
    without = read(path, "reference", options)

    np.testing.assert_allclose(checked.frame["blast%"], FEW)
    assert "class-columns" in {finding.rule for finding in without.findings}


def test_more_than_all_leukocytes_are_no_percentages(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(table("Blasts", 12 * FEW), encoding="utf-8")  # a flag and its score

    checked = read(path, "reference")

    assert "class-columns" in {finding.rule for finding in checked.findings}


@pytest.mark.representatives(20)
@pytest.mark.parametrize("name", [*classes.COUNTABLE, *classes.NOT_COUNTABLE, "Blasts?"])
@pytest.mark.parametrize("beside", ["NEUT%,LYMPH%,MONO%,EO%,BASO%", "NEUT%,LYMPH%", "WBC"])
@pytest.mark.parametrize("values", ["number", "zero", "word"])
def test_each_class_without_a_sign_is_read_or_told(
    name: str, beside: str, values: str, tmp_path: Path
) -> None:
    usual = {"NEUT%": 60, "LYMPH%": 25, "MONO%": 3, "EO%": 1, "BASO%": 1, "WBC": 7.5}
    own = {"number": ["10", "10"], "zero": ["0", "0"], "word": ["few", "none"]}[values]
    rows = [f"S{i}," + ",".join(str(usual[n]) for n in beside.split(",")) for i in range(2)]
    path = tmp_path / "r.csv"
    lines = [f"sample_id,{beside},{name}", *(f"{r},{v}" for r, v in zip(rows, own, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    checked = read(path, "reference")

    rules = {finding.rule for finding in checked.findings if name in finding.column}
    unread = "extra-column" in {f.rule for f in checked.findings if name in f.got.split(", ")}
    assert unread == (name in checked.further.unread)
    assert unread or rules & {"class-columns", "class-columns-read", "not-a-number"}
