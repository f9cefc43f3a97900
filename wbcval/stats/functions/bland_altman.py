"""Bland–Altman agreement: bias, limits of agreement, and whether the bias grows with the level.

STATISTICS.md §5. Differences are always model minus reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from wbcval.stats._moments import check_level, equal, groups, mean, mean_sd, paired_by
from wbcval.stats._sd import NORMAL_ASSUMED, sd_estimate
from wbcval.stats._spread import spread_p
from wbcval.stats.acceptance import ALLOWED
from wbcval.stats.deciding_limits import OTHER, Doubts, normal_limits, which_decide
from wbcval.stats.functions.error_ratio import ErrorRatio, error_ratio
from wbcval.stats.functions.limits_of_agreement import INTERVALS, limits_of_agreement, mean_estimate
from wbcval.stats.functions.nonparametric_limits import nonparametric_limits
from wbcval.stats.functions.proportional_bias import Cause, ProportionalBias, proportional_bias
from wbcval.stats.functions.regression_limits import RegressionLimits, regression_limits
from wbcval.stats.functions.repeated_limits import repeated_limits
from wbcval.stats.functions.shape import Shape, shape
from wbcval.stats.metric import (
    Better,
    Context,
    Floats,
    Ints,
    Measured,
    Metric,
    Pairs,
    Statistic,
    StatisticUnit,
)
from wbcval.stats.or_noise import FEW_CELLS, allowed_bias, few_cells
from wbcval.stats.percent_noise import EXPECTED, of_percent
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import NO_REASON, Reason

DIFFERENCES = ("absolute", "percent", "percent_of_reference", "log")
PERCENTILES, PRESUMED = "2.5th and 97.5th percentile", "bias ± 1.96 SD, presumes normal"
_DECIDE = ("nonparametric", "normal")
Limits = tuple[Estimate, Estimate]


@dataclass(frozen=True, slots=True)
class BlandAltman(Shown):
    """Agreement of two methods, and the points of the plot.

    Attributes:
        difference: ``absolute``, ``percent``, ``percent_of_reference`` or ``log``.
        bias: mean difference; sd: of the differences (ddof 1).
        lower, upper: mean ± 1.96 SD by the chosen interval method (``mover`` where patients
            repeat); flagged ``other_limits``, for they decide nothing, and ``not_normal`` or
            ``spread_grows`` where the differences are not what they presume.
        alternatives: method → (lower, upper) by the others: ``exact``, ``exact_pair``, ``mover``,
            ``approximate``; ``nonparametric``, which decide; ``normal``, which do below 119
            differences where the protocol declares it.
        why: which limits decide, and what speaks against mean ± 1.96 SD, in sentences.
        shape: skewness, excess kurtosis, Shapiro–Wilk p.
        doubts: about normal differences of one spread.
        proportional: slope of the differences on the mean, and its cause.
        changing: regression-based limits, where the spread changes with the level or the bias is
            proportional.
        n: differences; patients: how many patients they come from.
        differences, averages: shape (n,); averages of both methods (of their logarithms for
            ``log``).
        reference: shape (n,), the other x-axis.
        kept: shape (pairs,), bool: which of the given pairs have a difference; left_out: how many
            have none, and why_left_out.
        degenerate: all differences are equal, SD 0; intervals have no width and decide nothing.
    """

    difference: str
    bias: Estimate
    sd: Estimate
    lower: Estimate
    upper: Estimate
    alternatives: Mapping[str, Limits]
    why: str
    shape: Shape
    doubts: Doubts
    proportional: ProportionalBias
    changing: RegressionLimits | None
    n: int
    patients: int
    differences: Floats = field(repr=False)
    averages: Floats = field(repr=False)
    reference: Floats = field(repr=False)
    kept: NDArray[np.bool_] = field(repr=False)
    left_out: int = 0
    why_left_out: Reason = NO_REASON
    degenerate: bool = False

    @property
    def bias_p(self) -> float:
        """Two-sided p of a bias of 0, by the t of its interval; 1 where that has no width."""
        low, high, level = self.bias.low, self.bias.high, self.bias.level
        if low is None or high is None or level is None or low == high:
            return 1.0
        df = self.patients - 1
        t = 2 * abs(self.bias.value or 0.0) / (high - low) * special.stdtrit(df, (1 + level) / 2)
        return float(2 * special.stdtr(df, -t))

    @property
    def deciding(self) -> Limits:
        """The limits that decide, lower and upper; missing below 39 differences."""
        return self.alternatives["nonparametric"]

    @property
    def drawn(self) -> tuple[Limits, str] | None:
        """Limits for a picture and what they are: those that decide, else mean ± 1.96 SD."""
        if self.deciding[0].value is not None:
            return self.deciding, PERCENTILES
        return None if self.lower.value is None else ((self.lower, self.upper), PRESUMED)

    @property
    def skewness(self) -> float | None:
        """Of the differences."""
        return self.shape.skewness

    @property
    def excess_kurtosis(self) -> float | None:
        """Of the differences."""
        return self.shape.excess_kurtosis

    @property
    def shapiro_p(self) -> float | None:
        """Of the test whether the differences are normal."""
        return self.shape.shapiro_p


def bland_altman(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    difference: str = "absolute",
    interval: str = "exact",
    level: float = 0.95,
    cluster: ArrayLike | None = None,
    ratio: ErrorRatio | None = None,
) -> BlandAltman:
    """Bias and 95 % limits of agreement, d̄ ∓ 1.959964·s, of model against reference.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite, of the same unit.
        difference: ``absolute`` m − r; ``percent`` 100·(m − r)/mean of both, 0 where both are 0;
            ``percent_of_reference`` 100·(m − r)/r, 0 where both are 0, left out and counted where
            r = 0 < m; ``log`` ln m − ln r (its exponential is a ratio). The mean of percent
            differences is not the percent difference of the means.
        interval: of the limits: ``exact`` (Carkeet 2015, each limit), ``exact_pair`` (both
            together), ``mover`` (Zou 2013) or ``approximate`` (Bland & Altman 1999).
        level: two-sided confidence of all intervals (not the limits' 95 %).
        cluster: shape (n,), patient codes. Where patients repeat, bias, SD and limits are those
            for replicates of a varying true value, with MOVER intervals whatever ``interval``.
        ratio: error ratio with the error variances of both sides, where known; without it the
            cause of a slope stays unknown.

    Returns:
        With 1 pair the bias without interval; with 2 formally all but the slope and the shape.

    Raises:
        NotEstimable: without any pair; ``log`` of a value ≤ 0.
        ValueError: unequal lengths, values not finite, unknown ``difference`` or ``interval``.

    The intervals of the limits presume normal differences. In 10 000 simulated studies each, n = 20
    to 400, ``exact`` covers the population's mean ± 1.96·SD in 94.6–95.6 % for normal differences
    and normal ones rounded to SD/2, but in 81–88 % for Student's t(5), 81–84 % for a gamma of
    skewness 1 and 67–74 % for a lognormal of skewness 1.75; and there the limits are not the
    percentiles (the bias is covered in 93–95 % throughout). Hence ``deciding``.

    Peers differ: R ``blandr`` multiplies by 1.96, ``MethComp`` by 2; statsmodels and two other
    Python libraries take the SD with ddof 0.

    Source: Bland & Altman, Lancet 1986;i:307 and Stat Methods Med Res 1999;8:135.
    """
    check_level(level)
    if difference not in DIFFERENCES:
        raise ValueError(f"difference must be one of {', '.join(DIFFERENCES)}, got {difference!r}")
    if interval not in INTERVALS:
        raise ValueError(f"interval must be one of {', '.join(INTERVALS)}, got {interval!r}")
    r, m, codes = paired_by(reference, model, cluster)
    d, a, kept = _differences(r, m, difference)
    r, m = r[kept], m[kept]
    codes = None if codes is None else groups(codes[kept], len(r))
    if len(d) == 0:
        raise NotEstimable(Reason("too_few", needed=1, units="pair", got=0))
    size = 200.0 if difference.startswith("percent") else float(max(abs(r).max(), abs(m).max()))
    degenerate = equal(d, size)
    if degenerate:
        d = np.full_like(d, mean(d))
    bias, sd, alternatives = _parametric(d, codes, level, ("degenerate",) if degenerate else ())
    chosen = "mover" if codes is not None else interval
    lower, upper = alternatives.pop(chosen)
    alternatives["nonparametric"] = nonparametric_limits(d, codes, level)
    found = shape(d, bias.value or 0.0, sd.value or 0.0)
    doubts = Doubts(found.shapiro_p, None if degenerate else spread_p(d, a))
    alternatives["normal"] = normal_limits(
        d, alternatives["nonparametric"], doubts, level, repeated=codes is not None
    )
    proportional = proportional_bias(
        d, a, (r, m) if difference == "absolute" else None, ratio, level=level, cluster=codes
    )
    bends = "spread_grows" in doubts.flags or proportional.cause is Cause.PROPORTIONAL
    left_out = len(kept) - len(d)
    return BlandAltman(
        difference, bias, sd, _marked(lower, doubts), _marked(upper, doubts),
        {
            name: (low, high) if name in _DECIDE else (_marked(low, doubts), _marked(high, doubts))
            for name, (low, high) in alternatives.items()
        },
        which_decide(len(d), sd.value, doubts), found, doubts, proportional,
        regression_limits(d, a) if bends else None,
        len(d), len(d) if codes is None else int(codes.max()) + 1, d, a, r, kept,
        left_out, Reason("base_zero") if left_out else NO_REASON, degenerate,
    )  # fmt: skip


def _marked(limit: Estimate, doubts: Doubts) -> Estimate:
    return limit.with_flags(OTHER, *doubts.flags)


def _differences(
    reference: Floats, model: Floats, difference: str
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Differences, averages, and which pairs have one (fewer than given only for a zero base)."""
    everything = np.ones(len(reference), dtype=bool)
    if difference == "log":
        if (reference <= 0).any() or (model <= 0).any():
            raise NotEstimable(Reason("log_of_zero"))
        x, y = np.log(reference), np.log(model)
        return y - x, (x + y) / 2, everything
    d, a = model - reference, (model + reference) / 2
    if difference == "absolute":
        return d, a, everything
    base = a if difference == "percent" else reference
    kept = (base != 0) | (d == 0)
    d, base = d[kept], base[kept]
    return 100 * d / np.where(d == 0, 1.0, base), a[kept], kept


def _parametric(
    d: Floats, codes: Ints | None, level: float, flags: tuple[str, ...]
) -> tuple[Estimate, Estimate, dict[str, Limits]]:
    """Bias, SD, and the limits by every method."""
    n, patients = len(d), len(d) if codes is None else int(codes.max()) + 1
    if patients < 2:
        unit = "pairs" if codes is None else "patients"
        lacking = {"needed": 2, "units": unit, "got": patients}
        why = Reason("interval_too_few", **lacking)
        bias = Estimate(mean(d), method="mean", n=n, reason=why, flags=flags)
        missing = Estimate.missing(Reason("too_few", **lacking), n=n)
        return bias, missing, dict.fromkeys(INTERVALS, (missing, missing))
    if codes is None:
        average, sd = mean_sd(d)
        return (
            mean_estimate(average, sd, n, level, flags),
            sd_estimate(d, average, sd, level, flags),
            {name: limits_of_agreement(average, sd, n, name, level, flags) for name in INTERVALS},
        )
    found = repeated_limits(d, codes, level, flags)
    missing = Estimate.missing(Reason("mover_alone"), n=n)
    limits = dict.fromkeys(INTERVALS, (missing, missing)) | {"mover": (found.lower, found.upper)}
    return found.bias, found.sd.with_flags(NORMAL_ASSUMED), limits


MEASURES = {"bland_altman": "absolute", "bland_altman_percent": "percent"}
_NAMED = ("approximate", "nonparametric")  # measured in every study, by name


def _measure(pairs: Pairs, context: Context) -> list[Measured]:
    ratio = error_ratio(pairs, context.error_ratio)
    measured = []
    for measure, difference in MEASURES.items():
        if context.measures and measure not in context.measures:
            continue
        found = bland_altman(
            pairs.reference, pairs.model, difference=difference, level=context.level,
            cluster=pairs.cluster, ratio=ratio,
        )  # fmt: skip
        lower, upper = found.deciding
        estimates = {"bias": found.bias, "sd": found.sd, "lower": lower, "upper": upper}
        # cov(d, a) = (s²_m − s²_r)/2: a flat slope may be a bias that noise makes up for (§5)
        estimates["proportional_slope"] = found.proportional.slope.with_flags("noise_in_slope")
        methods = [name.rest for name in context.requested if name.base in ("lower", "upper")]
        chosen = "exact" if found.patients == found.n else "mover"
        by_method = {chosen: (found.lower, found.upper), **found.alternatives}
        for method in dict.fromkeys((chosen, *_NAMED, *methods)):
            if method in by_method:
                lower, upper = by_method[method]
                estimates |= {f"lower:{method}": lower, f"upper:{method}": upper}
        if difference == "percent":
            estimates = of_percent(pairs, estimates)
        if measure == "bland_altman":
            for name in context.requested:
                if name.base == "bias" and name.rest:
                    estimates |= _allowed(name, found.bias, pairs)
        measured.append(Measured(measure, pairs.subject, estimates, found.n, found))
    return measured


def _allowed(name: StatisticName, bias: Estimate, pairs: Pairs) -> dict[str, Estimate]:
    """A bias against what is allowed of it, ``bias:10:or_noise``, and how much that is."""
    allowed = name.as_base(ALLOWED)
    try:
        size, which = allowed_bias(pairs, name.number or 0.0)
    except NotEstimable as why:
        return dict.fromkeys((name, allowed), Estimate.missing(why.reason, n=len(pairs)))
    flags = (FEW_CELLS,) if few_cells(pairs) else ()
    return {
        name: bias.with_flags(*flags),
        allowed: Estimate(size, method=which, n=len(pairs), flags=flags),
    }


_LOWER, _UPPER = "lower limit of agreement", "upper limit of agreement"


def _statistics(
    unit: StatisticUnit, slope: StatisticUnit, score: bool = False
) -> dict[str, Statistic]:
    return {
        "bias": Statistic("bias", unit, Better.ZERO),
        "sd": Statistic("SD of the differences", unit, Better.LOWER, brief="SD"),
        "lower": Statistic(_LOWER, unit, Better.ZERO, brief=_LOWER),
        "upper": Statistic(_UPPER, unit, Better.ZERO, brief=_UPPER),
        "proportional_slope": Statistic(
            "slope of the differences on the mean", slope, Better.ZERO, score=score
        ),
    }


_NOISE = Statistic(
    "bias that counting noise alone gives", StatisticUnit.PERCENT, Better.NONE, judged=False
)
_ALLOWED = Statistic(
    "allowed bias", StatisticUnit.DIFFERENCE, Better.NONE, parameter="", judged=False
)

METRIC = Metric(
    takes="pairs",
    measures={
        "bland_altman": _statistics(StatisticUnit.DIFFERENCE, StatisticUnit.FRACTION, score=True)
        | {ALLOWED: _ALLOWED},
        "bland_altman_percent": _statistics(
            StatisticUnit.PERCENT, StatisticUnit.PERCENT_PER_DIFFERENCE
        )
        | {EXPECTED: _NOISE},
    },
    measure=_measure,
)
