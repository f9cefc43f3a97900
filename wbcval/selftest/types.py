"""What a self-test is made of: checks, and what became of each figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np

Value = float | str
_EXACTLY = Context(prec=1100)  # more digits than a float64 has


@dataclass(frozen=True, slots=True)
class Published:
    """A figure as its source prints it.

    Attributes:
        text: as printed: a number, zeros at its end included, or what is no number.
        digits: significant digits that must agree; ``None``: all that are printed, or, of what is
            no number, every character.

    Raises:
        ValueError: where more digits are asked for than are printed.
    """

    text: str
    digits: int | None = None

    def __post_init__(self) -> None:
        if self.digits is not None and not 1 <= self.digits <= self.printed:
            raise ValueError(f"{self.text!r} does not print {self.digits} digits")

    @property
    def number(self) -> float | None:
        """``None`` where the text is no number."""
        try:
            found = float(self.text)
        except ValueError:
            return None
        return found if math.isfinite(found) else None

    @property
    def printed(self) -> int:
        """Significant digits of the text; 0 of what is no number."""
        if self.number is None:
            return 0
        mantissa = self.text.lower().partition("e")[0].lstrip("+-").replace(".", "")
        return len(mantissa.lstrip("0")) or 1

    @property
    def needed(self) -> int:
        """Significant digits that must agree; 0 of what is no number."""
        return self.printed if self.digits is None else self.digits

    def agreed(self, got: float) -> int:
        """Significant digits of the text that a number agrees with.

        All of them where rounding it to the places of the text gives the text; else the whole part
        of −log10 of the relative difference, and never all.
        """
        expected = self.number
        if expected is None or not math.isfinite(got):
            return 0
        if self._rounded(got):
            return self.printed
        if expected == 0:
            return 0
        away = abs(got - expected) / abs(expected)
        near = self.printed if away == 0 else math.floor(-math.log10(away))
        return max(0, min(near, self.printed - 1))

    def _rounded(self, got: float) -> bool:
        printed = Decimal(self.text)  # exact, as binary fractions are decimals
        return Decimal(got).quantize(printed, context=_EXACTLY) == printed


@dataclass(frozen=True, slots=True)
class Check:
    """One computation, and the figures that its source gives for it.

    Attributes:
        name: of the data and what is computed of them.
        source: where the figures are published, or who certifies them.
        expected: name → figure, as published.
        compute: gives a value for each of these names; a number, or a word where the figure is one.
    """

    name: str
    source: str
    expected: Mapping[str, Published]
    compute: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Family:
    """Checks of one kind of statistic; what a file of ``checks/`` defines as ``FAMILY``."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One figure, as published and as this installation computes it.

    Attributes:
        family: its title.
        got: ``None`` where nothing came out, with ``error`` saying why.
        agreed: significant digits that agree; 0 of what is no number.
    """

    family: str
    check: str
    source: str
    figure: str
    expected: Published
    got: Value | None
    agreed: int
    passed: bool
    error: str = ""

    @property
    def said(self) -> str:
        """What came out, as it is printed: every digit a float64 holds."""
        if self.got is None:
            return self.error
        return self.got if isinstance(self.got, str) else f"{self.got:.15g}"

    @property
    def by_digits(self) -> bool:
        """Whether it is compared digit by digit; words and counts are the same or not."""
        return self.expected.number is not None and not isinstance(self.got, str)

    @property
    def digits(self) -> str:
        """``14 of 15 digits``; of words and counts whether they are the same."""
        if not self.by_digits:
            return "the same" if self.passed else "not the same"
        needed, printed = self.expected.needed, self.expected.printed
        asked = "" if needed == printed else f", {needed} asked"
        return f"{self.agreed} of {printed} digits{asked}"


def recomputed(family: str, check: Check) -> list[Recomputed]:
    """Run one check; what it raises is a miss of each of its figures, and named.

    Args:
        family: its title.
    """
    try:
        found: Mapping[str, Any] = check.compute()
    except Exception as why:  # whatever goes wrong, the other checks are run
        failed = f"{type(why).__name__}: {why}"
        return [
            Recomputed(family, check.name, check.source, name, figure, None, 0, False, failed)
            for name, figure in check.expected.items()
        ]
    return [_figure(family, check, name, figure, found.get(name))
            for name, figure in check.expected.items()]  # fmt: skip


def agreement(expected: Published, got: Value | None) -> tuple[int, bool]:
    """Significant digits that agree, and whether these are enough; words are the same or not."""
    if got is None or isinstance(got, str):
        return 0, got == expected.text
    agreed = expected.agreed(got)
    return agreed, expected.number is not None and agreed >= expected.needed


def _figure(family: str, check: Check, name: str, figure: Published, got: Any) -> Recomputed:
    error = ""
    value: Value | None
    if isinstance(got, str):
        value = got
    elif isinstance(got, (int, float, np.number)) and not isinstance(got, bool):
        value = float(got)
    else:
        value, error = None, "not estimable" if got is None else f"no number: {got!r}"
    agreed, passed = agreement(figure, value)
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    return Recomputed(family, check.name, check.source, name, figure, value, agreed, passed, error)
