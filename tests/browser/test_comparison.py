"""The gate's page in a real browser: it fetches nothing, fits, answers to the keyboard, prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.opened import Browser, Opened, in_both_schemes
from tests.render.comparison_pages import SECTIONS
from tests.render.make_comparison import GATE_PROVENANCE, make_comparison
from wbcval.render import render_comparison

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gate") / "comparison.html"
    comparison = make_comparison(60, sites=3, anchor=True, judged_before=7)
    path.write_text(render_comparison(comparison, GATE_PROVENANCE), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fetches_nothing_says_nothing_fits_and_shows_all(
    browser: Browser, page: Path, width: int
) -> None:
    sections, asked = in_both_schemes(browser, page, width)
    assert sections == [SECTIONS, SECTIONS]
    assert asked == [page.as_uri()]


def test_verdict_and_result_are_seen_without_scrolling_aside(browser: Browser, page: Path) -> None:
    with Opened(browser, page, 390) as opened:
        bottom = "document.querySelector('.verdict').getBoundingClientRect().bottom"
        assert opened.number(bottom) <= 900
        right = "document.querySelector('#changes td .status').getBoundingClientRect().right"
        assert opened.number(right) <= 390


def test_nothing_of_a_figure_is_cut_off(browser: Browser, page: Path) -> None:
    with Opened(browser, page) as opened:
        assert opened.cut_off() == []


def test_a_sample_is_marked_and_tables_sort_from_the_keyboard(browser: Browser, page: Path) -> None:
    with Opened(browser, page) as opened:
        link = opened.page.locator("#samples tr[data-sample] a").first
        name = link.inner_text()
        link.press("Enter")
        assert opened.page.url.endswith(f"#sample={name}")
        assert opened.page.locator(".marked").count() >= 1
        assert opened.texts(".bar b a") == [name]
        opened.page.keyboard.press("Escape")
        assert opened.texts(".bar") == []

        button = opened.page.locator("#changes").get_by_role("button", name="Result").first
        button.press("Enter")
        table = opened.page.locator("#changes table").first
        words = table.locator("tbody td:nth-child(2) .status").all_inner_texts()
        assert words == sorted(words, key=lambda word: "?✓✗".index(word[0]))
        assert opened.said == []


def test_it_prints_on_a_sane_number_of_pages_with_heads_repeated(
    browser: Browser, page: Path
) -> None:
    with Opened(browser, page, scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        shown = "getComputedStyle(document.querySelector('th button')).display"
        assert opened.page.evaluate(shown) == "contents"  # else Chromium leaves it out of a repeat
        pdf = opened.page.pdf(prefer_css_page_size=True)
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 12


@pytest.mark.representatives(1)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_no_violation(browser: Browser, page: Path, width: int, scheme: str) -> None:
    name = "axe_playwright_python.sync_playwright"
    axe = pytest.importorskip(name, reason="axe is not installed")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    with Opened(browser, page, width, scheme, "#sample=S0003") as opened:
        assert opened.texts(".bar")
        found = axe.Axe().run(opened.page, options=rules).response
    assert [f"{v['id']}: {n['html']}" for v in found["violations"] for n in v["nodes"]] == []
    assert len(found["passes"]) >= 20
