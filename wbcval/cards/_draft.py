"""A model card to be finished by hand: what is not known stands there as a question."""

from __future__ import annotations

from collections.abc import Sequence

from wbcval._toml import quoted

_TEMPLATE = """\
# What this model takes, and what its outputs mean. Fill in every ???: it is refused until then.
schema_version = 1
name = ???
version = ???
{classes}
output = ???                      # "logits" or "probabilities"
# abstain_below = 0.6             # below this probability a cell is called unclassified

[input]
size = [???, ???]                 # height, width, in pixels
color = ???                       # "RGB", "BGR" or "gray"
resize = ???                      # "stretch", "center-crop", or "fit" and pad = [r, g, b]
interpolation = ???               # Pillow's: "bilinear", "bicubic", "nearest" …
scale = ???                       # pixel values, 0 to 255, are divided by it; then (x - mean)/std
mean = [???, ???, ???]            # [0.0, 0.0, 0.0] where the model does that itself
std = [???, ???, ???]             # [1.0, 1.0, 1.0] likewise
"""


def draft(classes: Sequence[str] = (), found_in: str = "") -> str:
    """The text of a card to be finished.

    Args:
        classes: in the order of the outputs, where the model's file names them.
        found_in: where they were found.
    """
    line = 'classes = ["???", "???"]          # in the order of the outputs'
    if classes:
        line = f"classes = [{', '.join(map(quoted, classes))}]  # as in {found_in}: check the order"
    return _TEMPLATE.format(classes=line)
