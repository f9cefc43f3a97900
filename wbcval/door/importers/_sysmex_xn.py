"""Sysmex XN: one row per analysis, the unit in the header, marks in columns ``<PARAM>/M``."""

from __future__ import annotations

from wbcval.door.importers._sysmex import NOT_PATIENTS
from wbcval.door.importers._types import Dialect


def _recognises(header: frozenset[str]) -> bool:
    return "Sample No." in header and bool(header & {"WBC/M", "Measurement Mode", "Order Type"})


DIALECT = Dialect(
    "sysmex-xn", _recognises, duplicates="last", not_patients=NOT_PATIENTS, rollup="xn5"
)
