"""No sample leaves the confusion by what the model said of it (STATISTICS.md §15, §18)."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build.protocols import called
from tests.build.protocols import protocol as build_protocol
from tests.simulated import repeats
from wbcval.bundle.read import FILES, side_of
from wbcval.cli import main
from wbcval.measure.hits import hits
from wbcval.protocol.types import Protocol
from wbcval.stats.functions import classification
from wbcval.stats.metric import Context
from wbcval.study.cells import CellCounts
from wbcval.study.inputs import Inputs
from wbcval.study.paired_values import Values
from wbcval.study.pairing import build
from wbcval.study.reduce import CellReducer
from wbcval.study.types import Study

SHARES = {"neutrophil": 22, "lymphocyte": 12, "monocyte": 3, "eosinophil": 2, "basophil": 1}
SENSITIVE = called("neutrophil", "sensitivity", name="neut")

Row = tuple[str, int, str, str]


def slides(samples: int, missed: int, called: str = "artefact") -> list[Row]:
    """40 leukocytes a sample; in the first ones the model calls every cell ``called``."""
    true = [name for name, n in SHARES.items() for _ in range(n)]
    return [
        (f"S{s:02d}", i, name, called if s < missed else name)
        for s in range(samples)
        for i, name in enumerate(true)
    ]


def write(folder: Path, rows: Sequence[Row], minimum: int = 1) -> Path:
    frame = pd.DataFrame(rows, columns=["sample_id", "cell_id", "true_class", "predicted_class"])
    frame.to_csv(folder / "cells.csv", index=False)
    protocol = folder / "p.toml"
    top = f"minimum_cells = {minimum}"
    text = build_protocol(SENSITIVE, mode="same-cells", top=top, predictions="cells.csv")
    protocol.write_text(text, encoding="utf-8")
    return protocol


def measured(bundle: Path, subject: str, statistic: str) -> tuple[float, int]:
    document = json.loads((bundle / "results.json").read_text(encoding="utf-8"))
    (row,) = (
        m
        for m in document["measurements"]
        if (m["measure"], m["subject"], m["stratum"], m["statistic"])
        == ("classification", subject, "all", statistic)
    )
    return row["value"], row["n"]


def cells_in(bundle: Path) -> int:
    with (bundle / "confusion.csv").open(encoding="utf-8", newline="") as stream:
        return sum(int(row["n"]) for row in csv.DictReader(stream))


def gate_says(bundle: Path, subject: str, statistic: str) -> tuple[float, int]:
    side = side_of("bundle", {name: (bundle / name).read_bytes() for name in FILES})
    found = hits(side.study, subject, statistic)
    return found.hits.sum() / found.trials.sum(), int(found.trials.sum())


# "unclassified" and "nrbc" are the relatives: abstained from, and called another kind of cell
@pytest.mark.parametrize("called", ["artefact", "unclassified", "nrbc"])
def test_samples_missed_whole_are_errors(
    called: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = write(tmp_path, slides(30, 6, called))

    code = main(["report", str(protocol), "--out", str(tmp_path / "out")])

    # 24 of 30 samples are right throughout: 24 · 22 of 30 · 22 neutrophils
    assert (code, "REJECTED: neutrophil: sensitivity 80" in capsys.readouterr().out) == (1, True)
    assert measured(tmp_path / "out", "neutrophil", "sensitivity") == (0.8, 660)
    assert gate_says(tmp_path / "out", "neutrophil", "sensitivity") == (0.8, 660)
    assert measured(tmp_path / "out", "all", "accuracy") == (0.8, 1200)
    assert cells_in(tmp_path / "out") == 1200


def test_slides_without_a_leukocyte_stay_in_the_confusion(tmp_path: Path) -> None:
    rows = slides(24, 0)
    for s in range(24, 30):  # nucleated red cells and platelets, half of them mistaken
        rows += [(f"S{s}", i, "nrbc", ("nrbc", "platelet")[i % 2]) for i in range(20)]
        rows += [(f"S{s}", i, "platelet", ("nrbc", "platelet")[i % 2]) for i in range(20, 40)]
    protocol = write(tmp_path, rows)

    main(["report", str(protocol), "--out", str(tmp_path / "out")])

    assert measured(tmp_path / "out", "all", "accuracy") == (1080 / 1200, 1200)
    assert gate_says(tmp_path / "out", "all", "accuracy") == (1080 / 1200, 1200)
    assert cells_in(tmp_path / "out") == 1200


def test_the_minimum_is_one_of_labelled_cells_and_names_whom_it_leaves_out(tmp_path: Path) -> None:
    # S00 is missed whole, S29 has but 10 labelled cells
    rows = [r for r in slides(30, 1) if r[0] != "S29" or r[1] < 10]
    protocol = write(tmp_path, rows, minimum=20)

    main(["report", str(protocol), "--out", str(tmp_path / "out")])

    assert measured(tmp_path / "out", "neutrophil", "sensitivity") == (28 / 29, 29 * 22)
    assert gate_says(tmp_path / "out", "neutrophil", "sensitivity") == (28 / 29, 29 * 22)
    assert cells_in(tmp_path / "out") == 29 * 40
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "neutrophil: of 648 cells, 10 left out by the protocol." in page
    listed = (tmp_path / "out" / "exclusions.csv").read_text(encoding="utf-8").splitlines()[1:]
    said = "10 cells with a true class, at least 20 required"
    assert [line for line in listed if "classification" in line] == [f'S29,classification,"{said}"']


def test_cells_without_a_label_are_counted_by_what_they_are_called(
    tmp_path: Path,
) -> None:
    rows = slides(30, 0)
    left_open = [(s, i, "" if i % 4 == 0 else true, called) for s, i, true, called in rows]
    protocol = write(tmp_path, left_open)

    main(["report", str(protocol), "--out", str(tmp_path / "out")])

    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "300 of 1200 cells without a true class are left out: 180 called neutrophil" in page
    assert "180 called neutrophil" in page


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "answer",
    [
        ",0.9,0.1",  # no label
        "lymphocyte,0.9,0.2",  # probabilities that add up to more than 1
        "lymphocyte,0.9,0.1",  # a label that they contradict
        "lymphocyte,1.9,-0.9",
        "lymphocyte,0.9,",
        "lymphocyte,spoilt,0.1",
    ],
)
def test_a_labelled_cell_without_a_usable_prediction_is_a_miss(answer: str, tmp_path: Path) -> None:
    # 1 of 25 neutrophils of each sample, 4 % of all cells; the lymphocytes are right
    lines = ["sample_id,cell_id,true_class,predicted_class,prob_neutrophil,prob_lymphocyte"]
    for s in range(30):
        lines += [f"S{s:02d},{i},neutrophil,neutrophil,0.9,0.1" for i in range(1, 25)]
        lines += [f"S{s:02d},{i},lymphocyte,lymphocyte,0.2,0.8" for i in range(25, 30 + s)]
        lines.append(f"S{s:02d},0,neutrophil,{answer}")
    protocol = write(tmp_path, [])
    (tmp_path / "cells.csv").write_text("\n".join(lines), encoding="utf-8")

    main(["report", str(protocol), "--out", str(tmp_path / "out")])

    assert measured(tmp_path / "out", "neutrophil", "sensitivity") == (24 / 25, 750)
    assert gate_says(tmp_path / "out", "neutrophil", "sensitivity") == (24 / 25, 750)
    log = pd.read_csv(tmp_path / "out" / "import-log.csv")
    said = log[log["rule"] == "unusable-prediction"]
    assert (said["row"].nunique(), set(said["action"])) == (30, {"flagged"})


def test_an_unlabelled_cell_without_a_usable_prediction_is_left_out(tmp_path: Path) -> None:
    rows = [(s, i, "" if i == 0 else true, "" if i == 0 else called)
            for s, i, true, called in slides(30, 0)]  # fmt: skip
    protocol = write(tmp_path, rows)

    main(["report", str(protocol), "--out", str(tmp_path / "out")])

    assert cells_in(tmp_path / "out") == 30 * 39
    log = pd.read_csv(tmp_path / "out" / "import-log.csv")
    assert set(log["rule"].dropna()) == {"missing-label"}


LABELS = ("neutrophil", "lymphocyte", "basophil", "artefact", "nrbc", "unclassified")


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Cells of a few samples, some of which the model misses whole and some of which are thin."""
    rows = []
    for s in range(draw(st.integers(1, 5))):
        only = draw(st.sampled_from([None, "artefact", "unclassified"]))
        for i in range(draw(st.integers(1, 12))):
            true = draw(st.sampled_from((*LABELS[:5], None)))
            rows.append((f"S{s}", i, true, only or draw(st.sampled_from(LABELS))))
    return pd.DataFrame(rows, columns=["sample_id", "cell_hash", "true_class", "predicted_class"])


