"""The model card: what a model takes and what its outputs mean, read strictly."""

from wbcval.predict.cards._found import class_names_in
from wbcval.predict.cards._read import read
from wbcval.predict.cards._types import (
    COLORS,
    DTYPES,
    INTERPOLATIONS,
    LARGEST_BATCH,
    LAYOUTS,
    OUTPUTS,
    RESIZERS,
    Card,
    CardStage,
    Composition,
    Input,
)
from wbcval.predict.cards._write import draft, write

__all__ = [
    "COLORS",
    "DTYPES",
    "INTERPOLATIONS",
    "LARGEST_BATCH",
    "LAYOUTS",
    "OUTPUTS",
    "RESIZERS",
    "Card",
    "CardStage",
    "Composition",
    "Input",
    "class_names_in",
    "draft",
    "read",
    "write",
]
