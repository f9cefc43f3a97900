"""Small real models and images, made anew."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from tests.build.cards import card
from wbcval.predict.run import Job, predict
from wbcval.predict.run._shards import Part


def save(path: Path, classes: tuple[str, ...], *, seed: int = 0, text: str | None = None) -> Path:
    """A real TorchScript net of random weights, its card inside it."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(32, len(classes)),
    ).eval()
    with torch.no_grad():
        net[5].weight.mul_(8)
    return store(net, path, card(classes) if text is None else text)


def store(net: Any, path: Path, text: str | None) -> Path:
    """Write a module as TorchScript, with a card or without."""
    extra = {} if text is None else {"wbcval.toml": text}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(net), str(path), _extra_files=extra)
    return path


def load(path: Path) -> Any:
    """A TorchScript module as any script would load it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.load(str(path)).eval()


def interrupted(job: Job, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A run that was stopped after its first shard."""
    add = Part.add

    def add_and_stop(part: Part, table: Any, stop: int) -> None:
        add(part, table, stop)
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(Part, "add", add_and_stop)
        with pytest.raises(KeyboardInterrupt):
            predict(job)
    return job


def draw(folder: Path, samples: int = 3, each: int = 7, seed: int = 1) -> Path:
    """Noisy little pictures, in folders by sample."""
    rng = np.random.default_rng(seed)
    for s in range(1, samples + 1):
        (folder / f"S{s}").mkdir(parents=True)
        for i in range(each):
            base = rng.integers(0, 256, 3)
            pixels = np.clip(base + rng.normal(0, 30, (20, 18, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"S{s}" / f"{i:02}.png")
    return folder


def origin_of(path: Path) -> dict[str, Any]:
    """The record of origin of a Parquet file, as any reader of JSON sees it."""
    found = pq.read_schema(path).metadata[b"wbcval.origin"]
    record: dict[str, Any] = json.loads(found)
    return record
