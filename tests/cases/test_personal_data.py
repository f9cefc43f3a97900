"""No name and no birth date leaves a file (LAB.md §7)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.build.protocols import protocol, within
from wbcval.cli import main
from wbcval.door.tables import ReadOptions, read
from wbcval.values.quoting import quoted

# headers under which names, birth dates and addresses came, in eight languages
HEADERS = [
    "Name", "Surname", "Patient_Name", "pat_name", "DOB", "Birthday",
    "Nachname", "Vorname", "Geburtsdatum", "Geb.-Datum", "Anschrift",
    "Nom", "Prénom", "Date_de_naissance", "Médecin",
    "Apellidos", "Nombre", "Fecha_de_nacimiento",
    "Sobrenome", "Data_de_nascimento",
    "Cognome", "Data_di_nascita",
    "Nazwisko", "Data_urodzenia",
    "Фамилия", "Имя", "Дата_рождения",
    "姓名", "出生日期", "患者",
    "氏名", "生年月日",
]  # fmt: skip
NAMES = ["Quuxmann", "Xaveria", "Плюшкина", "Zorbelwitz"]
DATES = ["01.03.1941", "1942-04-05", "6/7/1943", "1944年8月9日"]
PLANTED = [*NAMES, *DATES, "1941-03", "1943-0", "1944年"]


def pairs(folder: Path, spoil: str = "") -> list[str]:
    """A reference and a model that agree; a cell of each may hold what somebody typed."""
    rows = [(f"S{i:02d}", f"{5 + i / 10:.2f}", f"{50 + i / 4:.1f}", "") for i in range(40)]
    for name in ("p.csv", "q.csv"):
        frame = pd.DataFrame(rows, columns=["sample_id", "WBC(10^9/L)", "NEUT%(%)", "WBC flag"])
        if spoil:
            frame.loc[3, "WBC(10^9/L)"] = spoil
            frame.loc[5, "NEUT%(%)"] = f"54.1 {spoil}"
            frame.loc[6, "WBC flag"] = spoil
        frame.to_csv(folder / name, index=False)
    return ["--predictions", str(folder / "p.csv"), "--reference", str(folder / "q.csv"),
            "--mode", "different-aliquot"]  # fmt: skip


def everything(folder: Path, captured: object) -> str:
    """Every file of a bundle, and what was printed."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()]
    return "\n".join([*texts, captured.out, captured.err])  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", ["report", "validate"])
def test_names_and_birth_dates_under_any_header(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.DataFrame({"sample_id": [f"S{i:02d}" for i in range(40)]})
    table["patient_id"] = [f"P{i % 4}" for i in range(40)]
    table["Site"] = ["A", "B"] * 20
    for n, header in enumerate(HEADERS):
        values = DATES if n % 2 and "om" not in header.casefold() else NAMES
        table[header] = [values[i % 4] for i in range(40)]
    table.to_csv(tmp_path / "s.csv", index=False)

    main([verb, *pairs(tmp_path), "--samples", str(tmp_path / "s.csv"),
          "--out", str(tmp_path / "out")])  # fmt: skip

    assert len(HEADERS) >= 30
    said = everything(tmp_path / "out", capsys.readouterr())
    assert [text for text in PLANTED if text in said] == []
    if verb == "report":
        strata = pd.read_csv(tmp_path / "out" / "strata.csv")
        assert list(strata) == ["sample_id", "patient", "Site".lower()]
    assert "extra-column" in said  # what was dropped is said


# the case: nine patients, and the table as it came
def test_the_table_as_it_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["sample_id,patient_id,Nachname,Geburtsdatum"] + [
        f"S{i:02d},P{i % 9},Testperson{i % 9},0{i % 9 + 1}.03.194{i % 9}" for i in range(40)
    ]
    (tmp_path / "s.csv").write_text("\n".join(lines), encoding="utf-8")

    code = main(["report", *pairs(tmp_path), "--samples", str(tmp_path / "s.csv"),
                 "--out", str(tmp_path / "out")])  # fmt: skip

    said = everything(tmp_path / "out", capsys.readouterr())
    assert code in (0, 3)
    assert "Testperson" not in said
    assert ".03.194" not in said
    assert "Nachname, Geburtsdatum" in said


@pytest.mark.representatives(2)
@pytest.mark.parametrize("spoil", ["Quuxmann", "Quuxmann, Xaveria", "01.03.1941", "Плюшкина 1941"])
def test_what_was_typed_into_a_number_cell(
    spoil: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["report", *pairs(tmp_path, spoil), "--out", str(tmp_path / "out")])

    said = everything(tmp_path / "out", capsys.readouterr())
    assert [text for text in PLANTED if text in said] == []
    assert f"{spoil[0]}…" in said  # cut, not silent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("11.2 H", "11.2 H"), ("<0.30", "<0.30"), ("----", "----"), ("1,234.5", "1,234.5"),
        ("3,490 cells/uL", "3,490 cells/uL"), ("13.3 ▼", "13.3 ▼"), ("ERROR", "ERROR"),
        ("Li", "L…"), ("7.2 Quuxmann", "7…"), ("01.03.1941", "0…"), ("1941-03-01", "1…"),
        ("03/41", "0…"), ("Quuxmann", "Q…"), ("0171 5551234", "0…"), ("", ""),
        ("(4.66)", "(4.66)"), ("'4.66", "'4.66"), ("4'660", "4'660"), ("(Quuxmann)", "(…"),
        ("(01.03.1941)", "(…"), ("\u22124.66", "\u22124.66 (U+2212)"), ("4.66 (Quux)", "4…"),
        ("\uff14.\uff16", "\uff14.\uff16 (U+FF14 U+FF16)"), ("\uff10\uff11.03.1941", "\uff10…"),
    ],
)  # fmt: skip
def test_numbers_are_quoted_and_words_are_masked(text: str, shown: str) -> None:
    assert quoted(text) == shown


