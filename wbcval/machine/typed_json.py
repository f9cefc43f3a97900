"""Values of the types of this program as JSON, and read again by what their types declare.

Dataclasses and named tuples are objects, mappings with keys of text likewise, sequences and sets
are lists. An array tells its shape, and what of it is not zero; a float that JSON lacks is a text.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

_NO_NUMBER = {repr(number): number for number in (math.nan, math.inf, -math.inf)}
_MOST = 2**31  # elements of an array


def encoded(value: Any) -> Any:
    """A value as JSON holds it.

    Raises:
        TypeError: for what has no form here.
    """
    if isinstance(value, np.ndarray):
        return _of_array(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int):
        return value
    if names := _fields(type(value)):
        return {name: encoded(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): encoded(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(encoded, value))
    if isinstance(value, Sequence):
        return [*map(encoded, value)]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _fields(kind: Any) -> Sequence[str]:
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    found: Sequence[str] = getattr(kind, "_fields", ())
    return found


def _of_array(array: NDArray[Any]) -> dict[str, Any]:
    flat = array.ravel()
    at = np.flatnonzero(flat)
    whole = 2 * len(at) > len(flat)
    held: list[Any] = (flat if whole else flat[at]).tolist()
    if array.dtype.kind == "f":
        held = [encoded(number) for number in held]
    return {"shape": [*array.shape], "at": None if whole else at.tolist(), "is": held}


def decoded(kind: Any, value: Any) -> Any:
    """The value of a type that :func:`encoded` wrote.

    Args:
        kind: a type, or what an annotation says of it.
        value: as JSON has it.

    Raises:
        KeyError, TypeError, ValueError: for what is none.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any or typing.is_typeddict(kind):
        return value
    if origin in (typing.Union, types.UnionType):
        (of,) = (part for part in parts if part is not types.NoneType)
        return None if value is None else decoded(of, value)
    if origin is np.ndarray:
        return _array(get_args(parts[1])[0], value)
    if origin is not None and issubclass(origin, Mapping):
        return {parts[0](key): decoded(parts[1], each) for key, each in _a(dict, value).items()}
    if origin is frozenset:
        return frozenset(decoded(parts[0], each) for each in _a(list, value))
    if origin is tuple and parts[1:] != (...,):
        return tuple(decoded(of, v) for of, v in zip(parts, _a(list, value), strict=True))
    if origin is not None and issubclass(origin, Sequence):
        return tuple(decoded(parts[0], each) for each in _a(list, value))
    if names := _fields(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: decoded(hints[name], _a(dict, value)[name]) for name in names})
    if kind is float:
        return float(_NO_NUMBER.get(value, value) if isinstance(value, str) else value)
    if issubclass(kind, str):
        return kind(_a(str, value))
    return _a(kind, value)


def _a(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{str(value)[:20]!r} is not of type {kind.__name__}")
    return value


def _array(kind: Any, value: Any) -> NDArray[Any]:
    shape, at, held = (_a(dict, value)[key] for key in ("shape", "at", "is"))
    if math.prod(shape) > _MOST or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError(f"an array of {math.prod(shape)} elements")
    of = np.bool_ if kind is np.bool_ else np.float64 if kind is np.float64 else np.int64
    numbers = [_NO_NUMBER.get(each, each) for each in held] if of is np.float64 else held
    if at is None:
        return np.array(numbers, dtype=of).reshape(shape)
    flat = np.zeros(math.prod(shape), dtype=of)
    flat[np.array(at, dtype=np.int64)] = np.array(numbers, dtype=of)
    return flat.reshape(shape)
