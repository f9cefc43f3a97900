"""Classification against scikit-learn and hand counts; identities; edges."""

from __future__ import annotations

import csv
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from tests.build.pairs import cells
from tests.simulated import repeats, slack
from wbcval.stats.bootstrap import bca
from wbcval.stats.clustered import clustered_proportion, correlation
from wbcval.stats.functions import scores
from wbcval.stats.functions.classification import METRIC, OVERALL, PER_CLASS, classification
from wbcval.stats.metric import Context
from wbcval.values.classes import FIVE
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

LABELS = (*FIVE, "platelet", "unclassified")


def cells_of(counts, labels=LABELS, n_classes=5, **more):
    return cells(counts, labels, n_classes, **more)


def random_counts(seed=0, samples=40, size=7):
    generator = np.random.default_rng(seed)
    wrong = generator.poisson(generator.gamma(0.5, 2.0, (samples, size, size)))
    wrong[:, -1] = 0  # nothing is truly unclassified
    right = generator.poisson(30 * generator.gamma(0.5, 1.0, (samples, size)))
    wrong[:, np.arange(size - 1), np.arange(size - 1)] += right[:, : size - 1]
    return wrong.astype(np.int64)


def pairs_of(confusion):
    """(true, predicted), one entry per cell."""
    rows, columns = np.indices(confusion.shape)
    times = confusion.ravel()
    return np.repeat(rows.ravel(), times), np.repeat(columns.ravel(), times)


@pytest.fixture
def few_resamples(monkeypatch):
    """Point values only: the resamples need not be many."""
    monkeypatch.setattr(scores, "bca", lambda *a: bca(*a[:-1], replicates=50))


# --- point values -------------------------------------------------------------------------------


def test_hand_counts(few_resamples):
    # true:           predicted  A  B  unclassified  platelet
    confusion = np.array([[8, 1, 1, 0], [2, 5, 0, 1], [0, 0, 0, 0], [1, 3, 0, 4]])
    labels = ("A", "B", "unclassified", "platelet")

    found = classification(cells_of([confusion], labels, 2), Context())

    a, b = found.classes
    assert (a.tp, a.fp, a.fn, a.tn) == (8, 3, 2, 13)  # the platelet called A is an FP
    assert (b.tp, b.fp, b.fn, b.tn) == (5, 4, 3, 14)
    assert a.sensitivity.value == 8 / 10  # the unclassified A is an FN
    assert a.ppv.value == 8 / 11
    assert a.specificity.value == 13 / 16
    assert a.npv.value == 13 / 15
    assert a.accuracy.value == 21 / 26
    assert a.f1.value == 16 / 21
    assert a.not_counted.value == 1 / 10
    assert a.sensitivity_classified.value == 8 / 9
    assert found.accuracy.value == 17 / 26  # the platelet recognised is right
    assert found.balanced_accuracy.value == pytest.approx((8 / 10 + 5 / 8) / 2)
    assert found.macro_f1.value == pytest.approx((16 / 21 + 10 / 17) / 2)
    assert found.accuracy_classified.value == 13 / 20
    assert found.non_leukocytes_called == 4
    np.testing.assert_allclose(found.class_mix, [10 / 26, 8 / 26, 0, 8 / 26])
    assert (found.n_cells, found.n_samples, found.absent) == (26, 1, ())
    n = {name: getattr(a, name).n for name in PER_CLASS}
    assert n == {
        "sensitivity": 10,
        "specificity": 16,
        "ppv": 11,
        "npv": 15,
        "f1": 10,
        "accuracy": 26,
    }


