"""What every output for CI tells: of a comparison, or of the ``results.json`` that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from wbcval.bundle.results_file import ResultsFile
from wbcval.judge.outcomes import Outcome, Verdict


class Named(Protocol):
    """One side, as far as outputs name it."""

    @property
    def name(self) -> str:
        """Of its folder or file."""

    @property
    def provenance(self) -> Mapping[str, Any]:
        """With the time at which it was made."""


class Announced(Protocol):
    """As :class:`wbcval.gating.compare.Comparison`, without its tables."""

    @property
    def candidate(self) -> Named:
        """The new model."""

    @property
    def baseline(self) -> Named:
        """The accepted one."""

    @property
    def verdict(self) -> Verdict:
        """On the changes and the candidate's own criteria."""

    @property
    def aloud(self) -> tuple[str, ...]:
        """What every output says beside the verdict."""

    @property
    def change_of(self) -> Mapping[str, object]:
        """Criterion id → its change; absolute criteria have none."""

    def word(self, outcome: Outcome) -> str:
        """What became of a criterion."""


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """The same of a folder, by its ``results.json``."""

    candidate: _Side
    baseline: _Side
    verdict: Verdict
    aloud: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Any]]

    @property
    def change_of(self) -> Mapping[str, object]:
        """Rows that tell of both models."""
        return {name: row for name, row in self.rows.items() if "before" in row}

    def word(self, outcome: Outcome) -> str:
        """As its row has it."""
        return str(self.rows[outcome.criterion.id]["word"])

    @classmethod
    def of(cls, told: ResultsFile) -> Self:
        """Read it.

        Raises:
            KeyError, TypeError: where it is no result of this version's gate.
        """
        candidate, baseline = (
            _Side(side["name"], side)
            for side in (told.provenance["sides"][key] for key in ("candidate", "baseline"))
        )
        aloud = (told.comparison or {})["aloud"]
        return cls(candidate, baseline, told.verdict, tuple(aloud), told.rows)
