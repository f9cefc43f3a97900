"""The same study from a table and from messages: the same verdict, and the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.build.commands import wbcval

NAMES = ("WBC", "NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")


def numbers(n: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(14)
    shares = draw.dirichlet([60, 30, 7, 3, 1], n) * 100
    columns = {"WBC": np.round(draw.uniform(2, 20, n), 2)}
    return columns | {name: np.round(shares[:, i], 1) for i, name in enumerate(NAMES[1:])}


def hl7(columns: dict[str, np.ndarray], n: int) -> str:
    units = {name: "10*9/L" if name == "WBC" else "%" for name in NAMES}
    return "".join(
        f"MSH|^~\\&|LAB|H|||20260901||ORU^R01|{i}|P|2.5\rPID|1||P{i}^^^H||DOE^JANE\rOBR|1||S{i}\r"
        + "".join(f"OBX|1|NM|{m}||{columns[m][i]}|{units[m]}|||||F\r" for m in NAMES)
        for i in range(n)
    )


@pytest.mark.parametrize("worse", [1.0, 1.2])
def test_a_study_of_messages_is_that_of_the_table(tmp_path: Path, worse: float) -> None:
    n = 40
    reference = numbers(n)
    model = {name: np.round(values * 1.01, 3) for name, values in reference.items()}
    model["WBC"] = np.round(reference["WBC"] * worse + 0.01, 2)
    rows = [",".join(["sample_id", *NAMES])]
    rows += [",".join([f"S{i}", *(str(reference[m][i]) for m in NAMES)]) for i in range(n)]
    (tmp_path / "reference.csv").write_text("\n".join(rows).replace("WBC", "WBC(10^9/L)", 1))
    (tmp_path / "reference.hl7").write_text(hl7(reference, n))
    rows = [",".join(["sample_id", "WBC(10^9/L)"])]
    rows += [f"S{i},{model['WBC'][i]}" for i in range(n)]
    (tmp_path / "counts.csv").write_text("\n".join(rows))
    found = {}
    for name in ("reference.csv", "reference.hl7"):
        code = wbcval(
            "report", "--predictions", tmp_path / "counts.csv", "--reference", tmp_path / name,
            "--mode", "different-aliquot", "--out", tmp_path / f"{name}-out",
        ).returncode  # fmt: skip
        results = json.loads((tmp_path / f"{name}-out" / "results.json").read_text())
        assert "DOE" not in (tmp_path / f"{name}-out" / "report.html").read_text()
        found[name] = (code, results["verdict"], results["measurements"])

    assert found["reference.csv"] == found["reference.hl7"]
    assert (found["reference.hl7"][0] == 1) == (worse > 1.1)
