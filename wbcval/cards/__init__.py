"""The model card: read strictly, found in the model, beside it, or where ``--card`` says."""

from wbcval.cards._types import Card, Composition, Input, Stage

__all__ = ["Card", "Composition", "Input", "Stage"]
