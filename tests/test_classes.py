"""The vocabulary: every spelling names one class, and the roll-ups say what they should."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from wbcval.values import classes
from wbcval.values._spellings import SPELLINGS

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
    for name, line in SPELLINGS.items():
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


FIVE_WORDS = {
    "es": "Neutrófilo Linfocito Monocito Eosinófilo Basófilo",
    "es, several": "Neutrófilos Linfocitos Monocitos Eosinófilos Basófilos",
    "pt": "Neutrófilo Linfócito Monócito Eosinófilo Basófilo",
    "it": "Neutrofilo Linfocito Monocita Eosinofilo Basofilo",
    "it, several": "Neutrofili Linfociti Monociti Eosinofili Basofili",
    "fr": "Polynucléaire_neutrophile Lymphocyte Monocyte Polynucléaire_éosinophile "
    "Polynucléaire_basophile",
    "de": "Neutrophiler Lymphozyt Monozyt Eosinophiler Basophiler",
    "pl": "Neutrofil Limfocyt Monocyt Eozynofil Bazofil",
    "pl, of granules": "Obojętnochłonne Limfocyty Monocyty Kwasochłonne Zasadochłonne",
    "ru": "Нейтрофил Лимфоцит Моноцит Эозинофил Базофил",
    "ru, several": "Нейтрофилы Лимфоциты Моноциты Эозинофилы Базофилы",
    "zh": "中性粒细胞 淋巴细胞 单核细胞 嗜酸性粒细胞 嗜碱性粒细胞",
    "zh, long": "嗜中性粒细胞 淋巴细胞 单核细胞 嗜酸粒细胞 嗜碱粒细胞",
    "ja": "好中球 リンパ球 単球 好酸球 好塩基球",
}


@pytest.mark.parametrize("language", FIVE_WORDS)
def test_the_five_in_other_languages(language: str) -> None:
    found = [classes.canonical(word) for word in FIVE_WORDS[language].split()]

    assert found == list(classes.FIVE)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Lymphocyte (typical)", "lymphocyte"),
        ("Lymphocyte (atypical)", "variant lymphocyte"),
        ("Lymphocyte (variant form)", "variant lymphocyte"),
        ("Neutrophil (band)", "band neutrophil"),
        ("Neutrophil (segmented)", "segmented neutrophil"),
        ("Erythroblast (NRBC)", "nrbc"),
        ("Blast cell", "blast"),
        ("Smudge cell", "smudge"),
        ("Giant thrombocyte", "platelet"),
        ("Prolymphocyte", "prolymphocyte"),
        ("PLY", "prolymphocyte"),
        ("PC", "plasma cell"),
        ("分叶核", "segmented neutrophil"),
        ("桿状核球", "band neutrophil"),
        ("Палочкоядерные нейтрофилы", "band neutrophil"),
        ("cayados", "band neutrophil"),
        ("Segmentado", "segmented neutrophil"),
        ("bastonetes", "band neutrophil"),
    ],
)
def test_names_of_readers_and_laboratories(label: str, name: str) -> None:
    assert classes.canonical(label) == name


@pytest.mark.parametrize(
    "label",
    [
        *("granulocyte", "Granulozyten", "GRAN", "MID", "MXD", "polynucléaire", "mononuclear"),
        *("N", "L", "M", "E", "B", "leukocyte", "T cell", "B cell", "reticulocyte", "eosin"),
    ],
)
def test_a_word_of_two_meanings_names_no_class(label: str) -> None:
    assert classes.canonical(label) is None


@pytest.mark.parametrize("rollup", ["manual5", "xn5"])
def test_a_prolymphocyte_is_counted_and_is_no_lymphocyte(rollup: str) -> None:
    assert classes.group_of("prolymphocyte", rollup) == classes.OTHER
