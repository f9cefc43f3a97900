"""What a Sysmex sends, in ASTM or HL7: neutrophils with their immature forms (LAB.md §1)."""

from __future__ import annotations

from wbcval.door.importers import _observations

DIALECT = _observations.dialect(_observations.SYSMEX, rollup="xn5", of_analyzer=True)
