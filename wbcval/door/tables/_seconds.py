"""Second answers to one question: another reader's labels, a repeated measurement, unread.

By name (``true_class_2``, ``NEUT%.1`` of pandas, ``WBC corrected``), and by what a column holds,
whatever it is called: labels by the class of each cell, WBC by numbers that follow it closely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _text
from wbcval.door.tables._twice import number
from wbcval.door.tables._types import Second
from wbcval.values.measurands import WBC

LABELS = ("true_class", "predicted_class")
_MORE = re.compile(
    r"[\s._-]*[\s._(-](?:second|repeat(?:ed)?|rerun|replicate|duplicate|dup|copy|bis|manual|"
    r"(?:un)?corrected|corr|raw|original|adjusted|old|new|final)\)?$"
    r"|[\s._(-]*(?:(?:reader|expert|reviewer|rater|annotator|observer|run|rep|v)[\s._-]*)?\d+\)?$",
    re.IGNORECASE,
)
_MOST_LABELS = 200  # different texts of a column of labels
_EDGE = 1e-9
_FEWEST, _MOST_OF = 20, 0.5  # rows with both numbers, and of all
_AS_LARGE = 2.0  # times, in the median
_CLOSELY = 0.5  # of the spread of WBC: a correlation of about 0.9


def note(
    raw: Raw,
    rest: Sequence[int],
    read: Mapping[str, int],
    class_map: Mapping[str, str],
    found: dict[tuple[str, str], Second],
) -> None:
    """Count, in columns that nobody claimed, answers beside those that are read.

    Args:
        raw: a batch.
        rest: positions of the columns.
        read: measurand, bare class or label → position of the column that is read.
        class_map: the protocol's.
        found: the column that is read and the other, as spelt → counts; added to.
    """
    if analyzer_of(raw) is not None:  # its further columns are known by name
        return
    label = next((read[name] for name in LABELS if name in read), None)
    for position in rest:
        if header_names.meaning(raw.header[position]).kind:  # which is said where it is bound
            continue
        stem = _stem(raw.header[position])
        own = read.get(stem)
        told = own is not None
        counts: tuple[int, int, int] | None
        if own is not None and stem not in LABELS:
            at, counts = own, _numbers(raw, own, position)
        elif (of_label := label if own is None else own) is not None:
            at, counts = of_label, _labels(raw, of_label, position, class_map, named=told)
        elif WBC in read and _follows(raw, read[WBC], position):
            at, counts, told = read[WBC], _numbers(raw, read[WBC], position), True
        else:
            continue
        if counts is not None:
            key = raw.header[at], raw.header[position]
            found.setdefault(key, Second(told)).merge(Second(told, *counts))


def _follows(raw: Raw, first: int, second: int) -> bool:
    """Whether a column's numbers rise and fall with those of another, and are as large.

    Counts of cells that were classified, and other blood cells, are of another size or follow it
    less closely.
    """
    if len(raw.rows) < _FEWEST:
        return False
    ours, theirs = (_text.text(raw, position).to_pylist() for position in (first, second))
    told = [(number(a), number(b)) for a, b in zip(ours, theirs, strict=True)]
    pairs = np.array([(a[0], b[0]) for a, b in told if a and b and a[0] > 0 and b[0] > 0])
    if len(pairs) < max(_FEWEST, _MOST_OF * len(told)):
        return False
    logs = np.log(pairs)
    off, spread = logs[:, 1] - logs[:, 0], float(logs[:, 0].std())
    near = abs(float(np.median(off))) <= np.log(_AS_LARGE)
    return near and float(off.std()) <= _CLOSELY * spread


def _stem(text: str) -> str:
    """The field, measurand or class that a name stands for but for what makes it a second one."""
    name, unit = header_names.split_unit(text)
    stem = _MORE.sub("", name)
    if stem == name:
        return ""
    said = header_names.meaning(f"{stem}({unit})" if unit else stem)
    return said.subject or said.kind


def _labels(
    raw: Raw, first: int, second: int, class_map: Mapping[str, str], *, named: bool
) -> tuple[int, int, int] | None:
    """Rows filled, with a class in both columns, and with two classes."""
    columns = [_text.encoded(raw, position) for position in (first, second)]
    texts = [column.dictionary.to_pylist() for column in columns]
    if len(texts[1]) > _MOST_LABELS:
        return None
    # a number is a class where the name says that it is a label, and the protocol which
    known = [
        [_text.resolve(t, class_map) if t and (named or not t[:1].isdigit()) else None for t in own]
        for own in texts
    ]
    if not any(known[1]):
        return None
    names = {name: i for i, name in enumerate(dict.fromkeys([*known[0], *known[1]]))}
    ours, theirs = (
        np.array([-1 if name is None else names[name] for name in own])[c.indices.to_numpy()]
        for own, c in zip(known, columns, strict=True)
    )
    filled = np.array([text != "" for text in texts[1]])[columns[1].indices.to_numpy()]
    both = (ours >= 0) & (theirs >= 0)
    return int(filled.sum()), int(both.sum()), int((both & (ours != theirs)).sum())


def _numbers(raw: Raw, first: int, second: int) -> tuple[int, int, int]:
    """Likewise of numbers, which differ where no rounding explains it."""
    ours, theirs = (_text.text(raw, position).to_pylist() for position in (first, second))
    told = [(number(a), number(b)) for a, b in zip(ours, theirs, strict=True)]
    pairs = [(a, b) for a, b in told if a and b]
    differ = sum(
        abs(a - b) > (step + other) / 2 * (1 + _EDGE) + _EDGE * abs(b)
        for (a, step), (b, other) in pairs
    )
    return sum(map(bool, theirs)), len(pairs), differ
