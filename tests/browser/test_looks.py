"""How the sample report looks, compared with kept pictures.

Text is set as boxes (``boxes.py``), so that no font of the machine plays a part. After a wanted
change ``WBCVAL_RENEW_LOOKS=1 pytest tests/browser/test_looks.py`` keeps new pictures: view them.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.browser import boxes
from tests.browser.opened import Browser, Opened

pytestmark = pytest.mark.browser
KEPT = Path(__file__).parent / "looks"
MOST_BYTES = 100_000
# Levels of 255, after a blur: the mean of all pixels, and the worst pixel.
MEAN, WORST = 1.0, 30.0
TILE = 96  # pixels; a section is scaled to a square
TILE_MEAN = 5.0  # of one section, blurred more: a longer sentence only moves its rows


class Boxed(Opened):
    """A report with its text set as boxes."""

    def __init__(
        self, browser: Browser, report: Path, width: int, scheme: str, height: int
    ) -> None:
        super().__init__(browser, report, width, scheme, height=height, bypass_csp=True)
        self.page.add_style_tag(content=boxes.sheet())
        self.page.evaluate("document.fonts.load('1rem Boxes')")

    def shot(self, selector: str, width: int) -> Image.Image:
        """An element, or the window, scaled to a width."""
        of = self.page.locator(selector).first if selector else self.page
        found = Image.open(io.BytesIO(of.screenshot())).convert("RGB")
        return found.resize((width, round(found.height * width / found.width)), _BOX)


_BOX = Image.Resampling.BOX


@pytest.fixture(scope="module")
def windows(browser: Browser, sample_report: Path) -> Iterator[dict[str, Boxed]]:
    made = {
        "light": Boxed(browser, sample_report, 1280, "light", 800),
        "dark": Boxed(browser, sample_report, 1280, "dark", 800),
        "phone": Boxed(browser, sample_report, 390, "dark", 844),
    }
    yield made
    for window in made.values():
        window.close()


def apart(found: Image.Image, kept: Image.Image, blur: float = 2) -> np.ndarray:
    """Differences, level by level, after a blur of so many pixels."""
    one, other = (
        np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), dtype=float)
        for image in (found, kept)
    )
    return np.abs(one - other)


def kept(name: str, found: Image.Image) -> Image.Image:
    """The picture kept under a name; the one found, where new ones are to be kept."""
    path = KEPT / f"{name}.png"
    if os.environ.get("WBCVAL_RENEW_LOOKS") == "1":
        path.parent.mkdir(exist_ok=True)
        found.quantize(96).save(path, optimize=True)
    assert path.stat().st_size <= MOST_BYTES
    return Image.open(path).convert("RGB")


@pytest.mark.parametrize(
    ("name", "window", "selector", "width"),
    [
        ("first-screen-light", "light", "", 640),
        ("first-screen-phone-dark", "phone", "", 260),
        ("verification-light", "light", 'section#verification figure[data-points="2"] svg', 480),
        ("verification-dark", "dark", 'section#verification figure[data-points="2"] svg', 480),
        ("agreement-light", "light", 'section#agreement figure[data-points="9"] svg', 480),
        ("distribution-dark", "dark", 'section#errors figure[data-points="4"] svg', 320),
        ("attribution-light", "light", "section#attribution figure svg", 480),
        ("strata-dark", "dark", "section#strata figure svg", 480),
        ("confusion-dark", "dark", "section#confusion table", 400),
    ],
)
def test_it_looks_as_it_did(
    windows: dict[str, Boxed], name: str, window: str, selector: str, width: int
) -> None:
    found = windows[window].shot(selector, width)
    before = kept(name, found)
    assert found.size == before.size
    differences = apart(found, before)
    assert differences.mean() <= MEAN
    assert differences.max() <= WORST


def test_each_section_is_there_and_looks_much_as_it_did(windows: dict[str, Boxed]) -> None:
    page = windows["light"].page
    names = page.locator("section").evaluate_all("all => all.map(s => s.id)")
    sheet = Image.new("RGB", (TILE * 6, TILE * 4))
    for i, name in enumerate(names):
        tile = Image.open(io.BytesIO(page.locator(f"section#{name}").screenshot()))
        place = (TILE * (i % 6), TILE * (i // 6))
        sheet.paste(tile.convert("RGB").resize((TILE, TILE), _BOX), place)
    before = kept("sections-light", sheet)
    assert sheet.size == before.size
    for i, name in enumerate(names):
        right, down = TILE * (i % 6), TILE * (i // 6)
        place = (right, down, right + TILE, down + TILE)
        assert apart(sheet.crop(place), before.crop(place), 10).mean() <= TILE_MEAN, name
