"""Candidate minus baseline: the difference of two proportions of the same cells (§12).

Cells come in samples, so that the difference is judged on how much the samples differ. Two
intervals are made, and the wider decides: BCa over samples, and Tango's score interval at n/deff.
Both rest on the spread that was seen. What losses could lie unseen depends on how they strike:
spread over the cells with some correlation within a sample, or whole samples at once. A lower
limit is made for either, and the caller says which decides (docs/decisions/0020, 0032).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats.arrays import labels as coded
from wbcval.stats.arrays import numbers
from wbcval.stats.bootstrap import MIN_CLUSTERS, Resamples, cluster_sums, resample
from wbcval.stats.clustered import ASSUMED_ICC, Counts
from wbcval.stats.metric import Floats, Ints
from wbcval.stats.paired_judged import PairedDifference, judged, missing
from wbcval.stats.paired_limits import SPREAD, Losses, spread
from wbcval.values.errors import NotEstimable

__all__ = ["PairedDifference", "paired_difference", "paired_differences"]


def paired_difference(
    candidate_hits: ArrayLike,
    baseline_hits: ArrayLike,
    cells: ArrayLike,
    cluster: ArrayLike,
    *,
    level: float = 0.95,
    generator: np.random.Generator,
    margin: float | None = None,
    labels: str = "samples",
    losses: Losses = SPREAD,
) -> PairedDifference:
    """Difference of one proportion; see :func:`paired_differences`, of which this is one column.

    Args:
        candidate_hits, baseline_hits, cells: shape (S,).
    """
    found = paired_differences(
        numbers(candidate_hits, "candidate_hits")[:, None],
        numbers(baseline_hits, "baseline_hits")[:, None],
        numbers(cells, "cells")[:, None],
        coded(cluster, "cluster"),
        level=level,
        generator=generator,
        margin=margin,
        labels=labels,
        losses=losses,
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
    losses: Losses = SPREAD,
) -> tuple[PairedDifference, ...]:
    """Candidate minus baseline of K proportions of the same cells, from one stream of resamples.

    Sensitivity of a class: its diagonal counts and row totals. Accuracy: traces and totals. Share
    within a limit: 0 or 1 per sample, of one cell each, with the patient as cluster.

    - Value: Σ(candidate − baseline)/Σcells. Discordance is net within each sample.
    - deff = max(1, V/((b + c − (b − c)²/n)/n²)), V and t(df) after Bell and McCaffrey. With
      nothing discordant deff = 1 + (m̃ − 1)ρ, ρ the largest correlation that the other columns'
      deff stands for, 0.10 at least (§8), and the estimate is flagged ``assumed_deff``.
    - Tango at n/deff with t(df); BCa over clusters where at least 10 hold a discordant cell; the
      wider of the two decides.
    - Lower limit: not above Tango's of the same mean and variance on n/(1 + (m̃ − 1)ρ₀) trials,
      m̃ = Σn_s²/n. With ρ₀ = 1 each sample is one trial (Kish's effective number): losses of whole
      samples could be unseen otherwise. With nothing seen it is −t²/(trials + t²).

    Args:
        candidate_hits, baseline_hits: shape (S, K), hits per sample.
        cells: shape (S, K), cells per sample of both; 0 where a sample holds none.
        cluster: shape (S,), codes of the patient where given, else of the sample.
        level: two-sided confidence.
        generator: the measurement's own.
        margin: Δ > 0, of all or of each of the K, for ``p_worse`` and to say how many samples
            it needs.
        labels: what a cluster is called in reasons.
        losses: which of ``spread_low`` and ``whole_low`` is the lower limit, and ρ₀ of the first.

    Returns:
        K results. No cell: the estimate is missing. Fewer than 5 clusters with cells, or one that
        holds more than 95 % of them: no interval, the value stands; fewer than 20: flag
        ``few_samples``.

    Raises:
        ValueError: for shapes that differ, hits outside 0 … cells, or a margin that is not a
            positive finite number.

    Known limits: how often a true drop of Δ is called not worse, or no drop at all inconclusive,
    is simulated in docs/explanation/gate-simulation.md. ``spread_low`` is blind to whole samples
    lost.

    Source: Tango, Stat Med 1998;17:891; effective size after Korn & Graubard, Surv Methodol
        1998;24:193; Bell & McCaffrey, Surv Methodol 2002;28:169; Kish, Survey Sampling 1965, §11.7.
    """
    new, old, size = (
        numbers(each, name, dimensions=2)
        for each, name in (
            (candidate_hits, "candidate_hits"),
            (baseline_hits, "baseline_hits"),
            (cells, "cells"),
        )
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
    borrowed = max([ASSUMED_ICC, *(s.correlation for s in seen if s is not None)])
    holding = cluster_sums((new != old).astype(np.float64), cluster)
    found = []
    for k, each in enumerate(seen):
        if each is None:
            found.append(missing(labels))
            continue
        of = each
        if not each.gains + each.losses:
            of = replace(each, deff=each.design_effect(borrowed))
        discordant = int((holding[:, k] > 0).sum())
        found.append(judged(of, discordant, drawn, k, level, margins[k], labels, losses))
    return tuple(found)


def check_margin(margin: float | None) -> None:
    """Refuse a margin that is no positive finite number (§12); ``None`` is none.

    Raises:
        ValueError: for 0, negative, infinite or NaN.
    """
    if margin is not None and not (np.isfinite(margin) and margin > 0):
        raise ValueError(f"a margin must be a positive finite number, got {margin}")


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


def _check(new: Floats, old: Floats, size: Floats, cluster: Ints) -> None:
    if not (new.shape == old.shape == size.shape) or len(cluster) != len(size):
        raise ValueError("candidate, baseline, cells and cluster must be of one length")
    for hits in (new, old):
        if np.any(hits < 0) or np.any(hits > size):
            raise ValueError("hits must lie between 0 and cells")
