"""A word that is questioned or denied is not that word: lymphocyte?, not lymphocyte; ≠yes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.conftest import Report
from wbcval.door.importers.marking import is_valid
from wbcval.door.importers.names import meaning
from wbcval.values._spellings import SPELLINGS
from wbcval.values.classes import canonical, doubtful

DOUBTS = ("{}?", "{} (?)", "?{}", "!{}", "≠{}", "¬{}", "~{}", "-{}", "−{}", "({})", "{}*", "{}±",
          "{}？", "{}!")  # fmt: skip
STRUCK = "\N{COMBINING LONG STROKE OVERLAY}"


@pytest.mark.parametrize("form", DOUBTS)
def test_no_class_is_read_of_a_label_that_doubts_it(form: str) -> None:
    assert canonical(form.format("lymphocyte")) is None
    assert canonical("".join(letter + STRUCK for letter in "lymphocyte")) is None


def test_no_name_of_a_class_is_doubtful() -> None:
    for line in SPELLINGS.values():
        assert not [word for word in line.split() if doubtful(word)]


@given(st.sampled_from(["lymphocyte", "EO", "Seg. neutrophils"]), st.characters())
def test_a_sign_makes_no_other_class_of_a_label(label: str, sign: str) -> None:
    for said in (label + sign, sign + label):
        assert canonical(said) in (None, canonical(label)) or sign.isalnum()


@pytest.mark.parametrize("form", [form for form in DOUBTS if form != "{} (?)"])  # a unit: refused
@pytest.mark.parametrize("name", ["WBC", "NEUT%"])
def test_no_measurand_is_read_of_such_a_header(form: str, name: str) -> None:
    assert meaning(form.format(name)).kind != "measurand"


@pytest.mark.parametrize("kind", ["status", "valid"])
@pytest.mark.parametrize("form", DOUBTS)
def test_no_row_is_valid_by_such_a_word(kind: str, form: str) -> None:
    word = {"status": "final", "valid": "yes"}[kind]
    assert is_valid(kind, word, letters=False) is True
    assert is_valid(kind, form.format(word), letters=False) is not True


def test_a_tick_and_a_dash_are_what_they_were_and_a_question_is_none() -> None:
    assert is_valid("valid", "✓", letters=False) is True
    assert is_valid("exclusion_reason", "—", letters=False) is True
    assert is_valid("exclusion_reason", "?", letters=False) is None
    assert is_valid("status", "failed!", letters=False) is False


def test_missed_cells_are_no_hits_for_a_question_mark(report: Report) -> None:
    """A third of the monocytes missed, each of them labelled ``lymphocyte?`` by the expert."""
    rows = []
    for i in range(40):
        for k in range(60):
            truth = ("neutrophil", "lymphocyte", "monocyte")[k % 3]
            missed = truth == "monocyte" and k % 9 == 2
            rows.append(f"S{i:02d},{k},{'lymphocyte?' if missed else truth},"
                        f"{'lymphocyte' if missed else truth}")  # fmt: skip
    cells = "\n".join(["sample_id,cell_id,true_class,predicted_class", *rows, ""])

    found = report("--predictions", "p.csv", "--mode", "same-cells", p_csv=cells)

    assert found.code == 2
    assert "lymphocyte?" in found.console


@pytest.mark.parametrize(("column", "word"), [
    ("species", "dog"), ("sample_type", "QC"), ("specimen_type", "body fluid"),
])  # fmt: skip
def test_cells_of_no_patient_are_told(column: str, word: str, report: Report) -> None:
    rows = [f"S{i:02d},{k},{c},{c},{word}" for i in range(40)
            for k, c in enumerate(("neutrophil",) * 12 + ("lymphocyte",) * 8)]  # fmt: skip
    cells = "\n".join([f"sample_id,cell_id,true_class,predicted_class,{column}", *rows, ""])

    found = report("--predictions", "p.csv", "--mode", "same-cells", p_csv=cells)

    assert found.code != 0
    assert column in found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize("mark", ["✓", "●", "yes", "+"])
def test_a_tick_says_that_a_person_edited_the_call(mark: str, report: Report) -> None:
    rows = [f"S{i:02d},{k},{c},{c},{mark if i % 2 else ''}" for i in range(40)
            for k, c in enumerate(("neutrophil",) * 12 + ("lymphocyte",) * 8)]  # fmt: skip
    cells = "\n".join(["sample_id,cell_id,true_class,predicted_class,edited", *rows, ""])

    found = report("--predictions", "p.csv", "--mode", "same-cells", p_csv=cells)

    assert found.code != 0
    assert "400 of 800" in found.console
