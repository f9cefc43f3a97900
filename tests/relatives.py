"""Which tests of one kind run by default, and which by turns.

A fault has relatives: the same rule under other classes, columns, seeds. One or two of them show
that the rule is there; that it holds for all is for ``make slow``. In ``.ci/run`` each commit draws
some of the others (``WBCVAL_TURN``), the same ones whenever it is run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

import pytest

TURNS = 8
# of `.ci/run`: what draws, a commit; unset, whoever asks for the further tests gets them all
TURN = os.environ.get("WBCVAL_TURN", "")


def shown(count: int, most: int) -> set[int]:
    """Places of those that stand for so many: spread evenly, the first and the last among them."""
    most = min(most, count)
    return {round(i * (count - 1) / max(most - 1, 1)) for i in range(most)}


def drawn(name: str, turn: str) -> bool:
    """Whether a further test is among those of a turn: one in ``TURNS``."""
    return hashlib.sha256(f"{turn} {name}".encode()).digest()[0] % TURNS == 0


def mark(items: Iterable[pytest.Item]) -> None:
    """Mark as ``further`` all variants of a test but as many as its ``representatives`` says."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("representatives"):
            groups.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for group in groups.values():
        marker = group[0].get_closest_marker("representatives")
        assert marker is not None
        stay = shown(len(group), *marker.args)
        for place, item in enumerate(group):
            if place not in stay:
                item.add_marker("further")


def left_out(items: Iterable[pytest.Item], turn: str) -> list[pytest.Item]:
    """The further tests of other turns; none where no turn is told."""
    return [
        item for item in items
        if turn and item.get_closest_marker("further") and not drawn(item.nodeid, turn)
    ]  # fmt: skip
