"""One paired difference judged: which interval decides, and what a loss could still be (§12)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from wbcval.stats._tango import score, tango_interval
from wbcval.stats.bootstrap import MIN_CLUSTERS, Resamples, bca_limits, guarded
from wbcval.stats.clustered import ASSUMED, MOST
from wbcval.stats.metric import REPLICATES, Floats
from wbcval.stats.paired_limits import Losses, Spread, share_unseen, too_few, unseen_low
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import NO_REASON, Reason

FEW_DISCORDANT = 10  # samples holding a discordant cell; fewer: Tango decides (§12)
_TIE = 1e-12  # of a fraction: differences apart by rounding alone are equal


@dataclass(frozen=True, slots=True)
class PairedDifference(Shown):
    """Candidate minus baseline of one proportion, as a fraction; higher is better.

    Attributes:
        estimate: the difference with its two-sided interval; ``method`` names what decided each
            limit, ``n`` is cells, ``deff`` the design effect.
        gains: b, cells by which the candidate is ahead, net within each sample.
        losses: c, cells by which it is behind, net within each sample.
        discordant_samples: clusters that hold a gain or a loss.
        trials: how many independent trials the cells stand for at most, by the losses assumed.
        bca_reason: why ``bca`` was not to decide.
        deff: variance of the difference over that of independent cells, at least 1; ``None``
            where no interval was made, as all that follows.
        df: degrees of freedom of its t.
        tango: (low, high) at n/deff.
        spread_low: lower limit where losses are spread with ρ₀ within a sample.
        whole_low: lower limit where whole samples may be lost, each counted once.
        unseen: largest share of samples of which none need be among these.
        bca: (low, high), where it was to decide.
        p_worse: bootstrap p of H0: δ ≥ −Δ, where a margin was given; small means worse.
        p_moved: one-sided p of a change to the side of 0 where the value lies, by Tango's score
            and, where BCa may decide, by the resamples beyond 0.
    """

    estimate: Estimate
    gains: float
    losses: float
    discordant_samples: int
    trials: float
    bca_reason: Reason
    deff: float | None = None
    df: float | None = None
    tango: tuple[float, float] | None = None
    spread_low: float | None = None
    whole_low: float | None = None
    unseen: float | None = None
    bca: tuple[float, float] | None = None
    p_worse: float | None = None
    p_moved: float | None = None


def judged(
    of: Spread,
    discordant: int,
    drawn: Resamples | None,
    column: int,
    level: float,
    margin: float | None,
    labels: str,
    losses: Losses,
) -> PairedDifference:
    """One difference with its limits.

    Args:
        of: what the clusters say; deff as assumed where nothing is discordant.
        discordant: clusters that hold a gain or a loss.
        drawn: resamples of all columns, of which this is one; ``None`` where nothing differs.
        column: which.
        level: two-sided. margin: Δ, or ``None``. labels: what a cluster is called.
        losses: how they strike.
    """
    n, deff, df = of.cells, of.deff, of.df
    if of.clusters < MIN_CLUSTERS or of.largest > MOST * n:
        return _without_interval(of, discordant, labels)
    shrunk = (of.gains / deff, of.losses / deff, n / deff)
    tango = tango_interval(*shrunk, level, df=df)
    distance = abs(float(score(*(np.asarray(x) for x in (*shrunk, 0.0)))))
    p_moved = float(special.stdtr(df, -distance))
    bca, why_not = (
        None,
        Reason("few_discordant", got=discordant, units=labels, needed=FEW_DISCORDANT),
    )
    p_worse = None if margin is None else 1.0  # nothing discordant: every δ* is 0
    if drawn is not None and np.isfinite(drawn.values[0, column]):
        values = drawn.values[:, column]
        if margin is not None:
            p_worse = (1 + int((values >= -margin - _TIE).sum())) / (len(values) + 1)
        if discordant >= FEW_DISCORDANT:
            bca = bca_limits(of.value, values, drawn.jackknife[:, column], level)[:2]
            p_moved = max(p_moved, _beyond(values, of.value))
            why_not = NO_REASON
    assumed = of.gains + of.losses == 0
    name = f"Tango at n/deff, deff {deff:.3g}{' assumed' if assumed else ''}, t({round(df, 1):g})"
    low, high = tango
    if bca is not None and bca[1] - bca[0] > high - low:
        (low, high), name = bca, f"BCa over {labels}, {REPLICATES} resamples"
    spread_low, whole_low = _unseen(of, low, losses, level)
    least = whole_low if losses.whole_samples else spread_low
    trials = of.trials(losses.assumed)
    if least < low:
        low, name = least, f"{name}; lower limit: Tango on {_trials(trials, labels, losses)}"
    undecided = margin is not None and low <= -margin <= high
    estimate = Estimate(
        of.value,
        low,
        high,
        level,
        name,
        int(n),
        reason=too_few(of, losses, margin, level, labels) if margin and undecided else NO_REASON,
        flags=(ASSUMED,) if assumed else (),
        deff=deff,
    )
    return PairedDifference(
        estimate=guarded(estimate, of.clusters),
        gains=of.gains,
        losses=of.losses,
        discordant_samples=discordant,
        trials=trials,
        bca_reason=why_not,
        deff=deff,
        df=df,
        tango=tango,
        spread_low=spread_low,
        whole_low=whole_low,
        unseen=share_unseen(of.clusters, level),
        bca=bca,
        p_worse=p_worse,
        p_moved=p_moved,
    )


def _beyond(values: Floats, value: float) -> float:
    """Share of the resamples that lie at 0 or on the other side of it."""
    return float((values >= -_TIE if value < 0 else values <= _TIE).mean())


def _unseen(of: Spread, low: float, losses: Losses, level: float) -> tuple[float, float]:
    """Lower limits where losses are spread, and where whole samples are lost: never above it."""
    seen = (of.gains, of.losses, of.cells, of.deff)
    spread_low, whole_low = (
        min(low, float(unseen_low(*seen, of.trials(rho), of.df, level)))
        for rho in (losses.correlation, 1.0)
    )
    return spread_low, min(spread_low, whole_low)


def _trials(trials: float, labels: str, losses: Losses) -> str:
    if losses.whole_samples:
        return f"{trials:.4g} {labels}"
    return f"{trials:.4g} trials, correlation {losses.correlation:g} within {labels}"


def _without_interval(of: Spread, discordant: int, labels: str) -> PairedDifference:
    why = Reason("one_of_holds_most", units=labels, most=MOST)
    if of.clusters < MIN_CLUSTERS:
        why = Reason("interval_too_few", needed=MIN_CLUSTERS, units=labels, got=of.clusters)
    return PairedDifference(
        estimate=Estimate(of.value, method="paired difference", n=int(of.cells), reason=why),
        gains=of.gains,
        losses=of.losses,
        discordant_samples=discordant,
        trials=of.trials(1.0),
        bca_reason=Reason("no_interval"),
    )


def missing(labels: str) -> PairedDifference:
    """Of a column without a cell."""
    estimate = Estimate.missing(Reason("none_holds_a_cell", units=labels), n=0)
    nothing = Spread(0.0, 0.0, 0.0, 0.0, 0, 0.0, 1.0, 1.0, 0.0)
    return replace(
        _without_interval(nothing, 0, labels), estimate=estimate, bca_reason=Reason("no_cell")
    )
