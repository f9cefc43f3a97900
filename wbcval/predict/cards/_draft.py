"""A model card to be finished by hand: what is not known stands there as a question."""

from __future__ import annotations

from collections.abc import Sequence

from wbcval.machine.toml_tables import quoted

_TEMPLATE = """\
# What this model takes, and what its outputs mean. Fill in every ???: it is refused until then.
schema_version = 1
model_sha256 = "{sha256}"  # of the file it is for: refused for any other
name = ???
version = ???
{classes}
output = ???                      # "logits", "probabilities", or "scores": a sigmoid each
# abstain_below = 0.6             # below this probability a cell is called unclassified

[input]
size = [???, ???]                 # height, width, in pixels
color = ???                       # "RGB", "BGR", "gray" or "gray-as-RGB"
# crop = [224, 224]               # cut from the centre before all else, torchvision's CenterCrop
resize = ???                      # "stretch", "shorter-side", "crop-to-fill", or "fit" and pad
# shorter_side = 256              # with "shorter-side": Resize(256), then CenterCrop(size)
# resizer = "opencv"              # or "torch", where it is not Pillow that resizes
interpolation = ???               # Pillow's: "bilinear" …; OpenCV's: "linear", "area" …
scale = ???                       # pixel values, 0 to 255, are divided by it; then (x - mean)/std
mean = [???, ???, ???]            # [0.0, 0.0, 0.0] where the model does that itself
std = [???, ???, ???]             # [1.0, 1.0, 1.0] likewise
"""


def draft(model_sha256: str, classes: Sequence[str] = (), found_in: str = "") -> str:
    """The text of a card to be finished.

    Args:
        model_sha256: of the file that it is for.
        classes: in the order of the outputs, where the model's file names them.
        found_in: where they were found.
    """
    line = 'classes = ["???", "???"]          # in the order of the outputs'
    if classes:
        line = f"classes = [{', '.join(map(quoted, classes))}]  # as in {found_in}: check the order"
    return _TEMPLATE.format(classes=line, sha256=model_sha256)
