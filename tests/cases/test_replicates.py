"""Samples that only their ids call repeats of one patient are not taken for independent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Judged, Report
from tests.simulated import repeats, slack
from wbcval.study.paired_values import Values
from wbcval.study.replicates import by_name

Name = Callable[[int, int], str]
NAMES: list[Name] = [
    lambda i, k: f"S{i:02d}-{k + 1}",
    lambda i, k: f"P{i}_r{k + 1}",
    lambda i, k: f"{1000 + i}{'ab'[k]}",
    lambda i, k: f"{1000 + i}.{k + 1}",
]


def judged(report: Report, name: Name, patients: int, each: int, *, same: bool = True) -> Judged:
    rng = np.random.default_rng(patients)
    wbc = np.exp(rng.normal(2, 0.4, patients))
    rows: dict[str, list[str]] = {"p": ["sample_id,WBC(10^9/L)"], "r": ["sample_id,WBC(10^9/L)"]}
    for i in range(patients):
        for k in range(each):
            true = wbc[i] * rng.normal(1, 0.02) if same else np.exp(rng.normal(2, 0.4))
            rows["p"].append(f"{name(i, k)},{true * rng.normal(1, 0.02):.2f}")
            rows["r"].append(f"{name(i, k)},{true:.2f}")
    p, r = ("\n".join([*of, ""]) for of in rows.values())
    return report(p_csv=p, r_csv=r, protocol_toml=protocol(within(name="wbc")))


@pytest.mark.parametrize("name", NAMES)
def test_twelve_patients_twice_are_not_twenty_four(name: Name, report: Report) -> None:
    found = judged(report, name, 12, 2)
    assert found.code == 3, found.console
    assert "fewer than 20 patients" in found.console
    assert "24 samples of 12 patients by their names and values" in found.console


def test_enough_patients_pass_and_it_is_told(report: Report) -> None:
    found = judged(report, NAMES[0], 30, 2)
    assert found.code == 0, found.console
    assert "60 samples of 30 patients by their names" in "; ".join(found.results["scope"]["seen"])
    assert not any(
        "each sample is of another patient" in a for a in found.results["scope"]["assumed"]
    )


@pytest.mark.parametrize(("name", "patients", "each"), [
    (NAMES[0], 12, 2),  # two patients of each ward
    (lambda i, k: f"W{i}-{k + 1}", 6, 6),
])  # fmt: skip
def test_numbered_patients_of_a_ward_are_independent(
    name: Name, patients: int, each: int, report: Report
) -> None:
    found = judged(report, name, patients, each, same=False)
    assert found.code == 0, found.console
    assert "by their names" not in found.console


def test_wards_are_hardly_ever_taken_for_patients() -> None:
    """Drawn wards whose patients are alike by 0.2; and repeats are found."""
    rng = np.random.default_rng(2)
    studies, false, found = repeats(2000, 300), 0, 0
    for _ in range(studies):
        wards, each = int(rng.integers(5, 40)), int(rng.integers(2, 7))
        ids = tuple(f"W{i}-{k + 1}" for i in range(wards) for k in range(each))
        ward = np.repeat(rng.normal(0, 1, wards), each)
        own = rng.normal(0, 1, len(ids))
        for alike, hits in ((0.2, "false"), (0.95, "found")):
            log = 2 + 0.4 * (np.sqrt(alike) * ward + np.sqrt(1 - alike) * own)
            told = bool(by_name(ids, {"WBC": Values(np.exp(log), np.exp(log), np.zeros(len(ids)))}))
            false, found = false + (told and hits == "false"), found + (told and hits == "found")
    assert false <= (0.01 + slack(0.01, studies, 2000)) * studies
    assert found >= (0.95 - slack(0.95, studies, 2000)) * studies
