"""The picture to look at: boxes, numbers and labels, and the field otherwise unchanged."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.predict.fields import Box, overlay

GREY = np.full((480, 640, 3), 200, np.uint8)
BOX = Box(100, 150, 300, 350, area=3000, touches_edge=False)
BLUE, VERMILLION, BLACK = (0, 114, 178), (191, 78, 0), (26, 26, 26)


@pytest.mark.parametrize(
    ("label", "colour"),
    [("neutrophil", BLUE), ("lymphocyte", VERMILLION), ("basophil", BLACK), ("blast", BLACK)],
)
def test_a_box_has_the_colour_of_its_class(label, colour):
    drawn = overlay(GREY, [BOX], [label])

    for x, y in ((100, 250), (299, 250), (200, 150), (200, 349)):
        assert tuple(drawn[y, x]) == colour
    assert np.array_equal(drawn[170:330, 120:280], GREY[170:330, 120:280])  # the cell itself
    assert np.array_equal(drawn[400:], GREY[400:])


def test_the_label_stands_above_its_box_on_white():
    drawn = overlay(GREY, [BOX], ["neutrophil"])

    above = drawn[120:148, 100:200]
    assert (above == 255).all(axis=2).mean() > 0.4
    assert (above == BLUE).all(axis=2).sum() > 20


def test_each_label_and_each_number_is_another_picture():
    once = [overlay(GREY, [BOX], [label]) for label in ("a", "b", "—", "моноцит")]
    other = Box(400, 150, 500, 250, area=3000, touches_edge=False)
    second = overlay(GREY, [other, BOX], ["b", "a"])

    assert len({picture.tobytes() for picture in once}) == 4
    assert not np.array_equal(second[100:400, :350], once[0][100:400, :350])  # "2 a", not "1 a"


@pytest.mark.parametrize("corner", [(0, 0, 40, 40), (600, 0, 640, 40), (600, 440, 640, 480)])
def test_at_a_corner_the_label_stays_in_the_picture(corner):
    box = Box(*corner, area=900, touches_edge=True)
    drawn = overlay(GREY, [box], ["neutrophil"])
    middle = overlay(GREY, [BOX], ["neutrophil"])

    def letters(picture: np.ndarray) -> int:
        return int((picture == 255).all(axis=2).sum())

    assert drawn.shape == GREY.shape
    assert letters(drawn) > 0.5 * letters(middle)


def test_the_field_is_not_changed_and_nothing_found_changes_nothing():
    before = GREY.copy()
    overlay(GREY, [BOX], ["x"])

    assert np.array_equal(GREY, before)
    assert np.array_equal(overlay(GREY, [], []), GREY)


def test_a_tiny_field_is_drawn_too():
    small = np.full((40, 40, 3), 200, np.uint8)

    drawn = overlay(small, [Box(5, 5, 35, 35, area=9, touches_edge=False)], ["lymphocyte"])

    assert drawn.shape == small.shape


def test_as_many_labels_as_boxes():
    with pytest.raises(ValueError, match="argument 2 is longer"):
        overlay(GREY, [BOX], ["a", "b"])
