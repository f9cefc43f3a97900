"""What a verdict takes for granted, and which bounds are looser than by default: it says both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cases import edits
from tests.cases.edits import asked, verdict
from wbcval.judge import assumed, looser
from wbcval.judge.outcomes import Decision
from wbcval.judge.scope import JudgedSubject, Scope
from wbcval.protocol.types import Criterion, Gate, Margin, Protocol
from wbcval.stats.statistic_name import StatisticName
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study

GOOD = 0.97 * np.eye(5) + 0.006


def staged(folder: Path, stage: str, odds: Callable[[int], str], more: str = "") -> Study:
    """100 cells of 25 samples, neutrophils and lymphocytes by turns, with their probabilities."""
    rows = ["sample_id,cell_id,true_class,predicted_class,stage,prob_neutrophil,prob_lymphocyte"]
    rows[0] += more
    for i in range(100):
        name = ("neutrophil", "lymphocyte")[i % 2]
        rows.append(f"S{i % 25},{i},{name},{name},{stage},{odds(i)}")
    (folder / "p.csv").write_text("\n".join(rows), encoding="utf-8")
    inputs = {"predictions": (folder / "p.csv",)}
    return build(read_inputs(Protocol("same-cells", inputs=inputs)))


def test_a_doubt_does_not_vanish_with_its_column(tmp_path: Path) -> None:
    """Nine patients, and then nobody knows; a copy, and then nobody knows of how many cells."""
    few = edits.counts(np.random.default_rng(1), called=np.eye(5), patients=9)
    copy = edits.counts(np.random.default_rng(1), called=np.eye(5), noise=0.3)
    for given, column, said in (
        (replace(few, s=few.s.drop(columns="patient_id")), "patient_id", "another patient"),
        (
            replace(few, s=few.s.assign(patient_id=few.s["patient_id"].mask(few.s.index > 0))),
            "patient_id",
            "39 samples are each of another patient",
        ),
        (replace(copy, p=copy.p.drop(columns="n_cells")), "n_cells", "two counts, and no copy, of"),
        (replace(copy, mode="same-slide"), "same-slide", "the same cells counted on both sides"),
    ):
        found = verdict(given, tmp_path)
        assert found.decision is Decision.ACCEPTED
        (line,) = found.scope.assumed
        assert said in line
        assert f"({column})" in line or f"(no {column})" in line
        assert f"Taken for granted: {line}." in found.covers


def test_nothing_is_taken_for_granted_where_the_columns_are() -> None:
    given = edits.counts(np.random.default_rng(1), called=np.eye(5))
    half = given.p.assign(n_cells=given.p["n_cells"].where(given.p.index % 2 == 0))
    asked_for = [Criterion("c", "error", "NEUT%", "share_within:10", min=0.95)]

    assert assumed.lines(edits.studied(given), asked_for) == ()
    (line,) = assumed.lines(edits.studied(replace(given, p=half)), asked_for)
    assert line == "two counts, and no copy, of NEUT% (no n_cells)"


def test_labels_that_a_stage_is_said_to_have_decided_are_told(tmp_path: Path) -> None:
    """Leukocytes that artefact is more likely of, as the stage before them decided otherwise."""

    def odds(i: int) -> str:
        return ("0.3,0.25,0.45", "0.25,0.3,0.45")[i % 2] if i < 8 else ("1,0,0", "0,1,0")[i % 2]

    study = staged(tmp_path, "differentiation", odds, ",prob_artefact")

    found = [line for line in assumed.lines(study, ()) if "stage" in line]

    said = "are what a stage decided, not the most probable class (no record)"
    assert found == [f"8 of 100 labels (8 %) {said}"]


def test_who_is_precise_may_miss_most_and_it_is_told(tmp_path: Path) -> None:
    called = GOOD.copy()
    called[2] = [0.4, 0.4, 0.2, 0, 0]
    given = edits.same_cells(np.random.default_rng(2), called=called)
    precise = [asked("classification", name, "ppv", min=0.5) for name in edits.FIVE]
    found = verdict(replace(given, criteria=precise), tmp_path)

    assert found.decision is Decision.ACCEPTED
    assert "monocyte" in found.scope.what
    missed = [u for u in found.scope.not_judged if u.statistic == "sensitivity"]
    assert missed[0].subject == "monocyte"
    assert missed[0].value is not None
    assert missed[0].value < 0.35
    assert "true cells found" in found.covers


WBC, NEUT, EO, ALL = "WBC", "NEUT%", "EO%", "all"


@pytest.mark.representatives(4)
@pytest.mark.parametrize(
    ("measure", "subject", "statistic", "bounds", "said"),
    [
        ("error", WBC, "share_within:10", {"min": 0.95}, ""),
        ("error", WBC, "share_within:10", {"min": 0.9}, "WBC within 10 % in 90 % of the samples"),
        ("error", NEUT, "share_within:15", {"min": 0.95}, "NEUT% within 15 % in 95 % of the"),
        ("error", EO, "share_within:10", {"min": 0.95, "or_within": 0.5}, "10 % or 0.5 points in"),
        ("error", EO, "share_within:10:or_noise", {"min": 0.95}, ""),
        ("error", WBC, "covering_error:0.95", {"max": 12.0}, "WBC within 12 % in 95 % of the"),
        ("error", WBC, "covering_error:0.9", {"max": 10.0}, "WBC within 10 % in 90 % of the"),
        ("error", WBC, "n_outside:10", {"max": 2.0}, ""),
        ("error", WBC, "n_outside:10", {"max": 3.0}, "3 of 40 samples of WBC beyond 10 %"),
        ("error", WBC, "median", {"min": -15.0, "max": 15.0}, "median error of WBC up to 15 %"),
        ("bland_altman", NEUT, "bias", {"min": -2.0, "max": 2.0}, ""),
        ("bland_altman", NEUT, "bias", {"min": -5.0, "max": 2.0}, "bias of NEUT% up to 5 points"),
        ("bland_altman", EO, "bias", {"min": -3.0, "max": 3.0}, "bias of EO% up to 3 points"),
        ("bland_altman_percent", WBC, "bias", {"min": -11.0, "max": 11.0}, "bias of WBC up to 11"),
        ("classification", ALL, "accuracy", {"min": 0.9}, ""),
        ("classification", ALL, "accuracy", {"min": 0.85}, "accuracy from 85 %"),
        ("classification", "monocyte", "sensitivity", {"min": 0.8}, ""),
        ("classification", "monocyte", "sensitivity", {"min": 0.5}, "sensitivity of monocyte from"),
    ],
)  # fmt: skip
def test_bounds_that_are_wider_than_by_default_are_named(
    measure: str, subject: str, statistic: str, bounds: dict[str, float], said: str
) -> None:
    """NEUT% is 36 % of the cells in the mean, EO% 13 %; of 40 samples 2 may lie outside."""
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    asked_for = Criterion("c", measure, subject, statistic, **bounds)  # type: ignore[arg-type]

    found = looser.lines(study, [asked_for])

    assert len(found) == bool(said)
    assert said in "".join(found)
    assert looser.lines(study, [replace(asked_for, optional=True)]) == ()
    unsure = replace(asked_for, rule="demonstrated", confidence=0.9)
    assert looser.lines(study, [unsure])[-1].endswith("at 90 % confidence")


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (30, ("bias of MONO% up to 30 % of the mean reference or counting noise",)),
        (10, ()),
        (5, ()),
    ],
)
def test_a_bias_that_brings_its_bound_is_held_against_the_default_one(
    percent: float, said: tuple[str, ...]
) -> None:
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    c = Criterion("c", "bland_altman", "MONO%", StatisticName.of("bias", percent, "or_noise"))
    assert looser.lines(study, [c]) == said


def test_a_bias_to_one_side_is_as_wide_as_that_side() -> None:
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    c = Criterion("c", "bland_altman", WBC, "bias", min=0.0, max=5.0)
    assert looser.lines(study, [c]) == ("bias of WBC up to 5 ×10⁹/L",)


@pytest.mark.parametrize(
    ("measure", "statistic", "bounds", "everywhere", "in_ward"),
    [
        ("error", "n_outside:10", {"max": 2.0}, "", "2 of 10 samples of WBC beyond 10 % in ward=b"),
        ("bland_altman", "bias", {"min": -0.5, "max": 0.5}, "",
         "bias of WBC up to 0.5 ×10⁹/L in ward=b"),
        ("bland_altman", "bias", {"min": -0.1, "max": 0.1}, "", ""),
    ],
)  # fmt: skip
def test_a_bound_in_a_stratum_is_wide_by_the_samples_of_the_stratum(
    measure: str, statistic: str, bounds: dict[str, float], everywhere: str, in_ward: str
) -> None:
    """Ten of forty samples are leukopenic, about 1: the mean of all is 9, and 2 of 40 are few."""
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    ward = np.arange(len(study.sample_ids)) < 10
    wbc = study.values[WBC]
    low = replace(wbc, reference=np.where(ward, 1.0, wbc.reference))
    study = replace(study, values={WBC: low}, strata={**study.strata, "ward=b": ward})
    asked_for = Criterion("c", measure, WBC, statistic, **bounds)  # type: ignore[arg-type]

    assert "".join(looser.lines(study, [asked_for])) == everywhere
    assert "".join(looser.lines(study, [replace(asked_for, stratum="ward=b")])) == in_ward
    assert looser.lines(study, [replace(asked_for, stratum="ward=none")]) == ()


def test_a_subject_that_no_side_has_is_no_crash() -> None:
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    for measure, statistic in (("error", "n_outside:10"), ("bland_altman", "bias")):
        c = Criterion("c", measure, "no such", statistic, min=-90.0, max=90.0)
        assert looser.lines(study, [c]) == ()


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("subject", "statistic", "most", "said"),
    [
        (WBC, "bias_at:4", 1.5, "bias of WBC at 4 ×10⁹/L up to 1.5 ×10⁹/L"),
        (WBC, "bias_at:11", 1.5, "bias of WBC at 11 ×10⁹/L up to 1.5 ×10⁹/L"),
        (WBC, "bias_at:11", 1.1, ""),
        ("MONO%", "bias_at:4", 3.0, "bias of MONO% at 4 % up to 3 points"),
        ("MONO%", "bias_at:4", 0.5, ""),
        ("no such", "bias_at:4", 9.0, ""),
    ],
)
@pytest.mark.parametrize("measure", ["deming", "passing_bablok"])
def test_a_bias_at_a_level_is_held_against_the_default_one_at_that_level(
    measure: str, subject: str, statistic: str, most: float, said: str
) -> None:
    """The mean of WBC is 9, so that 1.5 at 4 would look narrower than it is."""
    study = edits.studied(edits.counts(np.random.default_rng(4), called=np.eye(5)))
    for bounds in ({"min": -most, "max": most}, {"max": most}, {"min": -most}):
        c = Criterion("c", measure, subject, statistic, **bounds)  # type: ignore[arg-type]
        assert "".join(looser.lines(study, [c])) == said


def test_margins_that_are_wider_than_by_default_are_named() -> None:
    wide = Margin("classification", "monocyte", "sensitivity", 0.1)
    assert looser.margins(Gate()) == ()
    assert looser.margins(Gate(margin=0.05, margins=(wide,))) == (
        "each share may lose 5 points", "sensitivity of monocyte may lose 10 points",
    )  # fmt: skip
    assert looser.margins(Gate(margin=0.3, reason="agreed")) == ()  # declared with its reason


def test_the_scope_is_read_as_it_was_written() -> None:
    wbc = Criterion("w", "error", "WBC", "bias", max=1.0)
    scope = Scope((JudgedSubject.of(wbc),), looser=("WBC within 15 %",), assumed=("each sample …",))
    assert Scope.from_json(scope.to_json(), [wbc]) == scope


def test_predictive_values_are_told_with_their_mix(tmp_path: Path) -> None:
    """False basophils weigh less at a mix with more true ones."""
    called = GOOD.copy()
    called[0] = [0.87, 0.01, 0.005, 0.005, 0.11]
    rng = np.random.default_rng(2)
    given = edits.precisely(edits.same_cells(rng, called=called))
    mixed = edits.choose_a_mix(given, rng)

    found = verdict(mixed, tmp_path)

    assert verdict(given, tmp_path).decision is Decision.REJECTED
    assert found.decision is Decision.ACCEPTED
    assert found.scope.declared == (
        "PPV at a mix of 20 % neutrophil, 20 % lymphocyte, 20 % monocyte, 20 % eosinophil and "
        "20 % basophil",
    )


def test_labels_that_no_stage_explains_are_told_and_doubted(tmp_path: Path) -> None:
    sides = "0.6,0.4", "0.4,0.6"  # of a neutrophil, of a lymphocyte; of a mended one turned
    for mended, flags in ((4, ()), (8, ("labels_unexplained",))):
        study = staged(tmp_path, "x", lambda i, n=mended: sides[(i % 2) ^ (i < n)])

        found = [line for line in assumed.lines(study, ()) if "stage" in line]

        said = "are right, though not the most probable class, and no stage explains it"
        assert found == [f"{mended} of 100 labels ({mended} %) {said}"]
        assert tuple(f for f in study.flags if f == "labels_unexplained") == flags
