"""Leukocytes of a smear field: found, cut out, drawn; by OpenCV."""

from wbcval.predict.fields._field import Box, Unscaled, crop, versions
from wbcval.predict.fields._find import find
from wbcval.predict.fields._overlay import overlay

__all__ = ["Box", "Unscaled", "crop", "find", "overlay", "versions"]
