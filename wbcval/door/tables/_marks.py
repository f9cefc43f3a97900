"""Columns of marks beside the values: they flag, and only ``---- ++++ ****`` mask."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from wbcval.door.importers import Raw
from wbcval.door.tables import _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._numbers import Odd
from wbcval.values.quoting import quoted

_MASK = re.compile(r"^(?:-{2,}|\+{2,}|\*{2,})$")


def apply(frame: pd.DataFrame, odd: dict[str, dict[int, Odd]], raw: Raw, bound: Binding) -> None:
    """Add the marks of each measurand to its odd cells; masked values become NaN.

    Args:
        frame: the measurands; changed in place.
        odd: per measurand, by position; changed in place.
        raw: the table.
        bound: its columns.
    """
    for measurand, position in bound.marks.items():
        if measurand not in odd:
            continue
        marks = _text.text(raw, position)
        filled = pc.not_equal(marks, "").to_numpy(zero_copy_only=False)
        for i in np.flatnonzero(filled).tolist():
            mark = quoted(marks[i].as_py())
            earlier = odd[measurand].get(i)
            if _MASK.match(mark):
                frame.loc[i, measurand] = np.nan
                odd[measurand][i] = Odd("masked", mark)
            elif earlier is None or earlier.rule == "mark":
                odd[measurand][i] = Odd("mark", mark, mark[:8])
