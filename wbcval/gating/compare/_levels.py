"""Biases that change with the level, of the candidate and not of the side before (§18)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wbcval.bundle.read import Side
from wbcval.judge.levels import ByLevel, by_level


def levels_said(candidate: Side, other: Side, against: str) -> Iterator[str]:
    """In sentences. By default the gate asks for shares of samples, which hide such a bias.

    Args:
        candidate: that is judged, by each of its measurands.
        other: baseline or anchor.
        against: which of them it is.
    """
    names = candidate.study.measurands
    if candidate.study.mode == "same-cells":  # what a class gains or loses its cells tell
        return
    before = {_key(found) for found in by_level(other.study, _shared(other, names), len(names))}
    for found in by_level(candidate.study, names, len(names)):
        if _key(found) not in before:
            yield f"By level, and not so by the {against}: {found.said}."


def _shared(side: Side, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in side.study.values]


def _key(found: ByLevel) -> tuple[str, str, bool]:
    return found.subject, found.what, found.bent