def study_of(cells: pd.DataFrame, minimum: int) -> Study:
    reducer = CellReducer("full")
    cells["cell_hash"] = np.arange(len(cells), dtype=np.uint64)
    reducer.add(cells)
    protocol = Protocol("same-cells", rollup="full", minimum_cells=minimum)
    return build(Inputs(protocol, reducer.counts(), None, {}, (), (), (), ()))


@pytest.mark.drawn
@settings(max_examples=repeats(100, 30))
@given(tables(), st.integers(1, 8), st.data())
def test_report_and_gate_count_the_same_cells(
    cells: pd.DataFrame, minimum: int, data: st.DataObject
) -> None:
    labelled = cells.groupby("sample_id")["true_class"].count()
    if not labelled.any():
        return  # refused: nothing is compared
    study = study_of(cells, minimum)
    judged = labelled[labelled >= minimum]
    left_out = {e.sample_id for e in study.exclusions if e.subject in ("all", "classification")}
    kept = data.draw(st.lists(st.sampled_from(study.sample_ids), min_size=1, unique=True))

    assert study.counts is not None
    assert study.counts.confusion.sum() == judged.sum()
    assert left_out == set(labelled.index) - set(judged.index)
    for each in (study, study.at(kept)):
        part = each.cells()
        if part is None:
            assert not each.counts.confusion.any()  # type: ignore[union-attr]
            continue
        found = classification.classification(part, Context())
        for name, statistic, of in [
            ("all", "accuracy", found.accuracy),
            *((c.name, "sensitivity", c.sensitivity) for c in found.classes),
            *((c.name, "specificity", c.specificity) for c in found.classes),
        ]:
            gate = hits(each, name, statistic)
            assert (of.n or 0) == gate.trials.sum()
            if of.value is not None:
                assert of.value == pytest.approx(gate.hits.sum() / gate.trials.sum())


