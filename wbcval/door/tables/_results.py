"""Which of the records that are no samples by their name hold results nevertheless."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables import _long, _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._twice import number

_Floats = NDArray[np.float64]
_Statistic = Callable[[_Floats], float]


def _sd(values: _Floats) -> float:
    return float(np.std(values, ddof=1))


def _cv(values: _Floats) -> float:
    return 100 * _sd(values) / float(np.mean(values))


_STATISTICS: dict[str, tuple[_Statistic, ...]] = {  # of a column, by the name of the record
    "mean": (np.mean,),
    "average": (np.mean,),
    "median": (np.median,),
    "total": (np.sum, np.size),
    "sum": (np.sum,),
    "sd": (_sd, np.std),
    "cv": (_cv,),
    "cv%": (_cv,),
    "min": (np.min,),
    "max": (np.max,),
}
SUMMARIES = frozenset(_STATISTICS)
_OF_NO_NAME = ("mean", "median", "sd", "cv")
_ENDS, _SEVERAL = ("min", "max"), 2  # of so many columns: one value alone may well equal the least
_FEWEST = 3  # values that a statistic is of


def held(
    raw: Raw, bound: Binding, sample_id: pa.Array, named: Iterable[int], keep: NDArray[np.bool_]
) -> list[tuple[str, bool]]:
    """Ids of the records that hold a result, and whether it is a statistic of those that are kept.

    Of a long table each id once: a record of it is one of several results.

    Args:
        raw, bound: the table.
        sample_id: shape (n,), as text.
        named: positions of the records that are no samples by their name or mode.
        keep: shape (n,), the others.
    """
    names = {i: sample_id[i].as_py() for i in named}
    if _long.is_long(bound):
        return [(name, False) for name in dict.fromkeys(filter(None, names.values()))]
    texts = [_text.text(raw, at).to_pylist() for at in positions(bound)] if names else []
    kept = np.flatnonzero(keep).tolist()
    found = []
    for i, name in names.items():
        columns = [(text[i], [text[k] for k in kept]) for text in texts if text[i]]
        says = _STATISTICS.get(name.lower(), ())
        if name and columns:
            found.append((name, all(_summarised(*column, says) for column in columns)))
    return found


def positions(bound: Binding) -> list[int]:
    """Columns of a table of measurands that hold results."""
    return [*bound.measurands.values(), *bound.bare.values(), *bound.parts.values()]


def is_summary(columns: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Whether a row without a name holds one statistic of the others, in each of its columns.

    Args:
        columns: what stands in the row, and in the others.
    """
    names = _OF_NO_NAME if len(columns) < _SEVERAL else (*_OF_NO_NAME, *_ENDS)
    return any(all(_summarised(*column, _STATISTICS[name]) for column in columns) for name in names)


def _summarised(text: str, column: Iterable[str], says: Sequence[_Statistic]) -> bool:
    """Whether a value is a statistic of a column, within the rounding of both."""
    own = number(text)
    others = [found for value in column if (found := number(value))] if own and says else []
    if own is None or len(others) < _FEWEST:
        return False
    values = np.array([value for value, _ in others])
    room = (own[1] + max(step for _, step in others)) / 2 * (1 + 1e-9)
    return any(abs(own[0] - statistic(values)) <= room for statistic in says)
