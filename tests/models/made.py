"""Small real models in every format."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from wbcval.predict.models import LoadRequest, Model, open_model

SHAPE = (3, 8, 8)


def net(seed: int = 0, classes: int = 3) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(4, classes),
    ).eval()


def script(path: Path, module: Any, **extra: str) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(module), str(path), _extra_files=extra)
    return path


def export(path: Path, module: Any, batch: int | None = None, **extra: str) -> Path:
    example = torch.zeros(batch or 2, *SHAPE)
    sizes = None if batch else ({0: torch.export.Dim("n", min=1, max=1024)},)
    program = torch.export.export(module, (example,), dynamic_shapes=sizes)
    with path.open("wb") as stream:
        torch.export.save(program, stream, extra_files=extra)
    return path


def graph(path: Path, classes: int = 3, batch: int | None = None, **extra: str) -> Path:
    """Flatten and one layer: the outputs are easily had by numpy too."""
    rng = np.random.default_rng(3)
    weight = rng.normal(size=(int(np.prod(SHAPE)), classes)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"]),
    ]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch or "n", *SHAPE])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch or "n", classes])],
            [numpy_helper.from_array(weight, "w")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    helper.set_model_props(model, extra)
    onnx.save(model, str(path))
    return path


def weights(path: Path) -> np.ndarray:
    return np.array(numpy_helper.to_array(onnx.load(str(path)).graph.initializer[0]))


def asked(path: Path, **other: Any) -> LoadRequest:
    given = {"device": "cpu", "precision": "fp32", "batch": 4, "shape": SHAPE} | other
    return LoadRequest(path, path.read_bytes(), **given)


def opened(path: Path, **other: Any) -> Model:
    return open_model(asked(path, **other))


def batch(n: int = 4, seed: int = 1) -> np.ndarray:
    """As the runner hands it over: channels together in memory."""
    drawn = np.random.default_rng(seed).normal(size=(n, 8, 8, 3)).astype(np.float32)
    return drawn.transpose(0, 3, 1, 2)
