"""Model cards as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.build.toml import entry, lines

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
    return f"{lines(about)}{top}[input]\n{lines(given)}{more}"


def composition(*stages: Mapping[str, Any], name: str = "two") -> str:
    """The card of models that decide together; a stage differentiates where it says no role."""
    usual = {"name": "all", "role": "differentiation", "classes": FIVE}
    head = lines({"schema_version": 1, "name": name, "version": "1"})
    return head + "".join(entry("stage", **(usual | stage)) for stage in stages)
