"""A self-test's page in a real browser: it fetches nothing, fits, is accessible, prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.opened import Browser, Opened
from tests.browser.test_accessible import OPTIONS
from wbcval.selftest import record, run
from wbcval.selftest.installation import Installation
from wbcval.selftest.types import recomputed

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the statistics, with a figure that is missed."""
    figures = [f for family in run.families()[:-1]
               for check in family.checks for f in recomputed(family.title, check)]  # fmt: skip
    figures[2] = replace(figures[2], got=41.25, agreed=0, passed=False)
    installed = Installation({"python": "3.11"}, "Linux", {"wbcval/x.py": "0" * 64})
    made = record.document(run.Selftest(tuple(figures)), installed, "2026-01-02T03:04:05Z")
    path = tmp_path_factory.mktemp("selftest") / "selftest.html"
    path.write_bytes(record.files(made)["selftest.html"])
    return path


@pytest.mark.parametrize("width", [1280, 400])
def test_it_fetches_nothing_says_nothing_and_fits(browser: Browser, page: Path, width: int) -> None:
    with Opened(browser, page, width) as opened:
        for scheme in ("light", "dark"):
            opened.page.emulate_media(color_scheme=scheme)
            assert opened.number("document.documentElement.scrollWidth") <= width
        assert opened.asked == [page.as_uri()]
        assert opened.said == []


def test_a_miss_is_seen_without_scrolling(browser: Browser, page: Path) -> None:
    with Opened(browser, page, 400) as opened:
        missed = opened.page.locator(".outcomes li").first.bounding_box()
        result = opened.page.locator("#figures td .status").first.bounding_box()
    assert missed["y"] + missed["height"] < 800
    assert result["x"] + result["width"] <= 400


def test_columns_of_all_tables_stand_below_each_other(browser: Browser, page: Path) -> None:
    with Opened(browser, page) as opened:
        places = opened.page.evaluate(
            "[...document.querySelectorAll('#figures tbody tr')].map(row =>"
            " [...row.children].map(cell => cell.getBoundingClientRect().left).join())"
        )
        over = opened.page.evaluate(
            "[...document.querySelectorAll('#figures td')].filter(c => c.scrollWidth"
            " > c.clientWidth + 1).map(c => c.textContent)"
        )
    assert len(places) > 100
    assert len({*places}) == 1
    assert over == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_axe_finds_no_violation(browser: Browser, page: Path, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with Opened(browser, page, width, scheme) as opened:
        found = axe.Axe().run(opened.page, options=OPTIONS).response

    assert [f"{v['id']}: {n['html']}" for v in found["violations"] for n in v["nodes"]] == []
    assert len(found["passes"]) >= 15


def test_no_table_is_cut_in_print(browser: Browser, page: Path) -> None:
    with Opened(browser, page, 687) as opened:  # the width of A4 between its margins
        opened.page.emulate_media(media="print")
        right = opened.number(
            "Math.max(...[...document.querySelectorAll('table, .signature')]"
            ".map(e => e.getBoundingClientRect().right))"
        )
        assert right <= 687
        assert opened.page.locator(".signature").count() == 3
