"""The report in a real browser: it fetches nothing, fits, and prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.opened import Browser, Opened, in_both_schemes
from tests.render.make_study import crowd_page, make_study, page_of, within
from wbcval.values.measurands import PERCENT

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["percent", "large", "same-cells"])
def report(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    made_once: Callable[[Callable[[], str]], str],
) -> Path:
    every = [within("WBC"), *(within(name) for name in PERCENT)]
    page = {
        "percent": lambda: page_of(
            make_study(sites=3, criteria=every, zero_reference=True, lost=1)
        ),
        "large": lambda: made_once(crowd_page),  # with a raster cloud
        "same-cells": lambda: page_of(make_study(mode="same-cells", criteria=every[1:])),
    }[request.param]()
    path = tmp_path_factory.mktemp(request.param) / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def opened(browser: Browser, report: Path) -> Iterator[Opened]:
    """The report on a desk; no test changes what stands on it."""
    with Opened(browser, report, 1280) as found:
        yield found


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fetches_nothing_says_nothing_and_fits(
    browser: Browser, report: Path, width: int
) -> None:
    sections, asked = in_both_schemes(browser, report, width)
    assert min(map(len, sections)) >= 15
    assert [u for u in asked if not u.startswith("data:image/png")] == [report.as_uri()]


def test_the_style_sheet_is_in_force_and_the_verdict_fits_one_screen(opened: Opened) -> None:
    assert "tabular-nums" in opened.page.evaluate(
        "getComputedStyle(document.querySelector('table')).fontVariantNumeric"
    )
    bottom = opened.number("document.querySelector('#verdict').getBoundingClientRect().bottom")
    assert bottom <= 800


def test_on_a_phone_the_first_screen_holds_every_criterion_that_decides(
    browser: Browser, report: Path
) -> None:
    with Opened(browser, report, 390, height=844) as opened:
        last = opened.page.locator("#verdict .verdict, #verdict .outcomes").last.bounding_box()
    assert last["y"] + last["height"] <= 844


@pytest.mark.parametrize(("scheme", "ink"), [("dark", "rgb(232"), ("light", "rgb(26, 26, 26)")])
def test_figures_follow_the_colours_of_the_page(opened: Opened, scheme: str, ink: str) -> None:
    opened.page.emulate_media(color_scheme=scheme)
    fill = "getComputedStyle(document.querySelector('.plot text')).fill"
    assert opened.page.evaluate(fill).startswith(ink)


def test_nothing_of_a_figure_is_cut_off(opened: Opened) -> None:
    cut = opened.page.evaluate(
        """() => [...document.querySelectorAll('.plot')].flatMap(plot => {
            const box = plot.getBoundingClientRect();
            return [...plot.querySelectorAll('text')].filter(t => {
                const b = t.getBoundingClientRect();
                return b.left < box.left - 1 || b.right > box.right + 1
                    || b.top < box.top - 1 || b.bottom > box.bottom + 1;
            }).map(t => t.textContent);
        })"""
    )
    assert cut == []


def test_it_prints_on_a_sane_number_of_pages(opened: Opened) -> None:
    opened.page.emulate_media(color_scheme="dark")
    pdf = opened.page.pdf(prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 5 <= pages <= 30
