"""Small images drawn by a seeded generator, in every format."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wbcval.predict.cards import Input

Save = Callable[..., bytes]


@pytest.fixture
def rgb() -> Image.Image:
    """45 rows of 35 pixels: blots and noise, no side symmetric."""
    rng = np.random.default_rng(20260)
    blots = np.kron(rng.integers(0, 256, (9, 7, 3)), np.ones((5, 5, 1), dtype=int))
    return Image.fromarray((blots + rng.integers(-20, 21, blots.shape)).clip(0, 255).astype("u1"))


@pytest.fixture
def save() -> Save:
    """An image as the bytes of a file."""

    def saved(image: Image.Image, form: str, **options: Any) -> bytes:
        stream = io.BytesIO()
        image.save(stream, form, **options)
        return stream.getvalue()

    return saved


@pytest.fixture
def spec() -> Callable[..., Input]:
    """An input of 32 × 24 pixels, RGB, stretched, but for what is said otherwise."""

    def made(**said: Any) -> Input:
        channels = 1 if said.get("color") == "gray" else 3
        plain = {
            "size": (24, 32), "color": "RGB", "resize": "stretch", "interpolation": "bilinear",
            "scale": 255.0, "mean": (0.0,) * channels, "std": (1.0,) * channels,
        }  # fmt: skip
        return Input(**(plain | said))

    return made
