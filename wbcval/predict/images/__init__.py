"""Cell images: which there are, read strictly, brought to a model's size and numbers."""

from wbcval.predict.images._decode import decode
from wbcval.predict.images._listed import listed
from wbcval.predict.images._listing import Cell, Listing, is_image
from wbcval.predict.images._prepare import GREY_REMARK, GREYS, combine, fit, normalise
from wbcval.predict.images._resizers import versions
from wbcval.predict.images._types import Picture, Pixels, Unreadable

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
