"""Cell images: which there are, read strictly, brought to a model's size and numbers."""

from wbcval.images._decode import decode
from wbcval.images._listed import listed
from wbcval.images._listing import Cell, Listing, is_image
from wbcval.images._prepare import GREY_REMARK, GREYS, combine, fit, normalise
from wbcval.images._resizers import versions
from wbcval.images._types import Picture, Pixels, Unreadable

__all__ = [
    "GREYS",
    "GREY_REMARK",
    "Cell",
    "Listing",
    "Picture",
    "Pixels",
    "Unreadable",
    "combine",
    "decode",
    "fit",
    "is_image",
    "listed",
    "normalise",
    "versions",
]
