"""Rows that their own table calls cancelled, invalid or excluded are no valid results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.build.protocols import accept, called, protocol
from tests.cases.conftest import Judged, Report
from tests.cases.test_named_like_controls import PROTOCOL, judged
from tests.origin.make_origin import make_record, write_parquet
from tests.origin.test_record import CELLS as RECORDED
from wbcval.protocol.types import Protocol
from wbcval.study.inputs import read_inputs

SAMPLES = PROTOCOL.replace("[inputs]\n", '[inputs]\nsamples = "s.csv"\n')
N, BAD = 80, 6  # 7.5 %
rng = np.random.default_rng(11)
WBC = np.exp(rng.normal(2, 0.5, N)).round(2)
GOOD = (WBC * (1 + rng.normal(0, 0.02, N))).round(2)
WRONG = np.where(np.arange(N) < BAD, (2 * GOOD).round(2), GOOD)
IDS = [f"S{i:02d}" for i in range(N)]


def table(values: Sequence[object], column: str = "", cells: Sequence[object] = ()) -> str:
    head = "sample_id,WBC(10^9/L)" + (f",{column}" if column else "")
    rows = [f"{name},{value}" for name, value in zip(IDS, values, strict=True)]
    if column:
        rows = [f"{row},{cell}" for row, cell in zip(rows, cells, strict=True)]
    return "\n".join([head, *rows]) + "\n"


def first(bad: str, good: str = "final", n: int = BAD) -> list[str]:
    return [bad if i < n else good for i in range(N)]


def listed(
    report: Report, column: str, cells: Sequence[str], toml: str = SAMPLES,
    model: Sequence[object] = WRONG,
) -> Judged:  # fmt: skip
    rows = [f"{name},{cell}" for name, cell in zip(IDS, cells, strict=True)]
    samples = "\n".join([f"sample_id,{column}", *rows]) + "\n"
    return report(p_csv=table(model), r_csv=table(WBC), s_csv=samples, protocol_toml=toml)


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("column", "bad", "good"),
    [
        ("status", "cancelled", "final"),
        ("Probenstatus", "ungültig", "freigegeben"),
        ("Result Status", "X", "F"),
        ("valid", "False", "True"),
        ("include", "0.0", "1.0"),
        ("deleted", "1", ""),
        ("exclusion_reason", "clotted", ""),
        ("状态", "作废", "已审核"),
        ("QC status", "failed", "passed"),
        ("removed", "Yes", "-"),
        ("error_message", "timeout at 3 s", "n/a"),
    ],
)
def test_a_value_that_the_reference_calls_invalid_is_none(
    report: Report, column: str, bad: str, good: str
) -> None:
    found = judged(report, table(WRONG), table(WBC, column, first(bad, good)))
    assert found.code == 3, found.console
    assert found.account("WBC")["left_out"] == {"unreferenced": BAD}
    assert "marked-invalid" in found.console
    log = (found.bundle / "import-log.csv").read_text(encoding="utf-8")
    shown = "filled in" if column in ("exclusion_reason", "error_message") else bad
    assert log.count(f"({column}: {shown})") == BAD


def test_a_result_that_the_model_calls_failed_is_lost(report: Report) -> None:
    found = judged(report, table(WRONG, "status", first("failed", "ok")), table(WBC))
    assert found.code == 1, found.console
    assert found.account("WBC")["lost"] == BAD


def test_samples_called_invalid_are_listed_and_doubted_when_many(report: Report) -> None:
    found = listed(report, "status", first("rejected", "ok"))
    assert found.code == 3, found.console
    assert found.account("WBC")["left_out"] == {"invalid": BAD}
    for text in (found.console, found.first_screen):
        assert f"WBC: of {N} samples, {BAD} marked as invalid in the samples table." in text
    toml = SAMPLES + accept("invalid", "WBC")
    accepted = listed(report, "status", first("rejected", "ok"), toml)
    assert accepted.code == 0
    few = listed(report, "excluded", first("x", "", n=2))
    assert few.code == 1
    assert few.account("WBC")["left_out"] == {"invalid": 2}


@pytest.mark.representatives(2)
@pytest.mark.parametrize("word", ["final", "F", "valid", "已完成", ""])
def test_an_export_that_calls_every_row_final_is_not_hurt(report: Report, word: str) -> None:
    column = "status" if word != "F" else "result_status"
    found = judged(report, table(GOOD, column, [word] * N), table(WBC, column, [word] * N))
    assert found.code == 0, found.console
    assert found.account("WBC")["left_out"] == {}
    assert "extra-column" not in found.console
    assert "state-unread" not in found.console


def test_a_word_that_is_in_no_list_is_said_with_its_rows(report: Report) -> None:
    found = judged(report, table(GOOD), table(WBC, "status", first("inpatient", "outpatient")))
    assert found.code == 0, found.console
    said = "status = inpatient (6 rows), status = outpatient (74 rows)"
    assert said in found.console
    for place in (found.first_screen, "; ".join(found.results["scope"]["assumed"])):
        assert f"80 rows of r.csv count, whatever they say of themselves ({said})" in place
    assert found.account("WBC")["judged"] == N


@pytest.mark.parametrize("word", ["fallback", "low confidence", "estimated"])
def test_a_word_of_the_models_table_that_is_in_no_list_stands_beside_the_verdict(
    report: Report, word: str
) -> None:
    status = first(word, n=50)
    status[1:3] = "odd", "odder"  # a row each, and masked
    found = judged(report, table(GOOD, "status", status), table(WBC))
    assert found.code == 0, found.console
    told = "; ".join(found.results["scope"]["assumed"])
    assert "50 rows of p.csv count, whatever they say of themselves" in told
    assert f"status = {word} (48 rows)" in told


def test_what_one_person_wrote_is_not_quoted(report: Report) -> None:
    cells = ["ask Testperson", *["final"] * (N - 1)]
    found = judged(report, table(GOOD), table(WBC, "status", cells))
    assert "Testperson" not in found.console + found.first_screen
    assert "status = a… (1 rows)" in found.console
    found = judged(report, table(GOOD), table(WBC, "approved", ["Testperson", "1"] * (N // 2)))
    assert "approved = T…" in found.console
    assert "Testperson" not in found.console + found.first_screen


def test_free_text_behind_the_word_is_not_quoted(report: Report) -> None:
    cells = first("Rejected - seen by Testperson")
    found = judged(report, table(WRONG), table(WBC, "status", cells))
    assert found.account("WBC")["left_out"] == {"unreferenced": BAD}
    log = (found.bundle / "import-log.csv").read_text(encoding="utf-8")
    assert "(status: Rejected)" in log
    assert "Testperson" not in log + found.console


def test_letters_of_a_status_are_those_of_hl7_where_the_protocol_says_so(report: Report) -> None:
    reference = table(WBC, "status", first("X", "F"))
    found = judged(report, table(GOOD), reference)
    advice = "if letters of HL7, result_status = it under [columns.reference]"
    assert advice in found.console
    assert found.account("WBC")["judged"] == N
    more = '[columns.reference]\nresult_status = "status"\n'
    found = judged(report, table(GOOD), reference, more)
    assert found.account("WBC")["judged"] == N - BAD
    assert "state-unread" not in found.console


def test_a_column_of_numbers_is_said_once(report: Report) -> None:
    found = judged(report, table(GOOD), table(WBC, "qc", [f"{i / N:.3f}" for i in range(N)]))
    assert f"(and {N - 1} more) · state-unread · qc: no words" in found.console


def test_a_column_that_the_protocol_names_is_read_so(report: Report) -> None:
    more = '[columns.reference]\nexcluded = "Kommentar 3"\n'
    reference = table(WBC, "Kommentar 3", first("ja", "nein"))
    assert judged(report, table(WRONG), reference, more).account("WBC")["left_out"] == {
        "unreferenced": BAD
    }


def test_a_column_that_is_named_hides_no_other(report: Report) -> None:
    more = '[columns.reference]\nstatus = "Freigabe"\n'
    reference = table(WBC, "Freigabe,status", [f"ok,{s}" for s in first("cancelled")])
    assert judged(report, table(WRONG), reference, more).account("WBC")["left_out"] == {
        "unreferenced": BAD
    }


def test_a_row_a_result_has_a_state_of_its_own(report: Report) -> None:
    rows = [f"{i},{n},{v},{s}" for i, w, s in zip(IDS, WBC, first("X", "F"), strict=True)
            for n, v, s in (("WBC", w, s), ("RBC", 4.5, "F"))]  # fmt: skip
    reference = "\n".join(["sample_id,parameter,value,status", *rows]) + "\n"
    found = judged(report, table(WRONG), reference)
    assert found.code == 3, found.console
    assert found.account("WBC")["left_out"] == {"unreferenced": BAD}


CELLS = protocol(called(), mode="same-cells")
EACH, WRONG_CELLS = 400, 12  # 3 %
# 3 to 12 lymphocytes in the 20 cells of a sample: patients differ
TRUE = ["neutrophil" if i // 20 >= 3 + i % 20 // 2 else "lymphocyte" for i in range(EACH)]
CALLED = ["basophil" if i < WRONG_CELLS else name for i, name in enumerate(TRUE)]
STATUS = ["failed" if i < WRONG_CELLS else "ok" for i in range(EACH)]


def cells(*columns: tuple[str, Sequence[str]]) -> str:
    head = ["sample_id", "cell_id", *(name for name, _ in columns)]
    rows = zip(*(texts for _, texts in columns), strict=True)
    lines = [",".join((f"S{i % 20}", f"c{i}", *row)) for i, row in enumerate(rows)]
    return "\n".join([",".join(head), *lines]) + "\n"


def test_a_labelled_cell_that_the_model_calls_failed_is_a_miss(report: Report) -> None:
    right = ("predicted_class", TRUE)  # it would flatter
    table = cells(right, ("true_class", TRUE), ("status", STATUS))
    found = report(p_csv=table, protocol_toml=CELLS)
    assert round(found.outcome("a")["observed"] * EACH) == EACH - WRONG_CELLS
    assert "marked-invalid · status: failed" in found.console


def test_a_cell_that_the_model_calls_failed_stays_in_the_account(report: Report) -> None:
    table = cells(("predicted_class", TRUE), ("status", STATUS))
    toml = PROTOCOL.replace("WBC", "NEUT%")
    shares = [
        100 * sum(TRUE[k] == "neutrophil" for k in range(i, EACH, 20)) / 20 for i in range(20)
    ]
    reference = "\n".join(["sample_id,NEUT%(%)", *(f"S{i},{s}" for i, s in enumerate(shares))])
    found = report(p_csv=table, r_csv=reference, protocol_toml=toml)
    called = found.results["scope"]["ledger"]["called"]
    assert {c["label"]: c["cells"] for c in called}["unclassified"] == WRONG_CELLS
    assert sum(c["cells"] for c in called) == EACH


def test_no_cell_leaves_a_recorded_table_by_a_column_of_its_own(tmp_path: Path) -> None:
    for status, refused in (("ok", False), ("failed", True)):
        path = write_parquet(tmp_path / "c.parquet", RECORDED, make_record(3))
        column = pa.array(["ok", "ok", status])
        pq.write_table(pq.read_table(path).append_column("status", column), path)
        found = read_inputs(Protocol("same-cells", inputs={"predictions": (path,)})).findings
        assert ("altered-label" in {f.rule for f in found}) is refused


def test_a_label_that_is_withdrawn_is_none(report: Report) -> None:
    toml = CELLS.replace('"p.csv"', '"p.csv"\nreference = "r.csv"')
    labels = cells(
        ("true_class", TRUE), ("deleted", ["1" if s == "failed" else "0" for s in STATUS])
    )
    found = report(p_csv=cells(("predicted_class", CALLED)), r_csv=labels, protocol_toml=toml)
    assert found.account("all", "cells")["left_out"] == {"unlabelled": WRONG_CELLS}
    assert f"{WRONG_CELLS} of {EACH} cells without a true class are left out" in found.console


@pytest.mark.parametrize("state", ["repeat", "cancelled"])
def test_a_value_that_replaces_one_called_invalid_supersedes_it(report: Report, state: str) -> None:
    """The reference's own values, 6 of 80, marked, and new ones near the model after them."""
    lines = table(WBC, "status", ["final"] * N).splitlines()
    for i in range(BAD):
        lines[i + 1] = lines[i + 1].replace("final", state)
        lines.append(f"{IDS[i]},{WRONG[i]},final")
    more = 'duplicates = "last"\n'
    found = report(p_csv=table(WRONG), r_csv="\n".join(lines) + "\n", protocol_toml=more + PROTOCOL)
    assert found.code == 3, found.console
    assert found.account("WBC")["superseded"] == BAD


