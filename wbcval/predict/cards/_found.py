"""Names of classes that a model's file carries, as the programs write them that save models."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from wbcval.machine import input_json
from wbcval.values.errors import InputError

_LIST = "class_names.json"  # an extra file that training scripts often write
_METADATA = "names"  # Ultralytics, in ONNX: Python's spelling of {0: 'neutrophil', …}
_CONFIG = "config.txt"  # Ultralytics, in TorchScript: JSON, with "names" in it
_LONGEST = 1 << 16  # bytes; a thousand classes have a quarter


def class_names_in(texts: Mapping[str, bytes]) -> tuple[tuple[str, ...], str]:
    """Names of the classes in the order of the outputs, and the text that says them.

    Args:
        texts: by name, as they lie in a model's file; what cannot be read says nothing.
    """
    for name in (_LIST, _METADATA, _CONFIG):
        found = _value(texts.get(name, b""))
        if name == _CONFIG:
            found = found.get("names") if isinstance(found, dict) else None
        if names := _in_order(found):
            return names, name
    return (), ""


def _value(text: bytes) -> Any:
    if len(text) > _LONGEST:
        return None
    try:
        return input_json.loads(text, "", "")
    except InputError:
        pass
    try:
        return ast.literal_eval(text.decode())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _in_order(found: Any) -> tuple[str, ...]:
    """A list of texts, or texts by the numbers 0, 1, 2 …"""
    if isinstance(found, dict):
        by_number = {str(number): name for number, name in found.items()}
        found = [by_number.get(str(i)) for i in range(len(found))]
    if isinstance(found, list) and all(isinstance(name, str) for name in found):
        return tuple(found)
    return ()
