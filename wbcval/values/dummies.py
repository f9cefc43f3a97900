"""Models that looked at nothing, or at too little: what such a one does, in words.

A criterion that one of them passes shows nothing for its subject (STATISTICS.md §18). What each
would have answered is in :mod:`wbcval.stats.dummies`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

OFF = 0.4  # of the reference, or of its mean: what a model may be off that still tracks it


class Dummy(StrEnum):
    """One such model; in this order they are named where several pass."""

    NEVER = "never"  # calls no cell so
    CONSTANT = "constant"  # the same answer whatever the sample: the one that passes most easily
    COMMONEST = "commonest"  # every cell is of the commonest class
    PERMUTED = "permuted"  # the labels of each sample, dealt out at random
    LOW = "low"  # reference × 0.6
    HIGH = "high"  # reference × 1.4
    SHIFTED = "shifted"  # reference and two fifths of its mean
    RARE = "rare"  # errs wherever the reference has the class: of fewer than 20 samples

    @classmethod
    def _missing_(cls, value: object) -> Dummy | None:
        """Constants beside the mean had names of their own in bundles of earlier versions."""
        return cls.CONSTANT if value in ("constant_below", "constant_above") else None

    @property
    def brief(self) -> str:
        """As a table has it."""
        factors = {"low": f"× {1 - OFF:g}", "high": f"× {1 + OFF:g}"}
        return factors.get(self.value, self.value.replace("_", " "))

    def said(self, classes: Sequence[str]) -> str:
        """What passes too, and what it would take to tell.

        Args:
            classes: of the subjects; none where they are no classes.
        """
        plurals = [f"{name}s" if name != "other" else "other cells" for name in classes]
        them = " or ".join(dict.fromkeys(plurals)) or "any class"
        if self is Dummy.RARE:
            return (
                f"fewer than 20 samples have {them} in the reference, and 0 on both sides is no "
                "agreement; it takes samples with more of them"
            )
        does, takes = _WORDS[self]
        return f"a model that {does.format(them)} would pass too; {takes}"


_MORE = "it takes samples with more of them"
_WORDS = {
    Dummy.NEVER: ("never calls {0}", _MORE),
    Dummy.CONSTANT: (
        "gives every sample the same answer",
        "it takes samples that differ more",
    ),
    Dummy.COMMONEST: ("calls every cell by the commonest class", "ask for each class"),
    Dummy.PERMUTED: ("deals out the labels of each sample at random", "ask for sensitivities"),
    Dummy.LOW: ("is 40 % too low", "it takes narrower bounds, or samples with more of them"),
    Dummy.HIGH: ("is 40 % too high", "it takes narrower bounds, or samples with more of them"),
    Dummy.SHIFTED: ("is off by one amount in every sample", "ask for the bias too"),
}
