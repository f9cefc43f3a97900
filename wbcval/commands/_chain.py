"""What differs from what was written, and whether the chain of a baseline holds."""

from __future__ import annotations

from pathlib import Path

from wbcval.bundle.evidence import Difference
from wbcval.commands import ACCEPTED, DIFFERS
from wbcval.gating import baseline


def say_differences(differences: list[Difference]) -> int:
    """Each difference in a line."""
    for difference in differences:
        print(baseline.plain(f"{difference.name} {difference.what}"))
    return DIFFERS


def say_chain(path: Path) -> int:
    """That it holds, and the hash to compare with."""
    last = baseline.entries(path)[-1]
    count = "1 entry" if last.number == 1 else f"{last.number} entries"
    print(f"{path}: the chain of {count} holds, and every file is as it says")
    print(baseline.UNSIGNED)
    print(f"sha256 of entry {last.number}, to compare with one noted elsewhere: {last.sha256}")
    return ACCEPTED
