"""A frame gives what its CSV gives, byte for byte; and a study is reported as its protocol is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wbcval
from tests.simulated import repeats
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import Criterion, StatedExclusion
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import InputError

_N = 40
_RNG = np.random.default_rng(7)
_WBC = np.round(_RNG.uniform(3, 12, _N), 2)
REFERENCE = pd.DataFrame({"sample_id": [f"{i:03}" for i in range(_N)], "WBC(10^9/L)": _WBC})
MODEL = REFERENCE.assign(**{"WBC(10^9/L)": np.round(_WBC * _RNG.normal(1, 0.02, _N), 2)})
_SPELT = {"Lym": "lymphocyte", "Seg": "neutrophil", "PLT": "platelet"}
CELLS = pd.DataFrame(
    {
        "sample_id": np.repeat([f"S{i}" for i in range(25)], 30),
        "cell_id": np.tile(np.arange(30), 25),
        "true_class": _RNG.choice([*_SPELT.values()], 750, p=[0.3, 0.65, 0.05]),
    }
)
CELLS["predicted_class"] = np.where(
    _RNG.random(750) < 0.95, CELLS["true_class"], _RNG.permutation(CELLS["true_class"])
)
SAMPLES = pd.DataFrame({"sample_id": CELLS["sample_id"].unique()})
SAMPLES["site"] = np.where(np.arange(25) % 2, "A", "B")


@pytest.fixture(autouse=True)
def _one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")


def by_files(folder: Path, mode: str, **frames: pd.DataFrame) -> wbcval.Report:
    inputs = {}
    for role, frame in frames.items():
        frame.to_csv(folder / f"{role}.csv", index=False)
        inputs[role] = (folder / f"{role}.csv",)
    return wbcval.report(wbcval.Protocol(mode, inputs=inputs))


FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "nullable": lambda frame: frame.convert_dtypes(),
    "of Arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "categories": lambda frame: frame.astype({"sample_id": "category"}),
    "named index": lambda frame: frame.set_index("sample_id"),
    "index of a filter": lambda frame: frame.set_axis(np.arange(len(frame)) * 3 + 5),
    "Arrow": pa.Table.from_pandas,
    "polars": lambda frame: pytest.importorskip("polars").from_pandas(frame),
}


def read(**frames: Any) -> tuple[Any, ...]:
    """All that the door made of them, or why it refused."""
    try:
        found = wbcval.study_of(mode="different-aliquot", **frames)
    except InputError as why:
        return (str(why),)
    table = found.to_frame().to_csv()
    return table, found.inputs, found.log, found.findings, found.exclusions, found.flags


def test_a_frame_gives_every_byte_that_its_file_gives(tmp_path: Path) -> None:
    expected = by_files(tmp_path, "different-aliquot", predictions=MODEL, reference=REFERENCE)
    study = wbcval.study_of(MODEL, reference=REFERENCE, mode="different-aliquot")
    assert wbcval.report(study).files == expected.files


@pytest.mark.representatives(3)
@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_frame_is_one_file(form: str) -> None:
    held = FORMS[form]
    found = read(predictions=held(MODEL), reference=held(REFERENCE))
    assert found == read(predictions=MODEL, reference=REFERENCE)
    assert len(found) > 1


def test_cells_and_samples_are_read_as_files_are(tmp_path: Path) -> None:
    expected = by_files(tmp_path, "same-cells", predictions=CELLS, samples=SAMPLES)
    study = wbcval.study_of(CELLS, samples=SAMPLES, mode="same-cells")
    assert wbcval.report(study).files == expected.files
    parts = [CELLS.iloc[:300], CELLS.iloc[300:]]
    joined = wbcval.study_of(parts, samples=SAMPLES, mode="same-cells")
    assert joined.counts is not None
    assert study.counts is not None
    np.testing.assert_array_equal(joined.counts.confusion, study.counts.confusion)


_CELL = st.one_of(
    st.none(),
    st.floats(0, 40, allow_nan=False).map(lambda x: round(x, 2)),
    st.sampled_from(["5.1", "5,1", "<0.1", "", " ", "NA", "n/a", "----", "7.1 H", "1e1", "-3"]),
)


@pytest.mark.drawn
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=repeats(25, 8))
@given(st.lists(_CELL, min_size=4, max_size=12), st.booleans())
def test_whatever_stands_in_a_frame_the_rules_are_those_of_files(
    tmp_path: Path, values: list[Any], mixed: bool
) -> None:
    numbers = [v if isinstance(v, float) else None for v in values]
    model = MODEL.head(len(values)).assign(**{"WBC(10^9/L)": values if mixed else numbers})
    path = tmp_path / "predictions.csv"
    model.to_csv(path, index=False)
    of_frame, of_file = (read(predictions=p, reference=REFERENCE) for p in (model, path))
    assert of_frame == of_file


def test_kept_tables_are_found_by_a_rerun(tmp_path: Path) -> None:
    where = {"reference": REFERENCE, "mode": "different-aliquot", "folder": str(tmp_path / "in")}
    wbc = Criterion("wbc", "error", "WBC", StatisticName("share_within:10"), min=0.95)
    study = wbcval.study_of(MODEL, criteria=(wbc,), **where)
    made = wbcval.report(study)
    assert made.verdict.exit_code == 0
    made.write(str(tmp_path / "bundle"))
    assert wbcval.verify(str(tmp_path / "bundle"), rerun=True) == []
    wbcval.study_of(MODEL, **where)  # a cell of a notebook is run again
    with pytest.raises(InputError, match="is another table"):
        wbcval.study_of(MODEL.iloc[:-1], **where)
    assert wbcval.verify(tmp_path / "bundle", rerun=True) == []


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        wbcval.study_of(CELLS, mode="same-cells", folder=tmp_path / "file")
    (tmp_path / "predictions.csv").write_text("mine", "utf-8")
    with pytest.raises(InputError, match="name a new folder"):
        wbcval.study_of(CELLS, mode="same-cells", folder=tmp_path)
    assert (tmp_path / "predictions.csv").read_text("utf-8") == "mine"


def test_paths_are_text_or_paths(tmp_path: Path) -> None:
    MODEL.to_csv(tmp_path / "m.csv", index=False)
    text = str(tmp_path / "m.csv")
    of_text = wbcval.study_of(text, reference=REFERENCE, mode="different-aliquot")
    of_path = wbcval.study_of(tmp_path / "m.csv", reference=REFERENCE, mode="different-aliquot")
    assert wbcval.report(of_text).files == wbcval.report(of_path).files
    protocol = tmp_path / "protocol.toml"
    protocol.write_text('mode = "same-cells"\n[inputs]\npredictions = ["m.csv"]\n', "utf-8")
    assert wbcval.load(str(protocol)) == wbcval.load(protocol)


@pytest.mark.parametrize("frame", [{"sample_id": [1]}, np.zeros(3), 5])
def test_what_is_no_table_is_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="give a DataFrame, or the path of a file"):
        wbcval.study_of(frame, mode="same-cells")


def test_a_wrong_setting_is_refused_as_in_a_file() -> None:
    with pytest.raises(InputError, match="mode"):
        wbcval.study_of(CELLS, mode="same cells")


def _stated(folder: Path, **more: object) -> wbcval.Protocol:
    for name, frame in (("model", MODEL), ("other", MODEL), ("reference", REFERENCE)):
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "p.toml").write_text(
        'mode = "different-aliquot"\n[inputs]\npredictions = "model.csv"\n'
        'reference = "reference.csv"\n', "utf-8")  # fmt: skip
    return replace(load(folder / "p.toml"), **more)  # type: ignore[arg-type]


@pytest.mark.representatives(2)
@pytest.mark.parametrize("more", [
    {"exclusions": (StatedExclusion(sample_id="000", subject="all", reason="clotted"),)},
    {"minimum_cells": 20},
    {"title": "Another"},
    {"reference_cv": {"WBC": 2.0}},
])  # fmt: skip
def test_a_protocol_that_was_changed_in_memory_is_the_one_in_its_bundle(
    more: dict[str, object], tmp_path: Path
) -> None:
    changed = _stated(tmp_path, **more)
    wbcval.report(changed).write(tmp_path / "bundle")
    assert wbcval.verify(tmp_path / "bundle", rerun=True) == []
    kept = load(tmp_path / "bundle" / "protocol.toml")
    assert {key: getattr(kept, key) for key in more} == more


def test_other_inputs_than_those_of_the_file_are_named_in_the_bundle(tmp_path: Path) -> None:
    given = {"predictions": (tmp_path / "other.csv",), "reference": (tmp_path / "reference.csv",)}
    wbcval.report(_stated(tmp_path, inputs=given)).write(tmp_path / "bundle")
    assert "other.csv" in (tmp_path / "bundle" / "protocol.toml").read_text("utf-8")
    assert wbcval.verify(tmp_path / "bundle", rerun=True) == []


def test_some_samples_of_a_study_make_no_report(tmp_path: Path) -> None:
    study = wbcval.report(_stated(tmp_path)).study
    wbcval.report(study)
    with pytest.raises(InputError, match="30 of the 40 samples"):
        wbcval.report(study.at(study.sample_ids[:30]))
