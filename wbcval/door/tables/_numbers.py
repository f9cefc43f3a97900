"""From cells of text to numbers, and a reason for each that is none.

Analyzers put more than numbers into number columns: masks, marks, ``<0.30``, words. Each such
cell is kept as an :class:`Odd`, so that nothing becomes missing without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wbcval.door.tables._ledger import TableLog
from wbcval.values.quoting import quoted

_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_MASK = re.compile(r"^(?:-{2,}|\+{2,}|\*{2,}(?:\.\*+)?)$")
_MARKED = re.compile(r"^([*@!]*)\s*([+-]?[\d.]+)\s*([*@!+-]*|[HL]{1,2}|[ANW]|[▲▼↑↓]{1,2})$")
_CENSORED = re.compile(r"^(?:<|>|≤|≥|＜|＞)\s*=?\s*\d")
_BLANKS = frozenset(("", "-", ".", "na", "n/a", "nan", "null", "none", "n.a.", "<na>", "#n/a"))
_WORDS = frozenset(("error", "discrete"))
_INFINITE = re.compile(r"^[+-]?inf(?:inity)?$", re.IGNORECASE)
_POINT = r"[0-9]\.[0-9]"
_COMMA = r"[0-9],[0-9]"
_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+$"  # "6,500": 6.5 or 6500
_BOTH = r"[0-9]\.[0-9]{3},[0-9]|[0-9],[0-9]{3}\.[0-9]"  # "1.234,5" or "1,234.5"
_SAMPLE = 10_000  # cells that tell how many decimals a column prints
_LARGEST = 1e100  # beyond any count, and still finite when scaled and added
COMPUTED_DECIMALS = 6  # no analyzer prints so many: the column was computed


@dataclass(frozen=True, slots=True)
class Odd:
    """A cell that is more, or less, than a number.

    Attributes:
        rule: ``missing masked censored not-a-number infinite mark``.
        text: the cell, as it may be quoted.
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
        decimals: as printed: the most that at least 5 % of the cells show; ``None`` where no cell
            is a number.
    """

    values: NDArray[np.float64]
    odd: Mapping[int, Odd]
    decimals: int | None


def parse_all(
    columns: Mapping[int, pa.Array],
    header: Sequence[str],
    ledger: TableLog,
    whole: frozenset[int] = frozenset(),
) -> Mapping[int, Numbers] | None:
    """Numbers of several columns of one table, by position; ``None`` with an error in the ledger.

    Args:
        columns: by position.
        header: the column names.
        ledger: gets ``comma`` or ``ambiguous-number``.
        whole: positions of columns that hold whole numbers by their unit.
    """
    why = ""
    try:
        comma = comma_of(columns.values())
    except AmbiguousCommaError:
        with_comma = {p: c for p, c in columns.items() if _is_text(c) and _count(c, _COMMA)}
        unclear = {p: c for p, c in with_comma.items()
                   if p not in whole or _count(c, _COMMA) != _count(c, _THOUSANDS)}  # fmt: skip
        for position, column in unclear.items():
            cell = column.filter(pc.match_substring_regex(column, _COMMA))[0].as_py()
            got = f"{quoted(cell)!r}: a comma that may be decimal or part thousands"
            ledger.say("ambiguous-number", got, column=header[position])
        if unclear:
            return None
        comma, why = "thousands", ": cells per microlitre are whole numbers"
    if comma is not None:
        ledger.say("comma", f"commas between digits read as {comma}{why}")
    return {position: parse(column, comma) for position, column in columns.items()}


class AmbiguousCommaError(Exception):
    """Cells such as ``6,500`` in a table that does not say what its commas are."""


def comma_of(columns: Iterable[pa.Array]) -> str | None:
    """What a comma between digits is in a table: ``decimal``, ``thousands``, ``None`` (has none).

    Raises:
        AmbiguousCommaError: where the cells allow both, or do both.
    """
    texts = [column for column in columns if _is_text(column)]
    if not any(pc.any(pc.match_substring(text, ",")).as_py() for text in texts):
        return None
    thousands = sum(_count(text, _THOUSANDS) for text in texts)
    commas = sum(_count(text, _COMMA) for text in texts)
    points = sum(_count(text, _POINT) for text in texts)
    both = sum(_count(text, _BOTH) for text in texts)
    if not commas:
        return None
    if commas > thousands and points in (0, both):
        return "decimal"
    if commas == thousands and points:
        return "thousands"
    raise AmbiguousCommaError


def parse(column: pa.Array, comma: str | None = None) -> Numbers:
    """Numbers of a column of text (or of numbers), as long as the column.

    Args:
        column: one array.
        comma: what :func:`comma_of` says of the table.
    """
    if not _is_text(column):
        return _typed(column)
    text = pc.fill_null(pc.utf8_trim_whitespace(column), "")
    if comma is not None:
        text = _points(text, comma)
    plain = pc.match_substring_regex(text, _PLAIN)
    values = _cast(pc.if_else(plain, text, None))
    odd: dict[int, Odd] = {}
    seen: dict[str, tuple[float, Odd]] = {}
    for i in np.flatnonzero(~plain.to_numpy(zero_copy_only=False)).tolist():
        cell = text[i].as_py()
        if cell not in seen:
            seen[cell] = _read(cell)
        values[i], odd[i] = seen[cell]
    for i in _endless(values):
        odd[i] = Odd("infinite", quoted(text[i].as_py()))
    return Numbers(values, odd, _decimals(text[:_SAMPLE].filter(plain[:_SAMPLE])))


def _is_text(column: pa.Array) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _count(column: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0)


def _cast(text: pa.Array) -> NDArray[np.float64]:
    numbers = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(numbers, dtype=np.float64)


def _endless(values: NDArray[np.float64]) -> list[int]:
    """Positions of numbers beyond any count, infinity among them; they become NaN."""
    found = np.flatnonzero(np.abs(values) > _LARGEST)
    values[found] = np.nan
    return found.tolist()


def _typed(array: pa.Array) -> Numbers:
    if pa.types.is_boolean(array.type) or pa.types.is_temporal(array.type):
        return parse(pc.cast(array, pa.string()))
    values = _cast(array)
    odd = {int(i): Odd("missing", "") for i in np.flatnonzero(np.isnan(values))}
    infinite = {i: Odd("infinite", "beyond any count") for i in _endless(values)}
    digits = 6 if pa.types.is_float32(array.type) else 12  # that the type holds for certain
    printed = [f"{value:.{digits}g}" for value in values[np.isfinite(values)][:_SAMPLE].tolist()]
    tails = [text.partition(".")[2] for text in printed if "e" not in text]
    lengths = np.array([len(tail) for tail in tails], dtype=np.int64)
    return Numbers(values, odd | infinite, _usual(lengths))


def _read(cell: str) -> tuple[float, Odd]:
    folded, shown = cell.casefold(), quoted(cell)
    if folded in _BLANKS:
        return np.nan, Odd("missing", shown)
    if _MASK.match(cell) or folded in _WORDS:
        return np.nan, Odd("masked", shown)
    if _CENSORED.match(cell):
        return np.nan, Odd("censored", shown)
    if _INFINITE.match(cell):
        return np.nan, Odd("infinite", shown)
    if (marked := _MARKED.match(cell)) and re.fullmatch(_PLAIN, marked[2]):
        return float(marked[2]), Odd("mark", shown, marked[1] + marked[3])
    return np.nan, Odd("not-a-number", shown)


def _points(text: pa.Array, comma: str) -> pa.Array:
    """Numbers written with decimal points and no thousands separators; other cells as they are."""
    digits = pc.match_substring_regex(text, r"^[^A-Za-z]*[0-9][^A-Za-z]*$")
    if comma == "thousands":
        changed = pc.replace_substring(text, ",", "")
    else:
        without = pc.replace_substring(text, ".", "")
        grouped = pc.match_substring(text, ",")
        changed = pc.replace_substring(pc.if_else(grouped, without, text), ",", ".")
    return pc.if_else(digits, changed, text)


def _decimals(text: pa.Array) -> int | None:
    tail = pc.replace_substring_regex(text, r"^[^.]*\.?|[eE].*$", "")
    return _usual(np.asarray(pc.utf8_length(tail), dtype=np.int64))


def _usual(lengths: NDArray[np.int64]) -> int | None:
    """The most decimals that at least 5 % of the cells show: one odd cell does not refine all."""
    if not lengths.size:
        return None
    return int(np.sort(lengths)[::-1][max(0, int(np.ceil(0.05 * lengths.size)) - 1)])
