"""What nobody sees who opens a workbook is read, and it is said."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from wbcval.door.importers import Note, Request, open_table
from wbcval.door.importers._hidden import Hidden
from wbcval.door.tables import read

ROWS = [["sample_id", "WBC", "site"], *([f"S{i}", 5 + i / 10, "A"] for i in range(8))]


def sheet_of(book: openpyxl.Workbook, name: str, title: int = 0) -> Worksheet:
    sheet = book.create_sheet(name)
    for row in [["Laboratory report"]] * title + ROWS:
        sheet.append(row)
    return sheet


def notes(path: Path, sheet: str | None = None) -> dict[str, Note]:
    raw = next(open_table(path, Request(sheet=sheet)))
    assert raw.table.num_rows == len(ROWS) - 1
    return {note.rule: note for note in raw.notes if note.rule.startswith("hidden")}


@pytest.mark.parametrize("title", [0, 3])
def test_hidden_and_filtered_rows_and_columns_are_said(tmp_path: Path, title: int) -> None:
    book = openpyxl.Workbook()
    sheet = sheet_of(book, "Data", title)
    other = sheet_of(book, "Other")
    for row in (title + 3, title + 4, title + 7, title + 30):  # the last is empty
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.auto_filter.ref = "A1:C9"
    path = tmp_path / "lis.xlsx"
    book.save(path)

    found = notes(path, "Data")
    rows = found["hidden-rows"]
    assert (rows.row, rows.rows) == (title + 3, 3)
    assert rows.got == "3 rows are hidden or filtered out in the sheet, and read like others"
    assert found["hidden-columns"].got.endswith("read like others: site")
    assert notes(path, "Other") == {}
    assert other.title == "Other"


@pytest.mark.parametrize("role", ["reference", "predictions", "samples"])
def test_they_reach_the_findings_and_are_read(tmp_path: Path, role: str) -> None:
    book = openpyxl.Workbook()
    sheet = sheet_of(book, "Data")
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["C"].hidden = True
    path = tmp_path / "lis.xlsx"
    book.save(path)
    found = read(path, role)
    assert {"hidden-rows", "hidden-columns"} <= {f.rule for f in found.findings}
    assert found.rows == len(ROWS) - 1


def test_a_row_of_no_height_and_a_column_of_no_width_are_hidden() -> None:
    found = Hidden()
    found.row(1, 1, {"r": "2", "ht": "0", "customHeight": "1"})
    found.column(0, 0, {"width": "0", "customWidth": "1"})
    found.column(1, 1, {"width": "9.5"})
    rules = [note.rule for note in found.notes(["a", "b"], [["1", "2"]], 1)]
    assert rules == ["hidden-rows", "hidden-columns"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_that_is_read_is_said(tmp_path: Path, state: str) -> None:
    book = openpyxl.Workbook()
    sheet_of(book, "Old").sheet_state = state
    path = tmp_path / "lis.xlsx"
    book.save(path)
    assert notes(path)["hidden-sheet"].got == "the sheet 'Old' is hidden, and read"


def test_a_workbook_in_which_nothing_is_hidden_has_no_note(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = sheet_of(book, "Data")
    sheet.row_dimensions[3].height = 30
    sheet.column_dimensions["B"].width = 20
    book.save(tmp_path / "lis.xlsx")
    assert notes(tmp_path / "lis.xlsx") == {}


_OPEN = """<?xml version="1.0"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>
<office:spreadsheet><table:table table:name="Data">
<table:table-column table:number-columns-repeated="2"/>
<table:table-column table:visibility="collapse"/>{}</table:table>
</office:spreadsheet></office:body></office:document-content>"""


def test_rows_of_an_open_document_that_are_filtered_out(tmp_path: Path) -> None:
    rows = []
    for i, row in enumerate(ROWS):
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        how = {2: ' table:visibility="filter"', 5: ' table:visibility="collapse"'}.get(i, "")
        rows.append(f"<table:table-row{how}>{cells}</table:table-row>")
    path = tmp_path / "lis.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", _OPEN.format("".join(rows)))
    found = notes(path)
    assert (found["hidden-rows"].row, found["hidden-rows"].rows) == (3, 2)
    assert found["hidden-columns"].column == "site"
