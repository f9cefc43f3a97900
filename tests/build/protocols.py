"""Protocols as text, of no more than what a test is about."""

from __future__ import annotations

from typing import Any

from tests.build.toml import entry, lines


def protocol(*tables: str, mode: str = "different-aliquot", top: str = "", **inputs: Any) -> str:
    """Predictions ``p.csv``, and a reference ``r.csv`` where the cells are not the same.

    Args:
        tables: what follows, as text; see :func:`criterion`.
        mode: of comparison.
        top: lines above the inputs.
        inputs: file or files of each; ``None``: none.
    """
    usual = {"predictions": "p.csv", "reference": None if mode == "same-cells" else "r.csv"}
    head = f'mode = "{mode}"\n{top}{"" if top.endswith(chr(10)) else chr(10)}'
    return f"{head}[inputs]\n{lines(usual | inputs)}{''.join(tables)}"


def criterion(measure: str, subject: str, statistic: str, *, name: str = "c", **keys: Any) -> str:
    """One criterion, with its bounds and what else it holds."""
    about = {"id": name, "measure": measure, "subject": subject, "statistic": statistic}
    return entry("criterion", **(about | keys))


def within(subject: str = "WBC", limit: str = "10", **keys: Any) -> str:
    """Of the samples 95 % within 10 %: ``share_within:{limit}``."""
    return criterion(
        "error", subject, f"share_within:{limit}", **({"name": "w", "min": 0.95} | keys)
    )


def called(subject: str = "all", statistic: str = "accuracy", **keys: Any) -> str:
    """Of the cells 90 % called right."""
    return criterion("classification", subject, statistic, **({"name": "a", "min": 0.9} | keys))


def accept(flag: str, subject: str = "all", reason: str = "planned so") -> str:
    """A flag that a pass may carry."""
    return entry("accept", flag=flag, subject=subject, reason=reason)
