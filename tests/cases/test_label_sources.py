"""A column that says a model gave the labels, or the reference: that is no truth (§18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.cases import edits
from tests.cases.conftest import Judged
from tests.cases.test_ledger import ACCEPT
from tests.cases.test_states import GOOD as VALUES
from tests.cases.test_states import IDS, PROTOCOL, WBC, table

Report = Callable[..., Judged]
N, CELLS = 24, 50
CALLED = 0.95 * np.eye(5) + 0.01
ASKED = (
    'mode = "same-cells"\n[inputs]\npredictions = "p.csv"\n{}[[criterion]]\nid = "a"\n'
    'measure = "classification"\nsubject = "all"\nstatistic = "accuracy"\nmin = 0.9\n'
)
LABELS = ASKED.format('reference = "r.csv"\n')


def drawn(column: str, word: str, share: float, rest: str = "expert") -> edits.Given:
    """Of the samples so many have labels that were taken from the model."""
    given = edits.same_cells(np.random.default_rng(1), called=CALLED, samples=N, cells=CELLS)
    own = np.repeat(np.arange(N) < share * N, CELLS)
    truth = given.r["true_class"].where(~own, given.p["predicted_class"])
    labels = given.r.assign(true_class=truth, **{column: np.where(own, word, rest)})
    return replace(given, r=labels)


def judged(report: Report, given: edits.Given, *, one: bool = False, more: str = "") -> Judged:
    if one:
        both = given.p.merge(given.r, on=edits.KEY)
        return report(p_csv=both.to_csv(index=False), protocol_toml=ASKED.format("") + more)
    return report(p_csv=given.p.to_csv(index=False), r_csv=given.r.to_csv(index=False),
                  protocol_toml=LABELS + more)  # fmt: skip


@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("label_source", "model"),
        ("Annotator", "AI"),
        ("labelled_by", "auto"),
        ("annotation type", "pre-label"),
        ("Label Source", "LeukoNet prediction"),
        ("label_method", "pseudo-label"),
        ("truth source", "automatisch"),
        ("label_source", "AI model v2.1"),
        ("label_source", "by the network"),
        ("label_source", "AI, not reviewed"),
        ("label_source", "model prediction, to be checked"),
        ("label_source", "AI prelabel accepted by default, reader absent"),
        ("label_source", "unchecked AI"),
    ],
)
def test_labels_that_a_model_gave_prove_nothing(
    column: str, word: str, one: bool, report: Report
) -> None:
    found = judged(report, drawn(column, word, 0.3), one=one)
    assert found.code == 3, found.console
    assert "a model or a program gave them" in found.outcome("a")["message"]
    assert f"{column} = {word[:20]}" in found.console
    assert judged(
        report, drawn(column, word, 0.3), one=one, more=ACCEPT.format("labels_of_model", "all")
    ).code == 0  # fmt: skip


def test_few_of_them_are_told(report: Report) -> None:
    found = judged(report, drawn("label_source", "model", 0.04))
    assert found.code == 0
    assert "50 labels or reference values are right though a column calls them" in found.console


@pytest.mark.parametrize(
    ("column", "word", "rest"),
    [
        ("label_source", "expert", "reader 2"),
        ("annotator", "A", "B"),
        ("label_source", "model, corrected by expert", "expert"),
        ("label_source", "AI-assisted, verified", "expert"),
        ("labelled_by", "Aida", "Automne"),
        ("comment", "model", ""),
        ("labelled_by", "Dr. Ai Tanaka", "Dr. Ken Mori"),
        ("labelled_by", "Ki Park", "S. Lee"),
        ("annotator", "J. Net", "P. Auto"),
        ("label_source", "blinded to AI", "blinded to model"),
        ("label_source", "without model", "model not seen"),
        ("label_source", "Model Hospital", "outpatient network"),
        ("label_source", "Machine Street Laboratory", "hematology network"),
    ],
)
def test_people_are_no_model(column: str, word: str, rest: str, report: Report) -> None:
    given = edits.same_cells(np.random.default_rng(1), called=CALLED, samples=N, cells=CELLS)
    who = np.where(np.arange(len(given.r)) % 2, word, rest)
    found = judged(report, replace(given, r=given.r.assign(**{column: who})))
    assert found.code == 0, found.console
    assert "calls them a model" not in found.console


@pytest.mark.parametrize(("word", "rest"), [("ML", "JK"), ("IA", "B.C."), ("KI", "PS")])
def test_initials_are_told_and_do_not_block(word: str, rest: str, report: Report) -> None:
    found = judged(report, drawn("annotator", word, 0.3, rest))
    assert found.code == 0, found.console
    said = f"annotator = {word} read as a person's initials"
    assert any(said in line for line in found.results["scope"]["declared"])


def test_a_blank_label_is_no_label_of_a_model(report: Report) -> None:
    """What is said beside cells that have none, as tools for annotation do."""
    given = edits.same_cells(np.random.default_rng(1), called=CALLED, samples=N, cells=CELLS)
    blank = np.arange(len(given.r)) % 25 == 0
    labels = given.r.assign(
        true_class=given.r["true_class"].mask(blank, ""),
        label_source=np.where(blank, "model", "expert"),
    )
    found = judged(report, replace(given, r=labels))
    assert "calls them a model" not in found.console


@pytest.mark.parametrize(
    ("column", "word", "code"),
    [
        ("method", "AI", 3),
        ("source", "model", 3),
        ("method", "automated", 0),
        ("method", "", 0),
        ("origin", "ML (Mali)", 0),
        ("source", "outpatient network", 0),
        ("method", "XN IA-free", 0),
    ],
)
def test_a_reference_of_a_model_is_none(column: str, word: str, code: int, report: Report) -> None:
    """An analyzer counts automatically, and is a reference."""
    words = [word if i < 6 else "manual" for i in range(len(IDS))]
    found = report(p_csv=table(VALUES), r_csv=table(WBC, column, words), protocol_toml=PROTOCOL)
    assert found.code == code, found.console
