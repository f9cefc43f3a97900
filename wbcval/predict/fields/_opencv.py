"""OpenCV, as finding cells needs it."""

from __future__ import annotations

from types import ModuleType

from wbcval.machine import opencv as _opencv


def opencv() -> ModuleType:
    """The module ``cv2``, on one thread.

    Raises:
        InputError: where it is not installed.
    """
    return _opencv.opencv("--fields", "finds the cells")


def versions() -> dict[str, str]:
    """Of what the boxes depend on.

    Raises:
        InputError: where it is not installed.
    """
    return {"opencv": str(opencv().__version__)}
