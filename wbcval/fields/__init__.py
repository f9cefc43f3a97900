"""Leukocytes of a smear field: found, cut out, drawn; by OpenCV."""

from wbcval.fields._box import Box, Unscaled
from wbcval.fields._crop import crop
from wbcval.fields._find import find
from wbcval.fields._opencv import versions
from wbcval.fields._overlay import overlay

__all__ = ["Box", "Unscaled", "crop", "find", "overlay", "versions"]
