"""Predictions with a record of origin, the whole road: report, verify, gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.build.protocols import called, protocol
from tests.conftest import ROOT
from tests.origin.make_origin import (
    CHECK,
    FIVE,
    make_cells,
    make_record,
    stage,
    write_csv,
    write_parquet,
)
from tests.render import make_study
from wbcval.origin import sidecar_of
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import Criterion, Product, Protocol, StatedExclusion
from wbcval.values.errors import InputError
from wbcval.verbs.gate import gate
from wbcval.verbs.road import Report, report, validate, verify

FAILED = {"S7": 3, "S2": 1, "S31": 8}  # none of S31 could be scored
REASONS = {"truncated": 7, "empty": 5}
CELLS = make_cells()
RECORD = make_record(1200, FAILED, REASONS)
SHARES = "sample_id,NEUT%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)\n" + "".join(
    f"S{i},22.0,20.0,19.0,18.0,21.0\n" for i in range(1, 32)
)


@pytest.fixture(scope="module", autouse=True)
def one_date() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        yield


@pytest.fixture(scope="module")
def same_cells(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = write_csv(tmp_path_factory.mktemp("same") / "cells.csv", CELLS, RECORD)
    return report(Protocol("same-cells", inputs={"predictions": (path,)}))


@pytest.fixture(scope="module")
def aliquot(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("aliquot")
    (folder / "reference.csv").write_text(SHARES, encoding="utf-8")
    path = write_parquet(folder / "cells.parquet", CELLS, RECORD)
    return report(
        Protocol(
            "different-aliquot",
            inputs={"predictions": (path,), "reference": (folder / "reference.csv",)},
        )
    )


def text_of(made: Report) -> str:
    return make_study.text_of(made.files["report.html"].decode())


def results_of(made: Report) -> dict[str, object]:
    return json.loads(made.files["results.json"])


def test_the_results_say_what_predicted(same_cells: Report) -> None:
    found = results_of(same_cells)

    schema = json.loads((ROOT / "schemas/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    (origin,) = found["provenance"]["predicted_by"]
    assert (origin["file"], origin["model"]["sha256"]) == ("cells.csv", "cd" * 32)
    assert origin["model"]["files"][0]["card"] == {"classes": ["leukocyte", "artefact"]}
    assert origin["failures"]["samples"][0] == {"sample_id": "S31", "failed": 8, "cells": 0}
    assert origin["failures"]["samples"][1] == {"sample_id": "S7", "failed": 3, "cells": 40}


def test_images_that_gave_no_cell_are_misses_of_their_class(tmp_path: Path) -> None:
    """A fifth of the monocytes cannot be read: no sensitivity is that of those that can."""
    monocytes = {f"S{i}": 2 for i in range(1, 31)}
    record = make_record(1200, monocytes)
    known = make_record(1200, monocytes)
    known["failures"]["true_classes"] = {name: {"MO": n} for name, n in monocytes.items()}
    found = {}
    for name, of in (("unknown", record), ("known", known)):
        path = write_csv(tmp_path / f"{name}.csv", CELLS, of)
        found[name] = report(
            Protocol("same-cells", inputs={"predictions": (path,)}, class_map={"MO": "monocyte"})
        )
    (before, after) = (
        made.results.get("classification", "monocyte", "sensitivity").estimate
        for made in found.values()
    )
    assert (after.n, round(after.value * after.n)) == (
        before.n + 60,
        round(before.value * before.n),
    )
    for name, lost in (("unknown", 60), ("known", 0)):
        rows = results_of(found[name])["scope"]["ledger"]["accounts"]
        assert next(r["lost"] for r in rows if (r["subject"], r["of"]) == ("all", "cells")) == lost
    # 4.8 % of 1260 cells; the others say whose
    assert "60 without a model result" in text_of(found["unknown"])


def test_half_of_the_cells_without_a_record_are_not_checked(tmp_path: Path) -> None:
    known = write_csv(tmp_path / "known.csv", CELLS, make_record(1200, card_check=CHECK))
    unknown = tmp_path / "unknown.csv"
    unknown.write_text(CELLS.replace("\nS", "\nT"), encoding="utf-8")

    made = report(Protocol("same-cells", inputs={"predictions": (known, unknown)}))

    assert "card checked on" not in text_of(made)
    assert "1 of 2 files of predictions are of the same model (no record)" in str(made.verdict)


def test_the_report_says_what_predicted(same_cells: Report) -> None:
    text = text_of(same_cells)

    assert "Model two-stage 1" in text  # no protocol named it
    provenance = text[text.index("How cells.csv was predicted") :]
    for said in ("cd" * 32, "ef" * 32, "on cpu in fp32, 32 images at once", "torch 2.13.0",
                 "leukocyte (→ differentiation) , artefact", "grey converted to RGB: 3",
                 "identify.pt", "1 212 listed, 1 200 scored, 12 not"):  # fmt: skip
        assert said.replace(" ,", ",") in provenance.replace(" ,", ","), said


def test_lost_images_are_said_where_figures_are(same_cells: Report) -> None:
    text = text_of(same_cells)

    said = ("12 of 1 212 images could not be scored (1.0 %): truncated 7, empty 5; most in S31 "
            "(8 of 8).")  # fmt: skip
    assert text.count(said) == 4  # verdict, verification, exclusions, limitations
    assert "More than 5 % were lost in S7 (3 of 43, 7.0 %): its result rests on the others" in text
    assert "image file is truncated (3 bytes not processed)" in text


def test_on_the_same_cells_a_sample_without_any_is_left_out_by_name(same_cells: Report) -> None:
    reasons = {e["sample_id"]: e["reason"] for e in results_of(same_cells)["exclusions"]}

    assert reasons == {"S31": "none of its images could be scored"}
    assert "No image of S31 could be scored, and no true class" in text_of(same_cells)


def test_against_a_reference_it_is_a_technical_failure(aliquot: Report) -> None:
    text = text_of(aliquot)

    assert [s.lost.sum() for s in aliquot.study.values.values()] == [1] * 5
    assert results_of(aliquot)["exclusions"] == []
    assert "1 sample has a reference but no model result and counts as outside" in text
    assert "No image of S31 could be scored: a technical failure of the whole sample" in text
    assert not [f for f in aliquot.study.findings if f.rule == "ids-without-partner"]


def test_a_lost_sample_is_no_misspelt_one(tmp_path: Path) -> None:
    (tmp_path / "reference.csv").write_text(SHARES, encoding="utf-8")
    more = CELLS + "S99,c0,neutrophil,neutrophil,differentiation\n"  # which the reference lacks
    path = write_csv(tmp_path / "cells.csv", more, make_record(1201, FAILED, REASONS))

    inputs = validate(
        Protocol(
            "different-aliquot",
            inputs={"predictions": (path,), "reference": (tmp_path / "reference.csv",)},
        )
    )

    assert not inputs.findings
    assert [(e.sample_id, e.reason) for e in inputs.exclusions] == [("S99", "not in the reference")]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("failed", "kind", "said"),
    [
        ({"S7": 2}, "zip", "2 of 1 202 images could not be scored (0.2 %): truncated 2; all in S7 "
         "(2 of 42)."),
        ({"S7": 1, "S2": 1}, "manifest", "truncated 2; in 2 samples, one each."),
        ({"S10": 2, "S9": 2, "S2": 1}, "folder", "truncated 5; most in S9 (2 of 42)."),
        ({"S7": 2}, "fields", "2 of 302 fields could not be scored (0.7 %): truncated 2; all in "
         "S7."),
    ],
)  # fmt: skip
def test_lost_images_in_words(tmp_path: Path, failed: dict[str, int], kind: str, said: str) -> None:
    record = make_record(1200 if kind != "fields" else 300, failed)
    record["images"]["kind"] = kind
    path = write_csv(tmp_path / "cells.csv", CELLS, record)

    made = report(Protocol("same-cells", inputs={"predictions": (path,)}))

    assert said in text_of(made)
    assert "More than 5 % were lost" not in text_of(made)


def test_a_lost_sample_that_the_protocol_leaves_out_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "reference.csv").write_text(SHARES, encoding="utf-8")
    made = report(
        Protocol(
            "different-aliquot",
            inputs={
                "predictions": (write_csv(tmp_path / "cells.csv", CELLS, RECORD),),
                "reference": (tmp_path / "reference.csv",),
            },
            exclusions=(StatedExclusion("S31", "clotted"),),
        )
    )

    assert [e["reason"] for e in results_of(made)["exclusions"]] == ["protocol: clotted"]
    assert not made.study.findings


def test_the_stages_are_told_apart(same_cells: Report) -> None:
    results, text = same_cells.results, text_of(same_cells)

    found = results.detail("cascade", "all")
    first, second = found.stages
    assert second.errors > first.errors > 0
    assert first.abstained > 0
    assert second.abstained > 0
    assert first.errors + second.errors == found.errors
    assert (
        f"Of {found.errors} errors in 1 200 cells, {second.errors} were made by differentiation "
        f"and {first.errors} by identification." in text
    )
    accuracy = results.get("cascade", "all", "accuracy")
    assert accuracy.estimate == results.get("classification", "all", "accuracy").estimate


def test_csv_and_parquet_say_the_same(same_cells: Report, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "cells.parquet", CELLS, RECORD)
    again = report(Protocol("same-cells", inputs={"predictions": (path,)}))

    assert again.results.measurements == same_cells.results.measurements


def test_same_inputs_same_bytes(same_cells: Report, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "cells.csv", CELLS, RECORD)

    assert report(Protocol("same-cells", inputs={"predictions": (path,)})).files == same_cells.files


def test_a_criterion_may_ask_for_a_stage(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "cells.csv", CELLS, RECORD)
    asked = [
        Criterion("both", "cascade", "all", "identification_sensitivity", min=0.5),
        Criterion("one", "cascade", "all", "stage_accuracy:differentiation", min=0.99,
                  rule="demonstrated"),
        Criterion("none", "cascade", "all", "stage_accuracy:third", min=0.5, optional=True),
    ]  # fmt: skip

    verdict = report(
        Protocol("same-cells", inputs={"predictions": (path,)}, criteria=tuple(asked))
    ).verdict

    assert [str(o.status) for o in verdict.outcomes] == ["pass", "fail", "not_estimable"]
    assert "stage_accuracy:identification" in verdict.outcomes[2].message


PLAIN = make_cells(10, staged=False)


@pytest.mark.parametrize("with_record", [False, True])
def test_one_model_has_no_section_of_stages(tmp_path: Path, with_record: bool) -> None:
    record = make_record(400, stages=[stage("model", [*FIVE, "artefact"])])
    path = write_csv(tmp_path / "cells.csv", PLAIN, record)
    if not with_record:
        sidecar_of(path).unlink()

    made = report(Protocol("same-cells", inputs={"predictions": (path,)}))

    assert not list(made.results.of("cascade"))
    assert "Stages of the model, apart" not in text_of(made)
    assert "could not be scored" not in text_of(made)
    assert len(results_of(made)["provenance"]["predicted_by"]) == with_record


def test_stages_without_a_record_are_two(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text(CELLS, encoding="utf-8")

    made = report(Protocol("same-cells", inputs={"predictions": (path,)}))

    assert results_of(made)["provenance"]["predicted_by"] == []
    assert [s.name for s in made.results.detail("cascade", "all").stages] == [
        "identification", "differentiation",
    ]  # fmt: skip


def test_stages_nobody_knows_are_said_to_be_untold(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text(CELLS.replace("identification", "step 1"), encoding="utf-8")

    made = report(Protocol("same-cells", inputs={"predictions": (path,)}))

    assert "The stages of the model cannot be told apart: of " in text_of(made)
    estimate = made.results.get("cascade", "all", "accuracy").estimate
    assert "no stage is known that left them so" in estimate.reason


def test_hostile_names_in_a_record_stay_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    record = make_record(1200, FAILED, {evil: 12}, remarks={evil: 1}, device=evil)
    record["model"] = {**record["model"], "name": evil, "files": [
        {**record["model"]["files"][0], "file": evil}]}  # fmt: skip
    record["failures"]["first"][0] |= {"image": evil, "detail": evil, "cell_id": ""}
    path = write_csv(tmp_path / "cells.csv", CELLS, record)

    page = (
        report(Protocol("same-cells", inputs={"predictions": (path,)}))
        .files["report.html"]
        .decode()
    )

    assert page.count("<script") == page.count("</script") == 2
    assert page.count("&lt;script&gt;") > 5


def test_another_model_than_the_protocols_stops_the_report(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "cells.csv", CELLS, RECORD)
    protocol = Protocol(
        "same-cells", inputs={"predictions": (path,)}, model=Product("LeukoNet", "2")
    )

    with pytest.raises(InputError, match="other-model · predicted by two-stage 1"):
        report(protocol)
    assert [f.rule for f in validate(protocol).findings] == ["other-model"]


@pytest.mark.further
def test_verify_with_rerun_sees_a_changed_record(same_cells: Report, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "cells.csv", CELLS, RECORD)
    report(Protocol("same-cells", inputs={"predictions": (path,)})).write(tmp_path / "bundle")
    assert verify(tmp_path / "bundle", rerun=True) == []

    text = sidecar_of(path).read_text(encoding="utf-8")
    sidecar_of(path).write_text(text.replace('"device":"cpu"', '"device":"gpu"'), encoding="utf-8")

    found = verify(tmp_path / "bundle", rerun=True)
    assert ("results.json", "provenance.predicted_by differs when recomputed") in [
        (d.name, d.what) for d in found
    ]
    assert {d.name for d in found} == {"results.json", "report.html", "study.json"}


@pytest.mark.representatives(1)
@pytest.mark.parametrize("of_known_class", [True, False])
def test_the_gate_names_the_images_that_gave_no_cell(tmp_path: Path, of_known_class: bool) -> None:
    """The reference is the same, but for cells that the candidate's run could not read."""
    rows = CELLS.splitlines()
    gone = next(row for row in rows if ",monocyte,monocyte," in row)
    sample = gone.partition(",")[0]
    failures = make_record(1199, {sample: 1})
    if of_known_class:
        failures["failures"]["true_classes"] = {sample: {"monocyte": 1}}
    cut = "\n".join(row for row in rows if row != gone) + "\n"
    for name, table, record in (
        ("old", CELLS, make_record(1200)),
        ("new", cut, failures),
        ("other", cut.replace(",c1,", ",d1,"), make_record(1199)),
    ):
        path = write_csv(tmp_path / f"{name}.csv", table, record)
        report(Protocol("same-cells", inputs={"predictions": (path,)})).write(tmp_path / name)

    with pytest.raises(InputError, match="1 of 1200 images of the candidate gave no cell") as new:
        gate(tmp_path / "new", tmp_path / "old")
    with pytest.raises(InputError, match="differ") as other:
        gate(tmp_path / "other", tmp_path / "old")

    assert "predict the images that gave no cell again" in new.value.advice
    assert "gave no cell" not in str(other.value)
    gate(tmp_path / "new", tmp_path / "old", paired=False)  # what the advice says else
    gate(tmp_path / "old", tmp_path / "old")


