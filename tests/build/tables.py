"""Tables as text, and what reading them found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import openpyxl

from wbcval.door.tables import Checked

Write = Callable[[str], Path]


def table(header: str, rows: Sequence[Sequence[object]]) -> str:
    """A row for each of the samples S00, S01, …"""
    lines = [",".join([f"S{i:02d}", *map(str, row)]) for i, row in enumerate(rows)]
    return "\n".join([f"sample_id,{header}", *lines]) + "\n"


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """Rows by sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def writer(path: Path) -> Write:
    """What writes a text to that file."""

    def written(text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return written


def rules(checked: Checked) -> dict[str, str]:
    """Each rule that was broken, and how bad that is."""
    return {finding.rule: str(finding.severity) for finding in checked.findings}
