"""The record of origin: read as written, refused by name, believed only where it agrees."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.origin.make_origin import (
    CHECK,
    TWO_STAGES,
    make_record,
    stage,
    write_csv,
    write_parquet,
)
from wbcval.origin import KEY, read, sidecar_of, text_of
from wbcval.protocol.types import Product, Protocol
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.values.errors import InputError

CELLS = (
    "sample_id,cell_id,true_class,predicted_class,stage\n"
    "S1,1,neutrophil,neutrophil,differentiation\n"
    "S1,2,neutrophil,unclassified,differentiation\n"
    "S2,1,artefact,artefact,identification\n"
)
WRITERS = {"csv": write_csv, "parquet": write_parquet}


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "cells.csv", CELLS, make_record(3, {"S1": 1, "S9": 2}))


def findings(*paths: Path, model: Product = Product()) -> dict[str, str]:  # noqa: B008 (frozen)
    inputs = read_inputs(Protocol("same-cells", inputs={"predictions": paths}, model=model))
    return {f.rule: str(f.severity) for f in inputs.findings}


@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_written_is_read(tmp_path: Path, kind: str) -> None:
    record = make_record(3, {"S1": 1})

    found = read(WRITERS[kind](tmp_path / f"cells.{kind}", CELLS, record))

    assert found is not None
    added = ("file_sha256", "content")
    assert {k: v for k, v in found.record.items() if k not in added} == record
    assert found.rows == (3 if kind == "parquet" else None)


def test_predictions_without_a_record_have_no_origin(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text(CELLS, encoding="utf-8")

    assert read(path) is None
    assert read_inputs(Protocol("same-cells", inputs={"predictions": (path,)})).origins == ()


def test_a_file_that_is_not_there_has_no_origin(tmp_path: Path) -> None:
    assert read(tmp_path / "cells.csv") is None


def test_a_broken_parquet_has_no_origin_and_its_reader_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    path.write_bytes(b"PAR1 and nothing more PAR1")

    assert read(path) is None


@pytest.mark.parametrize("kind", WRITERS)
def test_the_study_knows_the_cells_of_samples_that_lost_images(tmp_path: Path, kind: str) -> None:
    path = WRITERS[kind](tmp_path / f"cells.{kind}", CELLS, make_record(3, {"S1": 1, "S9": 2}))

    (origin,) = read_inputs(Protocol("same-cells", inputs={"predictions": (path,)})).origins

    assert origin.to_json()["failures"]["samples"] == [
        {"sample_id": "S9", "failed": 2, "cells": 0},
        {"sample_id": "S1", "failed": 1, "cells": 2},
    ]
    assert findings(path) == {}


def put(record: Any, place: str, value: Any) -> None:
    *way, last = place.split(".")
    for key in way:
        record = record[int(key)] if isinstance(record, list) else record[key]
    if value is ...:
        del record[last]
    else:
        record[last] = value


@pytest.mark.representatives(5)
@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("schema_version", 2, "schema_version is 2, and 1 is known"),
        ("schema_version", True, "record.schema_version is none of 1"),
        ("schema_version", ..., "record.schema_version is missing"),
        ("file_sha256", ..., "record.file_sha256 is missing"),
        ("file_sha256", "AB" * 32, "record.file_sha256 is no SHA-256"),
        ("model", "m.pt", "record.model is not of type dict"),
        ("model.sha256", "12", "record.model.sha256 is no SHA-256"),
        ("model.files.0.card", {"mean": [float("inf")]}, "Infinity is no number"),
        ("model.name", "\ud800", "half a surrogate pair is no text"),
        ("model.files.0.card", {"\ud800": 1}, "half a surrogate pair is no text"),
        ("seed", -1, "record.seed is -1"),
        ("images.listed", 3, "images.listed is not images.predicted + failures.n"),
        ("failures.reasons", {"empty": 2}, "failures.reasons do not add up"),
        ("failures.samples", {"S1": 1}, "failures.samples do not add up"),
        ("failures.samples", {"S1": 3, "S2": 0}, "failures.samples do not add up"),
        ("failures.share", 1.5, "failures.share is above 1"),
        ("card_check", CHECK | {"images": 4}, "card_check is of too few images"),
        ("card_check", CHECK | {"largest_difference": 0.01}, "or of a card that differs"),
        ("stages", [], "stages are no tree"),
        ("stages", [TWO_STAGES[1], TWO_STAGES[0]], "stages are no tree"),
        ("stages", [TWO_STAGES[0]], "stages are no tree"),
        ("stages", [stage(f"{i}", ["x"], refined_by={"x": f"{i + 1}"}) for i in range(5000)]
         + [stage("5000", ["x"])], "there are more than 50 stages"),
        ("stages", [TWO_STAGES[0], TWO_STAGES[1], TWO_STAGES[1]], "stages are no tree"),
        ("stages", [TWO_STAGES[0] | {"refined_by": {"cell": "differentiation"}}, TWO_STAGES[1]],
         "the classes of stage 'identification'"),
        ("stages", [stage("model", ["blast", "blast"])], "the classes of stage 'model'"),
        ("stages", [stage("a", ["x"], refined_by={"x": "b"}),
                    stage("c", ["y"], refined_by={"y": "d"}),  # no way from a, but a ring
                    stage("b", ["u"]), stage("d", ["v"], refined_by={"v": "c"})],
         "stages are no tree"),
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_a_warning(
    predictions: Path, place: str, value: Any, said: str
) -> None:
    record = json.loads(sidecar_of(predictions).read_text(encoding="utf-8"))
    put(record, place, value)
    sidecar_of(predictions).write_text(json.dumps(record), encoding="utf-8")

    with pytest.raises(InputError, match="cannot be understood") as refused:
        read(predictions)

    assert said in str(refused.value)
    assert findings(predictions) == {"origin-unreadable": "warn"}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"3", b'"\xff"', b"\x00" * 9, b"[" * 100_000,
        b'{"schema_version": 1, "seed": NaN}', b'{"schema_version": ' + b"9" * 5000 + b"}",
        b'{"model": {"name": "someone else\'s"}}',
    ],
)  # fmt: skip
def test_foreign_content_is_a_warning(predictions: Path, content: bytes) -> None:
    sidecar_of(predictions).write_bytes(content)

    assert findings(predictions) == {"origin-unreadable": "warn"}


def test_a_record_that_cannot_be_opened_is_a_warning(predictions: Path) -> None:
    sidecar_of(predictions).unlink()
    sidecar_of(predictions).mkdir()

    assert findings(predictions) == {"origin-unreadable": "warn"}


def test_a_huge_record_is_a_warning(predictions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbcval.origin._read._LARGEST", 100)

    assert findings(predictions) == {"origin-unreadable": "warn"}


def test_a_card_nested_deep_is_a_warning(predictions: Path) -> None:
    record = json.loads(sidecar_of(predictions).read_text(encoding="utf-8"))
    record["model"]["files"][0]["card"] = json.loads('{"a":' * 50 + "1" + "}" * 50)
    sidecar_of(predictions).write_text(json.dumps(record), encoding="utf-8")

    assert findings(predictions) == {"origin-unreadable": "warn"}


def test_a_number_beyond_any_in_a_card_is_a_warning(predictions: Path) -> None:
    text = sidecar_of(predictions).read_text(encoding="utf-8")
    sidecar_of(predictions).write_text(
        text.replace('"card":{', '"card":{"mean":[1e999],'), encoding="utf-8"
    )

    with pytest.raises(InputError, match="1e999 is too large"):
        read(predictions)


def test_foreign_metadata_of_parquet_is_a_warning(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = write_parquet(tmp_path / "cells.parquet", CELLS, make_record(3))
    pq.write_table(pq.read_table(path).replace_schema_metadata({KEY: b"\xff{"}), path)

    assert findings(path) == {"origin-unreadable": "warn"}


def test_what_is_no_record_is_not_written() -> None:
    record = deepcopy(make_record(3))
    record["abstained"] = -1

    with pytest.raises(ValueError, match=r"record\.abstained is -1"):
        text_of(record)


def test_a_csv_that_was_changed_is_an_error(predictions: Path) -> None:
    predictions.write_text(CELLS.replace("unclassified", "neutrophil"), encoding="utf-8")

    assert findings(predictions) == {"origin-mismatch": "error"}


def test_without_the_record_the_changed_csv_is_of_unknown_origin(predictions: Path) -> None:
    predictions.write_text(CELLS.replace("unclassified", "neutrophil"), encoding="utf-8")
    sidecar_of(predictions).unlink()

    assert findings(predictions) == {}


def test_a_parquet_that_lost_rows_is_an_error(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = write_parquet(tmp_path / "cells.parquet", CELLS, make_record(3))
    pq.write_table(pq.read_table(path).slice(0, 2), path)  # keeps the metadata

    assert findings(path) == {"origin-mismatch": "error"}


def edited(path: Path, column: str, values: list[Any]) -> Path:
    """The file with other values in a column, and its record as it was."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    at = table.column_names.index(column)
    pq.write_table(table.set_column(at, table.schema[at], [pa.array(values)]), path)
    return path


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("predicted_class", ["neutrophil", "neutrophil", "artefact"]),
        ("true_class", ["neutrophil", "unclassified", "artefact"]),
        ("sample_id", ["S1", "S2", "S2"]),
        ("cell_id", [1, 3, 1]),
    ],
)
def test_a_parquet_whose_rows_were_edited_is_an_error(
    tmp_path: Path, column: str, values: list[Any]
) -> None:
    path = edited(write_parquet(tmp_path / "c.parquet", CELLS, make_record(3)), column, values)
    assert findings(path) == {"origin-mismatch": "error"}


