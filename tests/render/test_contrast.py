"""Contrast of every colour of a plot against its ground, in both themes (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from wbcval.plots import scene, svg
from wbcval.plots.pictures.cloud import GROUP_COLOURS, ink_opacity

RGB = tuple[float, float, float]
SHEET = (ROOT / "reports" / "templates" / "style.css").read_text(encoding="utf-8")
THEMES = dict(
    zip(("light", "dark"), re.findall(r":root \{(.*?)\n\s*\}", SHEET, re.S), strict=False)
)
BANDS = (scene.BLUE, scene.VERMILLION)  # colours of intervals drawn under the dots


def variables(theme: str) -> dict[str, str]:
    """The theme's custom properties; what the dark theme leaves out is as in the light one."""
    found = dict(re.findall(r"--([\w-]+): ([^;]+);", THEMES["light"]))
    return found | dict(re.findall(r"--([\w-]+): ([^;]+);", THEMES[theme]))


def rgb(code: str) -> RGB:
    code = code.lstrip("#")
    code = "".join(2 * c for c in code) if len(code) == 3 else code
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def drawn(colour: str, theme: str) -> RGB:
    """What the page makes of a colour of the drawing: its sheet turns it into one of its own."""
    known = variables(theme)
    if colour == scene.INK:
        return rgb(known["ink"])
    turned = re.search(rf'\.plot \[stroke="{colour}"\] {{ stroke: var\(--(\w+)\)', SHEET)
    assert turned, f"the sheet does not know {colour}"
    return rgb(known[turned[1]])


def over(colour: RGB, ground: RGB, opacity: float) -> RGB:
    red, green, blue = (
        opacity * c + (1 - opacity) * g for c, g in zip(colour, ground, strict=True)
    )
    return red, green, blue


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio (WCAG 2.2, "contrast ratio" and "relative luminance")."""

    def luminance(colour: RGB) -> float:
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_known_pairs() -> None:
    assert contrast(rgb("#000"), rgb("#fff")) == pytest.approx(21)
    assert contrast(rgb("#767676"), rgb("#fff")) == pytest.approx(4.54, abs=0.005)  # WCAG's own


def grounds(theme: str) -> list[RGB]:
    """Paper, and paper under the band of an interval."""
    paper = drawn(scene.PAPER, theme)
    return [paper, *(over(drawn(band, theme), paper, svg.BAND) for band in BANDS)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", [*GROUP_COLOURS, scene.VERMILLION])
def test_lines_and_dots_stand_out_from_paper_and_bands(colour: str, theme: str) -> None:
    opacity = ink_opacity(301) if colour == scene.INK else 1.0
    for ground in grounds(theme):
        assert contrast(over(drawn(colour, theme), ground, opacity), ground) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_funnel_stands_out_from_the_paper(theme: str) -> None:
    assert contrast(drawn(scene.FAINT, theme), drawn(scene.PAPER, theme)) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", [scene.INK, scene.BLUE, scene.VERMILLION])
def test_labels_can_be_read(colour: str, theme: str) -> None:
    assert contrast(drawn(colour, theme), drawn(scene.PAPER, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_a_lone_sample_on_a_raster_cloud_stands_out(theme: str) -> None:
    brighter = float(variables(theme)["brighter"])  # of the picture, which no sheet can recolour
    red, green, blue = (min(1.0, brighter * c) for c in rgb(scene.BLUE))
    for ground in grounds(theme):
        assert contrast(over((red, green, blue), ground, svg.LEAST_OPACITY), ground) >= 3


def test_the_sheet_turns_every_colour_of_the_drawings() -> None:
    inks = (scene.BLUE, scene.VERMILLION, scene.GREEN, scene.PURPLE)
    for colour in (*inks, scene.FAINT, scene.PAPER):
        assert drawn(colour, "light") == rgb(colour)
