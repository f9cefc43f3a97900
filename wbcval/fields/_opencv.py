"""OpenCV, or the plain message that it is absent."""

from __future__ import annotations

from types import ModuleType

from wbcval.errors import InputError, install


def opencv() -> ModuleType:
    """The module ``cv2``, on one thread: the runner's threads are the parallel ones.

    Raises:
        InputError: where it is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise InputError(
            "--fields", "OpenCV, which finds the cells, is not installed",
            install("fields"),
        ) from None  # fmt: skip
    cv2.setNumThreads(1)
    return cv2


def versions() -> dict[str, str]:
    """Of what the boxes depend on.

    Raises:
        InputError: where it is not installed.
    """
    return {"opencv": str(opencv().__version__)}
