"""Which samples and values are compared (DESIGN.md, what is compared; STATISTICS.md §2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbcval.protocol.types import Protocol, StatedExclusion
from wbcval.study.cross_checks import natural
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.errors import InputError

CELLS = """sample_id,cell_id,true_class,predicted_class
S1,1,neutrophil,neutrophil
S1,2,neutrophil,lymphocyte
S1,3,lymphocyte,lymphocyte
S1,4,monocyte,monocyte
S2,1,neutrophil,neutrophil
S2,2,lymphocyte,artefact
"""
REFERENCE = """sample_id,WBC(10^3/uL),NEUT%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)
S1,8.0,50.0,30.0,15.0,4.0,1.0
S2,5.0,60.0,30.0,5.0,4.0,1.0
S3,6.0,60.0,30.0,5.0,4.0,1.0
"""
COUNTS = """sample_id,n_cells,WBC(10^9/L)
S1,4000,8.2
S2,2500,5.1
S3,3000,6.1
"""

Make = Callable[..., Study]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(mode: str = "different-aliquot", more: dict[str, object] | None = None,
             **files: str) -> Study:  # fmt: skip
        paths = {}
        for name, text in files.items():
            paths[name] = tmp_path / f"{name}.csv"
            paths[name].write_text(text, encoding="utf-8")
        protocol = Protocol(
            mode,
            inputs={
                "predictions": tuple(paths[n] for n in ("cells", "counts") if n in paths),
                **{role: (paths[role],) for role in ("reference", "samples") if role in paths},
            },
        )
        return build(read_inputs(replace(protocol, **(more or {}))))  # type: ignore[arg-type]

    return made


def test_cells_alone_yield_shares_of_countable_cells(make: Make) -> None:
    study = make(cells=CELLS, reference=REFERENCE)
    assert study.values["NEUT%"].model[:2].tolist() == [25.0, 100.0]  # an artefact is no leukocyte
    assert study.values["NEUT%"].model_cells is not None
    assert study.values["NEUT%"].model_cells[:2].tolist() == [4.0, 1.0]


def test_wbc_is_not_compared_without_a_total_of_the_models(make: Make) -> None:
    study = make(cells=CELLS, reference=REFERENCE)
    assert "WBC" not in study.values
    assert any("Total WBC is not compared" in note for note in study.notes)


def test_absolute_counts_from_the_references_total_are_said_to_share_it(make: Make) -> None:
    study = make(cells=CELLS, reference=REFERENCE)
    absolute = study.values["NEUT#"]
    assert absolute.model[0] == pytest.approx(8.0 * 0.25)
    assert absolute.reference[0] == pytest.approx(8.0 * 0.50)
    assert absolute.flags == ("shared_total",)
    assert any("inflates agreement" in note for note in study.notes)


def test_absolute_counts_from_the_models_own_total(make: Make) -> None:
    study = make(cells=CELLS, counts=COUNTS, reference=REFERENCE)
    assert study.values["NEUT#"].model[0] == pytest.approx(8.2 * 0.25)
    assert not study.values["NEUT#"].shared_total
    assert study.values["WBC"].model.tolist() == [8.2, 5.1, 6.1]


def test_percent_derived_from_counts_is_as_coarse_as_these(make: Make) -> None:
    reference = (
        "sample_id,WBC(10^9/L),BASO#(10^9/L),NEUT#(10^9/L)\nS1,8.00,0.1,4.0\nS2,5.00,0.0,3.0\n"
    )
    study = make(cells=CELLS, reference=reference)
    basophils = study.values["BASO%"]
    assert basophils.reference.tolist() == pytest.approx([1.25, 0.0])
    assert basophils.resolution.tolist() == pytest.approx([100 * 0.1 / 8, 100 * 0.1 / 5])


def test_a_reference_without_a_model_result_is_a_technical_failure(make: Make) -> None:
    study = make(cells=CELLS, reference=REFERENCE)  # S3 has no cells
    pairs = study.pairs("NEUT%")
    assert (len(pairs), pairs.technical_failures, pairs.lost) == (2, 1, 1)
    excluded = make(cells=CELLS, reference=REFERENCE, more={"missing": "excluded"}).pairs("NEUT%")
    assert (len(excluded), excluded.technical_failures, excluded.lost) == (2, 0, 1)


def test_too_few_cells_are_a_technical_failure(make: Make) -> None:
    pairs = make(cells=CELLS, reference=REFERENCE, more={"minimum_cells": 2}).pairs("NEUT%")
    assert (len(pairs), pairs.technical_failures) == (1, 2)


def test_ids_of_the_model_alone_are_left_out_and_listed(make: Make) -> None:
    study = make(cells=CELLS + "S9,1,neutrophil,neutrophil\n", reference=REFERENCE)
    assert "S9" not in study.sample_ids
    assert [e.sample_id for e in study.exclusions] == ["S9"]


def test_a_masked_reference_is_excluded_and_listed(make: Make) -> None:
    study = make(cells=CELLS, reference=REFERENCE.replace("S1,8.0,50.0", "S1,8.0,----"))
    assert len(study.pairs("NEUT%")) == 1
    # the absolute count is derived from it, and goes with it
    listed = [(e.sample_id, e.subject) for e in study.exclusions]
    assert listed == [("S1", "NEUT%"), ("S1", "NEUT#")]


def test_every_reference_value_masked_leaves_a_measurand_without_samples(make: Make) -> None:
    reference = "sample_id,NEUT%(%)\nS1,----\nS2,----\n"
    study = make(cells=CELLS, reference=reference)
    assert len(study.pairs("NEUT%")) == 0


def test_stated_exclusions(make: Make) -> None:
    stated = (StatedExclusion("S1", "clotted"), StatedExclusion("S2", "lipaemic", "NEUT%"))
    study = make(cells=CELLS, reference=REFERENCE, more={"exclusions": stated})
    assert study.sample_ids == ("S2", "S3")
    assert len(study.pairs("NEUT%")) == 0
    assert len(study.pairs("LYMPH%")) == 1
    reasons = {(e.sample_id, e.subject): e.reason for e in study.exclusions}
    assert reasons == {("S1", "all"): "protocol: clotted", ("S2", "NEUT%"): "protocol: lipaemic"}


def test_same_cells_compares_the_labelled_cells_and_shares_only(make: Make) -> None:
    study = make("same-cells", cells=CELLS)
    assert study.measurands == ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
    assert study.values["NEUT%"].reference.tolist() == [50.0, 50.0]
    assert study.values["NEUT%"].model.tolist() == [25.0, 100.0]


def test_same_cells_without_truth_is_refused(make: Make) -> None:
    with pytest.raises(InputError, match="true_class"):
        make("same-cells", cells="sample_id,cell_id,predicted_class\nS1,1,neutrophil\n")


def test_an_analyzer_mode_without_a_reference_is_refused(make: Make) -> None:
    with pytest.raises(InputError, match="--reference"):
        make(cells=CELLS)


def test_no_id_in_common_says_what_each_side_has(make: Make) -> None:
    with pytest.raises(InputError, match="no id in common"):
        make(cells=CELLS, reference=REFERENCE.replace("S", "X"))


@pytest.mark.parametrize("factor", [0.01, 0.1, 10, 100, 1000])
def test_a_unit_is_not_a_bias(make: Make, factor: float) -> None:
    rows = [f"S{i},{factor * (4 + 0.3 * i):.5f}" for i in range(1, 9)]
    counts = "sample_id,WBC(10^9/L)\n" + "\n".join(rows) + "\n"
    reference = "sample_id,WBC(10^9/L)\n" + "\n".join(f"S{i},{4 + 0.3 * i}" for i in range(1, 9))
    with pytest.raises(InputError, match=r"-fold|unit-contradiction"):
        make(counts=counts, reference=reference + "\n")


def test_equal_totals_prove_nothing(make: Make) -> None:
    counts = "sample_id,WBC(10^9/L)\nS1,8.13\nS2,5.24\nS3,6.41\n"
    study = make(counts=counts, reference=counts)
    assert study.values["WBC"].flags == ("identical",)
    assert any("proves nothing" in note for note in study.notes)


def test_strata_and_patients(make: Make) -> None:
    samples = "sample_id,patient_id,site\nS1,P1,A\nS2,P1,B\nS3,,\n"
    study = make(cells=CELLS, reference=REFERENCE, samples=samples, more={"strata": ("site",)})
    assert list(study.strata) == ["all", "site=A", "site=B", "site=unknown"]
    assert study.patients_known
    assert study.cluster[0] == study.cluster[1] != study.cluster[2]
    assert any(f.rule == "missing-stratum" for f in study.findings)


@pytest.mark.parametrize("rows", [
    "S1,A\nS2,\nS3,A\n",
    "S1,A\nS3,A\n",  # relatives: a sample that the table lacks, and more levels
    "S1,A\nS2,\nS3,B\n",
])  # fmt: skip
def test_a_blank_site_is_a_level_of_its_own(make: Make, rows: str) -> None:
    samples = "sample_id,site\n" + rows

    bare = make(cells=CELLS, reference=REFERENCE, samples=samples)
    stated = make(cells=CELLS, reference=REFERENCE, samples=samples, more={"source": "[inputs]"})

    assert bare.strata["site=unknown"].tolist() == [False, True, False]
    assert stated.unlisted["site=unknown"].tolist() == [False, True, False]


def test_a_column_that_says_nothing_is_no_stratum(make: Make) -> None:
    study = make(cells=CELLS, reference=REFERENCE, samples="sample_id,site\nS1,\nS2,\nS3,\n")
    assert list(study.strata) == ["all"]


def test_a_stratum_column_that_is_not_there(make: Make) -> None:
    samples = "sample_id,site\nS1,A\nS2,B\nS3,A\n"
    with pytest.raises(InputError, match="ward"):
        make(cells=CELLS, reference=REFERENCE, samples=samples, more={"strata": ("ward",)})


def test_order_of_rows_changes_nothing(make: Make) -> None:
    head, *rows = CELLS.splitlines()
    first = make(cells=CELLS, reference=REFERENCE)
    again = make(cells="\n".join([head, *rows[::-1]]) + "\n", reference=REFERENCE)
    assert first.sample_ids == again.sample_ids
    for name, values in first.values.items():
        assert np.array_equal(values.model, again.values[name].model, equal_nan=True)


def test_natural_order() -> None:
    assert sorted(["S10", "S2", "10", "S1a"], key=natural) == ["10", "S1a", "S2", "S10"]


def test_a_cell_in_two_files_is_found(make: Make, tmp_path: Path) -> None:
    twice = tmp_path / "again.csv"
    twice.write_text(CELLS, encoding="utf-8")
    (tmp_path / "cells.csv").write_text(CELLS, encoding="utf-8")
    with pytest.raises(InputError, match="duplicate"):
        make("same-cells", more={"inputs": {"predictions": (tmp_path / "cells.csv", twice)}})


def test_a_stated_resolution_holds_for_a_derived_share_too(make: Make) -> None:
    reference = "sample_id,WBC(10^9/L),NEUT#(10^9/L)\nS1,8.00,4.0\nS2,5.00,3.0\n"
    stated = {"resolution": {"NEUT%": 5.0}}
    study = make(cells=CELLS, reference=reference, more=stated)
    assert study.values["NEUT%"].resolution.tolist() == [5.0, 5.0]


def test_a_derived_share_above_100_is_never_more_hits_than_cells(make: Make) -> None:
    reference = "sample_id,n_cells,WBC(10^9/L),NEUT#(10^9/L)\nS1,100,5.0,5.5\nS2,100,5.0,3.0\n"
    values = make(cells=CELLS, reference=reference).values["NEUT%"]
    assert values.reference.tolist() == pytest.approx([110.0, 60.0])
    assert values.reference_hits is not None
    assert values.reference_hits.tolist() == [100.0, 60.0]


def test_an_exclusion_that_meets_no_sample_is_said(make: Make) -> None:
    stated = (StatedExclusion("S01", "clotted"), StatedExclusion("S2", "lipaemic"))
    study = make(cells=CELLS, reference=REFERENCE, more={"exclusions": stated})
    (finding,) = [f for f in study.findings if f.rule == "exclusion-unmatched"]
    assert (finding.rows, "'S01'" in finding.got) == (1, True)


def test_a_table_that_its_own_cells_contradict_is_said(make: Make) -> None:
    counts = "sample_id,NEUT%(%),LYMPH%(%)\nS1,60.0,50\nS2,100.0,0\nS3,60.0,30\n"
    study = make(cells=CELLS, counts=counts, reference=REFERENCE)  # S1: 1 and 2 of 4 cells
    found = {f.column: f for f in study.findings if f.rule == "two-results"}
    assert list(found) == ["NEUT%"]
    assert found["NEUT%"].got == "S1: 60 in the table, 25 of the cells"
    assert study.values["NEUT%"].model.tolist() == [60.0, 100.0, 60.0]
