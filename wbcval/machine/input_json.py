"""JSON of an input, read strictly: what is no number, no text, or nested without end is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from wbcval.values.errors import InputError

_DIGITS = 20  # of a whole number of 64 bits, with its sign


def loads(data: bytes, where: str, advice: str, *, as_text: bool = False) -> Any:
    """The value that JSON text states.

    Args:
        data: UTF-8.
        where: the file, for messages.
        advice: what to do about one that is none.
        as_text: numbers as they are written: 7.10 stays so.

    Raises:
        InputError: for what is no JSON; for NaN, an infinity or a number too large to be held; for
            a key that stands twice in an object, half a surrogate pair, and nesting without end.
    """
    try:
        found = json.loads(
            data.decode("utf-8"),
            parse_constant=_no_number,
            parse_float=_as_written if as_text else _finite,
            parse_int=_as_written if as_text else whole,
            object_pairs_hook=_once,
        )
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise InputError(where, "is nested too deep", advice) from None
    except UnicodeEncodeError:
        raise InputError(where, "is not JSON: half a surrogate pair is no text", advice) from None
    except ValueError as why:  # of JSON, of UTF-8, and of the four below
        raise InputError(where, f"is not JSON: {str(why)[:120]}", advice) from None
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _as_written(text: str) -> str:
    _finite(text)
    return text


def whole(text: str) -> int:
    """A whole number as JSON writes it; raises ``ValueError`` beyond 64 bits or so."""
    if len(text) > _DIGITS:
        raise ValueError(f"{text[:40]} has too many digits")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in an object")
    return found


def finite(number: float | None) -> float | None:
    """A JSON number, or ``None`` for what JSON cannot hold."""
    return None if number is None or math.isinf(number) else number


def numbers(**values: float | None) -> dict[str, Any]:
    """Numbers as JSON holds them: null for what is infinite, and its sign under ``infinite``.

    >>> numbers(low=-math.inf, high=2.0)
    {'low': None, 'high': 2.0, 'infinite': {'low': -1}}
    """
    signs = {
        key: int(math.copysign(1, value))
        for key, value in values.items()
        if value is not None and math.isinf(value)
    }
    written: dict[str, Any] = {key: finite(value) for key, value in values.items()}
    return written | ({"infinite": signs} if signs else {})


def number_of(row: Mapping[str, Any], key: str) -> float | None:
    """A number that :func:`numbers` wrote.

    Raises:
        KeyError, TypeError: where the row holds none.
    """
    number: float | None = row[key]
    sign = row.get("infinite", {}).get(key)
    if sign is None:
        return number
    if number is not None or sign not in (-1, 1):
        raise ValueError(f"{key} is said to be infinite, and is {number}")
    return math.copysign(math.inf, sign)
