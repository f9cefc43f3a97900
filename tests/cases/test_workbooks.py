"""What stands in a workbook beside the table that is read, or behind its values."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.build.tables import workbook
from tests.cases.conftest import Judged, Report
from tests.cases.test_states import GOOD, IDS, PROTOCOL, WBC, N, table

Grid = Sequence[Sequence[object]]
BOOK = PROTOCOL.replace('"r.csv"', '"r.xlsx"')
RIGHT: Grid = [("sample_id", "WBC(10^9/L)"), *zip(IDS, WBC.tolist(), strict=True)]


def judged(report: Report, more: str = "", toml: str = BOOK) -> Judged:
    found = report(p_csv=table(GOOD), protocol_toml=toml + more)
    assert found.code == 0, found.console
    return found


def told(found: Judged) -> str:
    return "; ".join(found.results["scope"]["seen"])


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        ("first", RIGHT, f"sheet 'first' was not read: {N} rows, of which {N} ids are also"),
        ("Site B", [RIGHT[0], ("T1", 5.1), ("T2", 6.2)], "sheet 'Site B' was not read: 2 rows, of"),
        ("cells", [("sample_id", "cell_id", "true_class"), ("S01", "1", "monocyte")],
         "sheet 'cells' was not read: 1 rows, of which 1 ids"),
        ("titled", [("Laboratory",), (), *RIGHT[:4]], "sheet 'titled' was not read: 3 rows"),
    ],
)  # fmt: skip
def test_a_sheet_with_results_that_is_not_read_is_told(
    name: str, other: Grid, said: str, tmp_path: Path, report: Report
) -> None:
    workbook(tmp_path / "r.xlsx", {name: other, "corrected": RIGHT})
    found = judged(report, '[sheets]\nreference = "corrected"\n')
    assert f"r.xlsx: {said}" in told(found)
    assert said in found.console


def test_sheets_without_results_or_read_as_another_side_are_not(
    tmp_path: Path, report: Report
) -> None:
    notes = [("Who", "When"), ("AM", "May")]
    head = [RIGHT[0], *zip(IDS, GOOD.tolist(), strict=True)]
    workbook(tmp_path / "r.xlsx", {"notes": notes, "model": head, "analyzer": RIGHT, "empty": []})
    toml = BOOK.replace('"p.csv"', '"r.xlsx"')
    found = judged(report, '[sheets]\nreference = "analyzer"\npredictions = "model"\n', toml)
    assert "not read" not in told(found)


def computed(path: Path, formula: Callable[[int], str]) -> None:
    """Give each value a formula, beside the value that a program has computed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    parts["xl/worksheets/sheet1.xml"] = re.sub(
        r'(<c r="B(\d+)"[^>]*>)(<v>[\d.]+</v>)', lambda m: m[1] + formula(int(m[2])) + m[3], sheet
    ).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("formula", "many"),
    [
        (lambda i: f"<f>ROUND([1]model!B{i}*NORM.INV(RAND(),1,0.03),2)</f>", N),
        (lambda i: f"<f>'the model'!$B${i}</f>", N),
        (lambda i: '<f t="shared" ref="B2:B81" si="0">model!B2</f>' if i == 2
         else '<f t="shared" si="0"/>', N),
        (lambda i: f"<f>model!B{i}</f>" if i < 5 else "", 3),
        (lambda i: f"<f>C{i}/1000</f>", 0),
        (lambda i: f'<f>IF(C{i}="late!",C{i},D{i})</f>', 0),
    ],
)  # fmt: skip
def test_values_that_are_formulas_on_another_sheet_are_told(
    formula: Callable[[int], str], many: int, tmp_path: Path, report: Report
) -> None:
    workbook(tmp_path / "r.xlsx", {"analyzer": RIGHT})
    computed(tmp_path / "r.xlsx", formula)
    found = told(judged(report))
    said = f"{many} cells of WBC(10^9/L) are formulas on another sheet or workbook"
    assert (said in found) == bool(many)
    assert ("formulas" in found) == bool(many)


def test_values_of_an_open_document_likewise(tmp_path: Path, report: Report) -> None:
    """Written by hand: no library of the project writes one."""
    assert np.isfinite(WBC).all()
    rows = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{name}</text:p>'
        f'</table:table-cell><table:table-cell table:formula="of:=[$model.B{i}]" '
        f'office:value-type="float" office:value="{value}"><text:p>{value}</text:p>'
        "</table:table-cell></table:table-row>"
        for i, (name, value) in enumerate(zip(IDS, WBC, strict=True))
    )
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in ("sample_id", "WBC(10^9/L)")
    )
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="analyzer"><table:table-row>{head}</table:table-row>{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "r.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    found = told(judged(report, toml=PROTOCOL.replace('"r.csv"', '"r.ods"')))
    assert f"{N} cells of WBC(10^9/L) are formulas on another sheet or workbook" in found
