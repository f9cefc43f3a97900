"""Each side of a comparison by itself, where samples are not compared one by one (§12)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special

from wbcval.gating.compare.types import Change
from wbcval.measure.evaluate import evaluate_asked
from wbcval.measure.hits import Hits
from wbcval.measure.results import statistic_of
from wbcval.protocol.types import Criterion
from wbcval.stats.binomial import wilson
from wbcval.stats.bootstrap import cluster_sums
from wbcval.stats.clustered import clustered_proportion, degrees_of_freedom
from wbcval.stats.metric import Better
from wbcval.stats.newcombe import newcombe_difference
from wbcval.stats.paired_limits import Losses, design_effect
from wbcval.stats.statistic_name import StatisticName
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason


def alone(side: Hits, study: Study, losses: Losses) -> Estimate:
    """One side's share, its limits no narrower than the losses assumed allow, as when paired."""
    found = clustered_proportion(side.hits, side.trials, study.cluster)
    sizes = cluster_sums(side.trials.astype(np.float64), study.cluster)
    if found.value is None or found.deff is None:
        return found
    least = design_effect(float((sizes**2).sum() / sizes.sum()), losses.assumed)
    if least <= found.deff:
        return found
    df, trials = degrees_of_freedom(sizes), float(sizes.sum() / least)
    low, high = wilson(found.value, trials, float(special.stdtrit(df, 0.975)))
    return replace(found, low=low, high=high, method=f"Wilson on {trials:.4g} trials")


def by_itself(blank: Change, after: Study, before: Study) -> Change:
    """The change from both sides' own intervals, as if they were independent: weaker than paired.

    Oriented so that higher is better: what is best small changes sign, and what is best at 0 or 1
    counts by its distance from there.

    Args:
        blank: what changed. after, before: both sides.

    Raises:
        NotEstimable: where a side has no value of it.
    """
    about = statistic_of(blank.measure, blank.statistic)
    assert about is not None  # noqa: S101 (checked where it was asked for)
    sides = [_estimate(blank, study) for study in (after, before)]
    change = newcombe_difference(*(_oriented(e, about.better) for e in sides))
    return replace(blank, after=sides[0].value, before=sides[1].value, change=change)


def _estimate(blank: Change, study: Study) -> Estimate:
    name = blank.statistic
    normal = name.rest == "normal"
    asked = Criterion(
        "", blank.measure, blank.subject, StatisticName(name.base) if normal else name,
        blank.stratum, min=0.0, limits="normal" if normal else None,
    )  # fmt: skip
    found = evaluate_asked(study, [asked]).get(
        blank.measure, blank.subject, blank.statistic, blank.stratum
    )
    if found is None:
        raise NotEstimable(Reason("side_untold"))
    return found.estimate


def _oriented(e: Estimate, better: Better) -> Estimate:
    """The estimate so that higher is better, its limits with it."""
    if better is Better.HIGHER or e.value is None:
        return e
    if better is Better.LOWER:
        return replace(e, value=-e.value, low=_minus(e.high), high=_minus(e.low))
    best = 1.0 if better is Better.ONE else 0.0
    value = -abs(e.value - best)
    if e.low is None or e.high is None:
        return replace(e, value=value, low=None, high=None)
    ends = sorted((abs(e.low - best), abs(e.high - best)))
    nearest = 0.0 if e.low <= best <= e.high else ends[0]
    return replace(e, value=value, low=-ends[1], high=-nearest)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value
