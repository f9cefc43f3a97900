"""Leukocytes that are of a class which no percentage of the study compares, on either side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wbcval.values.wording import all_of, fixed

MOST = 5.0  # percent of the cells, or of the samples; and much of one sample (§18)
_LEAST = 0.5  # percent: of fewer cells a column says next to nothing
ANOTHER = "another class"  # where no label tells which


@dataclass(frozen=True, slots=True)
class Beside:
    """A class beside the five, over the samples that are compared.

    Attributes:
        label: class, or classes that the other side counts as one.
        model, reference: mean percent of the leukocytes; ``None`` where the side does not count it.
        samples: that were compared.
        much: of these, those in which a side has more than 5 %.
        apart: of these, those in which the other side has less than half of it, or cannot count it,
            and counting noise explains neither that nor the 5 %.
    """

    label: str
    model: float | None
    reference: float | None
    samples: int
    much: int = 0
    apart: int = 0

    def __post_init__(self) -> None:
        sides = [side for side in (self.model, self.reference) if side is not None]
        shares = bool(sides) and all(0 <= side <= 100 for side in sides)
        if not (shares and 0 <= self.apart <= self.much <= self.samples):
            raise ValueError(f"the ledger does not add up: {self.label}")

    @property
    def off(self) -> float:
        """How far the model's mean is off, in points; 0 where there is no reference."""
        return 0.0 if self.reference is None else abs((self.model or 0.0) - self.reference)

    @property
    def often_apart(self) -> bool:
        """Whether one side lacks much of it in more than 5 % of the samples."""
        return 100 * self.apart > MOST * self.samples

    @property
    def much_of_it(self) -> bool:
        """Whether it is more than 5 % of a side's leukocytes, or much of so many samples."""
        mean = max(self.model or 0.0, self.reference or 0.0)
        return mean > MOST or 100 * self.much > MOST * self.samples

    @property
    def some(self) -> bool:
        """Whether there is enough of it to be told."""
        return self.much > 0 or max(self.model or 0.0, self.reference or 0.0) >= _LEAST

    @property
    def in_samples(self) -> str:
        """``above 5 % in 3 of 60 samples``; "" where it is in none."""
        return f"above {MOST:g} % in {self.much} of {self.samples} samples" if self.much else ""

    @property
    def both(self) -> str:
        """The figures of both sides: ``blast 1.5 % (reference 1.6 %)``."""
        said = f"reference {fixed(self.reference, 1)} %"
        if self.apart:
            half = "less than half of the other side's"
            said += f"; {half} in {self.apart} of {self.samples} samples"
        return f"{self.label} {fixed(self.model, 1)} % ({said})"

    def to_json(self) -> dict[str, Any]:
        """A row of ``beside``."""
        return {
            "label": self.label, "model": self.model, "reference": self.reference,
            "samples": self.samples, "much": self.much, "apart": self.apart,
        }  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Beside:
        """The class that a row tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        model, reference = (
            None if row[side] is None else float(row[side]) for side in ("model", "reference")
        )
        samples, much, apart = (int(row[key]) for key in ("samples", "much", "apart"))
        return cls(str(row["label"]), model, reference, samples, much, apart)


@dataclass(frozen=True, slots=True)
class Uncompared:
    """Leukocytes of which no percentage that is compared holds any.

    Attributes:
        percent: of the model's leukocytes, by what it called them, of classes that the reference
            does not count; ``another class`` where no label tells.
        reference: percent of the reference's leukocytes that are of no class it names.
        beside: classes beside the five, by name, on whichever side they are counted.
    """

    percent: Mapping[str, float] = field(default_factory=dict)
    reference: float = 0.0
    beside: tuple[Beside, ...] = ()

    @property
    def many(self) -> bool:
        """Whether more than 5 % of the leukocytes are counted so on one side and not on the other.

        Or whether much of more than 5 % of the samples is.
        """
        model = sum(self.percent.values()) - self.reference > MOST
        reference = sum(c.off for c in self.beside) > MOST
        return model or reference or any(c.often_apart for c in self.beside)

    @property
    def said(self) -> str:
        """In sentences; "" where there are none."""
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if names := all_of(list(self._called())):
            yield f"Called and compared with nothing: {names} of the leukocytes."
        told = sorted((c for c in self.beside if c.some), key=lambda c: -(c.reference or 0.0))
        theirs = [c for c in told if c.model is None]
        if theirs:
            names = all_of([f"{c.label} {fixed(c.reference, 1)} %{_more(c)}" for c in theirs])
            yield f"Counted by the reference and compared with nothing: {names} of its leukocytes."
        if both := [c.both for c in told if None not in (c.model, c.reference)]:
            yield f"Counted on both sides, not judged: {all_of(both)}."

    def _called(self) -> Iterator[str]:
        alone = {c.label: c for c in self.beside if c.reference is None}
        for label, percent in sorted(self.percent.items(), key=lambda each: -each[1]):
            more = _more(alone[label]) if label in alone and percent <= MOST else ""
            yield f"{label} {fixed(percent, 1)} %{more}"

    def to_json(self) -> dict[str, Any]:
        """``uncompared`` of ``ledger``."""
        return {
            "percent": dict(self.percent),
            "reference": self.reference,
            "beside": [c.to_json() for c in self.beside],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Uncompared:
        """What ``uncompared`` tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        return cls(
            {str(k): float(v) for k, v in found["percent"].items()},
            float(found["reference"]),
            tuple(Beside.from_json(row) for row in found["beside"]),
        )


NONE = Uncompared()


def _more(found: Beside) -> str:
    return f" ({found.in_samples})" if found.in_samples else ""
