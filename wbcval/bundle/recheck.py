"""The script in each bundle that recomputes its figures without this program."""

from __future__ import annotations

from wbcval.machine.resources import root


def recheck() -> str:
    """Base R: reads the tables of the bundle it lies in, and compares them with figures.csv."""
    return (root() / "reports" / "recheck.R").read_text(encoding="utf-8")
