"""Leukocytes of a smear field: found, cut out, drawn; by OpenCV."""

from wbcval.predict.fields._box import Box, Unscaled
from wbcval.predict.fields._crop import crop
from wbcval.predict.fields._find import find
from wbcval.predict.fields._opencv import versions
from wbcval.predict.fields._overlay import overlay

__all__ = ["Box", "Unscaled", "crop", "find", "overlay", "versions"]
