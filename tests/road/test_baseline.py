"""A baseline reads back as the bundle it came from, and shows what was altered."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tests.build.protocols import called
from wbcval import cli
from wbcval.bundle import evidence
from wbcval.bundle.read import FILES as BUNDLED
from wbcval.bundle.read import Side, side_of
from wbcval.gating import baseline
from wbcval.gating.baseline._kept import CELLS, FILES, kept, kept_side
from wbcval.gating.baseline._store import ATTRIBUTES, LOG, contents, write
from wbcval.machine import csv_text
from wbcval.protocol.protocol_file import load
from wbcval.study.cells import CellCounts
from wbcval.study.ledger import Account, Ledger
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.values.measurands import MEASURANDS
from wbcval.verbs.road import report, verify

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ['S"1,x', "=1+1", "Zoë 白", "NA", "007", "1e5", "a\u2028b", "a\x1b[2Jb", ">", "new\nline"]
PROTOCOL = """mode = "same-cells"
strata = ["site"]
[model]
name = "{name}"
version = "{version}"
[inputs]
predictions = ["cells.csv"]
samples = "samples.csv"
[gate]
samples_apart = 0.1
"""

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a bundle of 24 samples; the same arguments give the same folder."""
    made: dict[object, Path] = {}

    def bundle(
        version: str = "1", *, least: float | None = 0.5, truth: int = 0, backwards: bool = False,
        name: str = "net", without: int = 0,
    ) -> Path:  # fmt: skip
        key = (version, least, truth, backwards, name, without)
        if key in made:
            return made[key]
        folder = tmp_path_factory.mktemp("study")
        ids = [*HOSTILE, *(f"S{i:02}" for i in range(14 - without))]
        rows = [
            (
                sample,
                cell,
                FIVE[(cell + truth) % 5],
                FIVE[(cell + truth + (place < int(version))) % 5],
            )
            for i, sample in enumerate(ids)
            for cell, place in enumerate(np.random.default_rng(i).permutation(30).tolist())
        ]  # so many cells are called the next class as the version says, others in each sample
        head = ("sample_id", "cell_id", "true_class", "predicted_class")
        places = [(s, f"P{max(i, 1)}", "AB"[i % 2]) for i, s in enumerate(ids)]
        step = -1 if backwards else 1
        for file, header, lines in (
            ("cells.csv", head, rows),
            ("samples.csv", ("sample_id", "patient_id", "site"), places),
        ):
            with (folder / file).open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([header, *lines[::step]])
        text = PROTOCOL.format(name=name, version=version)
        text += "" if least is None else called(name="accuracy", min=least)
        (folder / "protocol.toml").write_text(text, encoding="utf-8")
        report(load(folder / "protocol.toml")).write(folder / "bundle")
        made[key] = folder / "bundle"
        return made[key]

    return bundle


@pytest.fixture
def store(stored: Path, tmp_path: Path) -> Path:
    """Two acceptances and two judgements: a log of four lines."""
    return Path(shutil.copytree(stored, tmp_path / "baseline"))