@pytest.mark.parametrize("seed", range(4))
def test_values_equal_scikit_learn(seed, few_resamples):
    counts = random_counts(seed)
    true, predicted = pairs_of(counts.sum(axis=0))

    found = classification(cells_of(counts), Context())

    kept = range(5)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(true, predicted, labels=kept)
    each = found.classes
    assert [c.ppv.value for c in each] == pytest.approx(precision, rel=1e-12)
    assert [c.sensitivity.value for c in each] == pytest.approx(recall, rel=1e-12)
    assert [c.f1.value for c in each] == pytest.approx(f1, rel=1e-12)
    for c, one in enumerate(each):
        (tn, fp), (fn, tp) = sk.confusion_matrix(true == c, predicted == c)
        assert (one.tp, one.fp, one.fn, one.tn) == (tp, fp, fn, tn)
        assert one.specificity.value == pytest.approx(tn / (tn + fp), rel=1e-12)
        assert one.npv.value == pytest.approx(tn / (tn + fn), rel=1e-12)
        assert one.accuracy.value == sk.accuracy_score(true == c, predicted == c)
    assert found.accuracy.value == sk.accuracy_score(true, predicted)
    assert found.macro_f1.value == pytest.approx(np.mean(f1), rel=1e-12)
    assert found.balanced_accuracy.value == pytest.approx(np.mean(recall), rel=1e-12)
    assert found.mcc.value == pytest.approx(sk.matthews_corrcoef(true, predicted), rel=1e-12)
    assert found.kappa.value == pytest.approx(sk.cohen_kappa_score(true, predicted), rel=1e-12)


