"""What a Sysmex sends, in ASTM or HL7: neutrophils with their immature forms (LAB.md §1)."""

from __future__ import annotations

from wbcval.door.importers._sysmex import NOT_PATIENTS
from wbcval.door.importers._types import Dialect

DIALECT = Dialect(
    "sysmex-messages",
    lambda _header: False,
    duplicates="last",
    not_patients=NOT_PATIENTS,
    rollup="xn5",
)