def columns(folder: Path, table: dict[str, list[str]], *asked: str) -> tuple[list[str], set[str]]:
    rows = {"sample_id": [f"S{i}" for i in range(len(next(iter(table.values()))))], **table}
    pd.DataFrame(rows).to_csv(folder / "s.csv", index=False)
    checked = read(folder / "s.csv", "samples", ReadOptions(strata=asked))
    return list(checked.frame)[1:], {f.rule for f in checked.findings}


@pytest.mark.parametrize(
    ("header", "values", "rule"),
    [
        ("Site", ["A", "B"] * 6, ""),
        ("Geschlecht", ["m", "w"] * 6, ""),
        ("病区", ["一", "二"] * 6, ""),
        ("Age band", ["18-40", "41-65"] * 6, ""),
        ("Operator code", ["K1", "K2"] * 6, ""),
        ("Operator ID", ["Quuxmann", "Zorbelwitz"] * 6, "stratum-dropped"),
        ("site", DATES * 3, "stratum-dropped"),
        ("ward", ["Dr. Quuxmann", "Zorbelwitz, Anna"] * 6, "stratum-dropped"),
        ("age", [str(20 + i) for i in range(30)], "stratum-dropped"),
        ("lot", [f"L{i}" for i in range(10)], "stratum-dropped"),
        ("group", ["A", "B"] * 6, "extra-column"),
    ],
)
def test_columns_that_become_strata_by_themselves(
    header: str, values: list[str], rule: str, tmp_path: Path
) -> None:
    kept, said = columns(tmp_path, {header: values})

    assert said == ({rule} if rule else set())
    assert len(kept) == (0 if rule else 1)


def test_a_column_that_is_one_patient_a_level_is_dropped(tmp_path: Path) -> None:
    who = [f"P{i % 5}" for i in range(20)]
    kept, said = columns(tmp_path, {"patient_id": who, "ward": [f"W{p}" for p in who]})

    assert (kept, said) == (["patient_id"], {"stratum-dropped"})


def test_a_column_asked_for_is_used_and_a_date_never(tmp_path: Path) -> None:
    groups, dates = ["A", "B"] * 6, DATES * 3

    assert columns(tmp_path, {"Group": groups}, "Group") == (["group"], set())
    assert columns(tmp_path, {"Visit": dates}, "Visit")[1] == {"personal-stratum"}
    assert "personal-stratum" in columns(tmp_path, {"Surname": groups}, "Surname")[1]


def test_a_date_asked_for_stops_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs(tmp_path)
    rows = {"sample_id": [f"S{i:02d}" for i in range(40)], "Visit": DATES * 10}
    pd.DataFrame(rows).to_csv(tmp_path / "s.csv", index=False)
    (tmp_path / "p.toml").write_text(
        protocol(within(), top='strata = ["Visit"]', reference="q.csv", samples="s.csv"),
        encoding="utf-8",
    )

    code = main(["report", str(tmp_path / "p.toml"), "--out", str(tmp_path / "out")])

    said = capsys.readouterr().err
    assert code == 2
    assert "column Visit: personal-stratum · holds dates" in said
    assert [date for date in DATES if date in said] == []
