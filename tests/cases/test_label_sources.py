"""A column that says a model gave the labels, or the reference: that is no truth (§18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.build.protocols import accept, called, protocol
from tests.cases import edits
from tests.cases.conftest import Judged, Report
from tests.cases.test_states import GOOD as VALUES
from tests.cases.test_states import IDS, PROTOCOL, WBC, table

N, CELLS = 24, 50
CALLED = 0.95 * np.eye(5) + 0.01
ASKED = protocol(called(), mode="same-cells")
LABELS = protocol(called(), mode="same-cells", reference="r.csv")


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
        return report(p_csv=both.to_csv(index=False), protocol_toml=ASKED + more)
    return report(p_csv=given.p.to_csv(index=False), r_csv=given.r.to_csv(index=False),
                  protocol_toml=LABELS + more)  # fmt: skip


@pytest.mark.representatives(4)
@pytest.mark.parametrize(
    ("column", "word", "one"),
    [
        ("label_source", "model", True),
        ("Annotator", "AI", False),
        ("labelled_by", "auto", True),
        ("annotation type", "pre-label", False),
        ("Label Source", "LeukoNet prediction", True),
        ("label_method", "pseudo-label", False),
        ("truth source", "automatisch", True),
        ("label_source", "AI model v2.1", False),
        ("label_source", "by the network", True),
        ("label_source", "AI, not reviewed", False),
        ("label_source", "model prediction, to be checked", True),
        ("label_source", "AI prelabel accepted by default, reader absent", False),
        ("label_source", "unchecked AI", True),
    ],
)
def test_labels_that_a_model_gave_prove_nothing(
    column: str, word: str, one: bool, report: Report
) -> None:
    found = judged(report, drawn(column, word, 0.3), one=one)
    assert found.code == 3, found.console
    assert "a model or a program gave them" in found.outcome("a")["message"]
    assert f"{column} = {word[:20]}" in found.console


@pytest.mark.parametrize("one", [True, False])
def test_a_protocol_may_accept_them(one: bool, report: Report) -> None:
    given = drawn("label_source", "model", 0.3)
    assert judged(report, given, one=one, more=accept("labels_of_model", "all")).code == 0


def test_few_of_them_are_told(report: Report) -> None:
    found = judged(report, drawn("label_source", "model", 0.04))
    assert found.code == 0
    assert "50 labels or reference values are right though a column calls them" in found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            "label_source",
            [
                "expert", "reader 2", "model, corrected by expert", "AI-assisted, verified",
                "blinded to AI", "blinded to model", "without model", "model not seen",
                "Model Hospital", "outpatient network", "Machine Street Laboratory",
                "hematology network",
            ],
        ),
        ("labelled_by", ["Aida", "Automne", "Dr. Ai Tanaka", "Dr. Ken Mori", "Ki Park", "S. Lee"]),
        ("annotator", ["A", "B", "J. Net", "P. Auto"]),
        ("comment", ["model", ""]),
    ],
)  # fmt: skip
def test_people_are_no_model(column: str, words: list[str], report: Report) -> None:
    """Each word stands at so many cells that, taken for a model, it would take the pass away."""
    given = edits.same_cells(np.random.default_rng(1), called=CALLED, samples=N, cells=CELLS)
    who = np.resize(words, len(given.r))
    found = judged(report, replace(given, r=given.r.assign(**{column: who})))
    assert found.code == 0, found.console
    assert "calls them" not in found.console


@pytest.mark.parametrize(("word", "rest"), [("ML", "JK"), ("IA", "B.C."), ("KI", "PS")])
def test_initials_are_told_and_do_not_block(word: str, rest: str, report: Report) -> None:
    found = judged(report, drawn("annotator", word, 0.3, rest))
    assert found.code == 0, found.console
    said = f"annotator = {word} read as a person's initials"
    assert any(said in line for line in found.results["scope"]["seen"])


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


@pytest.mark.representatives(2)
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
