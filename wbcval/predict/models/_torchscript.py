"""TorchScript. The file holds a program, and loading it may run it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from wbcval.predict.models import _archive
from wbcval.predict.models._backend import Backend, LoadRequest, Model
from wbcval.values.errors import InputError

if TYPE_CHECKING:
    from wbcval.predict.models._pytorch._forms import Net


def _load(asked: LoadRequest) -> Model:
    import torch

    from wbcval.predict.models._pytorch import _graphs
    from wbcval.predict.models._pytorch._forms import fastest, quietly, said

    name = asked.path.name
    _archive.refuse_readers(asked.data, name)

    def plain() -> Any:
        with quietly():
            module = torch.jit.load(io.BytesIO(asked.data), map_location=asked.device)
        module = module.eval()
        asked.check(_graphs.of_script(module))
        return module

    def frozen(**layout: Any) -> Net:
        with quietly():
            net: Net = torch.jit.freeze(plain().to(**layout))
        return net

    try:
        with quietly():
            return fastest(
                asked,
                (
                    ("torchscript", lambda: frozen(memory_format=torch.channels_last), True),
                    ("torchscript, contiguous", frozen, False),
                    ("torchscript, not frozen", plain, False),
                ),
            )
    except (RuntimeError, ValueError, LookupError) as why:  # as the damage will have it
        optimised = "required keyword attribute" in str(why)
        raise InputError(
            name,
            f"cannot be loaded: {said(why)}",
            "PyTorch does not read back what torch.jit.optimize_for_inference made: save it before"
            if optimised else "get the model's file again",
        ) from None  # fmt: skip


def _holds(data: bytes) -> bool:
    return any(name.startswith("code/") for name in _archive.names(data))


BACKEND = Backend("TorchScript", _holds, "torch", _load, _archive.extra_files)
