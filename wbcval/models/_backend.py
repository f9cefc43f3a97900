"""What a backend is, and what it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    """

    path: Path
    data: bytes
    device: str
    precision: str
    batch: int
    shape: tuple[int, int, int]

    def trial(self) -> Floats:
        """A batch of noise, the same each time, laid out as real batches are."""
        channels, height, width = self.shape
        drawn = np.random.default_rng(0).random((self.batch, height, width, channels), np.float32)
        return drawn.transpose(0, 3, 1, 2)


def in_training_mode(operators: Iterable[str]) -> tuple[str, str]:
    """What is said of a model whose graph runs as in training, and what to do."""
    return (
        f"runs {', '.join(operators)} as in training, so that its answers are not those of the "
        "trained model",
        "call .eval() on the module, and save or export it again; F.dropout heeds that only with "
        "training=self.training",
    )


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
