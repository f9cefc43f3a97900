"""The model card: what a model takes and what its outputs mean, read strictly."""

from wbcval.cards._draft import draft
from wbcval.cards._found import class_names_in
from wbcval.cards._read import read
from wbcval.cards._types import (
    COLORS,
    DTYPES,
    INTERPOLATIONS,
    LARGEST_BATCH,
    LAYOUTS,
    OUTPUTS,
    RESIZERS,
    Card,
    Composition,
    Input,
    Stage,
)

__all__ = [
    "COLORS",
    "DTYPES",
    "INTERPOLATIONS",
    "LARGEST_BATCH",
    "LAYOUTS",
    "OUTPUTS",
    "RESIZERS",
    "Card",
    "Composition",
    "Input",
    "Stage",
    "class_names_in",
    "draft",
    "read",
]