def test_every_column_of_a_measurand_is_cut() -> None:
    arrays = {f.name: np.arange(4.0) for f in fields(Values) if "Floats" in str(f.type)}
    whole = Values(**arrays)  # type: ignore[arg-type]

    part = whole.at(np.array([3, 1]))

    assert len(arrays) == 8
    assert all(getattr(part, name).tolist() == [3, 1] for name in arrays)


def test_a_cut_study_pairs_as_the_whole_one() -> None:
    rng = np.random.default_rng(1)
    ids = tuple(f"S{i}" for i in range(30))
    wbc, shares = rng.uniform(4, 9, 30), rng.uniform(40, 60, 30)
    values = Values(
        shares, shares + 1, np.full(30, 0.1), np.full(30, 200.0), np.rint(2 * shares),
        np.full(30, 400.0), np.rint(4 * shares), wbc,
    )  # fmt: skip
    counts = CellCounts(ids, ("neutrophil",), 1, np.ones((30, 1, 1), int), np.ones((30, 1), int))
    study = replace(study_of(pd.DataFrame(
        {"sample_id": ids, "cell_hash": 0, "true_class": "neutrophil",
         "predicted_class": "neutrophil"}), 1),
        sample_ids=ids, values={"NEUT%": values}, counts=counts,
        strata={"all": np.ones(30, bool), "site=A": np.arange(30) < 10},
    )  # fmt: skip

    cut = study.at(ids[:10]).pairs("NEUT%")
    part = study.pairs("NEUT%", "site=A")

    for f in fields(cut):
        assert np.array_equal(getattr(cut, f.name), getattr(part, f.name)), f.name


@pytest.mark.parametrize(("thin", "code"), [(1, 0), (6, 3)])
def test_few_cells_left_out_may_be_many_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], thin: int, code: int
) -> None:
    # samples of 2 cells each, all miscalled, under a minimum of 10: at most 1 % of the cells
    drawn = np.random.default_rng(2).choice([*SHARES], (24, 60), p=[0.5, 0.3, 0.1, 0.06, 0.04])
    rows = [(f"S{s:02d}", i, name, name) for s, of in enumerate(drawn) for i, name in enumerate(of)]
    rows = [(*row[:3], "monocyte") if i % 30 == 0 else row for i, row in enumerate(rows)]
    rows += [(f"T{s}", i, "lymphocyte", "monocyte") for s in range(thin) for i in range(2)]
    protocol = write(tmp_path, rows, 10)  # of neutrophils alone, calling all so would do
    protocol.write_text(protocol.read_text("utf-8").replace("neutrophil", "lymphocyte"), "utf-8")

    found = main(["report", str(protocol), "--out", str(tmp_path / "out")])

    said = capsys.readouterr().out
    assert found == code
    assert f"Samples with labelled cells: of {24 + thin} samples, {thin} left out" in said
    assert ("the protocol leaves out more than 5 %" in said) == (code == 3)
    side = side_of("out", {name: (tmp_path / "out" / name).read_bytes() for name in FILES})
    assert side.study.ledger.of("classification").judged == 24
