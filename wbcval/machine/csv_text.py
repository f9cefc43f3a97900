"""CSV that a spreadsheet shows as it is: no text of the data is a formula, and each reads back.

A text that a spreadsheet would take for a formula gets an apostrophe before it, its mark for text;
one that begins so already gets one more, so that taking one away always gives the text back. Plain
negative numbers stay numbers. (OWASP, *CSV Injection*, for the first characters.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

FIRST = "=, +, - or @"  # in words
_FORMULA = r" *[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r" *-[0-9]*[.,]?[0-9]+([eE][+\-]?[0-9]+)?"
_RISKY, _MARKED = re.compile(rf"'*{_FORMULA}"), re.compile(rf"'+{_FORMULA}")
_IS_NUMBER = re.compile(rf"'*{_NUMBER}")
_QUOTED = re.compile(r"[\",;\t\r\n]")  # a semicolon parts cells where the comma is decimal


def guarded(text: str) -> str:
    """A text as it is written into a CSV.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("-2.5"), guarded("S1")
    ("'=1+1", "''=1+1", '-2.5', 'S1')
    """
    risky = _RISKY.match(text) and not _IS_NUMBER.fullmatch(text)
    return f"'{text}" if risky else text


def unguarded(text: str) -> str:
    """The text again: ``unguarded(guarded(text)) == text``."""
    if not text.startswith("'"):
        return text
    marked = _MARKED.match(text) and not _IS_NUMBER.fullmatch(text)
    return text[1:] if marked else text


def guarded_array(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """:func:`guarded` of each text; null stays null."""
    risky = _matches(texts, _RISKY)
    if not pc.any(risky).as_py():
        return texts
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)


def unguarded_array(texts: pa.Array | pa.ChunkedArray) -> tuple[pa.Array | pa.ChunkedArray, int]:
    """:func:`unguarded` of each text, and how many had a mark."""
    if not pc.any(pc.starts_with(texts, "'")).as_py():
        return texts, 0
    marked = _matches(texts, _MARKED)
    count = pc.sum(marked).as_py() or 0
    return (pc.if_else(marked, pc.utf8_slice_codeunits(texts, 1), texts) if count else texts), count


def _matches(texts: pa.Array | pa.ChunkedArray, pattern: re.Pattern[str]) -> pa.Array:
    number = pc.match_substring_regex(texts, f"^(?:{_IS_NUMBER.pattern})$")
    return pc.and_not(pc.match_substring_regex(texts, f"^(?:{pattern.pattern})"), number)


def text_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole table as text; lines end with a line feed, quotes stand where they are needed.

    Args:
        header, rows: texts are guarded, ``None`` is an empty field, numbers as Python writes them.
    """
    return "".join(line(row) for row in (header, *rows))


def line(row: Sequence[object]) -> str:
    """One record, with its end; see :func:`text_of`."""
    return ",".join(map(_field, row)) + "\n"


def _field(value: object) -> str:
    if value is None:
        return ""
    text = guarded(value) if isinstance(value, str) else str(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
