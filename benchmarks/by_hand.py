"""The same numbers by hand: pandas, scikit-learn, matplotlib, and textbook intervals."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from scipy import stats
from sklearn import metrics

mpl.use("Agg")
import matplotlib.pyplot as plt

CLASSES = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]


def main(cells: Path, out: Path) -> None:
    """Read the cells, compute, draw, and write one HTML file."""
    table = pd.read_csv(cells, dtype={"sample_id": str, "cell_id": str})
    true, called = table["true_class"], table["predicted_class"]
    parts = [_per_class(true, called), _overall(true, called), _confusion(true, called)]
    shares = [
        100 * pd.crosstab(table["sample_id"], column, normalize="index").reindex(columns=CLASSES)
        for column in (true, called)
    ]
    reference, model = (share.fillna(0.0) for share in shares)
    parts += [_agreement(name, reference[name], model[name]) for name in CLASSES]
    out.write_text("<html><body>" + "\n".join(parts) + "</body></html>", encoding="utf-8")


def _per_class(true: pd.Series, called: pd.Series) -> str:
    rows = []
    for name in CLASSES:
        is_true, is_called = true == name, called == name
        both, neither = (is_true & is_called).sum(), (~is_true & ~is_called).sum()
        for label, k, n in (
            ("sensitivity", both, is_true.sum()),
            ("specificity", neither, (~is_true).sum()),
            ("PPV", both, is_called.sum()),
            ("NPV", neither, (~is_called).sum()),
        ):
            low, high = stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
            rows.append((name, label, k / n, low, high))
        rows.append((name, "F1", metrics.f1_score(is_true, is_called), np.nan, np.nan))
    return pd.DataFrame(rows, columns=["class", "measure", "value", "low", "high"]).to_html()


def _overall(true: pd.Series, called: pd.Series) -> str:
    found = {
        "accuracy": metrics.accuracy_score(true, called),
        "balanced accuracy": metrics.balanced_accuracy_score(true, called),
        "macro F1": metrics.f1_score(true, called, average="macro"),
        "MCC": metrics.matthews_corrcoef(true, called),
        "kappa": metrics.cohen_kappa_score(true, called),
    }
    return pd.Series(found).to_frame("value").to_html()


def _confusion(true: pd.Series, called: pd.Series) -> str:
    figure, axes = plt.subplots()
    matrix = metrics.confusion_matrix(true, called, labels=CLASSES)
    metrics.ConfusionMatrixDisplay(matrix, display_labels=CLASSES).plot(ax=axes)
    return _picture(figure)


def _agreement(name: str, reference: pd.Series, model: pd.Series) -> str:
    difference, mean = model - reference, (model + reference) / 2
    bias, sd, n = difference.mean(), difference.std(ddof=1), len(difference)
    half = stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)
    limits = (bias - 1.96 * sd, bias + 1.96 * sd)
    within = (difference.abs() <= 0.1 * reference).mean()
    slope, intercept = stats.theilslopes(model, reference)[:2]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    left.scatter(reference, model, s=4)
    left.axline((0, intercept), slope=slope)
    right.scatter(mean, difference, s=4)
    for at in (bias, *limits):
        right.axhline(at)
    numbers = pd.Series(
        {"bias": bias, "low": bias - half, "high": bias + half, "sd": sd, "within 10 %": within,
         "lower limit": limits[0], "upper limit": limits[1], "slope": slope,
         "r": stats.pearsonr(reference, model)[0]}
    )  # fmt: skip
    return f"<h2>{name}</h2>" + numbers.to_frame("value").to_html() + _picture(figure)


def _picture(figure: plt.Figure) -> str:
    content = io.BytesIO()
    figure.savefig(content, format="png")
    plt.close(figure)
    return f'<img src="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}">'


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
