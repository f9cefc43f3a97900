"""What a backend is, and what it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Model(Protocol):
    """One loaded model: float32 (N, C, H, W) to float32 (N, K), from any thread, on one thread.

    Attributes:
        backend: how it runs, for the record.
        versions: of what runs it.
    """

    backend: str
    versions: Mapping[str, str]

    def __call__(self, batch: Floats) -> Floats:
        """The outputs of a batch; the batch has the size the model was opened for."""
        ...


@dataclass(frozen=True)
class Asked:
    """A model to load.

    Attributes:
        data: the file's bytes, as they were hashed; the file is not read again.
        device: ``cpu`` or ``cuda``.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        batch: images it is given at once, always.
        shape: of one input: channels, height, width.
        scale, mean, std: how pixels become numbers; the last two one per channel of an image.
    """

    path: Path
    data: bytes
    device: str
    precision: str
    batch: int
    shape: tuple[int, int, int]
    scale: float = 255.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def trial(self) -> Floats:
        """Images of noise as numbers, the same each time: laid out and scaled as real ones are."""
        channels, height, width = self.shape
        pixels = np.random.default_rng(0).integers(
            256, size=(self.batch, height, width, channels), dtype=np.uint8
        )
        mean, std = (np.resize(np.array(v, np.float32), channels) for v in (self.mean, self.std))
        drawn = (np.divide(pixels, self.scale, dtype=np.float32) - mean) / std
        return drawn.transpose(0, 3, 1, 2)

    @property
    def numbers(self) -> str:
        """How pixels of noise were made numbers, in words."""
        return f"pixels of 0 to 255 as (x / {self.scale:g} − {[*self.mean]}) / {[*self.std]}"


@dataclass(frozen=True)
class Backend:
    """A kind of model file.

    Attributes:
        suffixes: of its files, in lower case.
        extra: of the installation that brings what it needs, :func:`wbcval.errors.install`.
        load: loads a model.
        extra_files: texts that lie in a file of the kind, by name, without running any of it.
    """

    suffixes: tuple[str, ...]
    extra: str
    load: Callable[[Asked], Model]
    extra_files: Callable[[bytes], Mapping[str, bytes]]
