"""samples.csv says of each sample what results.json says of all of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from wbcval.protocol.types import Criterion, Protocol
from wbcval.verbs.road import Report, report


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("study")
    ids = [f'S"{i},x' if i == 3 else f"S{i}" for i in range(25)]
    quoted = ['"' + name.replace('"', '""') + '"' for name in ids]
    reference = [10.0] * 23 + [0.0, 8.0]
    model = [11.0] * 20 + [13.0, 9.9, 10.0, 1.0]  # the last has no model result
    head = "sample_id,WBC(10^9/L)\n"
    rows = zip(quoted, reference, strict=True)
    (folder / "r.csv").write_text(head + "".join(f"{i},{v:.1f}\n" for i, v in rows), "utf-8")
    rows = zip(quoted, model, strict=False)
    (folder / "m.csv").write_text(head + "".join(f"{i},{v:.1f}\n" for i, v in rows), "utf-8")
    return report(
        Protocol(
            "different-aliquot",
            inputs={"predictions": (folder / "m.csv",), "reference": (Path(folder / "r.csv"),)},
            criteria=(Criterion("c", "error", "WBC", "share_within:20", min=0.95),),
            source="given",
        )
    )


def test_samples_and_results_agree(made: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(made.files["samples.csv"].decode())))
    found = json.loads(made.files["results.json"])
    share = next(m for m in found["measurements"] if m["statistic"] == "share_within:20")
    assert len(rows) == share["n"] == 25
    assert sum(row["within"] == "yes" for row in rows) == round(share["value"] * 25) == 22
    assert {row["limit_percent"] for row in rows} == {"20"}


def test_ids_come_out_as_they_went_in(made: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(made.files["samples.csv"].decode())))
    assert 'S"3,x' in {row["sample_id"] for row in rows}


def test_what_is_not_there_is_empty(made: Report) -> None:
    rows = {
        row["sample_id"]: row
        for row in csv.DictReader(io.StringIO(made.files["samples.csv"].decode()))
    }
    lost = rows["S24"]
    assert (lost["model"], lost["error_percent"], lost["n_cells"]) == ("", "", "")
    assert (lost["within"], lost["flags"]) == ("no", "technical_failure")
    assert (rows["S23"]["error_percent"], rows["S23"]["within"]) == ("inf", "no")
    assert float(rows["S0"]["error_percent"]) == pytest.approx(10.0)
