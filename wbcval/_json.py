"""JSON of an input, read strictly: what is no number, no text, or nested without end is refused."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from wbcval.errors import InputError

_DIGITS = 20  # of a whole number of 64 bits, with its sign


def loads(data: bytes, where: str, advice: str) -> Any:
    """The value that JSON text states.

    Args:
        data: UTF-8.
        where: the file, for messages.
        advice: what to do about one that is none.

    Raises:
        InputError: for what is no JSON; for NaN, an infinity or a number too large to be held; for
            a key that stands twice in an object, half a surrogate pair, and nesting without end.
    """
    try:
        found = json.loads(
            data.decode("utf-8"),
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=whole,
            object_pairs_hook=_once,
        )
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise InputError(where, "is nested too deep", advice) from None
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
