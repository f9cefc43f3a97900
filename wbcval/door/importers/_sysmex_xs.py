"""Sysmex XS and XT: whole numbers with the scale in the header, ``WBC(10/uL)`` = 806."""

from __future__ import annotations

from wbcval.door.importers._sysmex import NOT_PATIENTS
from wbcval.door.importers._types import Dialect


def _recognises(header: frozenset[str]) -> bool:
    return {"Sample ID No", "Analysis Mode"} <= header


DIALECT = Dialect(
    "sysmex-xs", _recognises, duplicates="last", not_patients=NOT_PATIENTS, rollup="xn5"
)
