"""OpenCV, or the plain message that it is absent."""

from __future__ import annotations

from types import ModuleType

from wbcval.values.errors import InputError, install


def opencv(where: str, what: str) -> ModuleType:
    """The module ``cv2``, on one thread: the runner's threads are the parallel ones.

    Args:
        where: the option or key that needs it.
        what: what it does there, for the message.

    Raises:
        InputError: where it is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise InputError(
            where, f"OpenCV, which {what}, is not installed", install("fields")
        ) from None
    cv2.setNumThreads(1)
    return cv2
