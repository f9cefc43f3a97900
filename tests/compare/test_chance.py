"""What is called measurably lower or higher, of how many (STATISTICS.md §12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.compare.make_comparison import change
from wbcval.gating.compare._gate import _no_chance
from wbcval.gating.compare.types import Change


def moved(p: float | None, value: float = -0.03) -> Change:
    return replace(change("monocyte", value=value, half=0.02), p=p)


@pytest.mark.parametrize(("many", "said"), [(1, True), (2, True), (20, False)])
def test_one_of_many_is_expected_by_chance(many: int, said: bool) -> None:
    still = [moved(0.5, value=-0.001) for _ in range(many - 1)]

    found = _no_chance([moved(0.01), *still])

    assert (found[0].direction == "lower") == said
    assert bool(found[0].measurable_loss) == said
    assert not any(c.direction for c in found[1:])


@pytest.mark.parametrize(("value", "word"), [(-0.03, "lower"), (0.03, "higher")])
def test_what_is_shown_in_spite_of_their_number_is_said(value: float, word: str) -> None:
    found = _no_chance([moved(1e-5, value=value), *(moved(0.5, value=0.0) for _ in range(40))])

    assert [c.direction for c in found[:2]] == [word, ""]


def test_without_a_p_nothing_is_said() -> None:
    (found,) = _no_chance([moved(None)])

    assert found.direction == ""
    assert _no_chance([]) == []