def test_out_of_fold_predictions_of_the_trial_model(shared):
    # README of the trial predictions: accuracy 0.799 and these sensitivities
    counts = {}
    with (shared / "data" / "predictions" / "tiny_wbc_oof.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sample = counts.setdefault(row["sample_id"], np.zeros((5, 5), dtype=np.int64))
            sample[FIVE.index(row["true_label"]), FIVE.index(row["predicted_label"])] += 1

    found = classification(cells_of(list(counts.values()), FIVE, 5), Context())

    assert round(found.accuracy.value, 3) == 0.799
    rounded = {c.name: round(c.sensitivity.value, 2) for c in found.classes}
    assert rounded == {
        "neutrophil": 0.93,
        "eosinophil": 0.77,
        "basophil": 0.97,
        "lymphocyte": 0.70,
        "monocyte": 0.53,
    }


# --- intervals ----------------------------------------------------------------------------------


def test_proportions_rest_on_the_samples_that_hold_their_cells():
    counts = random_counts(1)
    counts[:33, 4] = 0  # true basophils in 7 of 40 samples

    basophil = classification(cells_of(counts), Context(level=0.9)).classes[4]

    expected = clustered_proportion(counts[:, 4, 4], counts[:, 4].sum(axis=1), level=0.9)
    assert basophil.sensitivity == expected
    alone = clustered_proportion(counts[33:, 4, 4], counts[33:, 4].sum(axis=1), level=0.9)
    assert basophil.sensitivity == alone  # samples without a true basophil say nothing
    assert basophil.sensitivity.flags == ("few_samples",)
    called = clustered_proportion(counts[:, 4, 4], counts[:, :, 4].sum(axis=1), level=0.9)
    assert basophil.ppv == called
    assert "few_samples" in basophil.f1.flags


def test_at_one_the_largest_correlation_of_the_other_classes_is_assumed():
    counts = random_counts(1)
    counts[:, 4, :4] = counts[:, 4, 5:] = 0

    found = classification(cells_of(counts), Context()).classes

    others = [correlation(counts[:, c, c], counts[:, c].sum(axis=1)) for c in range(4)]
    cells = counts[:, 4].sum(axis=1)
    typical = (cells**2).sum() / cells.sum()
    assert found[4].sensitivity.value == 1.0
    assert found[4].sensitivity.icc == max(others) > 0.3
    assert found[4].sensitivity.deff == pytest.approx(1 + (typical - 1) * max(others))
    assert found[4].sensitivity.flags == ("assumed_deff", "high_correlation")
    assert found[4].sensitivity.low < 1.0
    assert found[3].sensitivity.icc == others[3]


def test_patients_are_the_clusters():
    counts = random_counts(2)
    patient = np.arange(40) // 2

    by_patient = classification(cells_of(counts, cluster=patient), Context())
    merged = classification(cells_of(counts[::2] + counts[1::2]), Context())

    assert by_patient.n_samples == 40
    assert by_patient.kappa == merged.kappa
    assert by_patient.classes == merged.classes


def test_samples_without_a_true_label_are_no_clusters():
    counts = random_counts(3, samples=44)
    counts[4:] = 0

    found = classification(cells_of(counts), Context())

    assert found.n_samples == 4
    assert found.accuracy.value is not None
    assert found.accuracy.reason == found.kappa.reason
    assert found.kappa.reason == "interval needs 5 independent samples, got 4"


def test_a_class_in_few_samples_leaves_the_means_without_interval():
    counts = random_counts(1)
    counts[:36, 4] = 0

    found = classification(cells_of(counts), Context())

    for estimate in (found.classes[4].f1, found.balanced_accuracy, found.macro_f1):
        assert estimate.value is not None
        assert not estimate.has_interval
        assert estimate.reason == "interval needs 5 independent samples with a true basophil, got 4"
    assert found.kappa.has_interval


def test_a_perfect_classifier_is_degenerate_where_it_is_resampled():
    counts = np.zeros((30, 7, 7), dtype=np.int64)
    counts[:, np.arange(5), np.arange(5)] = 20

    found = classification(cells_of(counts), Context())

    assert found.kappa.value == found.macro_f1.value == 1.0
    assert "degenerate" in found.kappa.flags
    assert "degenerate" in found.classes[0].f1.flags
    assert found.accuracy.flags == ("assumed_deff",)
    assert found.accuracy.low < 1.0


# --- not estimable ------------------------------------------------------------------------------


def test_an_absent_class_is_named_and_said():
    counts = random_counts(1)
    counts[:, 4] = 0

    found = classification(cells_of(counts), Context())

    basophil = found.classes[4]
    assert found.absent == ("basophil",)
    assert basophil.sensitivity == Estimate.missing(Reason.told("no true basophil cell"), n=0)
    assert basophil.f1.value is None
    assert basophil.f1.reason == "no true basophil cell"
    assert basophil.ppv.value == 0.0
    assert found.macro_f1.method.startswith("mean over 4 classes (absent: basophil)")
    assert found.macro_f1.has_interval
    assert found.macro_f1.value == pytest.approx(np.mean([c.f1.value for c in found.classes[:4]]))


@pytest.mark.parametrize(
    ("table", "missing"),
    [
        # all is A and called A
        (
            [[9, 0, 0], [0, 0, 0], [0, 0, 0]],
            {
                "A.specificity": "every cell is a true A",
                "A.npv": "every cell was called A",
                "B.sensitivity": "no true B cell",
                "B.ppv": "no cell was called B",
                "mcc": "truth or prediction knows one label alone",
                "kappa": "truth and prediction know one and the same label alone",
            },
        ),
        # nothing is called a leukocyte
        (
            [[0, 0, 9], [0, 0, 9], [0, 0, 1]],
            {
                "A.ppv": "no cell was called A",
                "A.sensitivity_classified": "no true A cell was called a leukocyte",
                "accuracy_classified": "no cell was called a leukocyte",
                "mcc": "truth or prediction knows one label alone",
            },
        ),
        # platelets only
        (
            [[0, 0, 0], [0, 0, 0], [3, 4, 5]],
            {
                "A.f1": "no true A cell",
                "balanced_accuracy": "no true cell of any countable class",
                "macro_f1": "no true cell of any countable class",
            },
        ),
    ],
)
def test_what_is_not_estimable_says_why(table, missing, few_resamples):
    found = classification(cells_of([table] * 6, ("A", "B", "platelet"), 2), Context())

    by_name = {f"{c.name}.{f.name}": getattr(c, f.name) for c in found.classes for f in fields(c)}
    by_name |= {f.name: getattr(found, f.name) for f in fields(found)}
    for name, reason in missing.items():
        assert by_name[name].value is None, name
        assert by_name[name].reason == reason


def test_without_truth_nothing_is_measured():
    empty = cells_of(np.zeros((6, 7, 7)))

    with pytest.raises(NotEstimable, match="no cell with a true class"):
        classification(empty, Context())
    assert METRIC.measure(empty, Context()) == []


# --- clinical mix -------------------------------------------------------------------------------


def test_ppv_at_a_clinical_mix_is_the_formula():
    counts = random_counts(1)
    mix = dict(zip(FIVE, (0.6, 0.28, 0.08, 0.03, 0.01), strict=True))

    found = classification(cells_of(counts), Context(clinical_mix=mix)).classes

    table = counts.sum(axis=0)[:5, :5] / counts.sum(axis=0)[:5].sum(axis=1, keepdims=True)
    for c, (name, share) in enumerate(mix.items()):
        expected = share * table[c, c] / sum(mix[t] * table[i, c] for i, t in enumerate(FIVE))
        estimate = found[c].ppv_clinical
        assert estimate.value == pytest.approx(expected, rel=1e-12), name
        assert estimate.low < estimate.value < estimate.high


def test_at_the_mix_of_the_set_it_is_the_ppv(few_resamples):
    counts = random_counts(1)
    true = counts.sum(axis=(0, 2))
    mix = dict(zip(LABELS, true / true.sum(), strict=True))

    found = classification(cells_of(counts), Context(clinical_mix=mix)).classes

    ours = [c.ppv_clinical.value for c in found]
    assert ours == pytest.approx([c.ppv.value for c in found], rel=1e-12)


@pytest.mark.parametrize("lacking", ["basophil", "blast"])
def test_a_mix_with_a_class_that_was_never_seen_is_not_estimable(lacking, few_resamples):
    counts = random_counts(1)
    counts[:, 4] = 0

    found = classification(
        cells_of(counts), Context(clinical_mix={"neutrophil": 0.9, lacking: 0.1})
    )

    estimate = found.classes[0].ppv_clinical
    assert estimate.value is None
    assert estimate.reason == f"no true cell of {lacking}, which the clinical mix holds"


def test_a_mix_class_in_few_samples_has_no_interval(few_resamples):
    counts = random_counts(1)
    counts[:37, 4] = 0
    mix = {"neutrophil": 0.9, "basophil": 0.1}

    estimate = classification(cells_of(counts), Context(clinical_mix=mix)).classes[0].ppv_clinical

    assert not estimate.has_interval
    assert "a true basophil, got 3" in estimate.reason


# --- identities ---------------------------------------------------------------------------------


def test_swapping_truth_and_prediction_swaps_sensitivity_and_ppv(few_resamples):
    counts = random_counts(4)[:, :5, :5]

    found = classification(cells_of(counts, FIVE, 5), Context())
    swapped = classification(cells_of(counts.swapaxes(1, 2), FIVE, 5), Context())

    for one, other in zip(found.classes, swapped.classes, strict=True):
        assert one.sensitivity == other.ppv
        assert one.specificity == other.npv
        assert one.accuracy == other.accuracy
        assert one.f1.value == other.f1.value
    for name in ("mcc", "kappa", "accuracy"):
        ours, theirs = getattr(found, name), getattr(swapped, name)
        assert (ours.value, ours.low, ours.high) == pytest.approx(
            (theirs.value, theirs.low, theirs.high), rel=1e-12
        )


def test_the_order_of_the_labels_does_not_matter():
    counts, order = random_counts(5), np.array([3, 0, 4, 1, 2, 6, 5])

    found = classification(cells_of(counts), Context())
    moved = classification(
        cells_of(counts[:, order[:, None], order], [LABELS[i] for i in order]), Context()
    )

    by_name = {c.name: c for c in moved.classes}
    for c in found.classes:
        assert c.sensitivity == by_name[c.name].sensitivity
        assert c.f1 == by_name[c.name].f1
    assert found.macro_f1.low == pytest.approx(moved.macro_f1.low, rel=1e-12)


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 6), min_size=9, max_size=9), min_size=1, max_size=6))
def test_any_counts_give_numbers_or_reasons(rows):
    counts = np.array(rows).reshape(-1, 3, 3)
    if not counts.any():
        return
    context = Context(clinical_mix={"A": 0.7, "B": 0.3})

    measured = METRIC.measure(cells_of(counts, ("A", "B", "nrbc"), 2), context)

    for row in measured:
        for estimate in row.estimates.values():
            assert estimate.value is None or -1 <= estimate.value <= 1
            assert estimate.value is not None or estimate.reason
            assert estimate.has_interval or estimate.reason
    detail = measured[-1].detail
    assert all(c.tp + c.fp + c.fn + c.tn == counts.sum() for c in detail.classes)


