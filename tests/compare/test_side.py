"""A side read from a bundle is the study that wrote it, and a broken bundle says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.compare.make_sides import cells, reported
from wbcval.bundle.read import FILES, side_of
from wbcval.values.errors import InputError
from wbcval.verbs.road import Report


def test_a_side_is_the_study_that_wrote_it(sample_made: Report) -> None:
    found, study = side_of("side", sample_made.files), sample_made.study
    assert found.study.sample_ids == study.sample_ids
    assert found.study.measurands == study.measurands
    for name, values in study.values.items():
        again = found.study.values[name]
        assert np.isfinite(values.reference).any()
        np.testing.assert_array_equal(again.reference, values.reference)
        # a model's value without a reference is no row of samples.csv
        listed = values.listed
        np.testing.assert_array_equal(again.model[listed], values.model[listed])
    assert study.counts is not None
    assert found.study.counts is not None
    for truth in study.counts.labels:
        for called in study.counts.labels:
            np.testing.assert_array_equal(
                *(
                    of.confusion[:, of.labels.index(truth), of.labels.index(called)]
                    for of in (found.study.counts, study.counts)
                )
            )
    assert set(found.study.strata) == set(study.strata)
    for name, mask in study.strata.items():
        np.testing.assert_array_equal(found.study.strata[name], mask)
    same = study.cluster[:, None] == study.cluster
    np.testing.assert_array_equal(found.study.cluster[:, None] == found.study.cluster, same)


def test_a_side_knows_what_was_judged(sample_made: Report) -> None:
    found = side_of("side", sample_made.files)
    assert found.declared
    assert [o.status for o in found.outcomes] == [o.status for o in sample_made.verdict.outcomes]
    assert [o.to_json() for o in found.outcomes] == [
        o.to_json() for o in sample_made.verdict.outcomes
    ]


def test_criteria_of_no_protocol_are_not_declared(tmp_path: Path) -> None:
    assert not side_of("side", reported(tmp_path, cells(5, 20)).files).declared


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(sample_made: Report, name: str) -> None:
    files = {n: c for n, c in sample_made.files.items() if n != name}
    with pytest.raises(InputError, match=f"old/{name}: is missing"):
        side_of("old", files)


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("results.json", b"{}"),
        ("results.json", b"not json"),
        ("samples.csv", b"sample_id,measurand\nS1,WBC\n"),
        ("samples.csv", b"sample_id,measurand,unit,reference,model,n_cells,flags\n"),
        ("confusion.csv", b"sample_id,true,predicted,n\nS001,neutrophil,nonsense,3\n"),
        ("confusion.csv", b"sample_id,true,predicted,n\nnobody,neutrophil,neutrophil,3\n"),
        ("strata.csv", b"sample_id,patient\nS001,1\nS001,2\n"),
        ("protocol.toml", b"mode = 3"),
    ],
)
def test_a_broken_file_is_an_input_error(sample_made: Report, name: str, content: bytes) -> None:
    with pytest.raises(InputError):
        side_of("old", {**sample_made.files, name: content})


def test_a_record_of_origin_that_is_none_is_refused(sample_made: Report) -> None:
    results = json.loads(sample_made.files["results.json"])
    results["provenance"]["predicted_by"] = [{"model": {"name": "x", "version": "1"}}]
    with pytest.raises(InputError, match="sha256"):
        side_of("old", {**sample_made.files, "results.json": json.dumps(results).encode()})


def test_a_bundle_from_before_the_records_of_origin_is_read(sample_made: Report) -> None:
    results = json.loads(sample_made.files["results.json"])
    del results["provenance"]["predicted_by"]
    files = {**sample_made.files, "results.json": json.dumps(results).encode()}

    assert side_of("old", files).unscored is None


def test_a_bundle_from_before_the_digests_is_refused(sample_made: Report) -> None:
    results = json.loads(sample_made.files["results.json"])
    del results["provenance"]["digests"]
    with pytest.raises(InputError, match="digests"):
        side_of("old", {**sample_made.files, "results.json": json.dumps(results).encode()})
