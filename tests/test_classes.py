"""The vocabulary: every spelling names one class, and the roll-ups say what they should."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from wbcval import classes

# canonical column of the vocabulary table -> our class
OURS = {
    "NEUTROPHIL": "neutrophil",
    "NEUT_SEG": "segmented neutrophil",
    "NEUT_BAND": "band neutrophil",
    "IG": "immature granulocyte",
    "METAMYELOCYTE": "metamyelocyte",
    "MYELOCYTE": "myelocyte",
    "PROMYELOCYTE": "promyelocyte",
    "BLAST": "blast",
    "EOSINOPHIL": "eosinophil",
    "BASOPHIL": "basophil",
    "LYMPHOCYTE": "lymphocyte",
    "LYMPH_VARIANT": "variant lymphocyte",
    "LYMPH_LGL": "large granular lymphocyte",
    "PLASMA_CELL": "plasma cell",
    "MONOCYTE": "monocyte",
    "NRBC": "nrbc",
    "SMUDGE": "smudge",
    "PLATELET": "platelet",
    "ARTEFACT": "artefact",
    "UNCLASSIFIED": "unclassified",
}
NOTES = ("(", "NOT", "HFLC")  # remarks among the aliases, and a research parameter


def test_every_known_spelling_names_its_class(shared: Path) -> None:
    text = (shared / "lab" / "class_vocabulary.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]

    for row in csv.DictReader(lines):
        if row["canonical"] not in OURS:
            continue
        for alias in row["aliases (case/sep-insensitive)"].split("|"):
            if not any(note in alias for note in NOTES):
                assert classes.canonical(alias) == OURS[row["canonical"]], alias


def test_no_spelling_names_two_classes() -> None:
    seen: dict[str, str] = {}
    for name, line in classes._ALIASES.items():
        for alias in line.split():
            assert seen.setdefault(classes._fold(alias), name) == name, alias


@pytest.mark.parametrize("name", [*classes.COUNTABLE, *classes.NOT_COUNTABLE])
def test_a_class_names_itself(name: str) -> None:
    assert classes.canonical(name) == name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Seg.-neutrophils", "segmented neutrophil"),
        ("éosinophiles", "eosinophil"),
        ("Lymphozyten", "lymphocyte"),
        ("  MONO ", "monocyte"),
        ("3", None),
        ("", None),
        ("erythroblast", "nrbc"),
        ("leukocyte", None),
    ],
)
def test_spellings(label: str, name: str | None) -> None:
    assert classes.canonical(label) == name


def test_xn5_counts_immature_granulocytes_as_neutrophils_and_manual5_does_not() -> None:
    # LAB.md §1.3: on a Sysmex XN, NEUT contains the immature granulocytes
    for name in ("metamyelocyte", "myelocyte", "promyelocyte", "immature granulocyte"):
        assert classes.group_of(name, "xn5") == "neutrophil"
        assert classes.group_of(name, "manual5") == classes.OTHER
    assert classes.group_of("blast", "xn5") == classes.OTHER
    assert classes.group_of("smudge", "xn5") == "smudge"
