"""What is being done and how far it is, told to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a step is: ``done`` of ``total`` ``rows``, ``bytes`` …"""

    done: int
    total: int
    unit: str


class Progress(Protocol):
    """Whoever listens."""

    def __call__(self, step: str, extent: Extent | None = None, /) -> None:
        """Called when a step begins, and as it goes on where its extent is known."""


def silent(_step: str, _extent: Extent | None = None, /) -> None:
    """Nobody listens."""
