"""Classification cell by cell, by another implementation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wbcval.selftest.checks._data import VISION, VISION_SOURCE
from wbcval.selftest.types import Check, Family, Published
from wbcval.stats import classification
from wbcval.stats.metric import Cells, Context

_GRADES = ("highest", "second", "third", "lowest")


def _vision() -> Mapping[str, float | None]:
    counts = np.array([VISION], dtype=np.int64)
    unknown = np.full((1, len(_GRADES)), np.nan)
    cells = Cells(counts, _GRADES, len(_GRADES), ("S0",), np.zeros(1, np.int64), "same-cells",
                  unknown, unknown[:, 0])  # fmt: skip
    found = classification(cells, Context(replicates=0))
    last = found.classes[-1]
    return {
        "accuracy": found.accuracy.value,
        "balanced accuracy": found.balanced_accuracy.value,
        "macro-F1": found.macro_f1.value,
        "Matthews correlation": found.mcc.value,
        "κ": found.kappa.value,
        "sensitivity, last class": last.sensitivity.value,
        "specificity, last class": last.specificity.value,
        "PPV, last class": last.ppv.value,
        "NPV, last class": last.npv.value,
        "F1, last class": last.f1.value,
    }


FAMILY = Family(
    "Cells",
    (
        Check(
            "four classes, 7477 on both sides",
            "scikit-learn 1.9.1: accuracy_score(), precision_recall_fscore_support(), "
            "matthews_corrcoef(), cohen_kappa_score(), confusion_matrix() of one class against "
            f"the rest; {VISION_SOURCE}",
            {
                "accuracy": Published("0.708305470108332", 12),
                "balanced accuracy": Published("0.696129012752603", 12),
                "macro-F1": Published("0.693991624611609", 12),
                "Matthews correlation": Published("0.595472038918149", 12),
                "κ": Published("0.595388828089434", 12),
                "sensitivity, last class": Published("0.623574144486692", 12),
                "specificity, last class": Published("0.947816985645933", 12),
                "PPV, last class": Published("0.585017835909631", 12),
                "NPV, last class": Published("0.955244122965642", 12),
                "F1, last class": Published("0.603680981595092", 12),
            },
            _vision,
        ),
    ),
)