def test_the_gate_says_that_the_candidate_lost_more_images(tmp_path: Path) -> None:
    names = {"old": make_record(1200), "new": RECORD}
    for name, record in names.items():
        path = write_csv(tmp_path / f"{name}.csv", CELLS, record)
        report(Protocol("same-cells", inputs={"predictions": (path,)})).write(tmp_path / name)

    made = gate(tmp_path / "new", tmp_path / "old")
    back = gate(tmp_path / "old", tmp_path / "new")

    said = ("More images could not be scored than of the baseline: 12 of 1212, against 0 of "
            "1200.")  # fmt: skip
    assert made.comparison.notes[-1].startswith(said)
    assert said in made.files["summary.md"].decode()
    page = made.files["report.html"].decode()
    assert said in page
    assert "two-stage 1 (new) against two-stage 1 (old)" in page
    assert "Images that could not be scored" in page
    assert not any("could not be scored" in note for note in back.comparison.notes)
    assert made.verdict.decision == back.verdict.decision  # said, not judged


def asked(folder: Path, *files: Path) -> Report:
    """A report under a protocol that asks for a card that was checked."""
    path, names = folder / "protocol.toml", [file.name for file in files]
    checked, loose = "[model]\ncard_checked = true\n", called(name="all", min=0.01)
    path.write_text(protocol(checked, loose, mode="same-cells", predictions=names))
    return report(load(path))


