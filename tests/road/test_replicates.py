"""Repeated results of the model, from a file to a verdict, a page and a verified bundle."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.build.commands import wbcval

CRITERION = """
[[criterion]]
id = "cv"
measure = "precision"
subject = "WBC"
statistic = "within_laboratory_cv:7"
max = {most}
"""


def study(folder: Path, *, cv: float, most: float = 3.0, lost: int = 0) -> Path:
    """Sixty samples off by little, and one at 7 measured on five days, twice in two runs each."""
    draw = np.random.default_rng(11)
    reference = np.round(draw.uniform(3, 15, 60), 2)
    model = np.round(reference * (1 + draw.normal(0, 0.01, 60)), 2)
    for name, values in (("model", model), ("reference", reference)):
        rows = [f"P{i},{value}" for i, value in enumerate(values)]
        (folder / f"{name}.csv").write_text("\n".join(["sample_id,WBC(10^9/L)", *rows]))
    rows = ["sample_id,day,run,replicate,WBC(10^9/L)"]
    for day in range(1, 6):
        off_day = draw.normal(0, cv)
        for run in (1, 2):
            for replicate in (1, 2):
                value = 7 * (1 + off_day + draw.normal(0, cv / 2))
                rows.append(f"R1,{day},{run},{replicate},{value:.3f}")
    rows[1 : 1 + lost] = [row.rpartition(",")[0] + ",----" for row in rows[1 : 1 + lost]]
    (folder / "repeats.csv").write_text("\n".join(rows))
    protocol = folder / "protocol.toml"
    protocol.write_text(
        'schema_version = 1\nmode = "different-aliquot"\nerror_ratio = 1.0\n[inputs]\n'
        'predictions = "model.csv"\nreference = "reference.csv"\nreplicates = "repeats.csv"\n'
        '[[criterion]]\nid = "wbc"\nmeasure = "error"\nsubject = "WBC"\n'
        'statistic = "share_within:10"\nmin = 0.95\n'
        + CRITERION.format(most=most)
        + '[[accept]]\nflag = "normal_assumed"\nsubject = "WBC"\nreason = "checked on 200 runs"\n'
    )
    return protocol


def report(folder: Path, **how: float) -> tuple[subprocess.CompletedProcess[str], Path]:
    out = folder / "out"
    return wbcval("report", study(folder, **how), "--out", out), out  # type: ignore[arg-type]


@pytest.mark.parametrize(("cv", "code"), [(0.01, 0), (0.08, 1)])
def test_the_imprecision_decides_and_the_bundle_is_verified(
    tmp_path: Path, cv: float, code: int
) -> None:
    ended, out = report(tmp_path, cv=cv)

    assert ended.returncode == code, ended.stderr + ended.stdout
    page = (out / "report.html").read_text()
    assert 'id="table-precision"' in page
    results = json.loads((out / "results.json").read_text())
    (row,) = [o for o in results["outcomes"] if o["criterion"] == "cv"]
    assert row["status"] == ("fail" if code else "pass")
    assert row["n"] == 20
    assert wbcval("verify", out).returncode == 0
    assert wbcval("verify", out, "--rerun").returncode == 0


def test_without_repeats_nothing_is_made_of_the_differences(tmp_path: Path) -> None:
    protocol = study(tmp_path, cv=0.01)
    text = protocol.read_text().replace('replicates = "repeats.csv"\n', "")
    protocol.write_text(text)

    ended = wbcval("report", protocol, "--out", tmp_path / "out")

    assert ended.returncode == 3
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    (row,) = [o for o in results["outcomes"] if o["criterion"] == "cv"]
    assert row["status"] == "not_estimable"


def test_lost_repeats_take_the_imprecision_away(tmp_path: Path) -> None:
    """A model that gives nothing where it is unsure repeats itself well elsewhere."""
    ended, _ = report(tmp_path, cv=0.01, lost=3)

    assert ended.returncode == 3


def test_repeats_belong_to_their_own_file(tmp_path: Path) -> None:
    """Given as results of the model, each sample would stand there twenty times."""
    protocol = study(tmp_path, cv=0.01)
    text = protocol.read_text().replace('"model.csv"', '"repeats.csv"', 1)
    protocol.write_text(text)

    assert wbcval("report", protocol, "--out", tmp_path / "out").returncode == 2
