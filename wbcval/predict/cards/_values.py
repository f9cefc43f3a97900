"""Values of a card that are required: a text of a few, a number, a list of numbers."""

from __future__ import annotations

import math

from wbcval.machine.toml_tables import Table


def one_of(table: Table, key: str, choices: tuple[str, ...]) -> str:
    """A required text, one of a few."""
    value = table.choice(key, choices)
    if value is None:
        table.refuse(key, "is missing", f"write one of: {', '.join(choices)}")
    return value


def number(table: Table, key: str) -> float:
    """A required number."""
    value = table.number(key)
    if value is None:
        table.refuse(key, "is missing", "it is required")
    return value


def numbers(table: Table, key: str, count: int) -> tuple[float, ...]:
    """A required list of finite numbers, one per channel."""
    values = table.need(key, list)
    right = all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values
    )
    if not right or len(values) != count:
        table.refuse(key, f"got {values!r}", f"write {count} number(s), one per channel")
    return tuple(float(v) for v in values)


def whole_numbers(table: Table, key: str, low: int, high: int, count: int) -> tuple[int, ...]:
    """A required list of whole numbers within bounds."""
    values = table.need(key, list)
    right = all(type(v) is int and low <= v <= high for v in values)
    if not right or len(values) != count:
        table.refuse(key, f"got {values!r}", f"write {count} whole number(s) from {low} to {high}")
    return tuple(values)
