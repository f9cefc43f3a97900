"""Tables as text, and what reading them found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from wbcval.door.tables import Checked

Write = Callable[[str], Path]


def table(header: str, rows: Sequence[Sequence[object]]) -> str:
    """A row for each of the samples S00, S01, …"""
    lines = [",".join([f"S{i:02d}", *map(str, row)]) for i, row in enumerate(rows)]
    return "\n".join([f"sample_id,{header}", *lines]) + "\n"


def rules(checked: Checked) -> dict[str, str]:
    """Each rule that was broken, and how bad that is."""
    return {finding.rule: str(finding.severity) for finding in checked.findings}
