"""Whose each sample is may stand in any table (STATISTICS.md §1, §18)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Report

FEW = ["P1"] * 30 + [f"P{i}" for i in range(2, 12)]
OWN = [f"Q{i}" for i in range(40)]
ASKED = protocol(within(name="c", min=0.8))
LISTED = ASKED.replace("[inputs]", '[inputs]\nsamples = "s.csv"')


def tables() -> tuple[str, str]:
    """WBC of 40 samples, the model's within 10 % of the reference's."""
    rng = np.random.default_rng(3)
    truth = rng.uniform(3, 12, 40)
    model = truth * (1 + rng.normal(0, 0.02, 40))
    model_text, reference_text = (
        "\n".join(["sample_id,WBC(10^9/L)", *(f"S{i:03d},{v:.2f}" for i, v in enumerate(side))])
        for side in (model, truth)
    )
    return model_text, reference_text


def beside(text: str, patients: Sequence[str], name: str = "patient_id") -> str:
    head, *rows = text.splitlines()
    lines = [f"{row},{p}" for row, p in zip(rows, patients, strict=True)]
    return "\n".join([f"{head},{name}", *lines]) + "\n"


def samples(patients: Sequence[str]) -> str:
    return beside("\n".join(["sample_id", *(f"S{i:03d}" for i in range(40))]), patients)


@pytest.mark.parametrize("where", ["reference", "model", "samples"])
def test_patients_are_read_from_whichever_table_has_them(report: Report, where: str) -> None:
    model, reference = tables()
    assert report(p_csv=model, r_csv=reference, protocol_toml=ASKED).code == 0
    if where == "samples":
        found = report(p_csv=model, r_csv=reference, s_csv=samples(FEW), protocol_toml=LISTED)
    else:
        sides = {"p_csv": model, "r_csv": reference}
        side = "p_csv" if where == "model" else "r_csv"
        sides[side] = beside(sides[side], FEW, "Patient No.")
        found = report(**sides, protocol_toml=ASKED)
    assert found.code == 3
    assert "of fewer than 20 patients" in found.console
    assert "no patient_id" not in found.console


def test_patients_of_cells_are_read(report: Report) -> None:
    names = ["neutrophil", "lymphocyte"] * 20
    rows = [f"S{i:03d},{k},{c},{c}" for i in range(40) for k, c in enumerate(names)]
    text = "\n".join(["sample_id,cell_id,true_class,predicted_class", *rows]) + "\n"
    asked = ("--predictions", "p.csv", "--mode", "same-cells")
    alone = report(*asked, p_csv=text)
    assert "too few independent samples" not in alone.console
    found = report(*asked, p_csv=beside(text, [p for p in FEW for _ in names]))
    assert "too few independent samples" in found.console
    assert "no patient_id" not in found.console


def test_another_name_for_the_same_patients_is_no_contradiction(report: Report) -> None:
    """A pseudonym in the list of samples, the hospital's number in the export."""
    model, reference = tables()
    found = report(
        p_csv=model, r_csv=beside(reference, [f"H{i}" for i in range(40)]),
        s_csv=samples(["", *OWN[1:]]), protocol_toml=LISTED,
    )  # fmt: skip
    assert found.code == 0
    assert "patient" not in found.console


@pytest.mark.parametrize("few_in", ["samples", "reference"])
def test_tables_that_contradict_each_other_are_refused(report: Report, few_in: str) -> None:
    model, reference = tables()
    one, other = (FEW, OWN) if few_in == "samples" else (OWN, FEW)
    given = {"p_csv": model, "s_csv": samples(one), "protocol_toml": LISTED}
    found = report(r_csv=beside(reference, other), **given)
    assert found.code == 2
    assert "patients-contradict" in found.console
    assert "S000" in found.console
    assert "take the column out" in found.console
    # the advice, followed
    assert report(r_csv=reference, **given).code == (3 if few_in == "samples" else 0)