def test_a_parquet_that_was_sorted_and_given_a_column_says_the_same(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = write_parquet(tmp_path / "c.parquet", CELLS, make_record(3))
    table = pq.read_table(path).take([2, 0, 1]).append_column("stain", pa.array(["M", "M", "M"]))
    pq.write_table(table, path, row_group_size=1)
    assert "origin-mismatch" not in findings(path)


@pytest.mark.parametrize("ours", ["predicted_class", "probability_neutrophil", "sample_id"])
def test_another_column_is_not_what_the_recorded_run_said(tmp_path: Path, ours: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = write_parquet(tmp_path / "c.parquet", CELLS, make_record(3))
    answers = {
        "predicted_class": ["neutrophil", "neutrophil", "artefact"],
        "sample_id": list("abc"),
    }
    fixed = answers.get(ours, [1.0] * 3)
    pq.write_table(pq.read_table(path).append_column("fixed", pa.array(fixed)), path)
    columns = {"predictions": {ours: "fixed"}}
    found = read_inputs(
        Protocol("same-cells", inputs={"predictions": (path,)}, columns=columns)
    ).findings
    assert [str(f.severity) for f in found if f.rule == "origin-mismatch"] == ["error"]


def test_a_record_of_an_earlier_version_is_read_and_it_is_said(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "c.parquet", CELLS, make_record(3), digest=False)
    assert findings(path) == {"origin-without-digest": "warn"}


def test_images_that_are_copies_are_said(tmp_path: Path) -> None:
    images = make_record(3)["images"] | {"repeated": 2}
    path = write_csv(tmp_path / "c.csv", CELLS, make_record(3, images=images))
    assert findings(path) == {"image-repeated": "warn"}


def test_images_of_the_training_data_stand_in_the_study(tmp_path: Path) -> None:
    for training, marked in ((0, set[str]()), (1, {"training_data"})):
        images = make_record(3)["images"] | ({"training": training} if training else {})
        path = write_csv(tmp_path / "c.csv", CELLS, make_record(3, images=images))
        study = build(
            read_inputs(Protocol("same-cells", inputs={"predictions": (path,)}, minimum_cells=1))
        )
        assert {*study.cell_marks("all")} & {"training_data"} == marked


@pytest.mark.parametrize(("device", "said"), [("cpu", True), ("cuda", False)])
def test_one_run_cannot_have_said_two_things(tmp_path: Path, device: str, said: bool) -> None:
    """Of two files with the same model and images; another device may well say other things."""
    first = write_parquet(tmp_path / "a.parquet", CELLS, make_record(3))
    other = CELLS.replace("S1,2,neutrophil,unclassified", "S9,2,neutrophil,neutrophil")
    second = write_parquet(tmp_path / "b.parquet", other, make_record(3, device=device))
    assert ("two-answers" in findings(first, second)) is said


def test_of_fields_a_row_is_no_image(tmp_path: Path) -> None:
    images = make_record(2)["images"] | {"kind": "fields"}
    path = write_parquet(tmp_path / "cells.parquet", CELLS, make_record(2, images=images))

    assert findings(path) == {}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Product("two-stage", "1"), {}),
        (Product("two-stage"), {}),
        (Product("", "1"), {}),
        (Product("two-stage", "2"), {"other-model": "error"}),
        (Product("LeukoNet", "1"), {"other-model": "error"}),
        (Product("", "2"), {"other-model": "error"}),
    ],
)
def test_predictions_of_another_model_than_the_protocols_are_an_error(
    predictions: Path, model: Product, expected: dict[str, str]
) -> None:
    assert findings(predictions, model=model) == expected


def test_files_of_two_models_are_an_error(predictions: Path, tmp_path: Path) -> None:
    model = make_record(3)["model"] | {"sha256": "99" * 32}
    other = CELLS.replace("S1", "S3").replace("S2", "S4")
    more = write_csv(tmp_path / "more.csv", other, make_record(3, model=model))

    assert findings(predictions, more) == {"two-models": "error"}


def test_files_of_one_model_are_fine(predictions: Path, tmp_path: Path) -> None:
    other = CELLS.replace("S1", "S3").replace("S2", "S4")
    more = write_csv(tmp_path / "more.csv", other, make_record(3))

    assert findings(predictions, more) == {}


def test_one_model_under_two_thresholds_is_two(predictions: Path, tmp_path: Path) -> None:
    stages = [TWO_STAGES[0], TWO_STAGES[1] | {"abstain_below": 0.9}]
    other = CELLS.replace("S1", "S3").replace("S2", "S4")
    more = write_csv(tmp_path / "more.csv", other, make_record(3, stages=stages))

    assert findings(predictions, more) == {"two-models": "error"}
