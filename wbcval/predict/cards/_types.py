"""What a model card says: how pictures become inputs, and what the outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

COLORS: Mapping[str, int] = {"RGB": 3, "BGR": 3, "gray": 1, "gray-as-RGB": 3}  # and channels
RESIZES = ("stretch", "fit", "shorter-side", "crop-to-fill")
OLD_RESIZES: Mapping[str, str] = {"center-crop": "crop-to-fill"}  # as earlier cards call it
# what resizes, its filters, and the ways it is used: bars and fractions of pixels are Pillow's
RESIZERS: Mapping[str, tuple[str, ...]] = {
    "pillow": RESIZES,
    "opencv": ("stretch", "shorter-side"),
    "torch": ("stretch", "shorter-side"),
    "torch-uint8": ("stretch", "shorter-side"),
}
INTERPOLATIONS: Mapping[str, tuple[str, ...]] = {
    "pillow": ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"),
    "opencv": ("nearest", "linear", "area", "cubic", "lanczos4"),
    "torch": ("nearest", "bilinear", "bicubic", "bilinear-antialias", "bicubic-antialias"),
    "torch-uint8": ("bilinear", "bicubic", "bilinear-antialias", "bicubic-antialias"),
}
OUTPUTS = ("logits", "probabilities", "scores")
COMBINATIONS = ("stack", "mean")
LAYOUTS = ("NCHW", "NHWC")  # batch, channels, height, width
DTYPES = ("float32", "uint8", "int64", "float64", "float16")
WHOLE = ("uint8", "int64")  # those without fractions
Role = Literal["identification", "differentiation"]
OneVsAll = Literal["maximum", "normalised", "calibrated"]
ROLES: tuple[str, ...] = get_args(Role)
ONE_VS_ALL: tuple[str, ...] = get_args(OneVsAll)
MICRO_BATCH, LARGEST_BATCH = 32, 1024


@dataclass(frozen=True, slots=True)
class Input:
    """How the pictures of a cell become the model's input.

    Attributes:
        size: height, width, in pixels.
        color: ``RGB``, ``BGR``, ``gray`` or ``gray-as-RGB``: the channels in their order.
        resize: ``stretch``, ``fit`` (Pillow's ``ImageOps.pad``), ``shorter-side`` (torchvision's
            ``Resize(int)`` and ``CenterCrop``) or ``crop-to-fill`` (``ImageOps.fit``).
        interpolation: the filter of that name of the resizer.
        scale: pixel values, 0 to 255, are divided by it.
        mean, std: one per channel; then (x − mean)/std.
        pad: colour of the bars of ``fit``, 0 to 255, one per channel, in the order of ``color``.
        planes: names of the images of a cell, in the model's order; empty: one image a cell.
        combine: what is done with the planes: ``stack`` (as further channels) or ``mean``.
        batch: images the model takes at once; the last batch is padded.
        shorter_side: in pixels, of ``shorter-side``.
        crop: height, width: what is cut from the centre of the image before it is resized.
        resizer: ``pillow``, ``opencv``, ``torch`` (computes in float32 and rounds, as
            ``torchvision.transforms`` with tensors of uint8) or ``torch-uint8`` (in whole numbers,
            as ``transforms.v2``).
        layout: ``NCHW`` or ``NHWC``: the axes of the model's input in their order.
        dtype: of the model's input; what it gets is computed in float32, and then cast.
    """

    size: tuple[int, int]
    color: str
    resize: str
    interpolation: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    pad: tuple[int, ...] | None = None
    planes: tuple[str, ...] = ()
    combine: str | None = None
    batch: int = MICRO_BATCH
    shorter_side: int | None = None
    crop: tuple[int, int] | None = None
    resizer: str = "pillow"
    layout: str = LAYOUTS[0]
    dtype: str = DTYPES[0]

    @property
    def channels(self) -> int:
        """Of the model's input: of one image, times the stacked planes."""
        return COLORS[self.color] * (len(self.planes) if self.combine == "stack" else 1)


@dataclass(frozen=True, slots=True)
class Card:
    """The card of one model.

    Attributes:
        classes: in the order of the outputs; a single one is a binary model, its output the
            chance of that class.
        output: ``logits``, ``probabilities``, or ``scores``: a probability of each class against
            all others, as by a sigmoid for each; they need not add up to 1.
        abstain_below: a cell whose largest probability, or score, is smaller is called
            unclassified.
        model_sha256: of the file that the card is for, where it says so.
        remarks: what a reader of the results should know of how the card was read.
        output_name: which output it is of a model that gives several: its name, or its place.
    """

    name: str
    version: str
    classes: tuple[str, ...]
    output: str
    input: Input
    abstain_below: float | None = None
    output_name: str | None = None
    model_sha256: str | None = field(default=None, compare=False)  # not of what it says
    remarks: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class CardStage:
    """One decision of a composition.

    Attributes:
        role: ``identification`` (leukocyte or not) or ``differentiation`` (which one).
        classes: what it decides between: classes, or groups that a further stage refines.
        models: for a multi-class stage, one file under ``""``; one-vs-all: class → file.
        cards: likewise, a card's file where the stage names one.
        one_vs_all: ``maximum``, ``normalised`` or ``calibrated``; ``None`` for multi-class.
        calibration: table of scores with true classes, for ``calibrated``.
        refined_by: group → name of the stage that refines it.
        abstain_below: a cell whose largest probability is smaller is called unclassified.
    """

    name: str
    role: Role
    classes: tuple[str, ...]
    models: Mapping[str, str]
    cards: Mapping[str, str] = field(default_factory=dict)
    one_vs_all: OneVsAll | None = None
    calibration: str | None = None
    refined_by: Mapping[str, str] = field(default_factory=dict)
    abstain_below: float | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """The card of several models that decide together: stages that form a tree, root first."""

    name: str
    version: str
    stages: tuple[CardStage, ...]
