"""Ids and strata that a spreadsheet would run go the whole road, and come back as they were."""

from __future__ import annotations

import csv
from pathlib import Path

from wbcval.bundle.read import FILES, side_of
from wbcval.cli import main
from wbcval.gating import baseline
from wbcval.values.classes import FIVE

IDS = (
    "=1+1",
    "''=2",
    "+5",
    "-5",
    "-2+3",
    "@a",
    "a\rb",
    "a\nb",
    "a\r\nb",
    "'x",
    'q"',
    "a,b",
    "x;=1",
)


def test_from_the_inputs_to_the_baseline(tmp_path: Path) -> None:
    cells = [
        (s, c, *[FIVE[c % 5 if c > i else 0]] * 2) for i, s in enumerate(IDS) for c in range(20)
    ]
    sites = [(s, "=A" if i % 2 else "@B") for i, s in enumerate(IDS)]
    head = ("sample_id", "cell_id", "true_class", "predicted_class")
    for name, rows in (("c.csv", [head, *cells]), ("s.csv", [("sample_id", "site"), *sites])):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    (tmp_path / "p.toml").write_text(
        'mode = "same-cells"\nstrata = ["site"]\n[inputs]\npredictions = ["c.csv"]\n'
        'samples = "s.csv"\n[[exclusion]]\nsample_id = "-5"\nreason = "=HYPERLINK(1)"\n',
        encoding="utf-8",
    )
    bundle, base = tmp_path / "bundle", tmp_path / "base"
    read_as = {*IDS, "'=2"} - {"''=2", "-5"}  # the door takes one mark off

    assert main(["report", str(tmp_path / "p.toml"), "--out", str(bundle)]) in (0, 1, 3)
    assert main(["verify", str(bundle), "--rerun"]) == 0
    accept = ["baseline", "accept", str(bundle), "--to", str(base), "--by", "A", "--why", "w"]
    assert main([*accept, "--although-rejected"]) == 0
    gate = ["gate", str(bundle), "--baseline", str(base), "--out", str(tmp_path / "gate")]
    assert main(gate) in (0, 3)

    side = side_of("bundle", {name: (bundle / name).read_bytes() for name in FILES})
    assert {*side.study.sample_ids} == {*baseline.open_store(base).current.study.sample_ids}
    assert {*side.study.sample_ids} == read_as
    assert {"site==A", "site=@B"} < side.study.strata.keys()
    for path in [*bundle.glob("*.csv"), *base.rglob("*.csv")]:
        with path.open(encoding="utf-8", newline="") as file:
            for field in (field for row in csv.reader(file) for field in row):
                assert field[:1] not in ("=", "+", "@", "\t", "\r"), f"{path.name}: {field}"
                assert field[:1] != "-" or float(field) < 0
