"""The report as PDF, by a real Chromium; what is said where there is none."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from wbcval.bundle import evidence
from wbcval.protocol.protocol_file import load
from wbcval.render.pdf import browser, print_pdf
from wbcval.values.errors import InputError
from wbcval.verbs.road import report

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.browser
def test_pdf_of_the_sample_report(chromium: str, tmp_path: Path) -> None:
    made = report(load(ROOT / "sample_data" / "protocol.toml"), pdf=True)
    made.write(tmp_path / "bundle")
    data = (tmp_path / "bundle" / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/StructTreeRoot" in data  # tagged
    assert b"/Outlines" in data  # bookmarks
    pages = max(int(n) for n in re.findall(rb"/Count (\d+)", data))
    assert 5 <= pages <= 60
    assert evidence.verify(tmp_path / "bundle") == []


@pytest.mark.browser
def test_a_page_that_cannot_be_printed_is_an_input_error(
    chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WBCVAL_CHROMIUM", shutil.which("true") or "true")
    with pytest.raises(InputError, match="printed nothing"):
        print_pdf("<p>x</p>")


def test_without_a_browser_it_is_said_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("WBCVAL_CHROMIUM", raising=False)
    with pytest.raises(InputError, match="no Chromium or Chrome is installed"):
        browser()
    monkeypatch.setenv("WBCVAL_CHROMIUM", "/nowhere/chrome")
    with pytest.raises(InputError, match="cannot be run"):
        report(load(ROOT / "sample_data" / "protocol.toml"), pdf=True)
