"""One number with its interval: what every statistic returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

from wbcval.values import flags as table
from wbcval.values.reasons import NO_REASON, Reason

_ROUNDING = 1e-9  # relative: bounds that are nearer to each other are one number


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its confidence interval.

    Attributes:
        value: the point estimate; ``None`` when not estimable; ``math.inf`` is a value
            (a relative error against a reference of zero), NaN never is.
        low, high: the two-sided interval at ``level``; either is ``None`` when that bound is not
            estimable, with ``reason`` saying why.
        level: confidence of the interval, a fraction (0.95).
        method: how value and interval were obtained, in a few words.
        n: what the estimate rests on (cells or samples); no measurement is made without it.
        reason: why something is ``None`` or infinite.
        flags: marks carried into ``results.json``, each with a row in :mod:`wbcval.values.flags`.
        deff: design effect used for the interval, where one was.
        icc: correlation of the cells of one sample, 0 to 1, where the interval rests on it.

    Raises:
        TypeError: for a reason in free words (:meth:`Reason.told` takes those of others).
        ValueError: if any number is NaN, or a flag has no row.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str = ""
    n: int | None = None
    reason: Reason = NO_REASON
    flags: tuple[str, ...] = ()
    deff: float | None = None
    icc: float | None = None

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "level", "deff", "icc"):
            number = getattr(self, name)
            if number is None:
                continue
            number = float(number) + 0.0  # no NumPy scalar and no −0 leaves the statistics
            if math.isnan(number):
                raise ValueError(f"Estimate.{name} is NaN; say why it is not estimable instead")
            object.__setattr__(self, name, number)
        table.check(self.flags)
        if not isinstance(self.reason, Reason):
            raise TypeError(f"a reason is a code with values, got {self.reason!r}")
        if self.n is not None:
            object.__setattr__(self, "n", int(self.n))

    @classmethod
    def missing(cls, reason: Reason, *, n: int | None = None, method: str = "") -> Self:
        """A statistic that is not estimable, and why."""
        return cls(None, reason=reason, n=n, method=method)

    @property
    def has_interval(self) -> bool:
        """Whether both bounds are estimable."""
        return self.low is not None and self.high is not None

    @property
    def no_width(self) -> bool:
        """Whether both bounds are one number but for rounding: no spread was seen (§3)."""
        if self.low is None or self.high is None or math.isinf(self.low):
            return False
        return self.high - self.low <= _ROUNDING * max(abs(self.low), abs(self.high))

    def with_flags(self, *flags: str) -> Self:
        """The same estimate with further marks."""
        new = tuple(flag for flag in flags if flag not in self.flags)
        return replace(self, flags=self.flags + new) if new else self
