"""Evidently's classification report on the same table; runs in an environment of its own."""

import sys
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, MulticlassClassification, Report
from evidently.presets import ClassificationPreset

CLASSES = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]

table = pd.read_csv(sys.argv[1], dtype={"sample_id": str, "cell_id": str})
table = table.rename(columns={f"probability_{name}": name for name in CLASSES})
task = MulticlassClassification(
    target="true_class", prediction_labels="predicted_class", prediction_probas=CLASSES
)
definition = DataDefinition(
    classification=[task],
    categorical_columns=["true_class", "predicted_class"],
    numerical_columns=CLASSES,
)
data = Dataset.from_pandas(
    table[["true_class", "predicted_class", *CLASSES]], data_definition=definition
)
Report([ClassificationPreset()]).run(data, None).save_html(str(Path(sys.argv[2])))
