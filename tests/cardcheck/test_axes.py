"""The cards that are searched: each may be written, and differs where it is said to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.cardcheck.pipelines import CARD
from wbcval.predict.cardcheck import _axes, to_write, worded
from wbcval.predict.cards import OUTPUTS, Card, Input, read


def card_of(text: str) -> Card:
    found = read(text, "card.toml")
    assert isinstance(found, Card)
    return found


GIVEN = card_of(CARD)
FITTED = card_of(CARD.replace('"stretch"', '"fit"') + "pad = [1, 2, 3]\ncrop = [30, 30]\n")
OPENCV = card_of(
    CARD.replace('"bilinear"', '"area"').replace('"stretch"', '"shorter-side"')
    + 'resizer = "opencv"\nshorter_side = 20\n'
)


def every(given: Card) -> list[Input]:
    own = given.input
    shapes = [one for s in (own, *_axes.unlike(own)) for one in _axes.shapes(s)]
    found = [*_axes.numbers(own, own), *_axes.starts(own), *shapes]
    found += [one for shape in (*shapes[:9], own) for one in _axes.filters(shape)]
    return [one for one in dict.fromkeys(found) if _axes.stands(one)]


def followed(given: Card, text: str, found: Card) -> str:
    """A card with the lines written, as a person writes them."""
    for table, line, now in to_write(given, found):
        key = re.split(r" = |: ", line)[0]
        text, n = re.subn(rf"(?m)^{key} = .*\n", "", text)
        assert (n == 1) == (now != "none") or (key, now) == ("resizer", '"pillow"')
        if not line.endswith("leave it out"):
            text = text.replace(
                "[input]\n", f"[input]\n{line}\n" if table else f"{line}\n[input]\n"
            )
    return text


@pytest.mark.parametrize("given", [GIVEN, FITTED, OPENCV], ids=["plain", "fitted", "opencv"])
def test_every_card_that_is_searched_can_be_written_by_the_lines_that_are_named(
    given: Card,
) -> None:
    text = {
        GIVEN: CARD,
        FITTED: CARD.replace('"stretch"', '"fit"') + "pad = [1, 2, 3]\ncrop = [30, 30]\n",
        OPENCV: CARD.replace('"bilinear"', '"area"').replace('"stretch"', '"shorter-side"')
        + 'resizer = "opencv"\nshorter_side = 20\n',
    }[given]
    found = every(given)
    assert len(found) > 150
    for one in found:
        card = replace(given, input=one)
        again = card_of(followed(given, text, card))
        assert not _axes.changed(again, card), one


def test_other_outputs_and_classes_stand_above_the_table() -> None:
    found = replace(GIVEN, output=OUTPUTS[1], classes=GIVEN.classes[::-1])
    found = replace(found, input=replace(GIVEN.input, color="BGR"))
    assert [table for table, _, _ in to_write(GIVEN, found)] == ["", "", "[input]"]
    assert not _axes.changed(card_of(followed(GIVEN, CARD, found)), found)


def test_one_calculation_in_other_words_is_no_change() -> None:
    own = replace(GIVEN.input, scale=255.0, mean=(0.5,) * 3, std=(0.5,) * 3)
    same = replace(own, scale=127.5, mean=(1.0,) * 3, std=(1.0,) * 3)
    bytes_ = replace(own, scale=1.0, mean=(127.5,) * 3, std=(127.5,) * 3)
    other = replace(own, scale=127.5, mean=(1.0, 1.0, 1.001), std=(1.0,) * 3)
    first, *cards = (replace(GIVEN, input=one) for one in (own, same, bytes_, other))
    assert [_axes.changed(first, card) for card in cards] == [(), (), ("scale, mean, std",)]
    tried = [*_axes.numbers(same, GIVEN.input)]
    assert same in tried  # as it is written on the card
    assert own not in tried  # once


def test_an_axis_is_worded_by_what_stands_on_the_card() -> None:
    assert worded(GIVEN, "interpolation") == "pillow bilinear"
    assert worded(GIVEN, "crop") == "none"
    assert worded(FITTED, "resize") == "fit"
    assert worded(FITTED, "crop") == "[30, 30]"