@pytest.mark.representatives(3)
@pytest.mark.parametrize("form", ["{:.2f}?", "<{:.2f}", "{:.2f} repeat", "{:.2f}/{:.2f}"])
@pytest.mark.parametrize("side", ["r", "p"])
def test_a_value_that_replaces_one_that_is_no_number_supersedes_it(
    report: Report, form: str, side: str
) -> None:
    """Written so that nobody reads it, and then once more as it should be."""
    lines = table(WBC).splitlines()
    for i in range(BAD):
        name, value = lines[i + 1].split(",")
        lines[i + 1] = f"{name},{form.format(float(value) / 2, 1.0)}"
        lines.append(f"{name},{value}")
    again = "\n".join(lines) + "\n"
    tables = {"p_csv": table(GOOD), "r_csv": table(WBC)} | {f"{side}_csv": again}
    found = report(**tables, protocol_toml='duplicates = "last"\n' + PROTOCOL)
    if side == "p":  # of a model nothing is chosen among several rows
        assert found.code == 2
        return
    assert found.code == 3, found.console
    assert found.account("WBC")["superseded"] == BAD


@pytest.mark.representatives(2)
@pytest.mark.parametrize("word", ["", "----", "clotted", "n/a"])
def test_a_value_where_none_was_supersedes_nothing(report: Report, word: str) -> None:
    """A rerun of what gave no result, as laboratories do."""
    lines = table(WBC).splitlines()
    for i in range(BAD):
        name, value = lines[i + 1].split(",")
        lines[i + 1] = f"{name},{word}"
        lines.append(f"{name},{value}")
    found = report(p_csv=table(GOOD), r_csv="\n".join(lines) + "\n",
                   protocol_toml='duplicates = "last"\n' + PROTOCOL)  # fmt: skip
    assert found.code == 0, found.console
    assert found.account("WBC")["superseded"] == 0


def test_a_label_in_the_place_of_a_withdrawn_one_is_refused(report: Report) -> None:
    toml = CELLS.replace('"p.csv"', '"p.csv"\nreference = "r.csv"')
    head, *rows = cells(("true_class", CALLED), ("status", ["final"] * EACH)).splitlines()
    first = cells(("true_class", TRUE), ("status", ["rejected"] * EACH)).splitlines()[1:]
    again = "\n".join([head, *first[:WRONG_CELLS], *rows]) + "\n"
    found = report(p_csv=cells(("predicted_class", CALLED)), r_csv=again, protocol_toml=toml)
    assert found.code == 2
    assert f"{WRONG_CELLS} cells with a label that is called invalid, and another" in found.console
    same = "\n".join([head, *first[WRONG_CELLS:], *rows]) + "\n"  # the same label, said again
    assert report(p_csv=cells(("predicted_class", TRUE)), r_csv=same, protocol_toml=toml).code != 2
