"""Leukocytes of drawn fields of known truth are found, and nothing else is."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.fields.drawn import EOSIN, KINDS, Drawing
from wbcval.predict.fields import Box, Unscaled, find
from wbcval.values.errors import InputError


def overlap(box: Box, truth: tuple[float, float, float, float]) -> float:
    wide = min(box.x_max, truth[2]) - max(box.x_min, truth[0])
    high = min(box.y_max, truth[3]) - max(box.y_min, truth[1])
    both = max(0.0, wide) * max(0.0, high)
    areas = (box.x_max - box.x_min) * (box.y_max - box.y_min)
    return both / (areas + (truth[2] - truth[0]) * (truth[3] - truth[1]) - both)


def assert_found(drawing: Drawing, least: float = 0.7) -> None:
    found = find(drawing.pixels())
    assert len(found) == len(drawing.truth), found
    for truth in drawing.truth:
        assert max(overlap(box, truth) for box in found) >= least, (truth, found)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_one_cell_with_its_cytoplasm(kind, seed):
    assert_found(Drawing(seed=seed).leukocyte(kind, 8, 6).red_cells(), least=0.6)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("lymphocyte", "lymphocyte", 1.1),
        ("lymphocyte", "lymphocyte", 1.0),
        ("neutrophil", "lymphocyte", 1.3),
        ("neutrophil", "neutrophil", 1.5),
        ("monocyte", "neutrophil", 1.7),
    ],
)
def test_touching_leukocytes_are_two(one, other, apart):
    drawing = Drawing().leukocyte(one, 7, 6).leukocyte(other, 7 + apart, 6.1).red_cells()

    assert_found(drawing, least=0.55)


def test_two_nuclei_that_overlap_are_cut_at_the_neck():
    drawing = Drawing().leukocyte("lymphocyte", 7, 6).leukocyte("lymphocyte", 7.85, 6).red_cells()

    assert_found(drawing, least=0.6)


def test_a_field_without_leukocytes_has_none():
    assert find(Drawing().red_cells().pixels()) == ()


@pytest.mark.parametrize("n", [1, 12])
def test_platelets_and_precipitate_are_none(n):
    drawing = Drawing()
    for k in range(n):
        drawing.spot(1 + 1.2 * k, 3 + k % 5, 0.14).spot(1.6 + 1.2 * k, 5 + k % 4, 0.22)
    drawing.spot(12, 10, 0.9, EOSIN)

    assert find(drawing.red_cells().pixels()) == ()


def test_platelets_beside_a_leukocyte_are_not_part_of_it():
    drawing = Drawing().leukocyte("neutrophil", 8, 6).spot(9.1, 6, 0.18).spot(6.8, 6.4, 0.15)

    assert_found(drawing.red_cells(), least=0.6)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("zoom", [0.5, 0.75, 1.5, 2.0])
def test_another_magnification_gives_the_same_cells(zoom):
    drawing = Drawing(zoom=zoom)
    for kind, x, y in (("neutrophil", 3, 3), ("lymphocyte", 9, 8), ("monocyte", 13, 3)):
        drawing.leukocyte(kind, x, y)

    assert_found(drawing.spot(6, 6, 0.2).red_cells(), least=0.6)


@pytest.mark.parametrize(
    ("light", "strength"),
    [
        ((215, 218, 214), 0.75),
        ((215, 218, 214), 1.3),
        ((240, 225, 190), 1.0),  # yellow lamp
        ((190, 205, 235), 1.0),  # blue filter
        ((120, 122, 118), 1.0),  # underexposed
    ],
)
def test_stain_and_lamp_may_vary(light, strength):
    drawing = Drawing(light=light, strength=strength)
    drawing.leukocyte("neutrophil", 4, 6).leukocyte("lymphocyte", 11, 5).spot(7, 3, 0.2)

    assert_found(drawing.red_cells(), least=0.6)


def test_a_cell_at_the_border_is_clipped_and_says_so():
    drawing = Drawing().leukocyte("lymphocyte", 0.2, 6).leukocyte("neutrophil", 8, 6).red_cells()
    pixels = drawing.pixels()

    boxes = sorted(find(pixels), key=lambda box: box.x_min)

    assert [box.touches_edge for box in boxes] == [True, False]
    assert boxes[0].x_min == 0
    assert all(0 < box.area <= (box.x_max - box.x_min) * (box.y_max - box.y_min) for box in boxes)


def test_without_red_cells_there_is_no_yardstick_and_nothing_is_said():
    with pytest.raises(Unscaled, match="too few red cells"):
        find(Drawing().leukocyte("neutrophil", 8, 6).pixels())


def nothing_in(pixels) -> bool:
    """No leukocyte, or refused for want of a yardstick."""
    try:
        return find(pixels) == ()
    except Unscaled:
        return True


def test_boxes_are_sorted_and_the_same_each_time_on_any_thread():
    drawing = Drawing()
    for i in range(5):
        drawing.leukocyte("lymphocyte", 2 + 3 * i, 3 + (i * 3) % 8)
    pixels = drawing.red_cells().pixels()
    before = pixels.copy()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(find, [pixels] * 8))

    assert len(found[0]) == 5
    assert all(boxes == found[0] for boxes in found)
    assert [box.y_min for box in found[0]] == sorted(box.y_min for box in found[0])
    assert np.array_equal(pixels, before)


def test_a_view_gives_what_a_copy_gives():
    pixels = Drawing().leukocyte("neutrophil", 8, 6).red_cells().pixels()
    reversed_channels = np.ascontiguousarray(pixels[:, :, ::-1])

    assert find(reversed_channels[:, :, ::-1]) == find(pixels)


@pytest.mark.parametrize("value", [0, 90, 200, 255])
@pytest.mark.parametrize("size", [(5, 5), (1, 1), (480, 640), (33, 3000)])
def test_one_colour_holds_no_cell(value, size):
    assert nothing_in(np.full((*size, 3), value, np.uint8))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("low", [0, 150, 230])
@pytest.mark.parametrize("size", [(7, 9), (240, 320)])
def test_noise_holds_no_cell(size, low, seed):
    rng = np.random.default_rng(seed)

    assert nothing_in(rng.integers(low, 256, (*size, 3), dtype=np.uint8))


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_ramp_of_one_channel_holds_no_cell(channel):
    pixels = np.full((240, 320, 3), 220, np.uint8)
    pixels[:, :, channel] = np.linspace(0, 255, 320).astype(np.uint8)

    assert nothing_in(pixels)


def test_a_violet_picture_without_ground_holds_no_cell():
    assert nothing_in(np.full((240, 320, 3), (120, 70, 170), np.uint8))


def test_a_large_picture_is_looked_at_at_the_cells_size():
    drawing = Drawing().leukocyte("neutrophil", 8, 6).leukocyte("lymphocyte", 3, 3).red_cells()
    once = drawing.pixels()
    large = once.repeat(6, axis=0).repeat(6, axis=1)  # 3840 × 2880

    assert len(find(large)) == 2


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((40, 40), np.uint8), np.zeros((40, 40, 4), np.uint8), np.zeros((40, 40, 3))],
)
def test_what_is_no_colour_picture_is_refused(pixels):
    with pytest.raises(ValueError, match="a field is uint8"):
        find(pixels)


def test_without_opencv_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(InputError, match=r"pip install '\.\[fields\]'"):
        find(np.zeros((40, 40, 3), np.uint8))
