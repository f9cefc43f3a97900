"""The sample report as a reader uses it: the first screen, one step, no mouse, on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.opened import Browser, Opened
from wbcval.render.pdf import print_pdf

pytestmark = pytest.mark.browser
WORST = "S050"  # +19.2 %, the WBC that is furthest off in the sample data


@pytest.fixture(scope="module")
def opened(browser: Browser, sample_report: Path) -> Iterator[Opened]:
    with Opened(browser, sample_report, height=800) as found:
        yield found
        assert found.said == []


@pytest.mark.parametrize(
    ("width", "height", "last"),
    [
        (1280, 800, "#verdict"),
        (390, 844, "#verdict .outcomes"),  # verdict, what it covers, every criterion; facts below
    ],
)
def test_the_verdict_block_fits_one_screen(
    browser: Browser, sample_report: Path, width: int, height: int, last: str
) -> None:
    with Opened(browser, sample_report, width, height=height) as opened:
        block = opened.page.locator(last).bounding_box()
        assert block["y"] + block["height"] <= height
        said = opened.page.locator("#verdict").inner_text()
    for words in ("Rejected", "2 failed", "86 of 99", "site=C", "lymphocytes called monocyte"):
        assert words in said


GO_ON = ("differences", "total-error", "decision-levels")


def test_the_contents_lead_to_every_section_and_no_heading_hides_under_them(
    opened: Opened,
) -> None:
    sections = opened.page.locator("section").evaluate_all("all => all.map(s => s.id)")
    links = opened.page.locator(".contents a")
    named = links.evaluate_all("all => all.map(a => a.hash.slice(1))")
    # what goes on from the section before it stands under that one's name
    assert named == [s for s in sections if s not in GO_ON]
    bar = opened.page.locator(".contents").bounding_box()
    for name in named[1:]:
        opened.page.locator(f".contents a[href='#{name}']").click()
        heading = opened.page.locator(f"#{name} h2").bounding_box()
        assert bar["height"] - 1 <= heading["y"] < 800


def test_every_picture_leads_to_a_table_with_its_numbers(opened: Opened) -> None:
    behind = opened.page.evaluate(
        """() => [...document.querySelectorAll("figure")].map(figure => {
            const to = figure.querySelector("figcaption a").getAttribute("href").slice(1);
            return document.getElementById(to)?.querySelectorAll("table tbody tr").length ?? 0;
        })"""
    )
    assert len(behind) == 36
    assert min(behind) >= 3


def test_all_samples_of_a_picture_stand_in_a_table_that_is_made_when_asked_for(
    browser: Browser, sample_report: Path
) -> None:
    with Opened(browser, sample_report) as opened:
        assert opened.page.locator("details table").count() == 0
        summary = opened.page.locator("summary").first
        assert summary.inner_text() == "All samples of WBC as a table"
        summary.press("Enter")
        rows = opened.texts("details[open] tbody tr")
        outside = opened.texts("#outside-1 tbody tr")
    assert len(rows) == 99
    assert len(set(rows)) == 99
    assert f"{WORST}\tsite=C\t3.60\t4.29\t+19.2\t1\u202f502" in rows
    assert len(outside) == 13


def tab_to(opened: Opened, wanted: str, most: int = 800) -> int:
    """Press Tab until the element that has the focus matches; returns how often."""
    for presses in range(1, most + 1):
        opened.page.keyboard.press("Tab")
        if opened.page.evaluate(f"document.activeElement.matches({wanted!r})"):
            return presses
    raise AssertionError(f"{wanted} is not reached by {most} presses of Tab")


def test_the_keyboard_alone_does_all_that_a_mouse_does(
    browser: Browser, sample_report: Path
) -> None:
    with Opened(browser, sample_report, height=800) as opened:
        press, page = opened.page.keyboard.press, opened.page
        # past the contents to the verdict, and from there to the samples outside
        assert tab_to(opened, ".skip") == 1
        press("Enter")
        assert tab_to(opened, '#verdict a[href="#outside-1"]') == 1
        press("Enter")
        table = page.locator("#outside-1").bounding_box()
        assert 0 < table["y"] < 800
        # sort by the error, upwards
        tab_to(opened, "#outside-1 th:nth-child(4) button")
        press("Enter")
        assert opened.texts("#outside-1 tbody td:nth-child(4)")[0] == "+10.1"
        # mark the sample named first, by its link, and clear
        tab_to(opened, "#outside-1 td a")
        name = page.evaluate("document.activeElement.textContent")
        press("Enter")
        assert page.url.endswith(f"#sample={name}")
        assert opened.texts(".bar b a") == [name]
        press("Escape")
        assert opened.texts(".bar") == []
        assert "#sample" not in page.url
        # filter: back to the field before the table
        for _ in range(12):
            press("Shift+Tab")
            if page.evaluate("document.activeElement.matches('.filter input')"):
                break
        page.keyboard.type(WORST)
        assert len(opened.texts("#outside-1 tbody tr")) == 1
        # through the samples of the next plot, mark one, clear
        tab_to(opened, '[data-points="1"] .scroll')
        press("End")
        press("ArrowLeft")
        named = opened.texts(".tip")[0].split("\n")[0]
        press("Enter")
        assert page.url.endswith(f"#sample={named}")
        tab_to(opened, ".bar button")
        assert page.evaluate("document.activeElement.textContent") == "Next place"
        press("Enter")
        tab_to(opened, ".bar button:last-of-type")
        press("Enter")
        assert opened.texts(".bar") == []
        assert opened.said == []


def test_the_address_can_be_copied(browser: Browser, sample_report: Path) -> None:
    with Opened(browser, sample_report, fragment=f"#sample={WORST}") as opened:
        opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.page.get_by_role("button", name="Copy address").click()
        opened.page.get_by_role("button", name="Copied").wait_for()
        copied = opened.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{sample_report.as_uri()}#sample={WORST}"


def test_no_figure_of_the_sample_report_is_cut_off_on_the_right(opened: Opened) -> None:
    assert opened.cut_off() == []


def test_numbers_are_not_parted_from_their_units(opened: Opened) -> None:
    text = "\n".join(opened.texts("section :is(p, li, caption, figcaption, dd)"))
    assert not re.findall(r"\d (?:%|points?\b|×10)", text)
    assert re.search("\\d\N{NO-BREAK SPACE}%", text)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext")
def test_on_paper_all_samples_outside_are_listed_and_each_page_bears_the_evidence(
    sample_report: Path, tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(print_pdf(sample_report.read_text(encoding="utf-8")))
    done = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True
    )
    pages = done.stdout.decode().split("\f")[:-1]
    assert 12 <= len(pages) <= 20  # 17 in most typefaces
    feet = [re.search(r"Evidence ([0-9a-f]{16})\s+(\d+) / (\d+)", page) for page in pages]
    assert len({foot[1] for foot in feet}) == 1
    assert [int(foot[2]) for foot in feet] == list(range(1, len(pages) + 1))
    assert min(len(page.split()) for page in pages) > 60  # no page all but empty
    text = "".join("".join(pages).split())  # pdftotext sees spaces in some typefaces
    listed = re.search("outside±10%,MONO%(.*)outside±10%,BASO%", text)[1]
    assert len(set(re.findall(r"S\d{3}", listed))) >= 95
    for offered in ("Filter:", "asatable", "Numbers"):
        assert offered not in text
