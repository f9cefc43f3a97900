"""TOML of plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def lines(keys: Mapping[str, Any]) -> str:
    """A line for each key that is not ``None``."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in keys.items() if value is not None)


def entry(table: str, **keys: Any) -> str:
    """One of several tables of a name."""
    return f"[[{table}]]\n{lines(keys)}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {_value(item)}' for key, item in value.items())}}}"
    return json.dumps(value)
