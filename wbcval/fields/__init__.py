"""Leukocytes found in the picture of a smear field (being built)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Box:
    x_min: int
    y_min: int
    x_max: int
    y_max: int


def find(pixels: Any) -> tuple[Box, ...]:
    h, w = pixels.shape[:2]
    return (Box(0, 0, w // 2, h), Box(w // 2, 0, w, h))


def crop(pixels: Any, box: Box) -> Any:
    return pixels[box.y_min : box.y_max, box.x_min : box.x_max]


def overlay(pixels: Any, boxes: Any, labels: Any) -> Any:
    return pixels
