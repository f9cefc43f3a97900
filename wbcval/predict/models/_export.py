"""``torch.export``. A graph, no program; but its reader unpickles what it is let."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from wbcval.predict.cards import DTYPES
from wbcval.predict.models import _archive
from wbcval.predict.models._backend import Backend, LoadRequest, Model
from wbcval.values.errors import InputError

_SAMPLES = "data/sample_inputs/"  # read by pickle, and needed for nothing here
_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")


def _load(asked: LoadRequest) -> Model:
    import torch

    from wbcval.predict.models._pytorch import _graphs
    from wbcval.predict.models._pytorch._forms import fastest, quietly, said

    name = asked.path.name
    _archive.refuse_readers(asked.data, name)

    def read() -> Any:
        return torch.export.load(io.BytesIO(_without_pickles(asked.data, name)))

    def module(program: Any, **layout: Any) -> Any:
        return program.module().to(device=asked.device, **layout)

    try:
        with quietly():
            program = read()
            asked.check(_graphs.of_export(program))
            _check_input(asked, program)
            return fastest(
                asked,
                (
                    # read anew: modules of one program share their weights, and the layout of them
                    (
                        "torch.export",
                        lambda: module(read(), memory_format=torch.channels_last),
                        True,
                    ),
                    ("torch.export, contiguous", lambda: module(program), False),
                ),
            )
    except (RuntimeError, ValueError, KeyError, TypeError, AssertionError) as why:
        raise InputError(
            name, f"cannot be loaded: {said(why)}", "get the model's file again"
        ) from None


def _without_pickles(data: bytes, name: str) -> bytes:
    """The archive with its sample inputs emptied; refused where its weights are pickled."""
    whole = io.BytesIO()
    with _archive.opened(data) as given, zipfile.ZipFile(whole, "w") as kept:
        for entry in given.infolist():
            below = entry.filename.partition("/")[2]
            content = _archive.content(given, entry, name)
            if below in _CONFIGS and _pickled(content):
                raise InputError(name, "holds pickled weights, which are never loaded",
                                 "export plain tensors")  # fmt: skip
            kept.writestr(entry.filename, b"" if below.startswith(_SAMPLES) else content)
    return whole.getvalue()


def _pickled(config: bytes) -> bool:
    stated = json.loads(config).get("config", {})
    return any(payload.get("use_pickle") for payload in stated.values())


def _check_input(asked: LoadRequest, program: Any) -> None:
    """Refuse a batch, a type or an order of axes that the graph was not exported for."""
    name, user = asked.path.name, set(program.graph_signature.user_inputs)
    inputs = [
        node.meta["val"]
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in user
    ]
    if len(inputs) != 1:
        raise InputError(name, f"takes {len(inputs)} inputs", "export one that takes one")
    dtype = str(inputs[0].dtype).removeprefix("torch.")
    if dtype != asked.dtype:
        raise InputError(
            name, f"takes {dtype}, and its card says {asked.dtype}",
            f'write dtype = "{dtype}" under [input] of the card' if dtype in DTYPES
            else "call .float() on the module, and export it again",
        )  # fmt: skip
    shape = inputs[0].shape
    first = shape[0] if len(shape) else None
    if isinstance(first, int) and first != asked.batch:
        raise InputError(
            name,
            f"takes batches of {first}, and only those",
            f"write batch = {first} under [input] of the card",
        )
    if advice := asked.axes(shape):
        raise InputError(name, f"takes the axes of {tuple(shape)}", advice)


def _holds(data: bytes) -> bool:
    inside = _archive.names(data)
    return any(name.startswith("models/") and name.endswith(".json") for name in inside)


BACKEND = Backend("torch.export", _holds, "torch", _load, _archive.extra_files)
