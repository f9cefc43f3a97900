"""Inputs that are no table, or a table made to hurt: exit 2 with what to do, and nothing else."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.mutants.material import parquet, workbook, write_study
from wbcval.cli import main
from wbcval.door.importers import _parts

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TABLE = ('<row r="1"><c r="A1" t="inlineStr"><is><t>sample_id</t></is></c>'
          '<c r="B1" t="inlineStr"><is><t>WBC(10^9/L)</t></is></c></row>'
          '<row r="2"><c r="A2" t="inlineStr"><is><t>S1</t></is></c>'
          '<c r="B2"><v>5.2</v></c></row>')  # fmt: skip


def sheet(rows: str, **parts: bytes) -> bytes:
    """A workbook whose only sheet holds these rows."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook("counts"))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            text = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            new.writestr(name, text if name.endswith("sheet1.xml") else old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return out.getvalue()


def validated(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and error text of ``validate`` with a file as the reference."""
    folder = path.parent
    write_study(folder)
    code = main(["validate", "--predictions", str(folder / "counts.csv"), "--reference", str(path),
                 "--mode", "different-aliquot"])  # fmt: skip
    return code, capsys.readouterr().err


FAR = {  # number of the case: 28; and kin
    "corner": (_TABLE + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "row 1048576"),
    "far row": (_TABLE + '<row r="1048576"><c r="B1048576"><v>1</v></c></row>', "empty rows"),
    "far column": (_TABLE + '<row r="3"><c r="XFD3"><v>1</v></c></row>', "column 16384"),
    "beyond": (_TABLE + '<row r="9999999"><c r="A9999999"><v>1</v></c></row>', "outside any sheet"),
    "no column": (_TABLE + '<row r="3"><c r="AAAAAAAA3"><v>1</v></c></row>', "'AAAAAAAA3'"),
    "row zero": (_TABLE + '<row r="0"><c r="A0"><v>1</v></c></row>', "out of order"),
    "rows exchanged": (_TABLE.replace('r="1"', 'r="7"').replace("1\" t", "7\" t"), "out of order"),
    "a row twice": (_TABLE + '<row r="2"><c r="A2"><v>9</v></c></row>', "out of order"),
    "a cell twice": (_TABLE + '<row r="3"><c r="A3"><v>1</v></c><c r="A3"/></row>', "out of order"),
    "another row's": (_TABLE + '<row r="3"><c r="A2"><v>1</v></c></row>', "'A2' in row 3"),
    "two values": (_TABLE.replace("<v>5.2</v>", "<v>5.2</v><v>52</v>"), "two values"),
    "a formula": (_TABLE.replace("<v>5.2</v>", "<f>2+3.2</f>"), "no program has computed"),
    "not XML": (_TABLE + "<row", "not well-formed"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAR)
def test_a_workbook_with_cells_far_away_or_out_of_order(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, says = FAR[name]
    path = tmp_path / "far.xlsx"
    path.write_bytes(sheet(rows))
    start = time.process_time()

    code, said = validated(path, capsys)

    assert code == 2
    assert says in said
    assert "as CSV" in said.replace("XML", "")
    assert time.process_time() - start < 5


def test_formats_down_to_the_last_row_are_no_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "formatted.xlsx"
    path.write_bytes(sheet(_TABLE + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'))

    code, said = validated(path, capsys)

    assert code == 0, said


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("without sheets", "no sheet"),
        ("6 MB", "4 MB"),
        pytest.param("600 MB", "256 MB", marks=pytest.mark.slow),
        ("entities", "entities"),
        ("counted", "belongs"),
    ],
)
def test_a_workbook_that_is_none(
    name: str,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = {
        "without sheets": lambda: _without_sheets(sheet("")),
        "600 MB": lambda: sheet(_TABLE, media=bytes(600 << 20)),
        "6 MB": lambda: sheet(_TABLE, media=bytes(6 << 20)),
        "entities": lambda: sheet(
            _TABLE,
            **{"xl/x.xml": b'<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]><a>&d;</a>'},
        ),
        "counted": lambda: sheet(
            _TABLE, **{"xl/s.xml": f'<sst xmlns="{_MAIN}" uniqueCount="99999999999"/>'.encode()}
        ),
    }[name]()
    path = tmp_path / "none.xlsx"
    path.write_bytes(data)
    if name == "6 MB":
        monkeypatch.setattr(_parts, "_MOST_XML", 4 << 20)

    code, said = validated(path, capsys)

    assert code == 2
    assert says in said


def _without_sheets(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = f'<workbook xmlns="{_MAIN}"><sheets/></workbook>'
            new.writestr(name, text if name == "xl/workbook.xml" else old.read(name))
    return out.getvalue()


def no_utf8() -> bytes:
    """Parquet with a text that is none: of another program, or of a flipped bit."""
    texts = pa.array([b"S1", b"S\x80\xff"], pa.binary())
    out = io.BytesIO()
    pq.write_table(
        pa.table({"sample_id": texts, "WBC(10^9/L)": [5.0, 6.0]}), out, compression="none"
    )
    bare = out.getvalue()
    text = io.BytesIO()
    plain = pa.table({"sample_id": ["S1", "S\u0080"], "WBC(10^9/L)": [5.0, 6.0]})
    pq.write_table(plain, text, compression="none")
    assert bare  # the same layout, but for the type
    return text.getvalue().replace("S\u0080".encode(), b"S\x80\xff")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_utf8, "UTF8"),
        (lambda: parquet("reference")[:-20], "Parquet"),
        (lambda: parquet("reference")[:300], "Parquet"),
        (lambda: b"PAR1" + bytes(64), "Parquet"),
        (lambda: b"", "empty"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "workbook"),
        (lambda: ("a," * 5000 + "\n").encode(), "columns"),
    ],
)
def test_a_damaged_file(
    make: Callable[[], bytes], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.dat"
    path.write_bytes(make())

    code, said = validated(path, capsys)

    assert code == 2
    assert says in said
    assert len(said.strip().splitlines()) <= 3


PATHS: dict[str, Callable[[Path], str]] = {
    "folder": str,
    "empty": lambda _: "",
    "gone": lambda folder: str(folder / "gone.csv"),
    "long": lambda folder: str(folder / ("x" * 5000)),
    "under a file": lambda folder: str(folder / "counts.csv" / "x.csv"),
    "device": lambda _: "/dev/zero",
    "no text": lambda folder: str(folder / "\udcff.csv"),
    "pipe": lambda folder: str(_pipe(folder / "pipe.csv")),
    "loop": lambda folder: str(_loop(folder / "loop.csv")),
}


def _pipe(path: Path) -> Path:
    os.mkfifo(path)  # type: ignore[attr-defined, unused-ignore]
    return path


def _loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


VERBS: dict[str, Callable[[str, Path], list[str]]] = {
    "predictions": lambda path, _: ["report", "--predictions", path, "--mode", "same-cells"],
    "reference": lambda path, folder: [
        "validate", "--predictions", str(folder / "counts.csv"), "--reference", path,
        "--mode", "different-aliquot",
    ],
    "samples": lambda path, folder: [
        "validate", "--predictions", str(folder / "counts.csv"), "--reference",
        str(folder / "reference.csv"), "--samples", path, "--mode", "different-aliquot",
    ],
    "protocol": lambda path, _: ["validate", path],
    "init": lambda path, folder: ["init", "--predictions", path, "--out", str(folder / "p.toml")],
    "gate": lambda path, _: ["gate", path, "--baseline", path, "--mode", "same-cells"],
    "verify": lambda path, _: ["verify", path],
    "accept": lambda path, folder: [
        "baseline", "accept", path, "--by", "x", "--why", "y", "--to", str(folder / "b")
    ],
    "show": lambda path, _: ["baseline", "show", path],
    "model": lambda path, _: ["model", "inspect", path],
    "card": lambda path, _: ["model", "card", path],
    "predict": lambda path, folder: [
        "predict", "--model", path, "--images", str(folder), "--out", str(folder / "p.csv")
    ],
}  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of Unix")
@pytest.mark.parametrize("verb", VERBS)
def test_a_path_that_names_no_file_ends_with_two_at_once(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    for name, make in PATHS.items():
        folder = tmp_path / name
        folder.mkdir()
        write_study(folder)

        code = main(VERBS[verb](make(folder), folder))
        said = capsys.readouterr().err

        assert code == 2, (name, said)
        errors = said[said.index("wbcval: error: ") :].strip().splitlines()
        assert len(errors) in (1, 2, 3), (name, said)
        assert "Traceback" not in said


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices of Unix")
@pytest.mark.parametrize("name", ["manifest.json", "anchor/strata.csv"])
@pytest.mark.parametrize("verb", ["gate", "verify", "accept", "show", "out"])
def test_a_pipe_or_a_device_within_a_bundle_is_not_waited_for(
    verb: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    protocol = str(tmp_path / "protocol.toml")
    for at, make in enumerate((os.mkfifo, lambda path: path.symlink_to("/dev/zero"))):
        folder = tmp_path / f"folder{at}"
        (folder / "anchor").mkdir(parents=True)
        (folder / "log.jsonl").write_text("{}\n", encoding="utf-8")
        make(folder / name)
        args = ["report", protocol, "--out", str(folder)]

        assert main(args if verb == "out" else VERBS[verb](str(folder), tmp_path)) in (1, 2)

        said = capsys.readouterr()
        assert "internal" not in said.err


def test_a_nul_in_a_path_of_the_protocol(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    path = tmp_path / "protocol.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"samples.csv"', '"a\\u0000b"'))

    assert main(["validate", str(path)]) == 2
    assert "NUL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = " + "[" * 100_000, "nested too deep"),
        ("x = " + "{a=" * 5000, "nested too deep"),
        ("x." + "a." * 20_000 + "b = 1", "nested too deep"),  # 1.8 GB, 20 s by tomllib alone
        ("[x." + '"a" . ' * 20_000 + "b]", "nested too deep"),
        (f"seed = {'9' * 30}", "64 bits"),
        (f"seed = {'9' * 5000}", "TOML"),
        (f"error_ratio = {'9' * 30}", "64 bits"),
        ("error_ratio = nan", "finite"),
        ("error_ratio = 1e999", "finite"),
        ("title = '" + "x" * (1 << 22) + "'", "bytes"),
    ],
)
def test_numbers_and_nesting_of_a_protocol(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path)
    path = tmp_path / "protocol.toml"
    whole = path.read_text(encoding="utf-8").replace("seed = 1\n", "")
    path.write_text(text + "\n" + whole, encoding="utf-8")

    assert main(["validate", str(path)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said) < 600
