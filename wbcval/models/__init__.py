"""Model backends (being built)."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wbcval.cards import Card
from wbcval.errors import InputError


class Model(Protocol):
    backend: str
    versions: dict[str, str]
    fixed_batch: int | None

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]: ...


class _TS:
    backend = "torchscript"
    fixed_batch = None

    def __init__(self, data: bytes) -> None:
        import torch

        torch.set_num_threads(1)
        self._torch = torch
        self.versions = {"torch": torch.__version__}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._net = torch.jit.freeze(torch.jit.load(io.BytesIO(data)).eval())

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        t = self._torch
        t.set_num_threads(1)
        with t.inference_mode():
            return self._net(t.from_numpy(batch)).numpy()


def open_model(
    path: Path,
    data: bytes,
    *,
    device: str,
    precision: str,
    batch: int,
    example_shape: tuple[int, int, int],
) -> Model:
    return _TS(data)


def dry_run(model: Model, card: Card) -> None:
    x = np.random.default_rng(0).random(
        (card.input.batch, card.input.channels, *card.input.size), np.float32
    )
    out = model(x)
    if out.shape != (card.input.batch, len(card.classes)):
        raise InputError("model", f"gives {out.shape}", f"{len(card.classes)} classes are named")


def extra_files(path: Path, data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {n.rpartition("/extra/")[2]: z.read(n) for n in z.namelist() if "/extra/" in n}


def embedded_card(path: Path, data: bytes) -> str | None:
    found = extra_files(path, data).get("wbcval.toml")
    return None if found is None else found.decode()


def devices(asked: str) -> str:
    return "cpu"
