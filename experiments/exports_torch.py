"""Exports of PyTorch for ``exports.py``: TorchScript, ``torch.export``, and no models yet."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from experiments.exports_made import SIZE, Around, Made, Named, Net, Viewed, by_torch, pixels

PIXELS: Mapping[str, Any] = {"scale": 1, "mean": [0.0] * 3, "std": [1.0] * 3}
SAVED = {"output": "probabilities"}


def shape(batch: int = 2, dtype: Any = torch.float32) -> torch.Tensor:
    """Noise that a net is traced with."""
    return torch.rand(batch, 3, SIZE, SIZE).to(dtype)


def script(net: nn.Module, path: Path, then: Callable[[Any], Any] = lambda m: m) -> Path:
    """By ``torch.jit.script``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(then(torch.jit.script(net)), str(path))
    return path


def trace(net: nn.Module, path: Path, given: torch.Tensor | None = None,
          then: Callable[[Any], Any] = lambda m: m) -> Path:  # fmt: skip
    """By ``torch.jit.trace``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = shape() if given is None else given
        found = torch.jit.trace(net, example, check_trace=False, strict=False)
        torch.jit.save(then(found), str(path))
    return path


def export(net: nn.Module, path: Path, given: torch.Tensor | None = None,
           most: int | None = 1024, decomposed: bool = False) -> Path:  # fmt: skip
    """By ``torch.export``; ``most``: of a batch, None: exactly that of ``given``."""
    sizes = None if most is None else ({0: torch.export.Dim("n", min=1, max=most)},)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = shape() if given is None else given
        program = torch.export.export(net, (example,), dynamic_shapes=sizes)
        program = program.run_decompositions() if decomposed else program
        with path.open("wb") as stream:
            torch.export.save(program, stream)
    return path


def _quantised(static: bool) -> nn.Module:
    """An eager quantised net: dynamic in its linear layer, or static throughout."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.ao import quantization as q

        if not static:
            return q.quantize_dynamic(Net().eval(), {nn.Linear})
        torch.manual_seed(0)
        last = nn.Linear(48, 5)
        last.weight.data.mul_(9)
        plain = nn.Sequential(
            q.QuantStub(), Net().first, nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
            last, q.DeQuantStub(),
        ).eval()  # fmt: skip
        plain.qconfig = q.get_default_qconfig("x86")
        ready = q.prepare(plain)
        ready(torch.randn(64, 3, SIZE, SIZE))
        return q.convert(ready)


def made(
    save: Callable[..., Path],
    suffix: str,
    net: Callable[[], nn.Module],
    card: Mapping[str, Any] | None = None,
    own: Mapping[str, Any] | None = None,
    **how: Any,
) -> Callable[[Path], Made]:
    """A row: how a net is saved, the card it takes, and its own pipeline."""

    def make(folder: Path) -> Made:
        module = net()
        judged = net().eval()
        return Made(
            save(module, folder / f"m{suffix}", **how), by_torch(judged, **(own or {})), card or {}
        )

    return make


def net() -> nn.Module:
    """The net of most rows, in evaluation."""
    return Net().eval()


def _of_pixels(before: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), before).eval()


def _after(step: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), "", step).eval()


def _named(kind: str) -> Callable[[], nn.Module]:
    return lambda: Named(Net(), kind).eval()


def _in_type(dtype: Any) -> Callable[[], nn.Module]:
    return lambda: Net().to(dtype).eval()


def last_pixels(images: Any) -> Any:
    """Channels last."""
    return pixels(images)


def first_pixels(images: Any) -> Any:
    """Channels first."""
    return pixels(images).transpose(0, 3, 1, 2)


def _grey(images: Any) -> Any:
    size = (SIZE, SIZE)
    small = [np.asarray(im.convert("L").resize(size, 2)) for im in images]
    scaled = np.stack(small)[:, None].astype(np.float32) / np.float32(255)
    return (scaled - np.float32(0.5)) / np.float32(0.1)


class Drops(nn.Module):
    """Dropout that evaluation does not reach, or does."""

    def __init__(self, heeds: bool) -> None:
        super().__init__()
        self.net, self.heeds = Net(), heeds

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return nn.functional.dropout(self.net(x), 0.5, self.training if self.heeds else True)


class Reads(nn.Module):
    """A bias that lies in another file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.net, self.path = Net(), path

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.net(x) + torch.from_file(self.path, False, 5)


def _reads(folder: Path) -> Made:
    np.arange(5, dtype=np.float32).tofile(folder / "bias.bin")
    module = Reads(str(folder / "bias.bin")).eval()
    return Made(script(module, folder / "m.pt"), by_torch(module))


class Holds(nn.Module):
    """The same bias as a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()
        self.register_buffer("bias", torch.arange(5.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.net(x) + self.bias


def _pickled(what: Callable[[nn.Module], Any], name: str) -> Callable[[Path], Made]:
    def make(folder: Path) -> Made:
        torch.save(what(Net().train()), folder / name)
        return Made(folder / name, by_torch(net()))

    return make


def _from_weights(folder: Path) -> Made:
    again = Net(seed=1)
    again.load_state_dict(torch.load(folder / "m.pt"))
    return Made(script(again.eval(), folder / "model.pt"), by_torch(net()))


def _from_pickle(folder: Path) -> Made:
    again = torch.load(folder / "m.pth", weights_only=False)
    return Made(script(again.eval(), folder / "model.pt"), by_torch(net()))


def _lite(folder: Path) -> Made:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net())._save_for_lite_interpreter(str(folder / "m.ptl"))
    return Made(folder / "m.ptl", by_torch(net()))


def _inside(kind: str) -> Callable[[Any], Any]:
    return lambda out: out["logits"] if kind == "dict" else out[1]


HALF, DOUBLE = {"dtype": torch.float16}, {"dtype": torch.float64}
GREY = {"color": "gray", "mean": [0.5], "std": [0.1]}
LAST, FIRST = ({"prepare": p, "dtype": t} for p, t in (
    (last_pixels, torch.uint8), (first_pixels, torch.int64)))  # fmt: skip
EMPTY = torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)
SCRIPT, TRACE, EXPORT = "torch.jit.script", "torch.jit.trace", "torch.export"


