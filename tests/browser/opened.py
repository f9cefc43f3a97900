"""A page opened in Chromium, with everything it asked for and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Browser = Any  # playwright's, which may not be installed


class Opened:
    """A report in a window of its own; closed on leaving the ``with`` block."""

    def __init__(
        self, browser: Browser, report: Path, width: int = 1280, scheme: str = "light",
        fragment: str = "", height: int = 900, **options: Any,
    ) -> None:  # fmt: skip
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        self.page.route("**/*", self._route)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(report.as_uri() + fragment, wait_until="load")

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.page.close()

    def _route(self, route: Any) -> None:
        self.asked.append(route.request.url)
        route.continue_()

    def cut_off(self) -> list[str]:
        """Words of figures that are cut at their left or right edge."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll(".plot")].flatMap(plot => {
                const box = plot.getBoundingClientRect();
                return [...plot.querySelectorAll("text")].filter(t => {
                    const b = t.getBoundingClientRect();
                    return b.left < box.left - 1 || b.right > box.right + 1;
                }).map(t => t.textContent);
            })"""
        )
        return found

    def number(self, script: str) -> float:
        return float(self.page.evaluate(script))

    def texts(self, selector: str) -> list[str]:
        """What a person reads in each visible element, top to bottom."""
        found = self.page.locator(selector)
        return [text.strip() for text in found.filter(visible=True).all_inner_texts()]

    def point(self, figure: int, sample: str) -> tuple[float, float]:
        """Where a sample stands on a figure, scrolled into the window, in pixels of the window."""
        self.page.locator(f'[data-points="{figure}"] svg').scroll_into_view_if_needed()
        x, y = self.page.evaluate(
            """([figure, sample]) => {
                const data = JSON.parse(document.getElementById("points").textContent);
                const i = data.ids.indexOf(sample), of = data.figures[figure];
                const svg = document.querySelector(`[data-points="${figure}"] svg`);
                const box = svg.getBoundingClientRect();
                const scale = box.width / svg.viewBox.baseVal.width;
                return [box.left + scale * of.x[i], box.top + scale * of.y[i]];
            }""",
            [figure, sample],
        )
        return x, y


def in_both_schemes(browser: Browser, path: Path, width: int) -> tuple[list[list[str]], list[str]]:
    """Sections that are seen in light and in dark, and what was asked for; all fits and is shown.

    Raises:
        AssertionError: where it does not, or anything was said.
    """
    sections = []
    with Opened(browser, path, width) as opened:
        for scheme in ("light", "dark"):
            opened.page.emulate_media(color_scheme=scheme)
            assert opened.number("document.documentElement.scrollWidth") <= width
            seen = opened.page.locator("section").filter(visible=True)
            sections.append([str(seen.nth(i).get_attribute("id")) for i in range(seen.count())])
            heights = opened.page.evaluate(
                "[...document.querySelectorAll('section')]"
                ".map(s => s.getBoundingClientRect().height)"
            )
            assert min(heights) > 60
        assert opened.said == []
        return sections, opened.asked
