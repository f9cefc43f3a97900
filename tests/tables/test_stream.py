"""Cells in batches: the same findings and counts whatever the batches, the order and the files."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import forked
from tests.simulated import repeats
from wbcval.door.tables import CellTables, Checked, ReadOptions, _rules, check, open_predictions
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._log import Room
from wbcval.machine.progress import Extent
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import Protocol
from wbcval.study.cells import CellCounts
from wbcval.study.inputs import read_inputs
from wbcval.study.reduce import CellReducer
from wbcval.values.findings import Severity
from wbcval.verbs import road

CLASSES = ["neutrophil", "lymphocyte", "blast", "artefact", "unclassified"]
IDS = ["S1", "S2", "007", "7", "Ünï-€", "x" * 30]
# rows of a table of cells: clean ones, and every way of being left out
ROWS = st.lists(
    st.tuples(
        st.sampled_from([*IDS, "", " S1 "]),
        st.booleans(),
        st.sampled_from([*CLASSES, "Lymph", ""]),
        st.sampled_from([*CLASSES, ""]),
        st.sampled_from(["0.25", "0.5", "1", "1.5", "x", ""]),
    ),
    min_size=1,
    max_size=16,  # each batch passes pandera's rules by itself: few rows, and small batches
)


def table(rows: list[tuple[str, bool, str, str, str]]) -> pa.Table:
    """Ids of mixed length, with leading zeros and beyond ASCII; some are blank."""
    return pa.table(
        {
            "sample_id": [row[0] for row in rows],
            "cell_id": [f"{'0é'[i % 2]}{i}" * (i % 4 + 1) if row[1] else ""
                        for i, row in enumerate(rows)],
            "predicted_class": [row[2] for row in rows],
            "true_class": [row[3] for row in rows],
            "prob_neutrophil": [row[4] for row in rows],
            "prob_lymphocyte": ["0.5" for _ in rows],
        },
        schema=pa.schema([(name, pa.string()) for name in (
            "sample_id", "cell_id", "predicted_class", "true_class",
            "prob_neutrophil", "prob_lymphocyte")]),
    )  # fmt: skip


def write(path: Path, cells: pa.Table) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(cells, path, row_group_size=7)
    else:
        arrow_csv.write_csv(cells, path)
    return path


def through(paths: list[Path], batch_rows: int) -> tuple[pd.DataFrame, list[Checked], CellCounts]:
    options = ReadOptions(batch_rows=batch_rows)
    tables, reducer, frames = CellTables(options), CellReducer("full"), []
    for path in paths:
        for frame in tables.batches(open_predictions(path, options)):
            reducer.add(frame)
            frames.append(frame.astype({"sample_id": "str", "predicted_class": "str"}))
    return pd.concat(frames, ignore_index=True), tables.checked(), reducer.counts()


def as_dict(counts: CellCounts) -> dict[str, object]:
    """What was counted, free of the order in which samples were met."""
    return {
        name: (counts.labels, counts.confusion[i].tolist(), counts.predicted[i].tolist())
        for i, name in enumerate(counts.sample_ids)
    }


MANY = settings(
    max_examples=repeats(20, 6),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.drawn
@MANY
@given(
    rows=ROWS, batch_rows=st.sampled_from([2, 5, 11]), suffix=st.sampled_from(["csv", "parquet"])
)
def test_findings_and_log_do_not_depend_on_the_batches(
    tmp_path: Path, rows: list[tuple[str, bool, str, str, str]], batch_rows: int, suffix: str
) -> None:
    path = write(tmp_path / f"cells.{suffix}", table(rows))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wbcval.door.importers._text._BLOCK", 1 << 9)
        frame, (checked,), counts = through([path], batch_rows)
    whole, (expected,), of_whole = through([path], 1000)

    assert checked.findings == expected.findings
    assert checked.log == expected.log
    assert checked.rows == expected.rows
    pd.testing.assert_frame_equal(frame[["sample_id", "row"]], whole[["sample_id", "row"]])
    assert as_dict(counts) == as_dict(of_whole)


@pytest.mark.drawn
@MANY
@given(rows=ROWS)
def test_codes_are_checked_as_the_texts_they_stand_for(
    tmp_path: Path, rows: list[tuple[str, bool, str, str, str]]
) -> None:
    """The fast way, by category, against the door on plain text, row by row."""
    path = write(tmp_path / "cells.parquet", table(rows).drop_columns(
        ["prob_neutrophil", "prob_lymphocyte"]))  # fmt: skip
    text = pq.read_table(path).to_pandas().astype(object)
    text = text.apply(lambda column: column.str.strip())
    for name in ("predicted_class", "true_class"):
        text[name] = text[name].replace({"Lymph": "lymphocyte", "": None})
    named = ~(
        (text["sample_id"] == "")
        & (text.drop(columns="sample_id").isna() | (text.drop(columns="sample_id") == "")).all(
            axis=1
        )
    )
    text = text[named].assign(row=np.flatnonzero(named) + 1)

    frame, (checked,), _ = through([path], 1000) if len(text) else (None, (None,), None)
    if checked is None:
        return
    expected = check(text, "cells", file="cells.parquet")

    said = [f for f in checked.findings if f.rule != "not-a-sample"]  # no row of the frame
    assert [(f.rule, f.column, f.rows, f.first_row, f.severity) for f in said] == [
        (f.rule, f.column, f.rows, f.first_row, f.severity) for f in expected.findings
    ]
    assert {(e.row, e.sample_id, e.column, e.rule, e.action) for e in expected.log} <= {
        (e.row, e.sample_id, e.column, e.rule, e.action) for e in checked.log
    }
    assert frame["row"].tolist() == expected.frame["row"].tolist()


def clean(seed: int, n: int = 600) -> pa.Table:
    rng = np.random.default_rng(seed)
    true = rng.choice(5, n, p=[0.5, 0.2, 0.1, 0.1, 0.1])
    called = np.where(rng.random(n) < 0.1, rng.integers(0, 5, n), true)
    names = np.array(["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"])
    return pa.table(
        {
            "sample_id": [f"S{i % 12}" for i in range(n)],
            "cell_id": [f"{'0' * (i % 3)}{i}é" for i in range(n)],
            "predicted_class": names[called],
            "true_class": names[true],
        }
    )


def numbers(*predictions: Path) -> bytes:
    """``results.json`` but for the names and hashes of the inputs."""
    made = road.report(Protocol("same-cells", inputs={"predictions": predictions}, source="made"))
    text = made.files["results.json"].decode()
    start, end = text.index('"inputs": ['), text.index('"versions": {')
    return (text[:start] + text[end:]).encode()


def test_results_are_the_same_bytes_however_the_cells_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    cells = clean(1)
    order = np.random.default_rng(2).permutation(len(cells))
    whole = write(tmp_path / "whole.parquet", cells)
    shuffled = write(tmp_path / "shuffled.csv", cells.take(order))
    for i, part in enumerate(np.array_split(order, 3)):
        write(tmp_path / f"part-{i}.{'csv' if i == 1 else 'parquet'}", cells.take(part))
    expected = numbers(whole)

    assert numbers(shuffled) == expected
    assert numbers(tmp_path / "part-*") == expected
    assert numbers(*(tmp_path / f"part-{i}.{s}" for i, s in
                     ((2, "parquet"), (1, "csv"), (0, "parquet")))) == expected  # fmt: skip
    monkeypatch.setattr(
        "wbcval.study.inputs.ReadOptions", lambda **k: ReadOptions(**k, batch_rows=17)
    )
    assert numbers(shuffled) == expected


def test_a_bundle_made_from_a_pattern_names_its_files_and_is_made_again(tmp_path: Path) -> None:
    for i in range(2):
        write(tmp_path / f"cells-{i}.parquet", clean(1).slice(300 * i, 300))
    text = 'schema_version = 1\nmode = "same-cells"\n[inputs]\npredictions = "cells-*.parquet"\n'
    (tmp_path / "protocol.toml").write_text(text, encoding="utf-8")

    road.report(load(tmp_path / "protocol.toml")).write(tmp_path / "evidence")

    about = json.loads((tmp_path / "evidence" / "manifest.json").read_text(encoding="utf-8"))
    hashes = [hashlib.sha256((tmp_path / f"cells-{i}.parquet").read_bytes()).hexdigest()
              for i in range(2)]  # fmt: skip
    assert [(i["file"], i["sha256"], i["rows"]) for i in about["inputs"]] == [
        ("cells-0.parquet", hashes[0], 300),
        ("cells-1.parquet", hashes[1], 300),
    ]
    assert road.verify(tmp_path / "evidence", rerun=True) == []


def test_a_changed_cell_changes_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the sameness above is no accident of what is compared."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    cells = clean(1)
    called = cells.column("predicted_class").to_pylist()
    called[5] = "blast"
    other = cells.set_column(2, "predicted_class", pa.array(called))

    first, second = (write(tmp_path / f"{i}.parquet", t) for i, t in enumerate((cells, other)))

    assert numbers(first) != numbers(second)


def test_every_repeated_cell_is_named_wherever_it_stands(tmp_path: Path) -> None:
    cells = clean(3)
    again = np.random.default_rng(4).choice(len(cells), 20, replace=False)
    paths = [
        write(tmp_path / "a.parquet", cells),
        write(tmp_path / "b.csv", cells.take(again[:15])),
        write(tmp_path / "c.parquet", cells.take(again[15:])),
    ]

    _, files, _ = through(paths, 50)

    assert [sum(f.rows for f in file.findings) for file in files] == [0, 15, 5]
    named = {e.value for file in files for e in file.log if e.rule == "duplicate-cell"}
    assert named == set(cells.column("cell_id").take(again).to_pylist())
    assert [file.rows for file in files] == [600, 0, 0]


def test_cells_that_share_a_hash_are_not_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poor(texts: pa.Array) -> np.ndarray:
        return np.array([len(text) for text in texts.to_pylist()], dtype=np.uint64)

    monkeypatch.setattr("wbcval.values.hashes.of_text", poor)
    cells = clean(5, 60)

    _, (clean_file,), _ = through([write(tmp_path / "a.parquet", cells)], 7)
    twice = pa.concat_tables([cells, cells.slice(8, 1)])
    _, (file,), _ = through([write(tmp_path / "b.parquet", twice)], 7)

    assert clean_file.findings == ()
    assert [(f.rule, f.rows, f.first_row) for f in file.findings] == [("duplicate-cell", 1, 61)]


def test_more_repeated_cells_than_are_named_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbcval.door.tables._stream._LOOKED_UP", 10)
    cells = clean(6)
    path = write(tmp_path / "a.parquet", pa.concat_tables([cells, cells, cells.slice(0, 5)]))

    _, (file,), _ = through([path], 100)

    (finding,) = file.findings
    assert (finding.rule, finding.rows) == ("duplicate-cell", 605)
    assert 10 <= sum(e.rule == "duplicate-cell" for e in file.log) <= 20


def test_a_repeated_cell_stops_the_run() -> None:
    """Cells are counted before it is known which stand twice: a lesser rule would count them."""
    assert _rules.findings("cells")["duplicate-cell"].severity is Severity.ERROR


def test_labels_of_all_batches_are_quoted(tmp_path: Path) -> None:
    cells = clean(7, 40).set_column(
        2, "predicted_class", pa.array([f"odd {i // 4}" for i in range(40)])
    )

    _, (file,), _ = through([write(tmp_path / "a.parquet", cells)], 5)

    (finding,) = file.findings
    assert (finding.rows, finding.first_row) == (40, 1)
    assert finding.got == "'odd 0', 'odd 1', 'odd 2', 'odd 3', 'odd 4' and 5 more"


def test_a_column_that_differs_in_a_later_batch_is_found(tmp_path: Path) -> None:
    cells = clean(8, 40)
    other = [*cells.column("sample_id").to_pylist()[:-1], "S99"]
    path = write(tmp_path / "a.parquet", cells.append_column("Sample ID", pa.array(other)))

    _, (file,), _ = through([path], 10)

    assert [f.rule for f in file.findings if f.severity is Severity.ERROR] == ["ambiguous-column"]


def test_the_log_of_a_dirty_file_is_bounded_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbcval.door.tables._stream.LOG_LINES", 30)
    labels = ["neutrophil" if i % 2 else "" for i in range(400)]
    cells = clean(9, 400).set_column(2, "predicted_class", pa.array(labels))
    cells = cells.drop_columns(["true_class"])  # labelled, they would be misses, and kept

    _, (file,), _ = through([write(tmp_path / "a.parquet", cells)], 50)

    assert len(file.log) == 32  # the lines there is room for, and one a rule for the rest
    assert [(f.rule, f.rows) for f in file.findings] == [("missing-label", 200)]
    folded = [e for e in file.log if "not listed" in e.reason]
    assert {(e.rule, e.action) for e in folded} == {("missing-label", "excluded"), ("", "kept")}
    listed = sum(e.rule == "missing-label" for e in file.log) - 1
    (rest,) = [e for e in folded if e.rule]
    assert rest.reason.startswith(f"{200 - listed} more rows")


def test_a_kept_row_can_be_taken_back() -> None:
    ledger = TableLog("cells", "a.csv", room=Room(10))
    ledger.kept(np.array([2, 3, 4, 7]))

    assert [ledger.withdraw(row) for row in (3, 3, 5, 7, 1)] == [True, False, False, True, False]
    assert [entry.row for entry in ledger.log()] == ["2", "4"]


def test_progress_tells_how_far_a_file_is_read(tmp_path: Path) -> None:
    said = []
    for i in range(2):
        write(tmp_path / f"c{i}.parquet", clean(i, 40).set_column(
            0, "sample_id", pa.array([f"S{i}"] * 40)))  # fmt: skip

    read_inputs(
        Protocol("same-cells", inputs={"predictions": (tmp_path / "c*.parquet",)}),
        lambda step, extent=None: said.append((step, extent)),
    )

    first = "reading c0.parquet (1 of 2)"
    assert said[:2] == [(first, None), (first, Extent(40, 40, "rows"))]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(tmp_path: Path) -> None:
    write(tmp_path / "c.csv", clean(1, 40))
    command = [forked.command(), "validate", "--mode", "same-cells",
               "--predictions", str(tmp_path / "c.*")]  # fmt: skip
    ours, terminal = os.openpty()
    size = ["stty", "rows", "24", "cols", "120"]  # a terminal of no width shows nothing

    piped = subprocess.run(command, capture_output=True, check=True)
    subprocess.run(size, stdin=terminal, check=True)
    subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, check=True)
    os.write(terminal, b"end")
    shown = os.read(ours, 1 << 16)
    for end in (ours, terminal):
        os.close(end)

    assert b"wbcval: reading c.csv: 100%" in shown
    assert b" bytes/s]" in shown
    assert piped.stderr == b""
