"""The model card: what a model takes and what its outputs mean, read strictly."""

from wbcval.cards._draft import draft
from wbcval.cards._read import read
from wbcval.cards._types import (
    COLORS,
    INTERPOLATIONS,
    OUTPUTS,
    RESIZERS,
    Card,
    Composition,
    Input,
    Stage,
)

__all__ = [
    "COLORS",
    "INTERPOLATIONS",
    "OUTPUTS",
    "RESIZERS",
    "Card",
    "Composition",
    "Input",
    "Stage",
    "draft",
    "read",
]
