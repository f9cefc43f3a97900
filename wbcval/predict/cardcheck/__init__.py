"""Whether a model's card says what the user's own pipeline did; the card is never written."""

from wbcval.predict.cardcheck._check import CardOutcome, CheckedCard, check
from wbcval.predict.cardcheck._lines import to_write, worded

__all__ = ["CardOutcome", "CheckedCard", "check", "to_write", "worded"]
