"""Texts of a card that become labels and column names."""

from __future__ import annotations

from typing import Any

from wbcval.machine.toml_tables import Table
from wbcval.values.classes import ABSTENTION

_LONGEST = 80


def text(table: Table, key: str) -> str:
    """A required text in one line."""
    value: str = table.need(key, str)
    if not _plain(value):
        table.refuse(key, f"got {value!r}", f"write one line of at most {_LONGEST} characters")
    return value


def class_names(table: Table, values: list[Any]) -> tuple[str, ...]:
    """Labels, each once; a number names no class.

    They stay apart in the table; a report may count several as one, and says so.
    """
    if not values or not all(isinstance(v, str) and _plain(v) for v in values):
        table.refuse("classes", f"got {values!r}", "write a list of class names")
    for value in values:
        if value.strip().lstrip("+-").replace(".", "", 1).isdigit():
            table.refuse("classes", f"got {value!r}", "write names: numbers differ between models")
    seen: dict[str, str] = {}
    for value in values:
        plain = " ".join(value.casefold().split())
        if plain == ABSTENTION:
            table.refuse("classes", f"got {value!r}", "that is an abstention: use abstain_below")
        if plain in seen:
            table.refuse(
                "classes", f"{seen[plain]!r} and {value!r} are the same name", "name each once"
            )
        seen[plain] = value
    return tuple(values)


def threshold(table: Table, value: float | None, n_classes: int) -> None:
    """Refuse a threshold of abstention that never, or always, holds."""
    if value is None:
        return
    lowest = 1 / n_classes if n_classes > 1 else 0.0
    if not lowest < value <= 1:
        table.refuse(
            "abstain_below",
            f"got {value:g}",
            f"write a probability above {lowest:.3g}: the largest of {n_classes} is never smaller",
        )


def _plain(value: str) -> bool:
    return bool(value.strip()) and value.isprintable() and len(value) <= _LONGEST