@pytest.fixture(scope="module")
def stored(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The :func:`store` that each test has a copy of."""
    path = tmp_path_factory.mktemp("store") / "baseline"
    baseline.accept(make("1"), path, "head of QA", "first release")
    baseline.accept(make("2"), path, "deputy head of QA", "new weights")
    for candidate in ("c" * 64, "d" * 64):
        baseline.record_judgement(path, candidate, "accepted")
    return path


def side_in(bundle: Path) -> Side:
    return side_of(bundle.name, {name: (bundle / name).read_bytes() for name in BUNDLED})


def assert_same(one: Side, other: Side) -> None:
    assert (one.outcomes, one.declared) == (other.outcomes, other.declared)
    assert one.provenance == other.provenance
    assert one.protocol == other.protocol
    ours, theirs = one.study, other.study
    assert ours.sample_ids == theirs.sample_ids
    assert ours.measurands == theirs.measurands
    for name, values in ours.values.items():
        for key in ("reference", "model", "model_cells"):
            np.testing.assert_array_equal(getattr(values, key), getattr(theirs.values[name], key))
        assert values.flags == theirs.values[name].flags
        assert values.shared_total == theirs.values[name].shared_total
    assert ours.counts is not None
    assert theirs.counts is not None
    assert ours.counts.labels == theirs.counts.labels
    assert ours.counts.n_classes == theirs.counts.n_classes
    np.testing.assert_array_equal(ours.counts.confusion, theirs.counts.confusion)
    np.testing.assert_array_equal(ours.counts.predicted, theirs.counts.predicted)
    np.testing.assert_array_equal(ours.cluster, theirs.cluster)
    assert ours.patients_known == theirs.patients_known
    assert list(ours.strata) == list(theirs.strata)
    for name in ours.strata:
        np.testing.assert_array_equal(ours.strata[name], theirs.strata[name])


def said(path: Path) -> list[str]:
    return [f"{d.name} {d.what}" for d in verify(path)]


# what is kept


def test_the_side_reads_back_as_from_the_bundle(make: Make, sample_bundle: Path, tmp_path: Path):
    for bundle in (make("1"), sample_bundle):
        path = tmp_path / bundle.parent.name
        made = baseline.accept(bundle, path, "A", "w", although_rejected=True)
        assert_same(baseline.open_store(path).current, replace(side_in(bundle)))
        assert made.store.anchor is made.store.current


def test_hostile_ids_are_among_them(make: Make) -> None:
    assert set(HOSTILE) <= set(side_in(make("1")).study.sample_ids)


def test_results_keep_all_but_the_measurements(sample_bundle: Path, tmp_path: Path) -> None:
    baseline.accept(sample_bundle, tmp_path / "b", "A", "w", although_rejected=True)
    now = json.loads((tmp_path / "b/anchor/results.json").read_text(encoding="utf-8"))
    before = json.loads((sample_bundle / "results.json").read_text(encoding="utf-8"))
    assert before["measurements"]
    assert now == before | {"measurements": []}
    schema = json.loads((ROOT / "schemas/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(now, schema)


@pytest.mark.further
def test_order_of_rows_changes_no_table(make: Make, tmp_path: Path) -> None:
    for name, backwards in (("one", False), ("two", True)):
        bundle = make("1", backwards=backwards)
        baseline.accept(bundle, tmp_path / name, "A", "w")
    for file in ("samples.csv", "cells.csv", "strata.csv"):
        one, two = (tmp_path / name / "anchor" / file for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_tables_stand_by_sample_then_measurand(store: Path) -> None:
    text = (store / "anchor" / "samples.csv").read_text(encoding="utf-8")
    found = [(csv_text.unguarded(row["sample_id"]), MEASURANDS.index(row["measurand"]))
             for row in csv.DictReader(io.StringIO(text, newline=""))]  # fmt: skip
    assert found == sorted(found)
    assert len({sample for sample, _ in found}) == 24


def test_made_to_be_committed(store: Path, make: Make) -> None:
    files, others = contents(store)
    assert not others
    place = str(make("1").parent.parent).encode()
    for data in files.values():
        assert b"\r" not in data
        assert data.endswith(b"\n")
        assert place not in data


@pytest.mark.representatives(1)
@pytest.mark.parametrize("mixed_up", [False, True], ids=["197 cells", "all classes mixed up"])
def test_a_thousand_samples_are_below_a_megabyte(mixed_up: bool, make: Make) -> None:
    rng = np.random.default_rng(4)
    side, bundle = _thousand(side_in(make("1")), rng, mixed_up), make("1")
    files = {name: (bundle / name).read_bytes() for name in ("results.json", "protocol.toml")}
    results = json.loads(files["results.json"]) | {"exclusions": []}
    results["scope"]["ledger"] = side.study.ledger.to_json()
    made = kept(side, files | {"results.json": json.dumps(results).encode()})
    size = sum(map(len, made.values()))
    # measured: 712 kB (197 cells a sample) and 753 kB (mixed up); with a line per pair of classes,
    # as in a bundle's confusion.csv, it would be 1 004 kB and 1 544 kB
    assert size < 800_000
    assert_same(kept_side("x", made), side)


def _thousand(like: Side, rng: np.random.Generator, mixed_up: bool) -> Side:
    """1 000 samples × 11 measurands × 5 classes, numbers as long as they come."""
    ids = tuple(f"B26-{60810000 + i}" for i in range(1000))
    shares = rng.dirichlet(np.array([58, 30, 7, 4, 1]), 1000)
    size = 3989 if mixed_up else 197
    called = np.full((5, 5), 0.2 if mixed_up else 0.01) + np.eye(5) * 0.95
    called /= called.sum(axis=1, keepdims=True)
    true = np.array([rng.multinomial(size, p) for p in shares])
    confusion = np.array(
        [[rng.multinomial(n, called[i]) for i, n in enumerate(row)] for row in true]
    )
    total = np.round(rng.lognormal(2, 0.4, 1000), 2)
    model = 100 * confusion.sum(axis=1) / size
    reference = np.round(100 * shares, 1)
    columns = [
        (total, total * 1.01),
        *((reference[:, i], model[:, i]) for i in range(5)),
        *((np.round(total * shares[:, i], 2), total * model[:, i] / 100) for i in range(5)),
    ]
    values = {
        name: Values(ref, found, np.zeros(1000), np.full(1000, size, dtype=float),
                     shared_total=name.endswith("#"),
                     flags=("shared_total",) if name.endswith("#") else ())
        for name, (ref, found) in zip(MEASURANDS, columns, strict=True)
    }  # fmt: skip
    first = np.arange(1000) < 500
    study = Study.of(
        like.protocol,
        ids,
        values,
        CellCounts(ids, FIVE, 5, confusion, confusion.sum(axis=1)),
        columns={"site": {"A": first, "B": ~first}},
        cluster=np.arange(1000) // 2,
    )
    study = replace(
        study,
        ledger=Ledger(
            (
                *(Account(name, "samples", 1000, 1000) for name in ("all", *values)),
                Account("all", "cells", int(confusion.sum()), int(confusion.sum())),
            )
        ),
    )
    return replace(like, study=study)


# accepting


def test_the_anchor_stays_and_the_log_only_grows(make: Make, tmp_path: Path) -> None:
    path, logs = tmp_path / "b", []
    for version in ("1", "2", "3"):
        made = baseline.accept(make(version), path, "head of QA", f"release {version}")
        assert (made.notes, said(path)) == ((), [])
        logs.append((path / LOG).read_bytes())
        if version == "1":
            anchor = {p.name: p.read_bytes() for p in (path / "anchor").iterdir()}
            assert not (path / "current").exists()
    assert logs[2].startswith(logs[1])
    assert logs[1].startswith(logs[0])
    assert {p.name: p.read_bytes() for p in (path / "anchor").iterdir()} == anchor
    found = baseline.open_store(path)
    assert found.anchor.protocol.model.version == "1"
    assert found.current.protocol.model.version == "3"
    assert_same(found.current, side_in(make("3")))
    assert [e.number for e in found.entries] == [1, 2, 3]
    assert (found.accepted.by, found.accepted.why) == ("head of QA", "release 3")
    assert found.accepted.bundle == evidence.seal(make("3"))
    assert [e.anchor for e in found.entries if isinstance(e, baseline.Accepted)] == [
        True, False, False]  # fmt: skip


def test_the_same_acts_give_the_same_bytes(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    for name in ("one", "two"):
        baseline.accept(make("1"), tmp_path / name, "A", "w")
        baseline.accept(make("2"), tmp_path / name, "A", "w")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert baseline.open_store(tmp_path / "one").accepted.time == "2027-01-15T08:00:00Z"


@pytest.mark.parametrize("text", ["", " \n", "\udcff"])
def test_who_and_why_are_said(make: Make, tmp_path: Path, text: str) -> None:
    for by, why, option in ((text, "w", "--by"), ("A", text, "--why")):
        with pytest.raises(InputError, match=option):
            baseline.accept(make("1"), tmp_path / "b", by, why)
    assert not (tmp_path / "b").exists()


def test_a_rejected_bundle_needs_the_word(make: Make, tmp_path: Path) -> None:
    bundle = make("1", least=0.99)
    with pytest.raises(InputError, match="--although-rejected"):
        baseline.accept(bundle, tmp_path / "b", "A", "w")
    made = baseline.accept(bundle, tmp_path / "b", "A", "w", although_rejected=True)
    assert made.notes[0].startswith("its verdict is rejected: ")
    assert made.store.accepted.verdict == "rejected"


def test_an_inconclusive_bundle_is_accepted_aloud(make: Make, tmp_path: Path) -> None:
    made = baseline.accept(make("1", least=None), tmp_path / "b", "A", "w")
    assert made.notes[0].startswith("its verdict is inconclusive: ")
    assert made.store.accepted.verdict == "inconclusive"


def test_an_altered_bundle_is_refused_by_name(make: Make, tmp_path: Path) -> None:
    shutil.copytree(make("1"), tmp_path / "bundle")
    with (tmp_path / "bundle" / "samples.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(InputError, match=r"samples\.csv: was altered"):
        baseline.accept(tmp_path / "bundle", tmp_path / "b", "A", "w")


def test_the_current_one_is_nothing_new(make: Make, store: Path) -> None:
    before = contents(store)
    with pytest.raises(InputError, match="is the baseline already"):
        baseline.accept(make("2"), store, "A", "w")
    assert contents(store) == before
    assert baseline.accept(make("1"), store, "A", "back").store.accepted.number == 5


def test_another_reference_begins_anew_only_on_demand(make: Make, store: Path) -> None:
    other = make("1", truth=1)
    with pytest.raises(InputError, match="the cells of the two sides, or their true classes"):
        baseline.accept(other, store, "A", "w")
    assert baseline.open_store(store).judged == 2
    made = baseline.accept(other, store, "A", "other data", new_anchor=True)
    assert made.notes[0].startswith("the anchor begins anew; what differs from the old one")
    assert made.store.accepted.anchor
    assert made.store.anchor is made.store.current
    assert made.store.judged == 0
    assert (said(store), (store / "current").exists()) == ([], False)


def test_a_sample_less_is_another_reference(make: Make, store: Path) -> None:
    fewer = make("3", without=1)  # as many as the gate of the protocol lets pass
    with pytest.raises(InputError, match="samples or measurands stand on one side alone"):
        baseline.accept(fewer, store, "A", "w")
    with pytest.raises(InputError, match="is worse than the anchor that it would end"):
        baseline.accept(fewer, store, "A", "w", new_anchor=True)
    made = baseline.accept(fewer, store, "A", "w", new_anchor=True, although_rejected=True)
    assert made.store.accepted.anchor
    assert "(entry 1) ended: on the 23 samples both hold the new one is worse" in made.store.story
    assert made.store.judged == 2  # the same set, but for a sample


def test_the_anchor_cannot_be_dropped_without_need(make: Make, store: Path) -> None:
    with pytest.raises(InputError, match="compares with the anchor, which stays"):
        baseline.accept(make("3"), store, "A", "w", new_anchor=True)


def test_another_protocol_is_accepted_aloud(make: Make, store: Path) -> None:
    made = baseline.accept(make("3", least=0.6), store, "A", "w")
    assert made.notes[:-1] == (
        "a gate must be told to compare it with the anchor: "
        "protocol: criteria of the two protocols differ",
    )


@pytest.mark.parametrize(
    ("version", "seen"), [("7", "the new one is worse: "), ("2", "not found worse")]
)
def test_a_model_that_no_gate_compared_is_accepted_aloud(
    make: Make, store: Path, version: str, seen: str
) -> None:
    """By another protocol the gate ends with 2, and nothing of it stands in the log."""
    made = baseline.accept(make(version, least=0.1), store, "A", "w")
    (note,) = (note for note in made.notes if "that it replaces" in note)
    assert note.startswith("a gate refuses to compare it")
    assert "protocol: criteria of the two protocols differ" in note
    assert seen in note
    again = baseline.accept(make("3", least=0.1), store, "A", "w")  # as that protocol says
    assert not [note for note in again.notes if "that it replaces" in note]


def test_a_folder_of_other_things_is_left_alone(make: Make, tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine", encoding="utf-8")
    for target in (tmp_path, tmp_path / "keep.txt"):
        with pytest.raises(InputError, match="is not written to"):
            baseline.accept(make("1"), target, "A", "w")
    assert [p.name for p in tmp_path.iterdir()] == ["keep.txt"]


def test_nothing_is_built_on_a_baseline_that_does_not_hold(make: Make, store: Path) -> None:
    (store / "anchor" / "cells.csv").write_text("x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"anchor/cells\.csv: is not the file of the log"):
        baseline.accept(make("3"), store, "A", "w")


# what is altered shows


@pytest.mark.parametrize("slot", ["anchor", "current"])
@pytest.mark.parametrize("file", FILES)
def test_every_file_is_watched(store: Path, slot: str, file: str) -> None:
    path = store / slot / file
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :])
    name = f"{slot}/{file}"
    assert said(store) == [f"{name} is not the file of the log: its sha256 differs"]
    path.write_bytes(data.replace(b"\n", b"\r\n"))
    assert said(store) == [f"{name} is not the file of the log: line ends were changed to CR LF"]
    path.unlink()
    assert said(store) == [f"{name} is missing"]


def test_what_came_in_since_shows(store: Path) -> None:
    (store / "notes.txt").write_text("x", encoding="utf-8")
    (store / "current" / "more.csv").write_text("x", encoding="utf-8")
    assert said(store) == [f"{name} does not belong to a baseline"
                           for name in ("current/more.csv", "notes.txt")]  # fmt: skip


def test_a_side_that_the_log_does_not_know_shows(make: Make, tmp_path: Path) -> None:
    baseline.accept(make("1"), tmp_path / "b", "A", "w")
    shutil.copytree(tmp_path / "b" / "anchor", tmp_path / "b" / "current")
    assert said(tmp_path / "b") == [f"current/{name} is not in the log" for name in FILES]


def lines_of(store: Path) -> list[bytes]:
    return (store / LOG).read_bytes().splitlines(keepends=True)


def rewrite(store: Path, lines: list[bytes]) -> None:
    (store / LOG).write_bytes(b"".join(lines))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_altered_line_is_named(store: Path, number: int) -> None:
    lines = lines_of(store)
    for key in json.loads(lines[number - 1]):
        changed = json.loads(lines[number - 1])
        if key == "action":
            continue
        changed[key] = {"int": 9, "str": "other", "bool": not changed[key], "dict": {"a": "b"}}[
            type(changed[key]).__name__
        ]
        text = json.dumps(changed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        rewrite(store, [*lines[: number - 1], text.encode() + b"\n", *lines[number:]])
        assert said(store)[0] == f"{LOG} line {number} was altered: its sha256 differs", key


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_line_sealed_anew_no_longer_leads_to_the_next(store: Path, number: int) -> None:
    lines = lines_of(store)
    row = json.loads(lines[number - 1])
    row["time"] = "2020-01-01T00:00:00Z"
    rewrite(store, [*lines[: number - 1], sealed(row), *lines[number:]])
    assert said(store) == [
        f"{LOG} line {number + 1} does not follow line {number}: a line between them is gone, "
        "or the one before was written anew"
    ]


def sealed(row: dict[str, object]) -> bytes:
    """A line as one writes it who knows how."""
    row = {key: value for key, value in row.items() if key != "sha256"}
    for _ in range(2):
        text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        row.setdefault("sha256", hashlib.sha256(text.encode()).hexdigest())
    return text.encode() + b"\n"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"number": 7}, "says that it is entry 7"),
        ({"anchor": False}, "does not accept an anchor"),
        ({"files": {"../../x\x1b": "0"}}, "names other files than a baseline holds"),
    ],
)
def test_what_no_accept_writes_shows_though_sealed(
    make: Make, tmp_path: Path, change: dict[str, object], what: str
) -> None:
    path = tmp_path / "b"
    baseline.accept(make("1"), path, "A", "w")
    rewrite(path, [sealed(json.loads(lines_of(path)[0]) | change)])
    assert said(path)[0] == f"{LOG} line 1 {what}"


def test_a_line_taken_out_or_moved_shows(store: Path) -> None:
    one, two, three, four = lines_of(store)
    gone = "a line between them is gone, or the one before was written anew"
    moved = "lines were moved, or two histories were merged"
    for lines, found in (
        ([two, three, four], ["line 1 is not the first of a log: " + gone]),
        ([one, three, four], ["line 2 does not follow line 1: " + gone]),
        ([one, two, four], ["line 3 does not follow line 2: " + gone]),
        ([one, three, two, four], [
            "line 2 does not follow line 1: " + gone,
            "line 3 does not follow line 2 but line 1: " + moved,
            "line 4 does not follow line 3 but line 2: " + moved]),
        ([one, two, two, three, four], ["line 3 does not follow line 2 but line 1: " + moved]),
        ([one, one], ["line 2 does not follow line 1 but the beginning: " + moved]),
        ([], ["line 1 does not accept an anchor"]),
    ):  # fmt: skip
        rewrite(store, lines)
        shown = [text.removeprefix(f"{LOG} ") for text in said(store)]
        assert shown[: len(found)] == found


def test_two_histories_put_together_show(store: Path, make: Make, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "theirs")
    baseline.accept(make("3"), store, "A", "ours")
    baseline.accept(make("4"), tmp_path / "theirs", "B", "theirs")
    ours, theirs = lines_of(store), lines_of(tmp_path / "theirs")
    rewrite(store, [*ours, theirs[4]])
    assert said(store) == [
        f"{LOG} line 6 does not follow line 5 but line 4: "
        "lines were moved, or two histories were merged"
    ]
    marks = [b"<<<<<<< HEAD\n", ours[4], b"=======\n", theirs[4], b">>>>>>> theirs\n"]
    rewrite(store, [*ours[:4], *marks])
    found = said(store)
    assert len(found) == 3
    assert all("is a mark of a merge conflict" in text for text in found)
    assert [text.split()[2] for text in found] == ["5", "7", "9"]


def test_lines_cut_off_show_in_the_files_alone(store: Path) -> None:
    lines = lines_of(store)
    rewrite(store, lines[:1])  # the second acceptance is gone, its files are not
    assert said(store) == [f"current/{name} is not in the log" for name in FILES]
    rewrite(store, lines[:2])  # judgements leave no file: only the last sha256, noted, tells
    assert said(store) == []
    assert baseline.entries(store)[-1].sha256 != json.loads(lines[3])["sha256"]


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[1]", b'"x"', b"null", b"\x00", b"\xff", b'{"action":[]}', b"[" * 100_000,
     b'{"action":"accepted"}', b'{"action":"judged","number":1e999}', b"9" * 5000,
     b'{"action":"judged","candidate":"\\ud800","number":3,"previous":"","reference":"","sha256":"",'
     b'"time":"","verdict":"","wbcval_version":""}'],
    ids=lambda line: repr(line[:40]),
)  # fmt: skip
def test_what_is_no_entry_shows(store: Path, line: bytes) -> None:
    lines = lines_of(store)
    rewrite(store, [*lines[:2], line + b"\n", *lines[2:]])
    (found,) = said(store)
    assert found.startswith(f"{LOG} line 3 is no entry of a baseline's log: ")
    with pytest.raises(InputError, match="line 3 is no entry"):
        baseline.open_store(store)


def test_a_log_in_other_clothes_shows(store: Path) -> None:
    lines = lines_of(store)
    rewrite(store, [*lines[:3], lines[3].rstrip(b"\n")])
    assert said(store) == [f"{LOG} line 4 is cut short"]
    rewrite(store, [line.replace(b"\n", b"\r\n") for line in lines])
    assert len(said(store)) == 4
    assert "line 1 ends with CR LF" in said(store)[0]
    rewrite(store, [*lines[:3], b" " + lines[3]])
    assert said(store) == [f"{LOG} line 4 was altered: its sha256 differs"]
    (store / LOG).unlink()
    assert said(store) == [f"{LOG} is missing"]


@pytest.mark.parametrize(
    "rules", [b"* text eol=crlf\n", b"* -text -merge\nanchor/* text\n", b"", None],
    ids=["other rules", "a rule more", "no rule", "no file"],
)  # fmt: skip
def test_the_rules_for_git_are_sealed_too(store: Path, rules: bytes | None) -> None:
    path = store / ATTRIBUTES
    path.unlink() if rules is None else path.write_bytes(rules)
    how = "is missing" if rules is None else "is not as it was written: its sha256 differs"
    assert said(store) == [f"{ATTRIBUTES} {how}"]
    with pytest.raises(InputError, match="gitattributes"):
        baseline.open_store(store)


def test_rules_for_git_in_a_slot_show(store: Path) -> None:
    (store / "anchor" / ATTRIBUTES).write_bytes(b"* text\n")
    assert said(store) == [f"anchor/{ATTRIBUTES} does not belong to a baseline"]


def test_only_a_bundle_is_run_again(store: Path) -> None:
    with pytest.raises(InputError, match="names no inputs"):
        verify(store, rerun=True)


# killed, and under git


def test_stopped_before_any_step_the_old_one_is_left(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, beside, steps = tmp_path / "b", tmp_path / "beside" / "b", 0
    baseline.accept(make("1"), path, "A", "first")
    baseline.accept(make("2"), path, "A", "old")
    before, third = contents(path), make("3")  # made before its steps could be counted

    class Killed(BaseException):
        pass

    def stop_after(left: float) -> list[object]:
        done: list[object] = []

        def limited(real: Callable[..., object]) -> Callable[..., object]:
            def step(*args: object, **kwargs: object) -> object:
                if len(done) >= left:
                    raise Killed
                done.append(real)
                return real(*args, **kwargs)

            return step

        for name in ("mkdir", "write_bytes", "rename"):
            monkeypatch.setattr(Path, name, limited(getattr(Path, name)))
        return done

    shutil.copytree(path, beside)
    every = stop_after(math.inf)
    baseline.accept(third, beside, "A", "new")
    monkeypatch.undo()
    after, _ = contents(beside)
    assert len(every) > 2 * len(FILES)  # each file of both sides was one
    for steps in range(len(every) + 1):
        done = stop_after(steps)
        try:
            write(path, after)  # all that an acceptance writes
        except Killed:
            assert len(done) < len(every)
        monkeypatch.undo()
        assert said(path) == []
        if baseline.open_store(path).accepted.why == "new":
            break
        assert contents(path) == before
        # this process lives on, so that what it left is not yet known to be a dead one's
        shutil.rmtree(tmp_path / f".b.new-{os.getpid()}", ignore_errors=True)
    assert baseline.open_store(path).accepted.why == "new"
    assert steps >= len(every) - 1  # the last step may be to take the old one away


# one process imports; each attempt is a fork of it, which accepts until it is killed
ACCEPTERS = """
import os, sys
from pathlib import Path
from wbcval.gating import baseline
for line in sys.stdin:
    to, *bundles = map(Path, line.rstrip("\\n").split("\\t"))
    pid = os.fork()
    if pid == 0:
        print(os.getpid(), flush=True)
    while pid == 0:
        for bundle in bundles:
            baseline.accept(bundle, to, "A", "w")
            print("accepted", flush=True)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


@pytest.mark.further
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_killed_at_any_moment(make: Make, tmp_path: Path) -> None:
    path, rng = tmp_path / "b", random.Random(5)  # noqa: S311
    baseline.accept(make("1"), path, "A", "first")
    numbers = [1]
    with subprocess.Popen(
        [sys.executable, "-c", ACCEPTERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as accepters:
        asked, told = accepters.stdin, accepters.stdout
        assert asked is not None
        assert told is not None
        for _ in range(3):
            now = baseline.open_store(path).accepted.model["version"]
            other = next(v for v in ("2", "3") if v != now)
            print(path, make(other), make("1"), sep="\t", file=asked, flush=True)
            pid = int(told.readline())
            assert told.readline() == "accepted\n"  # a slow machine has accepted once, too
            time.sleep(rng.uniform(0.05, 0.6))
            os.kill(pid, signal.SIGKILL)
            assert "dead\n" in iter(told.readline, "")
            assert said(path) == []
            numbers.append(len(baseline.open_store(path).entries))
        asked.close()
    assert numbers == sorted(numbers)
    assert numbers[-1] > 1
    baseline.accept(make("4"), path, "A", "last")  # whoever writes next clears what they left
    assert {p.name for p in tmp_path.iterdir()} == {"b"}


def git(folder: Path, *args: str, code: int = 0) -> str:
    named = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *named, *args], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
def test_git_neither_turns_line_ends_nor_mixes_two_baselines(make: Make, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q")
    baseline.accept(make("1"), origin / "b", "A", "w")
    baseline.accept(make("2"), origin / "b", "A", "w")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "baseline")
    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", "origin", "windows")
    assert said(tmp_path / "windows" / "b") == []
    for branch, version in (("ours", "3"), ("theirs", "4")):
        git(origin, "checkout", "-q", "-b", branch, "main")
        baseline.accept(make(version), origin / "b", "A", branch)
        git(origin, "add", ".")
        git(origin, "commit", "-qm", branch)
    git(origin, "merge", "-q", "ours", code=1)  # a conflict, and nothing mixed
    assert said(origin / "b") == []
    assert baseline.open_store(origin / "b").accepted.why == "theirs"


# in words


def test_the_commands_say_it(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    arguments = ["--by", "head of QA", "--why", "first release"]
    assert cli.main(["baseline", "accept", str(make("1")), *arguments]) == 0
    assert "baseline: net 1 (entry 1, the anchor)\n" in capsys.readouterr().out
    assert cli.main(["baseline", "show"]) == 0
    shown = capsys.readouterr().out
    for words in ("current: net 1", "2027-01-15T08:00:00Z by head of QA", "first release",
                  "verdict of its bundle: accepted", "24 samples", "720 cells", "anchor: the same",
                  "judged on this reference set: 0 times"):  # fmt: skip
        assert words in shown
    assert cli.main(["baseline", "accept", str(make("2")), *arguments]) == 0
    capsys.readouterr()
    assert cli.main(["baseline", "log"]) == 0
    header, one, two, holds, unsigned, _ = capsys.readouterr().out.splitlines()
    assert header.split() == ["entry", "time", "what", "model", "verdict", "by", "why", "sha256"]
    assert "accepted, anchor" in one
    assert ("net 2" in two, "anchor" in two) == (True, False)
    assert holds == "wbcval-baseline: the chain of 2 entries holds, and every file is as it says"
    assert unsigned.startswith("not signed: entries cut off at the end")
    assert cli.main(["verify", "wbcval-baseline"]) == 0
    assert baseline.entries(Path("wbcval-baseline"))[-1].sha256 in capsys.readouterr().out


def test_a_broken_chain_ends_with_1_and_says_where(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(store, [line.replace(b"first", b"other") for line in lines_of(store)])
    assert cli.main(["baseline", "log", str(store)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (6, f"{LOG} line 1 was altered: its sha256 differs")
    assert cli.main(["verify", str(store)]) == 1
    assert cli.main(["baseline", "show", str(store)]) == 2
    assert "line 1 was altered" in capsys.readouterr().err


def test_there_is_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for step in ("show", "log"):
        assert cli.main(["baseline", step, str(tmp_path)]) == 2
        assert str(tmp_path) in capsys.readouterr().err


def test_names_steer_no_terminal(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make("1", name="net\\u001b[2J\\u202e")
    to = ["--to", str(tmp_path / "b")]
    why = "one\ntwo \x1b]0;x\x07 白 \u2028"
    assert cli.main(["baseline", "accept", str(bundle), "--by", "Zoë\x9b", "--why", why, *to]) == 0
    assert cli.main(["baseline", "show", to[1]]) == 0
    assert cli.main(["baseline", "log", to[1]]) == 0
    out = capsys.readouterr().out
    assert all(c.isprintable() or c == "\n" for c in out)
    assert "Zoë" in out
    assert "白" in out
    assert baseline.open_store(tmp_path / "b").accepted.why == why.strip()
    assert said(tmp_path / "b") == []
    assert (tmp_path / "b" / ATTRIBUTES).read_text(encoding="utf-8") == "* -text -merge\n"
    assert (tmp_path / "b" / "anchor" / CELLS).exists()
