"""Candidate minus baseline: the difference of two proportions of the same cells (§12).

Cells come in samples, so that the difference is judged on how much the samples differ. Two
intervals are made, and the wider decides: BCa over samples, and Tango's score interval at n/deff.
Both are blind to losses that sit in samples of which none was drawn; the lower limit therefore
counts no sample more than once (docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wbcval.errors import NotEstimable
from wbcval.estimate import Estimate
from wbcval.stats._bootstrap import (
    MIN_CLUSTERS,
    REPLICATES,
    Resamples,
    bca_limits,
    cluster_sums,
    guarded,
    resample,
)
from wbcval.stats._clustered import ASSUMED, MOST, Counts
from wbcval.stats._metric import Floats, Ints
from wbcval.stats._paired_limits import Spread, by_sample_low, spread, too_few
from wbcval.stats._tango import tango_interval

FEW_DISCORDANT = 10  # samples holding a discordant cell; fewer: Tango decides (§12)
_TIE = 1e-12  # of a fraction: differences apart by rounding alone are equal


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Candidate minus baseline of one proportion, as a fraction; higher is better.

    Attributes:
        estimate: the difference with its two-sided interval; ``method`` names what decided each
            limit, ``n`` is cells, ``deff`` the design effect.
        gains: b, cells by which the candidate is ahead, net within each sample.
        losses: c, cells by which it is behind, net within each sample.
        deff: variance of the difference over that of independent cells, at least 1; ``None``
            where no interval was made.
        df: degrees of freedom of its t, or ``None`` likewise.
        discordant_samples: clusters that hold a gain or a loss.
        units: how many independent units the samples stand for at most, Kish's n²/Σn_s².
        tango: (low, high) at n/deff, or ``None``.
        by_sample: lower limit with no sample counted more than once, or ``None``.
        bca: (low, high), or ``None`` where it was not to decide; ``bca_reason`` says why.
        p_worse: bootstrap p of H0: δ ≥ −Δ, where a margin was given; small means worse.
    """

    estimate: Estimate
    gains: float
    losses: float
    deff: float | None
    df: float | None
    discordant_samples: int
    units: float
    tango: tuple[float, float] | None
    by_sample: float | None
    bca: tuple[float, float] | None
    bca_reason: str
    p_worse: float | None


def paired_difference(
    candidate_hits: Counts,
    baseline_hits: Counts,
    cells: Counts,
    cluster: Ints,
    *,
    level: float = 0.95,
    generator: np.random.Generator,
    margin: float | None = None,
    labels: str = "samples",
    assumed_deff: float = 1.0,
) -> PairedDifference:
    """Difference of one proportion; see :func:`paired_differences`, of which this is one column.

    Args:
        candidate_hits, baseline_hits, cells: shape (S,).
        assumed_deff: design effect where nothing is discordant, so that none can be seen.
    """
    found = paired_differences(
        np.asarray(candidate_hits)[:, None],
        np.asarray(baseline_hits)[:, None],
        np.asarray(cells)[:, None],
        cluster,
        level=level,
        generator=generator,
        margin=margin,
        labels=labels,
        assumed_deff=assumed_deff,
    )[0]
    if found.estimate.value is None:
        raise NotEstimable(found.estimate.reason)
    return found


def paired_differences(
    candidate_hits: Counts,
    baseline_hits: Counts,
    cells: Counts,
    cluster: Ints,
    *,
    level: float = 0.95,
    generator: np.random.Generator,
    margin: float | Sequence[float | None] | None = None,
    labels: str = "samples",
    assumed_deff: float = 1.0,
) -> tuple[PairedDifference, ...]:
    """Candidate minus baseline of K proportions of the same cells, from one stream of resamples.

    Sensitivity of a class: its diagonal counts and row totals. Accuracy: traces and totals. Share
    within a limit: 0 or 1 per sample, of one cell each, with the patient as cluster.

    - Value: Σ(candidate − baseline)/Σcells. Discordance is net within each sample.
    - deff = max(1, V/((b + c − (b − c)²/n)/n²)), V and t(df) after Bell and McCaffrey. With
      nothing discordant deff is the largest of the other columns', or ``assumed_deff``, whichever
      is larger, and the estimate is flagged ``assumed_deff``.
    - Tango at n/deff with t(df); BCa over clusters where at least 10 hold a discordant cell; the
      wider of the two decides.
    - Lower limit: not above Tango's with as many trials as there are samples at most (Kish's
      effective number), of the same mean and variance. Losses of whole samples could be unseen
      otherwise: with none seen it is −t²/(units + t²).

    Args:
        candidate_hits, baseline_hits: shape (S, K), hits per sample.
        cells: shape (S, K), cells per sample of both; 0 where a sample holds none.
        cluster: shape (S,), codes of the patient where given, else of the sample.
        level: two-sided confidence.
        generator: the measurement's own.
        margin: Δ > 0, of all or of each of the K, for ``p_worse`` and to say how many samples
            it needs.
        labels: what a cluster is called in reasons.
        assumed_deff: design effect where nothing is discordant in any column.

    Returns:
        K results. No cell: the estimate is missing. Fewer than 5 clusters with cells, or one that
        holds more than 95 % of them: no interval, the value stands; fewer than 20: flag
        ``few_samples``.

    Raises:
        ValueError: for shapes that differ, hits outside 0 … cells, or a margin that is not a
            positive finite number.

    Known limits: how often a true drop of Δ is called not worse, or no drop at all inconclusive,
    is simulated in docs/gate-simulation.md.

    Source: Tango, Stat Med 1998;17:891; effective size after Korn & Graubard, Surv Methodol
        1998;24:193; Bell & McCaffrey, Surv Methodol 2002;28:169; Kish, Survey Sampling 1965, §11.7.
    """
    new, old, size = (
        np.asarray(each, dtype=np.float64) for each in (candidate_hits, baseline_hits, cells)
    )
    _check(new, old, size, cluster)
    count = size.shape[1]
    margins = list(margin) if isinstance(margin, Sequence) else [margin] * count
    if len(margins) != count:
        raise ValueError(f"margin: one for all or one for each of {count}, got {len(margins)}")
    for given in margins:
        check_margin(given)
    sums = [cluster_sums(each, cluster) for each in (new - old, size)]
    drawn = _draws(new - old, size, cluster, generator)
    seen = [spread(new[:, k] - old[:, k], *(s[:, k] for s in sums)) for k in range(count)]
    borrowed = max([assumed_deff, *(s.deff for s in seen if s is not None and s.losses + s.gains)])
    holding = cluster_sums((new != old).astype(np.float64), cluster)
    found = []
    for k, each in enumerate(seen):
        if each is None:
            found.append(_missing(labels))
            continue
        of = each if each.gains + each.losses else replace(each, deff=borrowed)
        discordant = int((holding[:, k] > 0).sum())
        found.append(_judged(of, discordant, drawn, k, level, margins[k], labels))
    return tuple(found)


