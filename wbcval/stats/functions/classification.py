"""Classification cell by cell: confusion counts, accuracy of each class, and overall.

Definitions: STATISTICS.md §8. The universe is every cell with a true label, countable or not:
a platelet called lymphocyte is a false positive, a neutrophil called artefact or left
unclassified a false negative. PPV, NPV, accuracy, F1, kappa hold only at this set's class mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast, overload

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._given import cells_of
from wbcval.stats._moments import check_level
from wbcval.stats.bootstrap import cluster_sums
from wbcval.stats.clustered import ASSUMED, ASSUMED_ICC, HIGH, clustered_proportion
from wbcval.stats.functions.scores import clinical_ppv, scores
from wbcval.stats.metric import Cells, Context, Floats, Ints, Mask, Measured, Metric, fraction
from wbcval.values.classes import ABSTENTION
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

PER_CLASS = ("sensitivity", "specificity", "ppv", "npv", "f1", "accuracy")
OVERALL = ("accuracy", "balanced_accuracy", "macro_f1", "mcc", "kappa")
CLINICAL = "ppv:clinical_mix"
_MOST_SILENT = 0.05  # of the samples: more of them are no chance loss (STATISTICS.md §18)


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """One countable class against the rest.

    Attributes:
        name: the class.
        tp, fp, fn, tn: cells; they add up to all cells with a true label.
        sensitivity, specificity, ppv, npv, accuracy: shares of their own cells (``n``), Wilson
            at n/deff over samples.
        f1: 2·TP/(2·TP + FP + FN), BCa over samples; missing for a class without a true cell.
        not_counted: share of its true cells called no leukocyte (abstained, artefact …).
        sensitivity_classified: sensitivity among its true cells called any leukocyte.
        ppv_clinical: PPV at the protocol's clinical mix; ``None`` without one.
    """

    name: str
    tp: int
    fp: int
    fn: int
    tn: int
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    f1: Estimate
    accuracy: Estimate
    not_counted: Estimate
    sensitivity_classified: Estimate
    ppv_clinical: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Classification(Shown):
    """All cells of one stratum.

    Attributes:
        labels: L names, countable classes first; ``n_classes``: how many of them are countable.
        confusion: shape (L, L), cells; rows the true label, columns the predicted.
        classes: one per countable class, in the order of ``labels``.
        accuracy: trace/N over all labels.
        balanced_accuracy, macro_f1: means over the countable classes that have a true cell.
        mcc: Gorodkin's multiclass correlation, over all labels.
        kappa: Cohen's, unweighted, over all labels.
        accuracy_classified: accuracy among the cells called any leukocyte.
        absent: countable classes without a true cell.
        class_mix: shape (L,), share of each true label among all cells.
        non_leukocytes_called: true non-leukocytes that were called a leukocyte.
        n_cells, n_samples: cells with a true label, and the samples that hold one.
    """

    labels: tuple[str, ...]
    n_classes: int
    confusion: Ints
    classes: tuple[ClassAccuracy, ...]
    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_f1: Estimate
    mcc: Estimate
    kappa: Estimate
    accuracy_classified: Estimate
    absent: tuple[str, ...]
    class_mix: Floats
    non_leukocytes_called: int
    n_cells: int
    n_samples: int


@overload
def classification(true: Cells, predicted: Context) -> Classification: ...


@overload
def classification(
    true: ArrayLike,
    predicted: ArrayLike,
    *,
    sample: ArrayLike,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> Classification: ...


def classification(
    true: Cells | ArrayLike,
    predicted: Context | ArrayLike,
    *,
    sample: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> Classification:
    """Accuracy of each class and overall, with intervals over samples (patients where given).

    Proportions are Wilson intervals at n/deff with t quantiles, over the samples that hold a cell
    of the denominator; at 0 or 1 ρ is the largest of the same statistic's other classes, at least
    0.10. F1 and
    the overall scores are BCa. Both are null below 5 samples and warn below 20.

    Labels that the vocabulary knows are its classes, whatever their spelling (``Seg``, ``EO``), and
    those it knows as no leukocytes (``platelet``, ``unclassified``) are not countable. Others are
    countable classes as they stand.

    Args:
        true: shape (cells,), a label each; or :class:`Cells`, as the road makes them.
        predicted: shape (cells,); or the :class:`Context` of ``Cells``.
        sample: shape (cells,), the sample (slide, image set) of each cell. Cells of one sample are
            not independent, so that there is no interval without it.
        cluster: shape (cells,), the patient, where samples repeat one.
        level: two-sided confidence.
        seed: of the bootstraps.

    Raises:
        NotEstimable: where no cell has a true label.
        ValueError: for missing labels, unequal lengths, a sample of several patients.

    >>> found = classification(
    ...     ["Seg", "Lym", "Seg", "Lym"] * 6,
    ...     ["Seg", "Lym", "Lym", "Lym"] * 6,
    ...     sample=[f"S{i // 4}" for i in range(24)],
    ... )
    >>> [(of.name, of.sensitivity.value) for of in found.classes], found.n_samples
    ([('segmented neutrophil', 0.5), ('lymphocyte', 1.0)], 6)
    """
    if isinstance(true, Cells):
        return _of_cells(true, cast("Context", predicted))
    if sample is None:
        raise TypeError("sample is missing: name each cell's, sample=frame['sample_id']")
    check_level(level)
    cells = cells_of(true, cast("ArrayLike", predicted), sample, cluster)
    return _of_cells(cells, Context(level=level, seed=seed))


def _of_cells(cells: Cells, context: Context) -> Classification:
    holding = cells.counts.any(axis=(1, 2))
    if not holding.any():
        raise NotEstimable(Reason("no_true_class"))
    counts = cluster_sums(cells.counts[holding].astype(np.float64), cells.cluster[holding])
    labels, size, level = cells.labels, cells.n_classes, context.level
    silent = _unanswered(counts, labels)
    confusion = cells.counts.sum(axis=0)
    true = confusion.sum(axis=1)
    found = scores(counts, labels[:size], context)
    called_leukocyte = counts[:, :, :size].sum(axis=(1, 2))
    right_leukocyte = np.einsum("sll->s", counts[:, :size, :size])
    return Classification(
        labels=labels,
        n_classes=size,
        confusion=confusion,
        classes=_classes(counts, labels, size, found.f1, context),
        accuracy=_share(
            np.einsum("sll->s", counts),
            counts.sum(axis=(1, 2)),
            Reason("no_true_class"),
            level,
            silent,
        ),
        balanced_accuracy=found.balanced_accuracy,
        macro_f1=found.macro_f1,
        mcc=found.mcc,
        kappa=found.kappa,
        accuracy_classified=_share(
            right_leukocyte,
            called_leukocyte,
            Reason("none_called", label="a leukocyte"),
            level,
            silent,
        ),
        absent=tuple(name for name, n in zip(labels[:size], true, strict=False) if n == 0),
        class_mix=true / true.sum(),
        non_leukocytes_called=int(confusion[size:, :size].sum()),
        n_cells=int(true.sum()),
        n_samples=int(holding.sum()),
    )


def _classes(
    counts: Floats,
    labels: Sequence[str],
    size: int,
    f1: Sequence[Estimate],
    context: Context,
) -> tuple[ClassAccuracy, ...]:
    names, level, silent = labels[:size], context.level, _unanswered(counts, labels)
    right = np.einsum("sll->sl", counts)[:, :size]
    true, called = counts.sum(axis=2)[:, :size], counts.sum(axis=1)[:, :size]
    cells = np.repeat(counts.sum(axis=(1, 2))[:, None], size, axis=1)
    counted = counts[:, :size, :size].sum(axis=2)
    tn = cells - true - called + right
    whole = [each.sum(axis=0).astype(int).tolist() for each in (right, called, true, tn)]

    def shares(hits: Floats, of: Floats, none: str) -> list[Estimate]:
        why = [Reason(none, label=name) for name in names]
        return _across_classes(hits, of, level, why, silent)

    sensitivity = shares(right, true, "no_true_of")
    specificity = shares(tn, cells - true, "all_true_of")
    ppv = shares(right, called, "none_called")
    npv = shares(tn, cells - called, "all_called")
    accuracy = _across_classes(right + tn, cells, level, [Reason("no_true_class")] * size, silent)
    not_counted = shares(true - counted, true, "no_true_of")
    classified = shares(right, counted, "none_of_called_counted")
    mix = context.clinical_mix
    clinical = clinical_ppv(counts, labels, size, mix, context) if mix else (None,) * size
    return tuple(
        ClassAccuracy(
            name=name,
            tp=hits,
            fp=predicted - hits,
            fn=actual - hits,
            tn=rest,
            sensitivity=sensitivity[c],
            specificity=specificity[c],
            ppv=ppv[c],
            npv=npv[c],
            f1=f1[c],
            accuracy=accuracy[c],
            not_counted=not_counted[c],
            sensitivity_classified=classified[c],
            ppv_clinical=clinical[c],
        )
        for c, (name, hits, predicted, actual, rest) in enumerate(zip(names, *whole, strict=True))
    )


def _across_classes(
    hits: Floats,
    of: Floats,
    level: float,
    none: Sequence[Reason],
    unanswered: Mask | None = None,
) -> list[Estimate]:
    """One statistic of all classes, shape (clusters, C); at 0 or 1 ρ is borrowed (§8)."""
    columns = [*zip(hits.T, of.T, none, strict=True)]
    found = [_share(*column, level, unanswered) for column in columns]
    largest = max((ASSUMED_ICC, *(e.icc for e in found if e.icc is not None)))
    high = any(HIGH in e.flags for e in found)
    return [
        _share(*column, level, unanswered, largest, high) if ASSUMED in estimate.flags else estimate
        for column, estimate in zip(columns, found, strict=True)
    ]


def _share(
    hits: Floats,
    of: Floats,
    none: Reason,
    level: float,
    unanswered: Mask | None,
    icc: float = ASSUMED_ICC,
    high: bool = False,
) -> Estimate:
    try:
        found = clustered_proportion(hits, of, level=level, assumed_icc=icc, unanswered=unanswered)
        return found.with_flags(HIGH) if high else found
    except NotEstimable:
        return Estimate.missing(none, n=0)


def _unanswered(counts: Floats, labels: Sequence[str]) -> Mask:
    """Samples, or patients, of which the model left every labelled cell open; none if many."""
    none = np.zeros(len(counts), dtype=bool)
    if ABSTENTION not in labels:
        return none
    found = counts[:, :, labels.index(ABSTENTION)].sum(axis=1) == counts.sum(axis=(1, 2))
    return np.asarray(found) if found.sum() <= _MOST_SILENT * len(found) else none


def measure(cells: Cells, context: Context) -> list[Measured]:
    """One row per countable class, and one for all; none where no cell has a true label."""
    try:
        found = _of_cells(cells, context)
    except NotEstimable:
        return []
    rows = [
        Measured(
            "classification",
            each.name,
            {name: getattr(each, name) for name in PER_CLASS}
            | ({CLINICAL: each.ppv_clinical} if each.ppv_clinical else {}),
            each.tp + each.fn,
            each,
        )
        for each in found.classes
    ]
    overall = {name: getattr(found, name) for name in OVERALL}
    return [*rows, Measured("classification", "all", overall, found.n_cells, found)]


_number = partial(fraction, score=True, misses_open=True)

METRIC = Metric(
    takes="cells",
    measures={
        "classification": {
            "sensitivity": fraction("sensitivity", misses_open=True, of_true=True),
            "specificity": fraction("specificity", of_calls=True),
            "ppv": fraction("PPV", of_calls=True, brief="PPV"),
            "npv": fraction("NPV", of_calls=True, brief="NPV"),
            "f1": _number("F1", brief="F1"),
            "accuracy": fraction("accuracy", misses_open=True, of_true=True),
            "balanced_accuracy": fraction("balanced accuracy", misses_open=True),
            "macro_f1": _number("macro-F1", brief="macro-F1"),
            "mcc": _number("MCC", brief="MCC"),
            "kappa": _number("Cohen's κ", brief="Cohen’s κ"),
        }
    },
    measure=measure,
)