# --- the metric ---------------------------------------------------------------------------------


def test_measured_rows_and_their_metadata():
    counts = random_counts(6)

    measured = METRIC.measure(cells_of(counts), Context())

    assert METRIC.takes == "cells"
    assert [row.subject for row in measured] == [*FIVE, "all"]
    assert all(tuple(row.estimates) == PER_CLASS for row in measured[:-1])
    assert tuple(measured[-1].estimates) == OVERALL
    known = METRIC.measures["classification"]
    assert all(set(row.estimates) <= set(known) for row in measured)
    assert {(str(s.unit), str(s.better)) for s in known.values()} == {("1", "higher")}
    assert measured[0].n == counts[:, 0].sum()
    assert measured[-1].n == counts.sum()


def test_level_seed_and_clinical_mix_move_only_what_they_should():
    cells = cells_of(random_counts(6))

    found = classification(cells, Context())
    again = classification(cells, Context())
    mixed = classification(cells, Context(clinical_mix={"neutrophil": 1.0}))
    reseeded = classification(cells, Context(seed=2))
    narrow = classification(cells, Context(level=0.9))

    assert found.kappa == again.kappa == mixed.kappa
    assert [replace(c, ppv_clinical=None) for c in mixed.classes] == list(found.classes)
    assert found.kappa != reseeded.kappa
    assert found.accuracy == reseeded.accuracy
    for name in OVERALL:
        wide, inner = getattr(found, name), getattr(narrow, name)
        assert wide.low < inner.low < inner.high < wide.high
        assert inner.level == 0.9


