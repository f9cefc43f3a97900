"""Scores of a confusion matrix that are no plain proportions: F1, MCC, kappa, …, by BCa.

STATISTICS.md §8. Each is a function of totals over samples, so that one stream of resamples
serves them all, and adding a score moves no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wbcval.stats.bootstrap import bca, guarded
from wbcval.stats.metric import Context, Floats, Ints
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Scores(Shown):
    """Scores with BCa intervals over clusters.

    Attributes:
        f1: one per countable class, 2·TP/(2·TP + FP + FN); missing without a true cell.
        balanced_accuracy: mean sensitivity of the countable classes that have a true cell.
        macro_f1: mean F1 of the same classes.
        mcc: Gorodkin's correlation over all labels (Comput Biol Chem 2004;28:367).
        kappa: Cohen's, unweighted, over all labels (Educ Psychol Meas 1960;20:37).
    """

    f1: tuple[Estimate, ...]
    balanced_accuracy: Estimate
    macro_f1: Estimate
    mcc: Estimate
    kappa: Estimate


def scores(counts: Floats, names: Sequence[str], context: Context) -> Scores:
    """F1 of each class, and the overall scores.

    The classes averaged are those of the data: a resample that lacks one is redrawn. Where a
    class is held by fewer than 5 clusters, its F1 and the means have no interval (measured: that
    of balanced accuracy would cover 59–81 %).

    Args:
        counts: shape (clusters, L, L), rows true, columns predicted; one cluster per row.
        names: the countable classes, the first of the labels.
        context: level and generator.
    """
    size, classes = counts.shape[1], len(names)
    true = counts.sum(axis=2)
    features = np.hstack([np.einsum("sll->sl", counts), true, counts.sum(axis=1)])
    present = true[:, :classes].sum(axis=0) > 0

    def statistic(totals: Floats) -> Floats:
        right, held, called = totals[:, :size], totals[:, size : 2 * size], totals[:, 2 * size :]
        some = np.where(held[:, :classes] > 0, 1.0, np.nan)  # nothing is said of an absent class
        f1 = some * 2 * right[:, :classes] / (held + called)[:, :classes]
        recall = right[:, :classes] / held[:, :classes]
        n, hits = held.sum(axis=1), right.sum(axis=1)
        both = (held * called).sum(axis=1)
        spread = np.sqrt(n**2 - (held**2).sum(axis=1)) * np.sqrt(n**2 - (called**2).sum(axis=1))
        means = [each[:, present].sum(axis=1) / present.sum() for each in (recall, f1)]
        mcc = (n * hits - both) / spread
        kappa = (n * hits - both) / (n**2 - both)
        return np.column_stack([f1, *means, mcc, kappa])

    rng = context.generator("classification")
    clusters = np.arange(len(counts))
    found = bca(features, statistic, clusters, rng, context.level, context.replicates)
    cells, holding = true.sum(axis=0).astype(int), (true > 0).sum(axis=0)
    f1 = tuple(
        _explained(
            guarded(replace(found[c], n=cells[c]), holding[c], f"a true {name}"),
            Reason("no_true_of", label=name),
        )
        for c, name in enumerate(names)
    )
    balanced, macro, mcc, kappa = (replace(each, n=cells.sum()) for each in found[classes:])
    return Scores(
        f1=f1,
        balanced_accuracy=_mean(balanced, names, holding),
        macro_f1=_mean(macro, names, holding),
        mcc=_explained(mcc, Reason("one_label")),
        kappa=_explained(kappa, Reason("one_label_on_both")),
    )


def _mean(estimate: Estimate, names: Sequence[str], holding: Ints) -> Estimate:
    """Names the classes left out; the rarest class averaged decides whether an interval holds."""
    averaged = [c for c in range(len(names)) if holding[c] > 0]
    if not averaged:
        return _explained(estimate, Reason("no_countable"))
    absent = ", ".join(name for name, n in zip(names, holding, strict=False) if n == 0)
    method = f"mean over {len(averaged)} classes"
    method += f" (absent: {absent}); " if absent else "; "
    rarest = min(averaged, key=lambda c: holding[c])
    named = replace(estimate, method=method + estimate.method)
    return guarded(named, holding[rarest], f"a true {names[rarest]}")


def clinical_ppv(
    counts: Floats,
    labels: Sequence[str],
    n_classes: int,
    mix: Mapping[str, float],
    context: Context,
) -> tuple[Estimate, ...]:
    """PPV of each countable class if the true classes came in the shares of ``mix`` (§8).

    PPV_p = π_p C[p,p] / Σ_t π_t C[t,p], with C[t,p] the share of true t called p.

    Args:
        counts: shape (clusters, L, L), rows true, columns predicted.
        labels: L names, the first ``n_classes`` countable.
        n_classes: how many of the labels are countable.
        mix: label → share; labels without one have share 0.
        context: level and generator.

    Returns:
        One estimate per countable class, n = its predicted cells; missing where a label of the
        mix has no true cell, or where no cell would be called so.
    """
    called = counts.sum(axis=(0, 1)).astype(int)
    holding = dict(zip(labels, (counts.sum(axis=2) > 0).sum(axis=0), strict=True))
    wanted = [name for name, share in mix.items() if share > 0]
    lacking = [name for name in wanted if not holding.get(name)]
    if lacking:
        why = Reason("mix_lacks", names=", ".join(lacking))
        return tuple(Estimate.missing(why, n=called[c]) for c in range(n_classes))
    size = len(labels)
    weight = np.array([mix.get(name, 0.0) for name in labels])
    mixed = weight > 0

    def statistic(totals: Floats) -> Floats:
        table = totals.reshape(-1, size, size)[:, mixed]
        rates = weight[mixed, None] * table / table.sum(axis=2, keepdims=True)
        right = np.zeros((len(totals), size))
        right[:, mixed] = rates[:, np.arange(mixed.sum()), np.flatnonzero(mixed)]
        return np.asarray((right / rates.sum(axis=1))[:, :n_classes])

    rng = context.generator("classification|clinical_mix")
    flat = counts.reshape(len(counts), -1)
    clusters = np.arange(len(counts))
    found = bca(flat, statistic, clusters, rng, context.level, context.replicates)
    rarest = min(wanted, key=lambda name: holding[name])
    return tuple(
        _explained(
            guarded(replace(each, n=called[c]), holding[rarest], f"a true {rarest}"),
            Reason("mix_calls_none"),
        )
        for c, each in enumerate(found)
    )


def _explained(estimate: Estimate, why: Reason) -> Estimate:
    return replace(estimate, reason=why) if estimate.value is None else estimate
