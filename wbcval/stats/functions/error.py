"""Relative error of each sample, and what share of the samples lies within a limit.

Definitions: STATISTICS.md §2 (errors) and §3 (criterion, covering error).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import cast, overload

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._error_summary import mean_and_sd, median
from wbcval.stats._given import NAMELESS, pairs_of
from wbcval.stats._moments import check_level
from wbcval.stats.acceptance import is_within, k_min_observed
from wbcval.stats.binomial import clopper_pearson
from wbcval.stats.clustered import design_effect
from wbcval.stats.dummies import too_rare
from wbcval.stats.functions.noise_ranges import counts, noise_ranges
from wbcval.stats.metric import (
    Better,
    Context,
    Floats,
    Ints,
    Mask,
    Measured,
    Metric,
    Pairs,
    Statistic,
    StatisticUnit,
    fraction,
)
from wbcval.stats.or_noise import FEW_CELLS, few_cells, inside_noise
from wbcval.stats.statistic_name import (
    COVERING_ERROR,
    LIMIT_OF_FLOOR,
    N_OUTSIDE,
    OR_WITHIN,
    SHARE_WITHIN,
    StatisticName,
)
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import NO_REASON, Reason

LIMIT, SHARE = 10.0, 0.95  # the industry criterion, measured in every study
WITHIN = StatisticName.of(SHARE_WITHIN, LIMIT)
MOMENTS = ("median", "mean", "sd")
RARE = "class_rare"  # flag: agreement on absence is none (§18)


def relative_error(reference: Floats, model: Floats) -> Floats:
    """Signed relative error in percent, shape (n,): 0/0 is 0, x/0 is ∞ (§2)."""
    difference = model - reference
    with np.errstate(divide="ignore", invalid="ignore"):
        error = 100 * difference / reference
    error[(reference == 0) & (model == 0)] = 0.0
    return error


def effective_error(reference: Floats, model: Floats, limit: float, floor: float = 0.0) -> Floats:
    """Absolute relative error in percent with an absolute floor, shape (n,) (§2).

    Args:
        reference, model: shape (n,), in the measurand's unit.
        limit: L, percent.
        floor: A (``or_within``), in the measurand's unit; a difference of up to A is within L.
    """
    size = np.abs(model - reference)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = 100 * size / np.maximum(reference, 100 * floor / limit)
    error[size == 0] = 0.0
    return error


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Samples within a limit.

    Attributes:
        limit: L in percent. floor: A in the measurand's unit.
        errors: effective errors, shape (n,), of the measured pairs.
        within: shape (n,), bool.
        k, n: samples within, and samples counted (technical failures among them).
        share: k/n with its Clopper–Pearson interval.
        share_measured: the same among the measured pairs alone.
        unresolvable: shape (n,), bool: half the reference's step exceeds the limit.
        noise: shape (n,), bool: samples no further off than counting explains, which are within
            too (``or_noise``); ``None`` where that is not asked.
    """

    limit: float
    floor: float
    errors: Floats
    within: Mask
    k: int
    n: int
    share: Estimate
    share_measured: float | None
    unresolvable: Mask
    noise: Mask | None = None

    def limit_at(self, reference: Floats) -> Floats:
        """Largest relative error within the limit at each reference, percent: max(L, 100·A/r) (§2).

        Args:
            reference: shape (m,), ≥ 0, in the measurand's unit; with a floor, ∞ at 0.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.fmax(self.limit, 100 * self.floor / reference))


@dataclass(frozen=True, slots=True)
class Error(Shown):
    """Relative errors of one measurand: what the verification plot and the tables read."""

    pairs: Pairs
    signed: Floats
    acceptances: dict[str, Acceptance]
    covering: dict[str, Estimate]


def _clusters(pairs: Pairs) -> Ints:
    """Cluster of each counted sample, the technical failures last."""
    extra = pairs.lost_cluster
    if extra is None:
        extra = np.arange(pairs.technical_failures) + (pairs.cluster.max(initial=-1) + 1)
    return np.concatenate([pairs.cluster, extra])


def effective_n(hit: Mask, cluster: Ints) -> tuple[float, float, bool]:
    """(n/deff, deff, assumed) for a yes-or-no per sample; with repeated patients only."""
    n, patients = len(hit), len(np.unique(cluster))
    if patients == n:
        return float(n), 1.0, False
    if hit.all() or not hit.any() or patients == 1:
        # deff cannot be seen: count patients, the most cautious reading
        return float(patients), n / patients, True
    _, codes = np.unique(cluster, return_inverse=True)
    sizes = np.bincount(codes)
    deff = design_effect(np.bincount(codes, weights=hit), sizes)
    return n / deff, deff, False


def acceptance(
    pairs: Pairs,
    limit: float = LIMIT,
    floor: float = 0.0,
    level: float = 0.95,
    or_noise: bool = False,
    *,
    remarks: bool = True,
) -> Acceptance:
    """Share of the samples within ``limit`` percent of the reference (§3).

    Args:
        pairs: of one measurand.
        limit: L, percent.
        floor: A (``or_within``), in the measurand's unit.
        level: two-sided confidence of the interval.
        or_noise: count samples inside the 99.7 % limits of counting as within too
            (:mod:`wbcval.stats.or_noise`).
        remarks: say in words what the count holds, beside it.

    Raises:
        NotEstimable: without any sample; with ``or_noise``, where the noise is not known.
    """
    errors = effective_error(pairs.reference, pairs.model, limit, floor)
    plain = within = is_within(errors, limit)
    noise = inside_noise(pairs) if or_noise else None
    if noise is not None:
        within = within | noise
    k, n = int(within.sum()), len(pairs) + pairs.technical_failures
    if n == 0:
        raise NotEstimable(Reason("no_sample"))
    hit = np.concatenate([within, np.zeros(pairs.technical_failures, dtype=bool)])
    n_eff, deff, assumed = effective_n(hit, _clusters(pairs))
    low, high = clopper_pearson(k * n_eff / n, n_eff, level)
    method = "Clopper–Pearson" + ("" if deff == 1 else f" at n/deff, deff {deff:.3g}")
    allowed = np.maximum(limit / 100 * pairs.reference, floor)
    empty = int(((pairs.reference == 0) & (pairs.model == 0)).sum())
    share = Estimate(
        k / n,
        float(low),
        float(high),
        level,
        method,
        n=n,
        reason=_remarks(pairs, empty, plain if or_noise else None) if remarks else NO_REASON,
        flags=(
            *(("assumed_deff",) if assumed else ()),
            *((FEW_CELLS,) if or_noise and few_cells(pairs) else ()),
        ),
        deff=None if deff == 1 else deff,
    )
    measured = k / len(pairs) if len(pairs) else None
    coarse = pairs.resolution / 2 > allowed * (1 + 1e-9)
    return Acceptance(limit, floor, errors, within, k, n, share, measured, coarse, noise)


def _remarks(pairs: Pairs, empty: int, within: Mask | None) -> Reason:
    """What a reader must know of the samples counted; ``within`` the limit, where noise counts."""
    lost = pairs.technical_failures
    said = []
    if within is not None:  # the limits that people know stand beside those that decide
        first, last, _ = noise_ranges(pairs, *counts(pairs))
        hits = counts(pairs)[0]
        usual = int(((first <= hits) & (hits <= last)).sum())
        said.append(Reason("beside_noise", within=int(within.sum()), usual=usual))
    said += [Reason("lost_outside", lost=lost)] if lost else []
    said += [Reason("zero_within", zero=empty)] if empty else []
    return Reason.all(said)


def covering_error(
    errors: Floats, share: float, cluster: Ints | None = None, level: float = 0.95
) -> Estimate:
    """Smallest error that covers at least ``share`` of the samples (§3), with order-statistic CI.

    Args:
        errors: effective errors in percent, shape (n,); ∞ for a technical failure.
        share: P, taken as the decimal it was written as.
        cluster: shape (n,); the ranks of the interval are taken at n/deff.

    Raises:
        NotEstimable: without any sample.
    """
    n = len(errors)
    if n == 0:
        raise NotEstimable(Reason("no_sample"))
    ordered = np.sort(errors)
    value = float(ordered[k_min_observed(n, share) - 1])
    cluster = np.arange(n) if cluster is None else cluster
    n_eff, deff, assumed = effective_n(np.asarray(errors <= value), cluster)

    # Ranks by the Clopper–Pearson bounds of k/n, so that the bound on q and the bound on the share
    # are one statement, also at n/deff. Both bounds rise with k.
    def bounds(k: int) -> tuple[float, float]:
        return clopper_pearson(k * n_eff / n, n_eff, level)

    counts = range(n + 1)
    low_rank = bisect_right(counts, share, key=lambda k: bounds(k)[1])  # F(l - 1) <= alpha/2
    low_rank = min(low_rank, n)  # a share of 1 has no rank beyond the largest
    high_rank = bisect_left(counts, share, key=lambda k: bounds(k)[0])  # F(u - 1) >= 1 - alpha/2
    low = float(ordered[low_rank - 1]) if low_rank else 0.0
    high = float(ordered[high_rank - 1]) if high_rank <= n else None
    reasons = []
    if high is None and share < 1:
        needed = math.ceil(math.log((1 - level) / 2) / math.log(share))
        code = "upper_needs" if deff == 1 else "upper_needs_patients"
        reasons.append(Reason(code, needed=needed))
    elif high is None:
        reasons.append(Reason("never_bounded"))
    if math.isinf(value):
        reasons.append(Reason("covering_infinite"))
    elif high is not None and math.isinf(high):
        reasons.append(Reason("upper_infinite"))
    return Estimate(
        value,
        low,
        high,
        level,
        f"order statistics, rank ⌈nP⌉ = {k_min_observed(n, share)}",
        n=n,
        reason=Reason.all(reasons),
        flags=("assumed_deff",) if assumed else (),
        deff=None if deff == 1 else deff,
    )


@overload
def error(reference: Pairs, model: Context) -> Measured: ...


@overload
def error(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    limit: float = LIMIT,
    share: float = SHARE,
    floor: float = 0.0,
    measurand: str = NAMELESS,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Measured: ...


def error(
    reference: Pairs | ArrayLike,
    model: Context | ArrayLike,
    *,
    limit: float = LIMIT,
    share: float = SHARE,
    floor: float = 0.0,
    measurand: str = NAMELESS,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Measured:
    """Relative errors: the share within a limit, the covering error, median, mean and SD (§2, §3).

    Args:
        reference: shape (n,), ≥ 0; or :class:`Pairs`, as the road makes them.
        model: shape (n,), ≥ 0, in the same unit; or the :class:`Context` of ``Pairs``, which names
            the statistics to be made.
        limit: L, percent of the reference; the share within 10 % is measured besides.
        share: P of the covering error: the smallest error that covers so many of the samples.
        floor: A, in the unit of the values: a difference of up to A is within the limit.
        measurand: ``NEUT%``, where it is one: a class that hardly any sample holds is flagged then.
        cluster: shape (n,), the patient, where samples repeat one.
        level: two-sided confidence.

    Raises:
        ValueError: for what is missing, no number or negative, and for unequal lengths.

    >>> found = error([4.1, 6.0, 7.9, 10.2], [4.3, 6.1, 9.1, 10.3])
    >>> found.estimates["share_within:10"].value, found.detail.acceptances["10"].within.tolist()
    (0.75, [True, True, False, True])
    """
    if isinstance(reference, Pairs):
        return _of_pairs(reference, cast("Context", model))
    check_level(level)
    if not (limit > 0 and 0 < share <= 1 and floor >= 0):
        raise ValueError(
            f"limit must be above 0 %, share a fraction, floor at least 0, got {limit}, {share}, "
            f"{floor}"
        )
    pairs = pairs_of(reference, cast("ArrayLike", model), measurand=measurand, cluster=cluster)
    options = {OR_WITHIN: floor} if floor else {}
    within = StatisticName.of(SHARE_WITHIN, limit, **options)
    covering = StatisticName.of(
        COVERING_ERROR, share, **options, **({LIMIT_OF_FLOOR: limit} if floor else {})
    )
    asked = (within, within.as_base(N_OUTSIDE), covering)
    return _of_pairs(pairs, Context(level=level, requested=asked))


def _of_pairs(pairs: Pairs, context: Context) -> Measured:
    defaults = (WITHIN, WITHIN.as_base(N_OUTSIDE), StatisticName.of(COVERING_ERROR, SHARE))
    wanted = dict.fromkeys((*(() if context.measures else defaults), *context.requested))
    signed = relative_error(pairs.reference, pairs.model)
    lost = np.full(pairs.technical_failures, np.inf)
    acceptances: dict[str, Acceptance] = {}
    estimates: dict[str, Estimate] = {}
    for name in wanted:
        try:
            if name.base in (SHARE_WITHIN, N_OUTSIDE) and name.limit is not None:
                found = acceptance(
                    pairs, name.limit, name.floor, context.level, name.or_noise,
                    remarks=not context.measures,
                )  # fmt: skip
                acceptances[name.rest] = found
                outside = Estimate(found.n - found.k, n=found.n, method="count")
                estimates[name] = found.share if name.base == SHARE_WITHIN else outside
            elif name.base == COVERING_ERROR and name.number is not None:
                # a floor is a share of some limit: A/L of the reference
                errors = effective_error(
                    pairs.reference, pairs.model, name.limit or LIMIT, name.floor
                )
                counted = np.concatenate([errors, lost])
                estimates[name] = covering_error(
                    counted, name.number, _clusters(pairs), context.level
                )
        except NotEstimable as why:
            estimates[name] = Estimate.missing(why.reason, n=0)
    if too_rare(pairs):  # a share that noise excuses judges what is called where there is none
        rare = [name for name in wanted if name in estimates and not name.or_noise]
        estimates |= {name: estimates[name].with_flags(RARE) for name in rare}
    if not context.measures or {*MOMENTS} & {*wanted}:
        estimates |= _moments(pairs, signed, context)
    covering = {n: estimates[n] for n in wanted if n in estimates and n.base == COVERING_ERROR}
    detail = Error(pairs, signed, acceptances, covering)
    n = len(pairs) + pairs.technical_failures
    return Measured("error", pairs.subject, estimates, n, detail)


def _moments(pairs: Pairs, signed: Floats, context: Context) -> dict[str, Estimate]:
    clustered = len(np.unique(pairs.cluster)) < len(pairs)
    try:
        average, sd = mean_and_sd(signed, context, pairs.subject, pairs.cluster)
    except NotEstimable as why:
        average = sd = Estimate.missing(why.reason, n=len(pairs))
    try:
        middle = median(signed, context.level, clustered)
    except NotEstimable as why:
        middle = Estimate.missing(why.reason, n=len(pairs))
    return dict(zip(MOMENTS, (middle, average, sd), strict=True))


METRIC = Metric(
    takes="pairs",
    measures={
        "error": {
            SHARE_WITHIN: fraction("share within the limit", parameter=f"{LIMIT:g}"),
            N_OUTSIDE: Statistic(
                "samples outside the limit",
                StatisticUnit.COUNT,
                Better.LOWER,
                parameter=f"{LIMIT:g}",
            ),
            COVERING_ERROR: Statistic(
                "covering error", StatisticUnit.PERCENT, Better.LOWER, parameter=f"{SHARE:g}"
            ),
            "median": Statistic("median error", StatisticUnit.PERCENT, Better.ZERO),
            "mean": Statistic("mean error", StatisticUnit.PERCENT, Better.ZERO),
            "sd": Statistic("SD of the errors", StatisticUnit.PERCENT, Better.LOWER, brief="SD"),
        }
    },
    measure=lambda pairs, context: [error(pairs, context)],
)