# --- coverage -----------------------------------------------------------------------------------

RATES = np.array(
    [
        [0.94, 0.03, 0.01, 0.015, 0.005],
        [0.03, 0.90, 0.05, 0.01, 0.01],
        [0.05, 0.15, 0.78, 0.01, 0.01],
        [0.05, 0.02, 0.01, 0.90, 0.02],
        [0.10, 0.05, 0.05, 0.05, 0.75],
    ]
)
MIX = np.array([0.58, 0.28, 0.08, 0.04, 0.02])
SCORES = ("neutrophil", "monocyte", "mcc", "kappa")


def draw(generator, samples):
    """Confusion counts of 100 cells a sample whose mix and error rates differ by sample."""
    cells = generator.multinomial(100, generator.dirichlet(12 * MIX, samples))
    rates = generator.standard_gamma(20 * RATES, (samples, 5, 5))
    return generator.multinomial(cells, rates / rates.sum(axis=2, keepdims=True))


def scored(counts, seed):
    found = scores.scores(counts.astype(np.float64), FIVE, Context(seed=seed))
    return [found.f1[0], found.f1[2], found.mcc, found.kappa]


def coverage(monkeypatch, samples, runs):
    monkeypatch.setattr(scores, "bca", lambda *a: bca(*a[:-1], replicates=999))
    truth = [e.value for e in scored(draw(np.random.default_rng(99), 200_000), 0)]
    generator, inside = np.random.default_rng(5), np.zeros(4)
    for run in range(runs):
        found = scored(draw(generator, samples), run)
        inside += [
            e.has_interval and e.low <= t <= e.high for e, t in zip(found, truth, strict=True)
        ]
    return dict(zip(SCORES, inside / runs, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("samples", "least"),
    # measured (F1 neutrophil, F1 monocyte, MCC, kappa; 2 000 × 999, SE 0.006):
    # 20: 0.924 0.919 0.930 0.930; 60: 0.948 0.938 0.946 0.946; 200: 0.945 0.954 0.946 0.945
    [(20, 0.90), (60, 0.925), (200, 0.93)],
)
def test_coverage_of_bca_scores(monkeypatch, samples, least):
    runs = repeats(2000, 20)
    found = coverage(monkeypatch, samples, runs)

    assert min(found.values()) >= least - slack(least, runs, 2000), found
    assert max(found.values()) <= 0.965 + slack(0.965, runs, 2000), found


@pytest.mark.parametrize(("lost", "flagged"), [(0, False), (2, False), (3, True)])
def test_few_samples_without_an_answer_do_not_make_cells_alike(lost, flagged):
    """Of 40 samples of 100 cells; 5 % of the samples, and more (STATISTICS.md §18)."""
    counts = np.zeros((40, 7, 7), dtype=np.int64)
    for c in range(5):
        counts[:, c, c], counts[:, c, (c + 1) % 5] = 19, 1
    for c in range(5):
        counts[:lost, c, :6], counts[:lost, c, 6] = 0, 20
    found = classification(cells_of(counts), Context())

    right = 0.95 * (40 - lost) / 40
    for e in (found.accuracy, *(each.sensitivity for each in found.classes)):
        assert ("high_correlation" in e.flags) == flagged
        assert e.value == pytest.approx(right)  # misses all the same
