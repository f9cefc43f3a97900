"""``results.json`` as earlier versions of it were."""

from __future__ import annotations

from typing import Any

NEW = ("seen", "marks")  # keys of the scope that came with version 3


def as_version_2(results: dict[str, Any]) -> None:
    """Without what came with version 3."""
    results["schema_version"] = 2
    for key in NEW:
        del results["scope"][key]
