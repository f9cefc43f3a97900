"""Deepchecks' suite of model evaluation on the same table; runs in an environment of its own."""

import sys

import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import model_evaluation

CLASSES = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]

table = pd.read_csv(sys.argv[1], dtype={"sample_id": str, "cell_id": str})
probabilities = [f"probability_{name}" for name in CLASSES]
data = Dataset(
    table[[*probabilities, "true_class"]],
    label="true_class",
    cat_features=[],
    features=probabilities,
)
order = sorted(CLASSES)  # deepchecks takes the classes in this order
result = model_evaluation().run(
    train_dataset=data,
    test_dataset=data,
    y_pred_train=table["predicted_class"].to_numpy(),
    y_pred_test=table["predicted_class"].to_numpy(),
    y_proba_train=table[[f"probability_{name}" for name in order]].to_numpy(),
    y_proba_test=table[[f"probability_{name}" for name in order]].to_numpy(),
    model_classes=order,
)
result.save_as_html(sys.argv[2], as_widget=False)
