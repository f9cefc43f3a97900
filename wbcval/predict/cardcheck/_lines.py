"""The lines of a card, as they are to be written."""

from __future__ import annotations

from typing import Any

from wbcval.machine.toml_tables import setting, written
from wbcval.predict.cardcheck import _axes
from wbcval.predict.cards import Card


def to_write(given: Card, found: Card) -> list[tuple[str, str, str]]:
    """The lines in which two cards differ.

    Returns:
        Table (``""`` or ``[input]``), the line to write, and what stands there now.
    """
    lines = []
    for axis in _axes.changed(given, found):
        for key in _axes.AXES.get(axis, (axis,)):
            table = "[input]" if axis in _axes.AXES else ""
            now, then = (getattr(c.input if table else c, key) for c in (given, found))
            if now != then:
                line = setting(key, then) if then is not None else f"{key}: leave it out"
                lines.append((table, line, _value(now)))
    return sorted(lines, key=lambda line: line[0])  # what is in no table stands before them


def worded(card: Card, axis: str) -> str:
    """What a card says on an axis, in a few words."""
    own = card.input if axis in _axes.AXES else card
    values = [getattr(own, key) for key in _axes.AXES.get(axis, (axis,))]
    if axis == "resize":
        values = values[:1]
    return " ".join(v if isinstance(v, str) else _value(v) for v in values)


def _value(value: Any) -> str:
    return "none" if value is None else written(value)
