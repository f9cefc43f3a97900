"""Columns of text: ids as given, labels to classes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from wbcval import classes
from wbcval.errors import InputError
from wbcval.importers import Raw
from wbcval.tables._ledger import Ledger

_SPOILT = r"^[0-9]+\.0+$|^[0-9](?:\.[0-9]+)?[eE]\+[0-9]+$"  # ids that once were numbers
_SHOWN = 5  # labels quoted in a finding


def text(raw: Raw, position: int) -> pa.Array:
    """A column as stripped text; blanks and nulls are ""."""
    array = raw.table.column(position).combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        return pa.array([_whole(number) for number in array.to_pylist()], pa.string())
    if not pa.types.is_string(array.type):
        array = pc.cast(array, pa.string())
    return pc.fill_null(pc.utf8_trim_whitespace(array), "")


def ids(raw: Raw, position: int, ledger: Ledger) -> pa.Array:
    """A column of ids as text, as given; ids held as numbers are said to be so."""
    kind = raw.table.column(position).type
    if position in raw.numeric or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        ledger.say("id-as-number", "ids are stored as numbers", column=raw.header[position])
    found = text(raw, position)
    spoilt = pc.match_substring_regex(found, _SPOILT)
    if pc.any(spoilt).as_py():
        first = found.filter(spoilt)[0].as_py()
        ledger.say("id-as-number", f"{first!r}, kept as it is", column=raw.header[position])
    return found


def labels(
    column: pa.Array, name: str, raw: Raw, class_map: Mapping[str, str], ledger: Ledger
) -> pd.Series:
    """Canonical classes of a column of labels; NA where blank or where a label names none.

    Args:
        column: the labels as text.
        name: our name of the column.
        raw: the batch, for its rows.
        class_map: the protocol's own, which wins.
        ledger: gets ``integer-class`` and ``unknown-class``.
    """
    encoded = column.dictionary_encode()
    known = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy()
    found = [resolve(label, class_map) for label in known]
    for rule in ("integer-class", "unknown-class"):
        bad = [i for i, c in enumerate(found) if c is None and known[i] and _rule(known[i]) == rule]
        if not bad:
            continue
        at = np.flatnonzero(np.isin(codes, bad))
        shown = ", ".join(repr(known[i][:40]) for i in bad[:_SHOWN])
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        got = f"{shown}{more}"
        ledger.say(rule, got, column=name, row=int(raw.rows[at[0]]), rows=len(at))
    # no astype: to pandas 2 "str" is Python's str(), and a missing label became "None"
    names: pd.Series = pa.array(found, pa.string()).take(encoded.indices).to_pandas()
    return names


def resolve(label: str, class_map: Mapping[str, str]) -> str | None:
    """The canonical class of a label, the protocol's map before the vocabulary.

    Raises:
        InputError: where the map leads to no class.
    """
    if label not in class_map:
        return classes.canonical(label)
    if (found := classes.canonical(class_map[label])) is None:
        raise InputError(
            f"[class_map] {label}", f"{class_map[label]!r} is no class", "use a class such as blast"
        )
    return found


def _rule(label: str) -> str:
    return "integer-class" if re.fullmatch(r"[+-]?\d+(?:\.0*)?", label) else "unknown-class"


def _whole(number: float | None) -> str:
    if number is None or np.isnan(number):
        return ""
    return str(int(number)) if float(number).is_integer() else repr(number)
