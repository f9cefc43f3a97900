"""Every check run, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wbcval.machine import plugins
from wbcval.machine.progress import Extent, Progress, silent
from wbcval.selftest.types import Family, Recomputed, recomputed


@dataclass(frozen=True, slots=True)
class Selftest:
    """What this installation computes, figure by figure.

    Attributes:
        figures: in the order of the checks.
    """

    figures: tuple[Recomputed, ...]

    @property
    def missed(self) -> tuple[Recomputed, ...]:
        """Figures that do not agree."""
        return tuple(figure for figure in self.figures if not figure.passed)

    @property
    def passed(self) -> bool:
        """Whether every figure agrees, and there is one."""
        return bool(self.figures) and not self.missed

    @property
    def checks(self) -> int:
        """Computations that were made."""
        return len({(figure.family, figure.check) for figure in self.figures})


def families() -> tuple[Family, ...]:
    """The families of checks, in the order of their files."""
    loaded = plugins.load(f"{__package__}.checks", "FAMILY")
    return tuple(family for family in loaded if isinstance(family, Family))


def run(progress: Progress = silent) -> Selftest:
    """Recompute everything; a check that fails stops no other.

    Args:
        progress: told how many checks are done.
    """
    return Selftest(tuple(_figures(progress)))


def _figures(progress: Progress) -> Iterator[Recomputed]:
    found = families()
    total, done = sum(len(family.checks) for family in found), 0
    for family in found:
        for check in family.checks:
            progress("recomputing published results", Extent(done, total, "checks"))
            done += 1
            yield from recomputed(family.title, check)
