"""WCAG 2.2 AA by axe-core, in both themes and widths, at rest and with a sample marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.opened import Browser, Opened

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = pytest.mark.browser
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations", "incomplete"],
}


@pytest.mark.representatives(1)
@pytest.mark.parametrize(
    ("width", "scheme", "fragment"),
    [(1280, "light", ""), (390, "dark", "#sample=S050")],  # each width, theme and address once
)  # fmt: skip
def test_axe_finds_no_violation(
    browser: Browser, sample_report: Path, width: int, scheme: str, fragment: str
) -> None:
    with Opened(browser, sample_report, width, scheme, fragment) as opened:
        if fragment:
            opened.page.locator("summary").first.click()
            assert opened.page.locator("details table tbody tr").count() == 99
        found = axe.Axe().run(opened.page, options=OPTIONS).response
    said = [f"{v['id']}: {n['html']}" for v in found["violations"] for n in v["nodes"]]
    assert said == []
    assert len(found["passes"]) >= 20
    # contrast is left undecided only in the drawings (see tests/render/test_contrast.py), for signs
    # and single letters, and where a row is scrolled out of sight
    undecided = {
        (rule["id"], (check["data"] or {}).get("messageKey"))
        for rule in found["incomplete"]
        for node in rule["nodes"]
        for check in node["any"]
    }
    drawings = {"imgNode", "bgOverlap", "nonBmp", "shortTextContent", "elmPartiallyObscured"}
    assert undecided <= {("color-contrast", key) for key in drawings}


def test_a_fault_would_be_found(browser: Browser, sample_report: Path) -> None:
    with Opened(browser, sample_report) as opened:
        opened.page.evaluate(
            """() => {
                document.querySelector("#attribution svg").removeAttribute("aria-label");
                document.querySelector("#attribution .lead").style.color = "#aaa";
            }"""
        )
        rules = {"runOnly": ["color-contrast", "svg-img-alt"]}
        found = axe.Axe().run(opened.page, "#attribution", options=rules).response
    assert {v["id"] for v in found["violations"]} == {"color-contrast", "svg-img-alt"}
