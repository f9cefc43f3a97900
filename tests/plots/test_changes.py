"""The picture of the changes: each interval and its margin where they are."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from wbcval.plots import changes
from wbcval.plots.pictures.changes import ChangeRow
from wbcval.plots.scene import BLUE, GREEN, INK, VERMILLION
from wbcval.plots.svg import svg as written

ROWS = [
    ChangeRow("✗ monocyte", -10.0, -12.7, -7.4, 2.0, "−10.0 (−12.7 to −7.4)", VERMILLION),
    ChangeRow("? eosinophil", -1.0, -3.0, 1.0, 2.0, "−1.0 (−3.0 to 1.0)", BLUE),
    ChangeRow("✓ all", 0.5, 0.1, 0.9, 5.0, "+0.5 (0.1 to 0.9)", GREEN),
    ChangeRow("= same", 0.0, None, None, 2.0, "0.0", GREEN),
]


def lines(svg: str, colour: str, dashed: bool = False) -> list[list[float]]:
    tree = ElementTree.fromstring(svg)  # noqa: S314 (our own)
    found = [
        e.attrib["d"] for e in tree
        if e.attrib.get("stroke") == colour and ("stroke-dasharray" in e.attrib) == dashed
    ]  # fmt: skip
    return [[float(n) for n in re.findall(r"-?[\d.]+", d)] for d in found if "L" in d]


def test_intervals_stand_to_their_margins_as_the_numbers_do() -> None:
    svg = written(changes(ROWS, title="changes", axis="points"))
    margins = [x0 for x0, _, _, _ in lines(svg, INK, dashed=True)]
    assert len(margins) == len(ROWS)
    assert margins[0] == margins[1] == margins[3] > margins[2]
    (worse,), (open_,), (good,) = (lines(svg, c) for c in (VERMILLION, BLUE, GREEN))
    assert worse[0] < worse[2] < margins[0]
    assert open_[0] < margins[1] < open_[2]
    zero = max(x0 for x0, _, x1, _ in lines(svg, INK) if x0 == x1)
    assert zero < good[0] < good[2]
    assert open_[0] < zero < open_[2]


def test_each_row_is_named_with_its_numbers_and_sides_are_said() -> None:
    svg = written(changes(ROWS, title="a <title>", axis="points"))
    texts = [e.text for e in ElementTree.fromstring(svg) if e.tag == "text"]  # noqa: S314
    assert {r.label for r in ROWS} | {r.text for r in ROWS} <= set(texts)
    assert {"← worse", "better →", "points"} <= set(texts)
    assert 'aria-label="a &lt;title&gt;"' in svg


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_a_change_without_end_stands_at_the_edge(value: float) -> None:
    row = ChangeRow("∞", value, -math.inf, math.inf, 2.0, "∞", BLUE)
    svg = written(changes([*ROWS, row], title="changes", axis="points"))
    assert not re.search(r"nan|inf", svg)


def test_nothing_to_draw() -> None:
    ElementTree.fromstring(written(changes([], title="none", axis="points")))  # noqa: S314
