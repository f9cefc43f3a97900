"""A decoded image, and why an image could not be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbcval.values.errors import WbcvalError

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Numbers = NDArray[Any]  # uint8 or float32

MOST_BYTES = 256 << 20  # of a file
MOST_PIXELS = 40_000_000  # of an image: 120 MB of colours


class Unreadable(WbcvalError):  # noqa: N818 (the name is a contract)
    """One cell's image cannot be used: a row among the failures, never the end of a run.

    Args:
        reason: a few plain words, the same for all images of that fault.
        detail: one line on this image.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, " ".join(detail.split())
        super().__init__(f"{reason}: {self.detail}")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image as it is to be looked at: upright, 8 bits a channel, opaque.

    Attributes:
        pixels: uint8, (H, W, 3) in the order RGB, or (H, W) for grey.
        remarks: what was done to it on the way, in words that many images can share.
    """

    pixels: Pixels
    remarks: tuple[str, ...] = ()

    @property
    def is_grey(self) -> bool:
        """Whether it has no colours: a model of colours gets the grey three times."""
        return self.pixels.ndim == 2


def check_size(width: int, height: int) -> None:
    """Refuse sizes that no cell has, before memory is taken for them.

    Raises:
        Unreadable: ``corrupt`` for nothing, ``too large`` above ``MOST_PIXELS``.
    """
    if width < 1 or height < 1:
        raise Unreadable("corrupt", f"is {width} × {height} pixels by its header")
    if width * height > MOST_PIXELS:
        raise Unreadable(
            "too large", f"is {width} × {height} pixels; at most {MOST_PIXELS // 10**6} million are"
        )


def check_depth(bits: int) -> None:
    """Refuse more than 8 bits a channel: to leave out the lower ones is not ours to decide.

    Raises:
        Unreadable: ``16 bits per channel`` …, or ``corrupt`` where there is no such depth.
    """
    if not 1 <= bits <= 64:
        raise Unreadable("corrupt", f"has {bits} bits per channel by its header")
    if bits > 8:
        raise Unreadable(f"{bits} bits per channel", "8 are read; save it with 8 on purpose")
