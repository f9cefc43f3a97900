"""A measurand answers what its name says, and is its name wherever text goes."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from wbcval.values.classes import FIVE
from wbcval.values.measurands import (
    ABSOLUTE,
    MEASURANDS,
    PERCENT,
    WBC,
    Measurand,
    Quantity,
    class_of,
    measurand_of,
    subject_unit,
)


def test_shares_and_counts_are_each_others_twins() -> None:
    for share, count, name in zip(PERCENT, ABSOLUTE, FIVE, strict=True):
        assert (share.twin, count.twin) == (count, share)
        assert share.share == count.share == share
        assert (share.unit, count.unit) == ("%", "10*9/L")
        assert share.cell_class == count.cell_class == class_of(count) == name
        assert (share.quantity, count.quantity) == (Quantity.SHARE, Quantity.COUNT)
    assert (WBC.twin, WBC.share, WBC.unit, WBC.cell_class) == (None, WBC, "10*9/L", "")


@pytest.mark.parametrize("subject", ["monocyte", "all", "other"])
def test_a_class_is_no_measurand(subject: str) -> None:
    assert measurand_of(subject) is None
    assert (subject_unit(subject), class_of(subject)) == ("", subject)


def test_a_part_of_a_class_has_a_quantity_and_no_class() -> None:
    bands = Measurand("bands%")

    assert (bands.stem, bands.quantity, bands.cell_class) == ("bands", Quantity.SHARE, "")
    assert measurand_of(bands) is None


@pytest.mark.parametrize("name", MEASURANDS)
def test_it_is_its_text_wherever_text_goes(name: Measurand) -> None:
    assert {name: 1}[str(name)] == 1
    assert json.dumps({name: name}) == json.dumps({str(name): str(name)})
    assert type(str(name)) is str
    for again in (pickle.loads(pickle.dumps(name)), copy.deepcopy(name)):  # noqa: S301
        assert type(again) is Measurand
        assert again == name
