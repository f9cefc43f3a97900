"""From cells of text to numbers, and a reason for each that is none.

Analyzers put more than numbers into number columns: masks, marks, ``<0.30``, words. Each such
cell is kept as an :class:`Odd`, so that nothing becomes missing without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_MASK = re.compile(r"^(?:-{2,}|\+{2,}|\*{2,}(?:\.\*+)?)$")
_MARKED = re.compile(r"^([*@!]?)\s*([+-]?\d[\d.,]*)\s*([*@!+-]|[HL]{1,2}|[ANEW])?$")
_CENSORED = re.compile(r"^(?:<|>|≤|≥|＜|＞)\s*=?\s*\d")
_BLANKS = frozenset(("", "-", ".", "na", "n/a", "nan", "null", "none", "n.a.", "<na>", "#n/a"))
_WORDS = frozenset(("error", "discrete"))
_INFINITE = re.compile(r"^[+-]?inf(?:inity)?$", re.IGNORECASE)
_COMMA = re.compile(r"^[+-]?\d+,\d+$")
COMPUTED_DECIMALS = 6  # no analyzer prints so many: the column was computed


@dataclass(frozen=True, slots=True)
class Odd:
    """A cell that is more, or less, than a number.

    Attributes:
        rule: ``missing masked censored not-a-number infinite mark``.
        text: the cell.
        mark: the mark beside a number that stands.
    """

    rule: str
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes:
        values: NaN where there is none.
        odd: by position, every cell that was no plain number.
        decimals: as printed: the most that at least 5 % of the cells show; ``None`` where none
            is a number or where the numbers have no printed form.
    """

    values: NDArray[np.float64]
    odd: Mapping[int, Odd]
    decimals: int | None


def parse(column: pa.ChunkedArray, *, decimal: str = ".") -> Numbers:
    """Numbers of a column of text (or of numbers), as long as the column."""
    array = column.combine_chunks()
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return _typed(array)
    text = pc.fill_null(pc.utf8_trim_whitespace(array), "")
    if decimal == ",":
        text = _points(text)
    plain = pc.match_substring_regex(text, _PLAIN)
    values = _cast(pc.if_else(plain, text, None))
    odd: dict[int, Odd] = {}
    seen: dict[str, tuple[float, Odd]] = {}
    for i in np.flatnonzero(~plain.to_numpy(zero_copy_only=False)).tolist():
        cell = text[i].as_py()
        if cell not in seen:
            seen[cell] = _read(cell)
        values[i], odd[i] = seen[cell]
    return Numbers(values, odd, _decimals(text.filter(plain)))


def _cast(text: pa.Array) -> NDArray[np.float64]:
    numbers = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(numbers, dtype=np.float64)


def _typed(array: pa.Array) -> Numbers:
    values = _cast(array)
    odd = {int(i): Odd("missing", "") for i in np.flatnonzero(np.isnan(values))}
    shown = [repr(float(v)).partition(".")[2] for v in values[:10_000] if np.isfinite(v)]
    lengths = [0 if tail == "0" else len(tail) for tail in shown]
    return Numbers(values, odd, _usual(np.array(lengths, dtype=np.int64)))


def _read(cell: str) -> tuple[float, Odd]:
    folded = cell.casefold()
    if folded in _BLANKS:
        return np.nan, Odd("missing", cell)
    if _MASK.match(cell) or folded in _WORDS:
        return np.nan, Odd("masked", cell)
    if _CENSORED.match(cell):
        return np.nan, Odd("censored", cell)
    if _INFINITE.match(cell):
        return np.nan, Odd("infinite", cell)
    if (marked := _MARKED.match(cell)) and re.fullmatch(_PLAIN, marked[2]):
        return float(marked[2]), Odd("mark", cell, marked[1] or marked[3] or "")
    return np.nan, Odd("not-a-number", cell)


def _points(text: pa.Array) -> pa.Array:
    """Decimal commas to points; points before a comma part thousands."""
    both = pc.match_substring_regex(text, r"^[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
    without = pc.if_else(both, pc.replace_substring(text, ".", ""), text)
    return pc.replace_substring(without, ",", ".")


def _decimals(text: pa.Array) -> int | None:
    tail = pc.replace_substring_regex(text, r"^[^.]*\.?|[eE].*$", "")
    return _usual(np.asarray(pc.utf8_length(tail), dtype=np.int64))


def _usual(lengths: NDArray[np.int64]) -> int | None:
    """The most decimals that at least 5 % of the cells show: one odd cell does not refine all."""
    if not lengths.size:
        return None
    return int(np.sort(lengths)[::-1][max(0, int(np.ceil(0.05 * lengths.size)) - 1)])
