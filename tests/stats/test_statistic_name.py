"""A statistic's name: read in one place, and the text it always was."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.stats.statistic_name import OR_NOISE, StatisticName

NUMBERS = st.floats(0.001, 999).map(lambda x: float(f"{x:.6g}"))


@given(NUMBERS, st.one_of(st.none(), NUMBERS), st.booleans())
def test_what_is_put_in_is_read_back(limit: float, floor: float | None, noise: bool) -> None:
    options = {} if floor is None else {"or_within": floor}
    name = StatisticName.of("share_within", limit, *((OR_NOISE,) if noise else ()), **options)

    assert (name.base, name.limit, name.floor, name.or_noise) == (
        "share_within", limit, floor or 0.0, noise,
    )  # fmt: skip
    assert name.as_base("n_outside").as_base("share_within") == name
    assert StatisticName(str(name)) == name


@pytest.mark.parametrize(
    "text", ["bias", "lower:exact", "bias_at:4", "stage_accuracy:a=b", "share_within:10:or_noise"]
)
def test_it_is_its_text_wherever_text_goes(text: str) -> None:
    name = StatisticName(text)

    assert {name: 1}[text] == 1
    assert json.dumps({name: name}) == json.dumps({text: text})
    assert type(str(name)) is str
    assert name.base + (f":{name.rest}" if name.rest else "") == text
    for again in (pickle.loads(pickle.dumps(name)), copy.deepcopy(name)):  # noqa: S301
        assert type(again) is StatisticName
        assert again.rest == name.rest


def test_a_floor_is_no_counting_noise() -> None:
    assert not StatisticName("share_within:10:or_within=0.3").or_noise
    assert StatisticName("share_within:10:or_noise").floor == 0


def test_the_limit_of_a_covering_error_is_not_its_share() -> None:
    name = StatisticName("covering_error:0.95:or_within=0.1:limit=12.5")

    assert (name.number, name.limit, name.floor) == (0.95, 12.5, 0.1)
    assert StatisticName("covering_error:0.95").limit is None
