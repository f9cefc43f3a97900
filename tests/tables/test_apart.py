"""Cells that are reduced apart and merged give what one pass gives: any split, any bracketing."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulated import repeats
from tests.tables.test_stream import ROWS, clean, table, write
from wbcval.door.tables import CellTables, ReadOptions, open_predictions
from wbcval.door.tables._ledger import TableLog
from wbcval.protocol.types import Protocol
from wbcval.stats.equal_vectors import EqualVectors
from wbcval.stats.runs import Runs
from wbcval.study.inputs import Inputs, read_inputs
from wbcval.study.part import CellParts, PredictionsFile, read_part
from wbcval.study.reduce import CellReducer
from wbcval.values.errors import InputError

Row = tuple[str, bool, str, str, str]
T = TypeVar("T")
SMALL = ReadOptions(batch_rows=4)
SOME = settings(  # every part passes pandera's rules by itself
    max_examples=repeats(6, 2),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def told(found: object) -> object:
    """Every field however deep, arrays as lists with their type; the rows went by in batches."""
    if isinstance(found, np.ndarray):
        return str(found.dtype), found.tolist()
    if is_dataclass(found):
        return {f.name: told(getattr(found, f.name)) for f in fields(found) if f.name != "frame"}
    if isinstance(found, dict):
        return {key: told(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [told(value) for value in found]
    return found


def of(parts: CellParts) -> tuple[list[object], object]:
    return [told(checked) for checked in parts.tables.checked()], told(parts.reducer.counts())


def empty() -> CellParts:
    return CellParts(CellTables(SMALL), CellReducer("full"))


def one_pass(paths: list[Path]) -> CellParts:
    found = empty()
    for path in paths:
        for batch in found.tables.batches(open_predictions(path, SMALL)):
            found.reducer.add(batch)
    return found


def sent(part: T) -> T:
    """As it comes out in another process."""
    copy: T = pickle.loads(pickle.dumps(part))  # noqa: S301 (our own)
    return copy


def merged(parts: list[CellParts], draw: Callable[[int], int]) -> CellParts:
    """Neighbours are merged in any order until one is left."""
    while len(parts) > 1:
        at = draw(len(parts) - 1)
        parts[at].merge(sent(parts.pop(at + 1)))
    return parts[0]


def rows_apart(path: Path, cuts: list[int]) -> Iterator[CellParts]:
    """One file, its batches cut into parts of consecutive rows."""
    raws = list(open_predictions(path, SMALL).raws())
    edges = [0, *sorted({cut % (len(raws) + 1) for cut in cuts}), len(raws)]
    for start, stop in pairwise(edges):
        opened, part = open_predictions(path, SMALL), empty()
        opened._raws = iter(raws[start:stop])  # type: ignore[assignment]
        for batch in part.tables.batches(opened):
            part.reducer.add(batch)
        yield part


@pytest.mark.drawn
@SOME
@given(files=st.lists(ROWS, min_size=2, max_size=3), room=st.sampled_from([3, 20, 1000]),
       data=st.data())  # fmt: skip
def test_files_reduced_apart_are_one_pass(
    tmp_path: Path, files: list[list[Row]], room: int, data: st.DataObject
) -> None:
    """Their ids begin anew in each file, so that cells stand twice; the log may be full."""
    paths = [write(tmp_path / f"{i}.parquet", table(rows)) for i, rows in enumerate(files)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wbcval.door.tables._stream.LOG_LINES", room)
        parts = [read_part(sent(PredictionsFile(path, SMALL, "full"))) for path in paths]
        cells = [empty(), *(sent(part) for part in parts if isinstance(part, CellParts))]
        found = merged(cells, lambda n: data.draw(st.integers(0, n - 1)))

        assert of(found) == of(one_pass(paths))


@pytest.mark.drawn
@SOME
@given(rows=ROWS, cuts=st.lists(st.integers(0, 20), max_size=4), data=st.data())
def test_rows_of_a_file_reduced_apart_are_one_pass(
    tmp_path: Path, rows: list[Row], cuts: list[int], data: st.DataObject
) -> None:
    path = write(tmp_path / "cells.parquet", table(rows))

    parts = [empty(), *rows_apart(path, cuts)]
    found = merged(parts, lambda n: data.draw(st.integers(0, n - 1)))

    assert of(found) == of(one_pass([path]))


def rich(n: int = 60) -> pa.Table:
    """A column of every kind that a table of cells is known to bring along."""
    rng = np.random.default_rng(3)
    names = np.array(["neutrophil", "lymphocyte", "blast", "unclassified"])
    true, called = rng.integers(0, 4, (2, n))
    of = rng.integers(0, 6, n)
    return pa.table(
        {
            "sample_id": [f"S{i}" if k % 11 else "" for k, i in enumerate(of)],
            "cell_id": [str(i % 55) for i in range(n)],
            "image": [f"train/{i % 50}.png" if i % 9 == 0 else f"{i % 50}.png" for i in range(n)],
            "predicted_class": names[called],
            "true_class": names[true],
            "true_class_2": names[np.where(rng.random(n) < 0.2, called, true)],
            "stage": np.where(called == 3, "identification", "differentiation"),
            "site": [f"site {i % 2 + k // 50}" for k, i in enumerate(of)],
            "patient_id": [f"P{i % 3}" if k % 5 else "" for k, i in enumerate(of)],
            "model_version": [f"{1 + k // 40}" for k in range(n)],
            "split": ["train" if k % 13 == 0 else "test" for k in range(n)],
            "status": ["rejected" if k % 17 == 0 else "final" for k in range(n)],
            "reviewer": ["AB" if k % 2 else "CD" for k in range(n)],
            "edited": ["yes" if k % 7 == 0 else "no" for k in range(n)],
            "annotator": [f"reader {k // 25}" for k in range(n)],
            "count": [str(1 + k // 9 % 4) for k in range(n)],
            "odd": [str(k // 5) for k in range(n)],
            "stain": [("a", "b")[k // 30] for k in range(n)],
            "Name": ["Doe" for _ in range(n)],
            "prob_neutrophil": [("0.5", "0.25", "x")[k % 3] for k in range(n)],
            "prob_lymphocyte": [("0.5", "0.75", "")[k % 3] for k in range(n)],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    """That table, and what one pass tells of it."""
    path = write(tmp_path_factory.mktemp("rich") / "cells.parquet", rich())
    whole = one_pass([path])
    (file,) = whole.tables._files
    told_of = {name for name, value in vars(file.ledger).items() if value and name[0] != "_"}
    assert told_of >= {"labels", "patients", "seconds", "levels", "versions", "training", "spelt",
                       "weights"}  # fmt: skip
    return path, of(whole)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("cuts", [(4,), (0, 14), (1, 2, 9, 10)])
def test_what_a_table_brings_along_is_merged_too(
    brought: tuple[Path, object], cuts: tuple[int, ...]
) -> None:
    """Levels, patients, versions, training data, second labels, reviewers, states, stages."""
    path, whole = brought

    first, *later = rows_apart(path, list(cuts))
    for part in later:
        first.merge(sent(part))

    assert of(first) == whole


@pytest.mark.parametrize(
    ("of_parts", "merged_or_given"),
    [
        (CellReducer("full"), {
            "_stages", "_stage_of", "_groups", "_group_of",  # given
            "_staged", "_abstained", "_named", "_called", "_true", "_runs", "_vectors",
            "_samples", "_labels", "_counts", "_pathological", "_levels", "_least", "_ties",
        }),
        (TableLog("cells", ""), {
            "table", "file", "room", "recorded",  # given
            "spelt", "exclusions", "passed_over", "labels", "unread", "outside", "reviewer",
            "patients", "seconds", "training", "groups", "levels", "invalid", "versions",
            "further", "weights", "_broken", "_log",
        }),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_grows_is_known_to_merge(of_parts: object, merged_or_given: set[str]) -> None:
    """Whoever adds to what is counted adds it to ``merge``, to ``rich`` and to this list."""
    assert vars(of_parts).keys() == merged_or_given


@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 2), st.integers(0, 2)), max_size=40),
    cut=st.integers(0, 40),
)
def test_runs_go_on_across_a_cut(rows: list[tuple[int, int, int]], cut: int) -> None:
    """The later part meets samples and labels in an order of its own."""
    every = np.array(rows, dtype=np.int64).reshape(-1, 3)
    whole, first, later = Runs(), Runs(), Runs()
    for runs, part in ((whole, every), (first, every[:cut])):
        if len(part):
            runs.add(*part.T)
    samples, labels = np.array([3, 1, 0, 4, 2]), np.array([2, 0, 1])
    own = every[cut:].copy()
    own[:, 0] = np.argsort(samples)[own[:, 0]]
    for side in (1, 2):
        known = own[:, side] >= 0
        own[known, side] = np.argsort(labels)[own[known, side]]
    if len(own):
        later.add(*own.T)

    first.merge(sent(later), samples, labels)

    n = len(whole._runs)
    assert first._runs[:n].tolist() == whole._runs.tolist()
    assert first._last[:n].tolist() == whole._last.tolist()
    assert not first._runs[n:].any()


@pytest.mark.parametrize("cuts", [(), (7,), (60, 61), (10, 40, 90, 91)])
def test_equal_vectors_of_parts_are_those_of_all(cuts: tuple[int, ...]) -> None:
    """Thinned out on the way, to different levels in each part."""
    rng = np.random.default_rng(1)
    samples = rng.integers(0, 25, 100)
    values = np.repeat(rng.random((50, 2)), 2, axis=0)
    samples[1::2] = samples[::2]
    whole = EqualVectors(kept=16)
    whole.add(samples, values)

    found = EqualVectors(kept=16)
    for part in np.split(np.arange(100), cuts):
        later = EqualVectors(kept=16)
        later.add(samples[part], values[part])
        found.merge(sent(later), np.arange(25))

    assert whole._level > 0
    assert found.copies() == whole.copies() != (0, 100)


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def everything(inputs: Inputs) -> tuple[object, ...]:
    assert inputs.cells is not None
    assert inputs.counts is not None
    frame = inputs.counts.frame.to_csv()
    tables = [told(checked) for checked in inputs.tables]
    return told(inputs.cells), frame, tables, inputs.findings, inputs.log, inputs.files


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_what_is_found_is_the_same_wherever_files_are_read(
    tmp_path: Path, executor: str, request: pytest.FixtureRequest
) -> None:
    cells = clean(1)
    for i in range(3):
        write(tmp_path / f"cells-{i}.parquet", cells.slice(190 * i, 210))  # some stand twice
    values = {"sample_id": [f"S{i}" for i in range(12)], "WBC": [str(4 + i) for i in range(12)]}
    write(tmp_path / "counts.csv", pa.table(values))
    write(tmp_path / "reference.csv", pa.table(values))
    sides = {
        "predictions": (tmp_path / "cells-*.parquet", tmp_path / "counts.csv"),
        "reference": (tmp_path / "reference.csv",),
    }
    protocol, said = Protocol("different-aliquot", inputs=sides), list[str]()

    found = read_inputs(protocol, said.append, request.getfixturevalue(executor))

    assert everything(found) == everything(read_inputs(protocol))
    assert any(f.rule == "duplicate-cell" for f in found.findings)
    assert [line for line in said if "of 4" in line][-1] == "reading counts.csv (4 of 4)"


def test_a_file_that_cannot_be_read_is_said_as_here(tmp_path: Path, processes: Executor) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    write(tmp_path / "cells.csv", clean(1, 40))
    paths = (tmp_path / "cells.csv", tmp_path / "broken.parquet")
    protocol = Protocol("same-cells", inputs={"predictions": paths})
    with pytest.raises(InputError) as here:
        read_inputs(protocol)

    with pytest.raises(InputError) as there:
        read_inputs(protocol, executor=processes)

    assert (there.value.where, there.value.got, there.value.advice) == (
        here.value.where, here.value.got, here.value.advice,
    )  # fmt: skip
