"""What stands beside a verdict: one thing said, with its heading, on a page or in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DEFAULTS = "No protocol stated criteria. These are defaults, not norms."
MOST_TOLD = 2_000  # characters of a sentence in a summary
LONGEST = 10_000  # and of a message in JUnit


@dataclass(frozen=True, slots=True)
class Told:
    """One heading and what stands under it.

    Attributes:
        lead: the heading, without a colon; "" where the lines are whole sentences.
        lines: without an end, unless there is no heading.
        apart: whether a page gives each line a row of its own.
    """

    lead: str
    lines: tuple[str, ...]
    apart: bool = False

    @property
    def said(self) -> str:
        """All of it in one line: ``Also seen: a; b.``"""
        return f"{self.lead}: {'; '.join(self.lines)}." if self.lead else " ".join(self.lines)


def in_one_line(told: Iterable[Told]) -> str:
    """Several of them; "" of none."""
    return " ".join(each.said for each in told)
