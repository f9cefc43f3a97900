"""Model cards as text."""

from __future__ import annotations

import json
from collections.abc import Sequence

FIVE = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")


def card(
    classes: Sequence[str] = FIVE,
    *,
    name: str = "small",
    top: str = "",
    size: tuple[int, int] = (16, 16),
    resize: str = "stretch",
    mean: Sequence[float] = (0.5, 0.5, 0.5),
    std: Sequence[float] = (0.25, 0.25, 0.25),
    more: str = "",
) -> str:
    """Logits of RGB images, resized bilinearly; ``top`` and ``more``: lines of card and input."""
    about = {"schema_version": 1, "name": name, "version": "1", "classes": classes,
             "output": "logits"}  # fmt: skip
    given = {"size": size, "color": "RGB", "resize": resize, "interpolation": "bilinear",
             "scale": 255, "mean": mean, "std": std}  # fmt: skip
    head, body = (
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        for keys in (about, given)
    )
    return f"{head}{top}[input]\n{body}{more}"
