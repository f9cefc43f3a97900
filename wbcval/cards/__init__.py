"""The model card: what a model takes and what its outputs mean, read strictly."""

from wbcval.cards._draft import draft
from wbcval.cards._found import class_names_in
from wbcval.cards._read import read
from wbcval.cards._types import DTYPES, LARGEST_BATCH, LAYOUTS, Card, Composition, Input, Stage

__all__ = [
    "DTYPES",
    "LARGEST_BATCH",
    "LAYOUTS",
    "Card",
    "Composition",
    "Input",
    "Stage",
    "class_names_in",
    "draft",
    "read",
]