def _train() -> nn.Module:
    return Net().train()


def _script(
    module: Callable[[], nn.Module] = net, *about: Any, suffix: str = ".pt", **how: Any
) -> Any:
    return made(script, suffix, module, *about, **how)


def _trace(module: Callable[[], nn.Module] = net, *about: Any, **how: Any) -> Any:
    return made(trace, ".pt", module, *about, **how)


def _export(
    module: Callable[[], nn.Module] = net, *about: Any, suffix: str = ".pt2", **how: Any
) -> Any:
    return made(export, suffix, module, *about, **how)


_MAP, _SOFTMAX, _LOG = _after("map"), _after("softmax"), _after("logarithms")
_OF_LAST, _OF_FIRST = _of_pixels("last, pixels"), _of_pixels("pixels")
_VIEWED = lambda: Viewed(Net()).eval()  # noqa: E731
_HALF, _DOUBLE, _BF16 = (_in_type(t) for t in (torch.float16, torch.float64, torch.bfloat16))
ROWS: tuple[tuple[Any, ...], ...] = (  # name, what makes it, its advice followed by hand
    (SCRIPT, _script()),
    (f"{SCRIPT}, saved in training mode", _script(_train)),
    (f"{SCRIPT}, frozen", _script(then=torch.jit.freeze)),
    (
        f"{SCRIPT}, optimize_for_inference",
        _script(then=torch.jit.optimize_for_inference),
        _script(),
    ),
    (f"{SCRIPT}, for mobiles (.ptl)", _lite),
    (f"{SCRIPT}, .pth", _script(suffix=".pth")),
    (f"{SCRIPT}, softmax inside", _script(_SOFTMAX, SAVED, {"after": ""})),
    (f"{SCRIPT}, log-softmax inside", _script(_LOG)),
    (
        f"{SCRIPT}, outputs (N, 5, 1, 1)",
        _script(_MAP),
        _script(lambda: nn.Sequential(_MAP(), nn.Flatten()).eval()),
    ),
    (
        f"{SCRIPT}, uint8, channels last",
        _script(_OF_LAST, {**PIXELS, "layout": "NHWC", "dtype": "uint8"}, LAST),
    ),
    (f"{SCRIPT}, int64", _script(_OF_FIRST, {**PIXELS, "dtype": "int64"}, FIRST)),
    (f"{SCRIPT}, grey", _script(lambda: Net(1).eval(), GREY, {"prepare": _grey})),
    (f"{SCRIPT}, half precision", _script(_HALF, {}, HALF)),
    (f"{SCRIPT}, double precision", _script(_DOUBLE, {}, DOUBLE)),
    (f"{SCRIPT}, bfloat16", _script(_BF16), _script(lambda: _BF16().float())),
    (
        f"{SCRIPT}, F.dropout without training=",
        _script(lambda: Drops(False).eval()),
        _script(lambda: Drops(True).eval()),
    ),
    (f"{SCRIPT}, a file read by forward", _reads, _script(lambda: Holds().eval())),
    (TRACE, _trace()),
    (f"{TRACE}, frozen", _trace(then=torch.jit.freeze)),
    (f"{TRACE}, in training mode", _trace(_train, given=shape(1)), _trace()),
    (f"{TRACE}, a view of batch 1", _trace(_VIEWED, given=shape(1))),
    (f"{TRACE}, a view of batch 8", _trace(_VIEWED, given=shape(8))),
    (f"{TRACE}, a dict", _trace(_named("dict"), {}, {"pick": _inside("dict")})),
    (f"{TRACE}, a tuple", _trace(_named("tuple"), {}, {"pick": _inside("tuple")})),
    (f"{TRACE}, quantised dynamically", _trace(lambda: _quantised(False))),
    (f"{TRACE}, quantised statically", _trace(lambda: _quantised(True))),
    (EXPORT, _export()),
    (f"{EXPORT}, .pt", _export(suffix=".pt")),
    (f"{EXPORT}, decomposed", _export(decomposed=True)),
    (f"{EXPORT}, one image at a time", _export(given=shape(1), most=None)),
    (f"{EXPORT}, batches of 8", _export(given=shape(8), most=None)),
    (f"{EXPORT}, batches of at most 20", _export(most=20)),
    (f"{EXPORT}, in training mode", _export(_train, given=shape(1), most=None), _export()),
    (f"{EXPORT}, half precision", _export(_HALF, {}, HALF, given=shape(2, torch.float16))),
    (f"{EXPORT}, double precision", _export(_DOUBLE, {}, DOUBLE, given=shape(2, torch.float64))),
    (f"{EXPORT}, a dict", _export(_named("dict"), {}, {"pick": _inside("dict")})),
    (f"{EXPORT}, uint8, channels last", _export(_OF_LAST, PIXELS, LAST, given=EMPTY)),
    ("torch.save, weights", _pickled(lambda n: n.state_dict(), "m.pt"), _from_weights),
    ("torch.save, the module", _pickled(lambda n: n, "m.pth"), _from_pickle),
)
