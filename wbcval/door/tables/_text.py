"""Columns of text: ids as given, labels to classes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables._ledger import TableLog
from wbcval.values import classes
from wbcval.values.errors import InputError
from wbcval.values.hashes import content_of

_SPOILT = r"^[0-9]+\.0+$|^[0-9](?:\.[0-9]+)?[eE]\+[0-9]+$"  # ids that once were numbers
_EXACT = 2.0**53  # below it a whole number in a float is exact


def text(raw: Raw, position: int) -> pa.Array:
    """A column as stripped text; blanks and nulls are ""."""
    array = raw.table.column(position).combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return _stripped(array)


def encoded(raw: Raw, position: int) -> pa.DictionaryArray:
    """A column as codes into its different texts, stripped; blanks and nulls are ""."""
    array = raw.table.column(position).combine_chunks()
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    known = _stripped(array.dictionary)
    if array.null_count or len(pc.unique(known)) < len(known):
        return _stripped(array.dictionary_decode()).dictionary_encode()
    codes = array.indices.to_numpy()
    used = np.bincount(codes, minlength=len(known)) > 0  # the file's dictionary may hold more
    place = np.cumsum(used, dtype=np.int32) - 1
    return pa.DictionaryArray.from_arrays(place[codes], known.filter(pa.array(used)))


def _stripped(array: pa.Array) -> pa.Array:
    if pa.types.is_floating(array.type):
        return _from_floats(array)
    if not pa.types.is_string(array.type):
        array = pc.cast(array, pa.string())
    if array.null_count:
        array = pc.fill_null(array, "")
    return array if _is_tight(array) else pc.utf8_trim_whitespace(array)


def _is_tight(texts: pa.StringArray) -> bool:
    """Whether no text can hold white space: every byte is printable ASCII."""
    content, _ = content_of(texts)
    # as signed bytes, those of other alphabets are negative
    return not content.size or int(content.view(np.int8).min()) > ord(" ")


def _from_floats(array: pa.Array) -> pa.Array:
    """Whole numbers without a point, others as Python writes them; NaN and null are ""."""
    numbers = array.to_numpy(zero_copy_only=False)
    known = np.isfinite(numbers)
    if np.all(numbers[known] == np.trunc(numbers[known])) and np.all(
        np.abs(numbers[known]) < _EXACT
    ):
        whole = pa.array(np.where(known, numbers, 0).astype(np.int64))
        return pc.if_else(pa.array(~np.isnan(numbers)), pc.cast(whole, pa.string()), "")
    return pa.array([_whole(number) for number in array.to_pylist()], pa.string())


def ids(raw: Raw, position: int, ledger: TableLog) -> pa.DictionaryArray:
    """A column of ids as text, as given; ids held as numbers are said to be so."""
    kind = raw.table.column(position).type
    if position in raw.numeric or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        ledger.say("id-as-number", "ids are stored as numbers", column=raw.header[position])
    found = encoded(raw, position)
    spoilt = pc.match_substring_regex(found.dictionary, _SPOILT)
    if pc.any(spoilt).as_py():
        first = found.dictionary.filter(spoilt)[0].as_py()
        ledger.say("id-as-number", f"{first!r}, kept as it is", column=raw.header[position])
    return found


def labels(
    column: pa.DictionaryArray,
    name: str,
    raw: Raw,
    class_map: Mapping[str, str],
    ledger: TableLog,
) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Canonical classes of a column of labels; which rows hold a label that names none.

    Args:
        column: of :func:`encoded`.
        name: our name of the column.
        raw: the batch, for its rows.
        class_map: the protocol's own, which wins.
        ledger: gets ``integer-class`` and ``unknown-class``, and how many cells have which label.

    Returns:
        The classes (NA where blank or where the label names none) and the rows of the latter.
    """
    known = column.dictionary.to_pylist()
    codes = column.indices.to_numpy()
    found = [resolve(label, class_map) for label in known]
    bad = np.array([c is None and label != "" for c, label in zip(found, known, strict=True)], bool)
    nameless = bad[codes] if bad.any() else np.zeros(len(codes), dtype=bool)
    different, first, rows = np.unique(codes[nameless], return_index=True, return_counts=True)
    row = raw.rows[nameless][first]
    for i in np.argsort(first).tolist():  # in the order met
        label = known[different[i]]
        ledger.say(_rule(label), repr(label[:40]), column=name, row=int(row[i]), rows=int(rows[i]))
        of_label = raw.rows[codes == different[i]]
        ledger.left_out(_rule(label), of_label, f"{label[:40]!r} names no class", column=name)
    cells = np.bincount(codes, minlength=len(known)).tolist()
    for label, of, n in zip(known, found, cells, strict=True):
        if of is not None and n:
            ledger.labels[name, label, of] += n
    names = list(dict.fromkeys(c for c in found if c is not None))
    code_of = np.array([-1 if c is None else names.index(c) for c in found], dtype=np.int8)
    by_category = pd.Categorical.from_codes(code_of[codes], dtype=pd.CategoricalDtype(names))
    return pd.Series(by_category), nameless


def resolve(label: str, class_map: Mapping[str, str]) -> str | None:
    """The canonical class of a label, the protocol's map before the vocabulary.

    Raises:
        InputError: where the map leads to no class.
    """
    found = class_map.get(label, class_map.get(_as_integer(label)))
    if found is None:
        found = next((name for key, name in class_map.items() if _as_integer(key) == label), None)
    if found is None:
        return classes.canonical(label)
    if (name := classes.canonical(found)) is None:
        raise InputError(
            f"[class_map] {label}", f"{found!r} is no class", "use a class such as blast"
        )
    return name


def _as_integer(label: str) -> str:
    """``0.0`` as ``0``: a column with a blank among whole numbers is written so."""
    return re.sub(r"^([+-]?\d+)\.0*$", r"\1", label)


def _rule(label: str) -> str:
    return "integer-class" if re.fullmatch(r"[+-]?\d+(?:\.0*)?", label) else "unknown-class"


def _whole(number: float | None) -> str:
    if number is None or np.isnan(number):
        return ""
    return str(int(number)) if float(number).is_integer() else repr(number)
