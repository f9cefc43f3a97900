"""What column names mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.door.importers import names
from wbcval.door.importers.names import Meaning


@pytest.mark.parametrize(
    ("text", "subject", "unit"),
    [
        ("WBC(10/uL)", "WBC", "10/uL"),
        ("GB(10/uL)", "WBC", "10/uL"),  # French builds
        ("WBC 10^9/l", "WBC", "10^9/l"),
        ("WBC [10^9/L]", "WBC", "10^9/L"),
        ("White blood cells 10^9/L", "WBC", "10^9/L"),
        ("NEUT%(10^(-1)%)", "NEUT%", "10^(-1)%"),
        ("LYM% %", "LYMPH%", "%"),
        ("LYM 10^9/l", "LYMPH#", "10^9/l"),
        ("NEUT(%)", "NEUT%", "%"),
        ("NEUT#()", "NEUT#", ""),
        ("neut_pct", "NEUT%", ""),
        ("Neutrophils abs", "NEUT#", ""),
        ("ANC", "NEUT#", ""),
        ("Absolute Neutrophil Count", "NEUT#", ""),
        ("abs_neuts", "NEUT#", ""),
        ("Lymphocytes, relative", "LYMPH%", ""),
        ("Neutrophils/100 leukocytes", "NEUT%", ""),
        ("White Blood Cells", "WBC", ""),
        ("White blood cell count", "WBC", ""),
        ("淋巴细胞百分比", "LYMPH%", ""),
        ("中性粒细胞绝对值(10^9/L)", "NEUT#", "10^9/L"),
        ("EO#(10^9/L)", "EO#", "10^9/L"),
    ],
)
def test_measurands(text: str, subject: str, unit: str) -> None:
    assert names.meaning(text) == Meaning("measurand", subject, unit)


@pytest.mark.parametrize(
    "text",
    [
        "[NEUT#&(10^3/uL)]",
        "[EO#]",
        "NEUT#&(10/uL%)",
        "WBC-D(10/uL)",
        "WBC-C(10/uL)",
        "[BA-N%(%)]",
        "NRBC#(10^3/uL)",
        "N",
        "GRAN%",
        "MID#",
        "Granulocytes %",
        "Neutrophils Percent Absolute",
        "Reticulocyte count",
        "MXD#()",
        "GRA 10^9/l",
        "P_LCR(%)",
        "P-LCR(10^(-1)%)",
        "Positive(Diff.)",
        "WBC Abnormal",
        "IP ABN(WBC)Neutropenia",
        "Q-Flag(Blasts?)",
        "",
        "(Reserved)",
        "RBC(10^6/uL)",
        "HGB(g/dL)",
        "[HFLC#(10^3/uL)]",
    ],
)
def test_other_columns_mean_nothing_here(text: str) -> None:
    assert names.meaning(text).kind == ""


@pytest.mark.parametrize(
    ("text", "kind", "subject"),
    [
        ("Sample No.", "sample_id", ""),
        ("Sample ID No", "sample_id", ""),
        ("image_path", "image", ""),
        ("Predicted Label", "predicted_class", ""),
        ("true_label", "true_class", ""),
        ("plane", "plane", ""),
        ("NEU", "class", "neutrophil"),
        ("Neutrophil count", "class", "neutrophil"),  # of a volume, or of cells seen
        ("Bands", "part", "band neutrophil"),
        ("Bands %", "part", "band neutrophil%"),
        ("Neutrophil (band) %", "part", "band neutrophil%"),
        ("IG%(%)", "part", "immature granulocyte%"),
        ("OTHER%(10^(-1)%)", "part", "other%"),
        ("Other (10^9/L)", "part", "other#"),
        ("Other", "", ""),  # of what?
        ("%N", "letter", "NEUT%"),
        ("B#", "letter", "BASO#"),
        ("NEUT#/M", "mark", "NEUT#"),
        ("WBC flag", "mark", "WBC"),
        ("prob_neutrophil", "probability", "neutrophil"),
        ("p_EO", "probability", "EO"),
        ("probability_3", "probability", "3"),
        ("Patient Name", "personal", ""),
    ],
)
def test_fields(text: str, kind: str, subject: str) -> None:
    said = names.meaning(text)

    assert (said.kind, said.subject) == (kind, subject)


def test_no_header_of_an_xn_is_mistaken(shared: Path) -> None:
    # only the bracket line [values, conventional] may yield measurands
    text = (shared / "lab" / "xn_headers.txt").read_text(encoding="utf-8")
    research = next(line for line in text.splitlines() if line.startswith(" [TNC"))

    for word in research.split():
        assert names.meaning(word).kind not in ("measurand", "class"), word


def test_a_header_needs_more_than_two_class_names() -> None:
    assert names.is_header(["sample_id", "NEU"], frozenset())
    assert names.is_header(["Probe", "WBC"], frozenset({"Probe"}))
    assert not names.is_header(["S1", "neutrophil", "monocyte"], frozenset())
    assert not names.is_header(["Monthly report", ""], frozenset())
    assert not names.is_header(["S1", "train", "valid"], frozenset())


@given(st.text(max_size=30))
def test_any_text_means_something_or_nothing(text: str) -> None:
    assert isinstance(names.meaning(text), Meaning)