def check_margin(margin: float | None) -> None:
    """Refuse a margin that is no positive finite number (§12); ``None`` is none.

    Raises:
        ValueError: for 0, negative, infinite or NaN.
    """
    if margin is not None and not (np.isfinite(margin) and margin > 0):
        raise ValueError(f"a margin must be a positive finite number, got {margin}")


def _judged(
    of: Spread,
    discordant: int,
    drawn: Resamples | None,
    column: int,
    level: float,
    margin: float | None,
    labels: str,
) -> PairedDifference:
    n, deff, df = of.cells, of.deff, of.df
    if of.clusters < MIN_CLUSTERS or of.largest > MOST * n:
        return _without_interval(of, discordant, labels)
    tango = tango_interval(of.gains / deff, of.losses / deff, n / deff, level, df=df)
    counted_once = by_sample_low(of.gains, of.losses, n, deff, of.units, df, level)
    by_sample = min(tango[0], float(counted_once))
    bca, why_not = None, f"{discordant} {labels} with a discordant cell: needs {FEW_DISCORDANT}"
    p_worse = None if margin is None else 1.0  # nothing discordant: every δ* is 0
    if drawn is not None and np.isfinite(drawn.values[0, column]):
        values = drawn.values[:, column]
        if margin is not None:
            p_worse = (1 + int((values >= -margin - _TIE).sum())) / (len(values) + 1)
        if discordant >= FEW_DISCORDANT:
            bca = bca_limits(of.value, values, drawn.jackknife[:, column], level)[:2]
            why_not = ""
    assumed = of.gains + of.losses == 0
    name = f"Tango at n/deff, deff {deff:.3g}{' assumed' if assumed else ''}, t({round(df, 1):g})"
    low, high = tango
    if bca is not None and bca[1] - bca[0] > high - low:
        (low, high), name = bca, f"BCa over {labels}, {REPLICATES} resamples"
    if by_sample < low:
        low, name = by_sample, f"{name}; lower limit: Tango on {of.units:.4g} {labels}"
    estimate = Estimate(
        of.value,
        low,
        high,
        level,
        name,
        int(n),
        reason=too_few(of, margin, level, labels) if margin and low <= -margin <= high else "",
        flags=(ASSUMED,) if assumed else (),
        deff=deff,
    )
    return PairedDifference(
        estimate=guarded(estimate, of.clusters),
        gains=of.gains,
        losses=of.losses,
        deff=deff,
        df=df,
        discordant_samples=discordant,
        units=of.units,
        tango=tango,
        by_sample=by_sample,
        bca=bca,
        bca_reason=why_not,
        p_worse=p_worse,
    )


def _without_interval(of: Spread, discordant: int, labels: str) -> PairedDifference:
    why = f"interval: one of the {labels} holds more than {MOST:.0%} of the cells"
    if of.clusters < MIN_CLUSTERS:
        why = f"interval needs {MIN_CLUSTERS} {labels}, got {of.clusters}"
    return PairedDifference(
        estimate=Estimate(of.value, method="paired difference", n=int(of.cells), reason=why),
        gains=of.gains,
        losses=of.losses,
        deff=None,
        df=None,
        discordant_samples=discordant,
        units=of.units,
        tango=None,
        by_sample=None,
        bca=None,
        bca_reason="no interval",
        p_worse=None,
    )


def _draws(
    net: Floats, cells: Floats, cluster: Ints, generator: np.random.Generator
) -> Resamples | None:
    """One stream of resamples for all columns; None where nothing differs."""
    if not net.any() or len(np.unique(cluster)) < MIN_CLUSTERS:
        return None
    count = net.shape[1]

    def ratios(totals: Floats) -> Floats:
        return totals[:, :count] / totals[:, count:]

    return resample(np.concatenate([net, cells], axis=1), ratios, cluster, generator)


def _missing(labels: str) -> PairedDifference:
    estimate = Estimate.missing(f"none of the {labels} holds a cell to compare", n=0)
    return PairedDifference(estimate, 0, 0, None, None, 0, 0, None, None, None, "no cell", None)


def _check(new: Floats, old: Floats, size: Floats, cluster: Ints) -> None:
    if not (new.shape == old.shape == size.shape) or size.ndim != 2 or len(cluster) != len(size):
        raise ValueError("candidate, baseline, cells and cluster must be of one length")
    if not all(np.isfinite(each).all() for each in (new, old, size)):
        raise ValueError("hits and cells must be finite")
    for hits in (new, old):
        if np.any(hits < 0) or np.any(hits > size):
            raise ValueError("hits must lie between 0 and cells")
