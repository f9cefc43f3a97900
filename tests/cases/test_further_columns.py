"""Columns that no number is made of: what they say of the rows stands beside the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.build.protocols import accept
from tests.cases import edits
from tests.cases.conftest import Judged, Report
from tests.cases.test_label_sources import CALLED, LABELS
from tests.cases.test_states import GOOD, IDS, PROTOCOL, WBC, N, table

LISTED = PROTOCOL.replace("[inputs]\n", '[inputs]\nsamples = "s.csv"\n')
MODEL = '[model]\nname = "LeukoNet"\nversion = "2.0"\n'
TOLD = int(0.9 * N)


def cells(word: str, rest: str = "") -> list[str]:
    return [word if i < TOLD else rest for i in range(N)]


def counts(report: Report, column: str, held: Sequence[str]) -> Judged:
    return report(p_csv=table(GOOD, column, held), r_csv=table(WBC), protocol_toml=PROTOCOL)


def reference(report: Report, column: str, held: Sequence[str], more: str = "") -> Judged:
    toml = PROTOCOL.replace("[inputs]", more + "[inputs]")
    return report(p_csv=table(GOOD), r_csv=table(WBC, column, held), protocol_toml=toml)


def samples(report: Report, column: str, held: Sequence[str]) -> Judged:
    rows = [f"sample_id,patient_id,{column}"]
    rows += [f"{i},P{i},{word}" for i, word in zip(IDS, held, strict=True)]
    return report(p_csv=table(GOOD), r_csv=table(WBC), s_csv="\n".join([*rows, ""]),
                  protocol_toml=LISTED)  # fmt: skip


def declared(found: Judged, code: int = 0) -> str:
    assert found.code == code, found.console
    return "; ".join(found.results["scope"]["seen"])


def assumed(found: Judged) -> str:
    assert found.code == 0, found.console
    return "; ".join(found.results["scope"]["assumed"])


@pytest.mark.representatives(5)
@pytest.mark.parametrize(
    ("column", "word", "rest", "said"),
    [
        ("edited", "yes", "no", "edited = yes"),
        ("status", "corrected", "final", "status = corrected"),
        ("corrected_by", "Dr. Ann Muster", "", "corrected_by filled"),
        ("verified by", "AM", "", "verified by filled"),
        ("counted_by", "technologist", "", "counted_by = technologist"),
        ("method", "manual", "model", "method = manual"),
        ("mode", "post-classification", "pre", ""),
        ("source", "Technologist (edited)", "", "source = technologist"),
        ("augmented", "1", "0", "augmented = yes"),
        ("augmented", "1.0", "0.0", "augmented = yes"),
        ("source", "GAN", "scan", "source = gan"),
        ("method", "manual smear", "AI 2.0", "method = manual"),
        ("mode", "manual differential", "auto", "mode = manual"),
        ("method", "Manual (reclassified)", "", "method = manual"),
        ("edited", "2026-05-01 10:00", "", "edited filled"),
        ("changed_by", "AM", "", "changed_by filled"),
        ("corrected_by", "system", "", "corrected_by filled"),
        ("modified_by", "2026-05-01 Dr. Muster", "", "modified_by filled"),
        ("status", "from LIS", "final", "status = lis"),
        ("status", "imputed", "final", "status = imputed"),
        ("status", "Analyzer", "", "status = analyzer"),
        ("parent_image", "a.png", "", "parent_image filled"),
    ],
)
def test_predictions_that_are_not_the_models_own_are_told(
    column: str, word: str, rest: str, said: str, report: Report
) -> None:
    found = counts(report, column, cells(word, rest))
    hint = said in ("verified by filled", "parent_image filled")  # who looked changed nothing
    flag = "that a person changed" if column[0] in "escm" and word != "GAN" else "synthetic"
    flag = "synthetic" if column.startswith("augmented") or word == "GAN" else flag
    assert (flag in found.console) is not hint
    told = declared(found, 0 if hint else 3)
    if said:
        assert f"{said} in {TOLD} of {N} rows of p.csv" in told
        assert said in found.console
    assert "Muster" not in found.console


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("column", "word", "rest", "said"),
    [
        ("mode", "manual", "auto", "mode = manual"),
        ("mode", "Manual", "Manual", "mode = manual"),
        ("method", "manual smear", "automatic smear", "method = manual"),
        ("modified", "2026-05-01T10:00", "", "modified = a time"),
        ("modified", "01.05.2026 10:00:13", "", "modified = a time"),
        ("modified", "1 May 2026 10:00 PM", "", "modified = a time"),
        ("edited_by", "LIMS", "", "edited_by = lims"),
        ("changed_by", "system", "system", "changed_by = system"),
        ("source", "LIS", "image", ""),
        ("method", "analyzer", "", ""),
    ],
)
def test_how_a_tube_is_loaded_and_when_a_record_was_touched_is_no_edit(
    column: str, word: str, rest: str, said: str, report: Report
) -> None:
    found = counts(report, column, cells(word, rest))
    assert said in declared(found)
    assert "that a person changed" not in found.console


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("sample_type", "EQA material"),
        ("species", "canine"),
        ("material", "commercial control blood"),
        ("Specimen type", "CSF"),
        ("simulated", "yes"),
        ("duplicate_of", "S01"),
    ],
)
@pytest.mark.parametrize("of", [samples, reference])
def test_rows_that_are_no_patients_blood_are_told(
    column: str, word: str, of: Report, report: Report
) -> None:
    found = of(report, column, cells(word, ""))
    hint = column == "duplicate_of"
    told = declared(found, 0 if hint else 3)
    assert ("controls, synthetic, or other than human blood" in found.console) is not hint
    assert f"{column} " in told
    assert f"in {TOLD} of {N} rows of " in told


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "word", "rest"),
    [
        ("edited", "no", ""),
        ("status", "not corrected", "final"),
        ("source", "scanner", "camera"),
        ("sample_type", "EDTA blood", "patient"),
        ("species", "human", ""),
        ("augmentation", "none", ""),
    ],
)
def test_what_says_nothing_against_a_row_is_not_told_of_it(
    column: str, word: str, rest: str, report: Report
) -> None:
    assert " rows of p.csv" not in declared(counts(report, column, cells(word, rest)))


def test_labels_that_saw_the_prediction_are_told(report: Report) -> None:
    given = edits.same_cells(np.random.default_rng(1), called=CALLED)
    labels = given.r.assign(blinded="no", saw_prediction="yes")
    found = report(p_csv=given.p.to_csv(index=False), r_csv=labels.to_csv(index=False),
                   protocol_toml=LABELS)  # fmt: skip
    assert "blinded = no in 1200 of 1200 rows of r.csv" in declared(found)
    assert "saw_prediction = yes in 1200 of 1200 rows of r.csv" in declared(found)
    own = report(p_csv=given.p.assign(reclassified="yes").to_csv(index=False),
                 r_csv=given.r.to_csv(index=False), protocol_toml=LABELS)  # fmt: skip
    assert "reclassified = yes in 1200 of 1200 rows of p.csv" in declared(own, 3)


@pytest.mark.parametrize(("share", "code"), [(0.04, 0), (0.06, 3)])
def test_a_few_edited_results_are_told_and_more_take_the_pass_away(
    share: float, code: int, report: Report
) -> None:
    """Each of them may have been a miss, as each lost one."""
    given = edits.same_cells(np.random.default_rng(1), called=CALLED)
    own = np.where(np.arange(len(given.p)) < share * len(given.p), "corrected", "final")
    tables = {"p_csv": given.p.assign(status=own).to_csv(index=False),
              "r_csv": given.r.to_csv(index=False)}  # fmt: skip
    found = report(**tables, protocol_toml=LABELS)
    assert "status = corrected in" in declared(found, code)
    accepted = LABELS + accept("results_edited")
    assert report(**tables, protocol_toml=accepted).code == 0


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("word", "many", "code"),
    [("control", 0.55, 0), ("control", 0.8, 3), ("QC", 0.55, 3), ("QC", 0.45, 0)],
)
def test_most_samples_are_of_patients(word: str, many: float, code: int, report: Report) -> None:
    """Healthy controls may be more than the patients, where these are 20 by themselves."""
    held = [word if i < many * N else "patient" for i in range(N)]
    found = samples(report, "sample_type", held)
    assert f"sample_type = {word.lower()} in " in declared(found, code)


def test_patients_who_fail_beside_controls_that_pass_are_named(report: Report) -> None:
    """36 of 80 samples are controls; 8 of the 44 patients fail, and 72 of 80 pass."""
    control = np.arange(N) % 20 < 9
    model = GOOD.copy()
    model[np.flatnonzero(~control)[:8]] *= 1.4
    held = np.where(control, "QC", "patient").tolist()
    rows = ["sample_id,sample_type", *(f"{i},{of}" for i, of in zip(IDS, held, strict=True)), ""]
    toml = LISTED.replace("min = 0.95", "min = 0.9")
    found = report(p_csv=table(model), r_csv=table(WBC), s_csv="\n".join(rows),
                   protocol_toml=toml)  # fmt: skip
    said = "sample_type=patient, which strata do not list: WBC 36 of 44 samples pass"
    assert said in declared(found)


@pytest.mark.parametrize("of", [counts, reference, samples])
def test_columns_that_nobody_reads_are_named(of: Report, report: Report) -> None:
    assert "columns not read say nothing against it (anticoagulant)" in assumed(
        of(report, "anticoagulant", cells("citrate", "EDTA"))
    )
    eight = ",".join(f"odd{i}" for i in range(8))
    told = assumed(of(report, eight, cells(",".join("abcdefgh"), "," * 7)))
    assert "(odd0, odd1, odd2, odd3, odd4, odd5 and 2 more)" in told


@pytest.mark.parametrize(
    ("column", "held"),
    [("HGB", [f"{12 + i / 10:.1f}" for i in range(N)]), ("comment", [""] * N),
     ("patient_id", [f"P{i}" for i in range(N)])],
)  # fmt: skip
def test_other_measurements_and_empty_columns_are_not(
    column: str, held: Sequence[str], report: Report
) -> None:
    assert "columns not read" not in assumed(reference(report, column, held))


def test_who_a_sample_is_of_is_named_where_one_table_says_it_under_another_name(
    report: Report,
) -> None:
    assert "(donor)" in assumed(samples(report, "donor", [f"D{i % 3}" for i in range(N)]))


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("instrument", "LeukoNet 2.0"),
        ("Device", "leuko-net"),
        ("method", "AI (LeukoNet)"),
        ("analyzer", "LeukoNet v2"),
        ("counted_by", "LeukoNet"),
    ],
)
def test_a_reference_by_the_model_that_is_judged_is_none(
    column: str, word: str, report: Report
) -> None:
    found = reference(report, column, cells(word, "manual"), MODEL)
    assert found.code == 3, found.console
    assert "a model or a program gave them" in found.console
    one = [word, *["microscope"] * (N - 1)]
    few = reference(report, column, one, MODEL)
    assert few.code == 0
    assert "1 labels or reference values are right though" in few.console
    assert reference(report, column, cells(word), MODEL.replace("LeukoNet", "Hema")).code == 0


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "code"), [("AI_WBC", 3), ("leukonet wbc", 3), ("Main WBC", 0), ("wbc_models", 0)]
)
def test_a_column_that_is_named_after_the_model_is_no_reference(
    column: str, code: int, report: Report
) -> None:
    toml = PROTOCOL.replace("[inputs]", MODEL + "[inputs]")
    toml += f'[columns.reference]\nWBC = "{column}"\n[units.reference]\nWBC = "10^9/L"\n'
    right = table(WBC).replace("WBC(10^9/L)", column)
    assert report(p_csv=table(GOOD), r_csv=right, protocol_toml=toml).code == code


def test_labels_of_the_model_that_is_judged_are_none(report: Report) -> None:
    given = edits.same_cells(np.random.default_rng(1), called=CALLED)
    given = replace(given, r=given.r.assign(annotator="LeukoNet 2.0"))
    found = report(p_csv=given.p.to_csv(index=False), r_csv=given.r.to_csv(index=False),
                   protocol_toml=LABELS.replace("[inputs]", MODEL + "[inputs]"))  # fmt: skip
    assert found.code == 3, found.console


XN = "Nickname,Analyzer ID,Sample No.,Measurement Mode,WBC(10^3/uL),WBC/M"


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("column", "word", "n", "said"),
    [
        ("IP SUS(WBC)Blasts/Abn Lympho?", "1", TOLD, "Blasts/Abn Lympho?"),
        ("IP ABN(WBC)WBC Abn Scattergram", "1", N, "WBC Abn Scattergram"),
        ("Error(Func.)", "Error", 10, "Error(Func.)"),
        ("Judgment", "Error", N, "Judgment"),
        ("IP SUS(WBC)Left Shift?", "1", 4, ""),
        ("IP ABN(WBC)Neutrophilia", "1", N, ""),
        ("IP SUS(PLT)PLT Clumps?", "1", N, ""),
        ("IP SUS(WBC)Blasts?", "0", N, ""),
        ("Judgment", "Positive", N, ""),
    ],
)
def test_what_the_analyzer_itself_suspects_is_told(
    column: str, word: str, n: int, said: str, report: Report
) -> None:
    rows = [f"{XN},{column}"]
    rows += [f"XN-1,XN-10,{name},WB,{value},,{word if i < n else ''}"
             for i, (name, value) in enumerate(zip(IDS, WBC, strict=True))]  # fmt: skip
    found = report(p_csv=table(GOOD), r_csv="\n".join([*rows, ""]), protocol_toml=PROTOCOL)
    told = declared(found)
    assert ("flagged by the analyzer" in told) == bool(said)
    if said:
        assert f"{n} of {N} samples flagged by the analyzer in r.csv ({said})" in told
