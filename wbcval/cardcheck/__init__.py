"""Whether a model's card says what the user's own pipeline did; the card is never written."""

from wbcval.cardcheck._check import Checked, Outcome, check
from wbcval.cardcheck._lines import to_write, worded

__all__ = ["Checked", "Outcome", "check", "to_write", "worded"]
