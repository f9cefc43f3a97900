"""From any container to an array: numbers, labels. What is missing, or text, is refused in words.

Containers are lists, tuples, NumPy arrays, masked ones too, and whatever has ``__array__``: Series
of pandas (nullable and Arrow-backed), of polars, Arrow's own. No library of frames is imported.
"""

from __future__ import annotations

import math
import numbers as tower
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SHAPES = {1: "(n,)", 2: "(rows, columns)", 3: "(samples, rows, columns)"}


def numbers(
    values: ArrayLike,
    name: str,
    *,
    dimensions: int = 1,
    finite: bool = True,
    missing: bool = False,
) -> NDArray[np.float64]:
    """Numbers as float64, in one layout: equal numbers give equal results to the last bit.

    Args:
        values: of one shape whatever holds them; booleans and text are no numbers.
        name: of the argument, for messages.
        dimensions: 1, or 2 for a table, 3 for a table of each sample.
        finite: refuse ±∞ too.
        missing: keep what is missing, as NaN, instead of refusing it.

    Raises:
        ValueError: for another shape, anything missing, not finite, or no number.
    """
    found = _as_array(values, name)
    if found.ndim != dimensions:
        raise ValueError(f"{name} must be of shape {_SHAPES[dimensions]}, got {found.shape}")
    if found.dtype.kind == "O":
        found = _converted(found, name, missing)
    elif found.size and found.dtype.kind not in "fiu":
        raise ValueError(f"{name} must hold numbers, got {_kind(found.dtype)}")
    array = np.require(found, np.float64, ["C", "A"])  # sums of strided data round otherwise
    if missing:
        return array
    if np.isnan(array).any():
        raise ValueError(f"{name} must hold no missing values: exclude missing values first")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite: exclude infinite values first")
    return array


def labels(values: ArrayLike, name: str) -> NDArray[Any]:
    """Labels (classes, samples, patients, days), shape (n,): all of one kind, that can be sorted.

    Args:
        values: text, whole numbers (booleans too), dates, or categories of these.
        name: of the argument, for messages.

    Raises:
        ValueError: for another shape, anything missing, or text beside numbers.
    """
    found = _as_array(values, name)
    if found.ndim != 1:
        raise ValueError(f"{name} must be of shape (n,), got {found.shape}")
    if found.dtype.kind in "iu":
        return found
    if found.dtype.kind == "M" and not np.isnat(found).any():
        return found
    given: list[Any] = [None] if found.dtype.kind == "M" else found.tolist()  # NaT
    if any(map(_is_missing, given)):
        raise ValueError(f"{name} must hold no missing values: exclude missing values first")
    if not given:
        return np.array([], dtype=np.int64)
    if all(isinstance(each, str) for each in given):
        return np.array(given, dtype=np.str_)
    if all(isinstance(each, tower.Real) and float(each).is_integer() for each in given):
        return np.array([int(each) for each in given])
    if all(isinstance(each, date) for each in given):
        return np.array(given, dtype="datetime64[us]")
    raise ValueError(f"{name} must hold text, whole numbers or dates, and no mixture of them")


def counts(table: ArrayLike, name: str, *, dimensions: int = 2) -> NDArray[np.float64]:
    """Counts, as a rule a table of them, rows × columns.

    Args:
        table: of a DataFrame (``pandas.crosstab``) rows and columns must be named alike, in one
            order: else its diagonal is no agreement.
        name: of the argument, for messages.
        dimensions: as of :func:`numbers`.

    Raises:
        ValueError: for another shape, what is no count, or rows and columns named otherwise.
    """
    frame: Any = table if hasattr(table, "iloc") and hasattr(table, "columns") else None
    rows, columns = ([], []) if frame is None else ([*frame.index], [*frame.columns])
    if rows != columns:
        raise ValueError(
            f"{name} has rows {rows} and columns {columns}: bring both into one order, "
            f"{name}.reindex(index=names, columns=names, fill_value=0)"
        )
    found = numbers(table, name, dimensions=dimensions)
    if (found < 0).any() or (found != np.rint(found)).any():
        raise ValueError(f"{name} must hold counts")
    return found


def same_rows(**columns: Any) -> None:
    """Refuse Series whose indexes differ: they are no rows of one frame, and pairs would be chance.

    Args:
        columns: by the name of their argument; what has no index is not looked at.

    Raises:
        ValueError: where two indexes differ.
    """
    indexed: list[tuple[str, Any]] = [
        (name, values.index) for name, values in columns.items() if hasattr(values, "iloc")
    ]
    for name, index in indexed[1:]:
        if not index.equals(indexed[0][1]):
            raise ValueError(
                f"{indexed[0][0]} and {name} have different indexes: take both from one frame, or "
                "pass .to_numpy() where their order is the same"
            )


def _as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        raise ValueError(f"{name} must hold no masked values: exclude missing values first")
    if isinstance(values, str | bytes):
        raise ValueError(f"{name} must be a list or array, got text")
    if isinstance(values, list | tuple):
        return _of_list(values, name)
    found = np.asarray(values)
    if found.dtype.kind == "O" and found.ndim == 0:  # a set, a generator, a dictionary
        raise ValueError(f"{name} must be a list or array, got {type(values).__name__}")
    return found


def _of_list(values: list[Any] | tuple[Any, ...], name: str) -> NDArray[Any]:
    """NumPy would write numbers beside text as text, and a masked element as NaN."""
    flat = [*_flat(values)]
    if any(each is np.ma.masked for each in flat):
        raise ValueError(f"{name} must hold no masked values: exclude missing values first")
    kinds = {isinstance(each, str | bytes | bool | np.bool_) for each in flat}
    try:
        return np.asarray(values, dtype=object if len(kinds) > 1 else None)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths") from None


def _flat(values: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, list | tuple):
            yield from _flat(each)
        else:
            yield each


def _converted(found: NDArray[Any], name: str, missing: bool) -> NDArray[np.float64]:
    """Objects one by one: NumPy would take ``"5.1"`` for 5.1 and ``None`` for NaN."""
    flat = found.ravel().tolist()
    if missing:
        flat = [math.nan if _is_missing(each) else each for each in flat]
    elif any(map(_is_missing, flat)):
        raise ValueError(f"{name} must hold no missing values: exclude missing values first")
    for each in flat:
        if isinstance(each, bool) or not isinstance(each, tower.Real | Decimal):
            raise ValueError(f"{name} must hold numbers, got {type(each).__name__} {each!r:.40}")
    try:
        return np.array([float(each) for each in flat]).reshape(found.shape)
    except OverflowError:
        raise ValueError(f"{name} must hold numbers below 1.8e308") from None


def _is_missing(value: object) -> bool:
    """``None``, NaN, ``pandas.NA``, ``NaT``: what does not equal itself, or cannot say."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA
        return True


def _kind(dtype: np.dtype[Any]) -> str:
    named = {"U": "text", "S": "text", "T": "text", "b": "booleans", "c": "complex numbers"}
    return named.get(dtype.kind, str(dtype))
