"""Drawings: valid SVG without styles or ids, hostile text, labels apart."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from wbcval.plots.pictures.cloud import MOST_DOTS, cloud
from wbcval.plots.scale import Axis
from wbcval.plots.scene import BLUE, GREEN, Frame, Scene, Text
from wbcval.plots.svg import svg

NOTHING = np.empty(0)


def scene(label: str = "a figure") -> Scene:
    return Scene(label, Axis(0, 10, 50, 250), Axis(0, 10, 150, 20), 300, 200)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '" onload="x', "a & b", "$x_1$", "中"]
)
def test_hostile_text_stays_text(text: str) -> None:
    drawing = scene(text)
    drawing.add(Text(1, 1, text))
    tree = ElementTree.fromstring(svg(drawing))  # noqa: S314 (our own)
    assert tree.attrib["aria-label"] == text
    assert tree[0].text == text
    assert set(tree.attrib) <= {
        "class",
        "role",
        "aria-label",
        "viewBox",
        "font-family",
        "font-size",
    }


def test_no_style_and_no_id_so_that_pages_can_forbid_them_and_figures_never_clash() -> None:
    drawing = scene()
    drawing.add(Frame("x", "y"))
    drawing.names(np.array([60.0]), np.array([30.0]), ["S1"], NOTHING, NOTHING)
    drawing.margin([(3, "limit", BLUE)])
    assert not re.search(r"\b(style|id|onload)=", svg(drawing))


def test_a_cloud_is_one_path_of_round_dots() -> None:
    drawing = scene()
    cloud(drawing, np.arange(5.0), np.arange(5.0))
    paths = ElementTree.fromstring(svg(drawing))  # noqa: S314
    assert len(paths) == 1
    assert paths[0].attrib["d"].count("h0") == 5
    assert paths[0].attrib["stroke-linecap"] == "round"


def test_a_cloud_has_one_path_a_group_and_one_for_the_rest() -> None:
    drawing = scene()
    masks = {"site=A": np.array([1, 0, 0], bool), "site=B": np.array([0, 1, 0], bool)}
    cloud(drawing, np.arange(3.0), np.arange(3.0), masks)
    strokes = [p.attrib["stroke"] for p in ElementTree.fromstring(svg(drawing))]  # noqa: S314
    assert strokes == ["currentColor", BLUE, GREEN]


def test_too_many_points_become_one_picture() -> None:
    rng = np.random.default_rng(1)
    drawing = scene()
    x = rng.uniform(0, 10, MOST_DOTS + 1)
    cloud(drawing, x, x)
    found = svg(drawing)
    assert found.count("<image") == 1
    assert found.count("data:image/png;base64,iVBOR") == 1
    assert len(found) < 100_000


def test_names_of_points_in_one_place_do_not_cover_each_other() -> None:
    drawing = scene()
    names = [f"S{i}" for i in range(6)]
    drawing.names(np.full(6, 60.0), np.full(6, 80.0), names, NOTHING, NOTHING)
    heights = sorted(float(y) for y in re.findall(r'<text x="69" y="([\d.]+)"', svg(drawing)))
    assert len(heights) == 6
    assert min(b - a for a, b in pairwise(heights)) >= 12.9


def test_a_name_gives_way_to_dots_where_there_is_room() -> None:
    drawing = scene()
    row = np.linspace(60, 120, 8)  # dots to the right of the point, at its height
    drawing.names(row[:1], np.array([80.0]), ["S1"], row, np.full(8, 80.0))
    x, y = map(float, re.search(r'<text x="([\d.]+)" y="([\d.]+)"', svg(drawing)).groups())
    assert x < 60 or abs(y - 4 - 80) > 8


def test_same_drawing_same_bytes() -> None:
    def one() -> str:
        drawing = scene()
        drawing.add(Frame("x", "y"))
        cloud(drawing, np.arange(9.0), np.arange(9.0))
        return svg(drawing)

    assert one() == one()
