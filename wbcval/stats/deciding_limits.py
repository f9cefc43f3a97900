"""Which limits of agreement decide: fixed beforehand, by n alone (STATISTICS.md §5).

Choosing by looking at the differences first let a limit that does not hold pass in up to 37 % of
the studies, mean ± 1.96 SD in 22–48 %: no test comes before these limits, and what is assumed of
the differences is assumed because the protocol says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wbcval.stats._moments import mean_sd
from wbcval.stats.acceptance import MIN_PAIRS
from wbcval.stats.functions.limits_of_agreement import limits_of_agreement
from wbcval.stats.metric import Floats
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import NO_REASON, Reason

MIN_NORMAL = 20  # fewer deny no shape
MIN_BOUND = 119  # the fewest from which a percentile has a one-sided 95 % bound
SHARE_FROM = 59  # samples that demonstrate 95 % within a limit, none being outside (§3)
ALPHA = 0.05
OTHER = "other_limits"  # flag: limits that decide nothing
NORMAL_DECLARED = "normal_declared"  # flag: decided by what the protocol says of the differences
NOT_NORMAL, SPREAD_GROWS = "not_normal", "spread_grows"
Limits = tuple[Estimate, Estimate]


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the differences say against mean ± 1.96 SD.

    Attributes:
        shapiro_p: Shapiro–Wilk. spread_p: of a spread that changes with the level
            (:func:`wbcval.stats._spread.spread_p`). ``None``: cannot be said.
    """

    shapiro_p: float | None
    spread_p: float | None

    @property
    def flags(self) -> tuple[str, ...]:
        """What is shown at 5 %."""
        found = ((NOT_NORMAL, self.shapiro_p), (SPREAD_GROWS, self.spread_p))
        return tuple(flag for flag, p in found if p is not None and p < ALPHA)

    @property
    def words(self) -> str:
        """Both, with their p."""
        return f"Shapiro–Wilk p {_p(self.shapiro_p)}, change of the spread p {_p(self.spread_p)}"

    @property
    def allow_normal(self) -> bool:
        """Whether neither speaks against it."""
        return None not in (self.shapiro_p, self.spread_p) and not self.flags


def chance_of_a_false_pass(n: int) -> float:
    """That n differences hold none of the 2.5 % beyond a limit: 0.975ⁿ.

    >>> round(chance_of_a_false_pass(60), 2), round(chance_of_a_false_pass(100), 2)
    (0.22, 0.08)
    """
    return float(0.975**n)


def normal_limits(
    differences: Floats,
    percentiles: Limits,
    doubts: Doubts,
    level: float,
    *,
    repeated: bool = False,
) -> Limits:
    """The limits that decide where the protocol declares ``limits = "normal"``.

    From 119 differences on the percentiles. Below, from 20 on, and if neither test speaks against
    it, the bounds of mean ± 1.96 SD (Carkeet 2015), the outer one not inside the most extreme
    difference.

    Args:
        differences: shape (n,).
        percentiles: lower and upper, of type 6.
        doubts: about these differences.
        level: two-sided confidence.
        repeated: patients repeat; the bounds are then not defined.

    Returns:
        Lower and upper; their value is the percentile, below 39 differences mean ± 1.96 SD.
    """
    n = len(differences)
    if n >= MIN_BOUND:
        return percentiles
    why = NO_REASON
    if repeated:
        why = Reason("one_sample_a_patient")
    elif n < MIN_NORMAL:
        why = Reason("normal_too_few", needed=MIN_NORMAL, got=n)
    elif not doubts.allow_normal:
        why = Reason("not_normal", doubts=doubts.words)
    if why:
        bare = {"low": None, "high": None, "level": None, "reason": why}
        lower, upper = (replace(e, **bare) for e in percentiles)  # type: ignore[arg-type]
        return lower.with_flags(*doubts.flags), upper.with_flags(*doubts.flags)
    lower, upper = limits_of_agreement(*mean_sd(differences), n, "exact", level)
    if n >= MIN_PAIRS:
        lower, upper = (
            replace(e, value=p.value) for e, p in zip((lower, upper), percentiles, strict=True)
        )
    method = "2.5th or 97.5th percentile" if n >= MIN_PAIRS else "mean ± z·SD"
    method += "; outer of exact (Carkeet 2015) and the most extreme difference"
    least, most = float(np.min(differences)), float(np.max(differences))
    return (
        replace(
            lower,
            low=min(_known(lower.low), least),
            high=max(_known(lower.high), _known(lower.value)),
            method=method,
            flags=(NORMAL_DECLARED,),
        ),
        replace(
            upper,
            low=min(_known(upper.low), _known(upper.value)),
            high=max(_known(upper.high), most),
            method=method,
            flags=(NORMAL_DECLARED,),
        ),
    )


def _known(number: float | None) -> float:
    assert number is not None  # noqa: S101 (pairs that differ have exact limits)
    return number


def which_decide(n: int, sd: float | None, doubts: Doubts) -> str:
    """Which limits decide at n differences, and what speaks against mean ± 1.96 SD."""
    if n >= MIN_BOUND:
        said = "The 2.5th and 97.5th percentile and their bounds decide, whatever the shape."
    elif n >= MIN_PAIRS:
        said = (
            "The 2.5th and 97.5th percentile are read, whatever the shape; with fewer than "
            f"{MIN_BOUND} differences they have no 95 % bound, so that they demonstrate nothing "
            f"(a share of samples within a limit can be demonstrated from {SHARE_FROM} on)."
        )
    else:
        said = (
            f"With fewer than {MIN_PAIRS} differences ({n} here) no limits of agreement are "
            "reliable: they decide nothing."
        )
    if sd is None or n < 3:
        return said
    if sd == 0:
        return f"{said} All differences are equal."
    what = {
        (): "nothing shown against that",
        (NOT_NORMAL,): "they are not normal",
        (SPREAD_GROWS,): "their spread changes with the level",
        (NOT_NORMAL, SPREAD_GROWS): "they are not normal, and their spread changes with the level",
    }[doubts.flags]
    return (
        f"{said} Bias ± 1.96 SD presumes normal differences of one spread: {what} ({doubts.words})."
    )


def _p(value: float | None) -> str:
    if value is None:
        return "not known"
    if value < 0.001:
        return "< 0.001"
    return f"= {np.format_float_positional(value, 3, trim='k')}"