def test_a_report_says_whether_the_card_was_checked(same_cells: Report, tmp_path: Path) -> None:
    assert "two-stage 1; card not checked" in text_of(same_cells)
    assert "card was not checked against another pipeline" in text_of(same_cells)
    record = make_record(1200, FAILED, REASONS, card_check=CHECK)
    made = report(
        Protocol(
            "same-cells",
            inputs={"predictions": (write_csv(tmp_path / "cells.csv", CELLS, record),)},
        )
    )
    assert "two-stage 1; card checked on 20 images" in text_of(made)
    assert "card was not checked" not in text_of(made)
    found = results_of(made)
    schema = json.loads((ROOT / "schemas/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert found["provenance"]["predicted_by"][0]["card_check"] == CHECK


def test_a_protocol_may_ask_for_a_card_that_was_checked(tmp_path: Path) -> None:
    checked = make_record(1200, FAILED, REASONS, card_check=CHECK)
    good = asked(tmp_path, write_csv(tmp_path / "good.csv", CELLS, checked))
    plain = asked(tmp_path, write_csv(tmp_path / "plain.csv", CELLS, RECORD))
    assert "card_unchecked" not in good.study.flags
    assert good.verdict.outcomes[0].status == "pass"
    assert plain.study.flags == (*good.study.flags, "card_unchecked")
    assert plain.verdict.outcomes[0].status == "inconclusive"
    assert "predict with --check" in plain.verdict.reason


def test_one_file_that_was_not_checked_is_enough(tmp_path: Path) -> None:
    head, *rows = CELLS.splitlines(keepends=True)
    half, rest = head + "".join(rows[:600]), head + "".join(rows[600:])
    records = [
        make_record(600, card_check=CHECK),
        make_record(600),
        make_record(600, card_check={**CHECK, "images": 7}),
    ]
    first = write_csv(tmp_path / "first.csv", half, records[0])
    second = write_csv(tmp_path / "second.csv", rest, records[1])
    assert "card_unchecked" in asked(tmp_path, first, second).study.flags
    sidecar_of(second).unlink()  # another tool's: of unknown origin
    assert "card_unchecked" in asked(tmp_path, first, second).study.flags
    second = write_csv(tmp_path / "second.csv", rest, records[2])
    made = asked(tmp_path, first, second)
    assert "card_unchecked" not in made.study.flags
    assert "card checked on 7 images" in text_of(made)
