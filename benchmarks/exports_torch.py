"""Exports of PyTorch for ``exports.py``: TorchScript, ``torch.export``, and what is no model yet."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from exports_made import SIZE, Around, Made, Named, Net, Viewed, by_torch, pixels
from torch import nn

PIXELS: Mapping[str, Any] = {"scale": 1, "mean": [0.0] * 3, "std": [1.0] * 3}
SAVED = {"output": "probabilities"}


def shape(batch: int = 2, dtype: Any = torch.float32) -> torch.Tensor:
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


def quantised(static: bool) -> nn.Module:
    """An eager quantised net: dynamic in its linear layer, or static throughout."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.ao import quantization as q

        if not static:
            return q.quantize_dynamic(Net().eval(), {nn.Linear})
        plain = nn.Sequential(
            q.QuantStub(), Net().first, nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
            nn.Linear(48, 5), q.DeQuantStub(),
        ).eval()  # fmt: skip
        plain.qconfig = q.get_default_qconfig("x86")
        ready = q.prepare(plain)
        ready(torch.randn(64, 3, SIZE, SIZE))
        return q.convert(ready)


def made(save: Callable[..., Path], suffix: str, net: Callable[[], nn.Module], card: Mapping[str, Any] | None = None,
         own: Mapping[str, Any] | None = None, **how: Any) -> Callable[[Path], Made]:  # fmt: skip
    """A row: how a net is saved, the card it takes, and its own pipeline."""

    def make(folder: Path) -> Made:
        module = net()
        judged = net().eval()
        return Made(
            save(module, folder / f"m{suffix}", **how), by_torch(judged, **(own or {})), card or {}
        )

    return make


def net() -> nn.Module:
    return Net().eval()


def of_pixels(before: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), before).eval()


def after(step: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), "", step).eval()


def named(kind: str) -> Callable[[], nn.Module]:
    return lambda: Named(Net(), kind).eval()


def in_type(dtype: Any) -> Callable[[], nn.Module]:
    return lambda: Net().to(dtype).eval()


def last_pixels(images: Any) -> Any:
    return pixels(images)


def first_pixels(images: Any) -> Any:
    return pixels(images).transpose(0, 3, 1, 2)


def grey(images: Any) -> Any:
    size = (SIZE, SIZE)
    small = [np.asarray(im.convert("L").resize(size, 2)) for im in images]
    return np.stack(small)[:, None].astype(np.float32) / np.float32(255)


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


def reads(folder: Path) -> Made:
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


def pickled(what: Callable[[nn.Module], Any], name: str) -> Callable[[Path], Made]:
    def make(folder: Path) -> Made:
        torch.save(what(Net().train()), folder / name)
        return Made(folder / name, by_torch(net()))

    return make


def from_weights(folder: Path) -> Made:
    again = Net(seed=1)
    again.load_state_dict(torch.load(folder / "m.pt"))
    return Made(script(again.eval(), folder / "model.pt"), by_torch(net()))


def from_pickle(folder: Path) -> Made:
    again = torch.load(folder / "m.pth", weights_only=False)
    return Made(script(again.eval(), folder / "model.pt"), by_torch(net()))


def lite(folder: Path) -> Made:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net())._save_for_lite_interpreter(str(folder / "m.ptl"))
    return Made(folder / "m.ptl", by_torch(net()))


def inside(kind: str) -> Callable[[Any], Any]:
    return lambda out: out["logits"] if kind == "dict" else out[1]


HALF, DOUBLE = {"dtype": torch.float16}, {"dtype": torch.float64}
GREY = {"color": "gray", "mean": [0.0], "std": [1.0]}
SCRIPT, TRACE, EXPORT = "torch.jit.script", "torch.jit.trace", "torch.export"
ROWS: tuple[tuple[Any, ...], ...] = (  # name, make, the way out followed by hand
    (SCRIPT, made(script, ".pt", net)),
    (f"{SCRIPT}, saved in training mode", made(script, ".pt", lambda: Net().train())),
    (f"{SCRIPT}, frozen", made(script, ".pt", net, then=torch.jit.freeze)),
    (f"{SCRIPT}, optimize_for_inference", made(script, ".pt", net, then=lambda m: torch.jit.optimize_for_inference(m)),
     made(script, ".pt", net)),
    (f"{SCRIPT}, for mobiles (.ptl)", lite),
    (f"{SCRIPT}, .pth", made(script, ".pth", net)),
    (f"{SCRIPT}, softmax inside", made(script, ".pt", after("softmax"), SAVED, {"after": ""})),
    (f"{SCRIPT}, log-softmax inside", made(script, ".pt", after("logarithms"))),
    (f"{SCRIPT}, outputs (N, 5, 1, 1)", made(script, ".pt", after("map")),
     made(script, ".pt", lambda: nn.Sequential(after("map")(), nn.Flatten()).eval())),
    (f"{SCRIPT}, uint8, channels last", made(script, ".pt", of_pixels("last, pixels"), {**PIXELS, "layout": "NHWC", "dtype": "uint8"},
     {"prepare": last_pixels, "dtype": torch.uint8})),
    (f"{SCRIPT}, int64", made(script, ".pt", of_pixels("pixels"), {**PIXELS, "dtype": "int64"}, {"prepare": first_pixels, "dtype": torch.int64})),
    (f"{SCRIPT}, grey", made(script, ".pt", lambda: Net(1).eval(), GREY, {"prepare": grey})),
    (f"{SCRIPT}, half precision", made(script, ".pt", in_type(torch.float16), {}, HALF)),
    (f"{SCRIPT}, double precision", made(script, ".pt", in_type(torch.float64), {}, DOUBLE)),
    (f"{SCRIPT}, bfloat16", made(script, ".pt", in_type(torch.bfloat16)),
     made(script, ".pt", lambda: in_type(torch.bfloat16)().float())),
    (f"{SCRIPT}, F.dropout without training=", made(script, ".pt", lambda: Drops(False).eval()),
     made(script, ".pt", lambda: Drops(True).eval())),
    (f"{SCRIPT}, a file read by forward", reads, made(script, ".pt", lambda: Holds().eval())),
    (TRACE, made(trace, ".pt", net)),
    (f"{TRACE}, frozen", made(trace, ".pt", net, then=torch.jit.freeze)),
    (f"{TRACE}, in training mode", made(trace, ".pt", lambda: Net().train(), given=shape(1)), made(trace, ".pt", net)),
    (f"{TRACE}, a view of batch 1", made(trace, ".pt", lambda: Viewed(Net()).eval(), given=shape(1))),
    (f"{TRACE}, a view of batch 8", made(trace, ".pt", lambda: Viewed(Net()).eval(), given=shape(8))),
    (f"{TRACE}, a dict", made(trace, ".pt", named("dict"), {}, {"pick": inside("dict")})),
    (f"{TRACE}, a tuple", made(trace, ".pt", named("tuple"), {}, {"pick": inside("tuple")})),
    (f"{TRACE}, quantised dynamically", made(trace, ".pt", lambda: quantised(False))),
    (f"{TRACE}, quantised statically", made(trace, ".pt", lambda: quantised(True))),
    (EXPORT, made(export, ".pt2", net)),
    (f"{EXPORT}, .pt", made(export, ".pt", net)),
    (f"{EXPORT}, decomposed", made(export, ".pt2", net, decomposed=True)),
    (f"{EXPORT}, one image at a time", made(export, ".pt2", net, given=shape(1), most=None)),
    (f"{EXPORT}, batches of 8", made(export, ".pt2", net, given=shape(8), most=None)),
    (f"{EXPORT}, batches of at most 20", made(export, ".pt2", net, most=20)),
    (f"{EXPORT}, in training mode", made(export, ".pt2", lambda: Net().train(), given=shape(1), most=None),
     made(export, ".pt2", net)),
    (f"{EXPORT}, half precision", made(export, ".pt2", in_type(torch.float16), {}, HALF, given=shape(2, torch.float16))),
    (f"{EXPORT}, double precision", made(export, ".pt2", in_type(torch.float64), {}, DOUBLE, given=shape(2, torch.float64))),
    (f"{EXPORT}, a dict", made(export, ".pt2", named("dict"), {}, {"pick": inside("dict")})),
    (f"{EXPORT}, uint8, channels last", made(export, ".pt2", of_pixels("last, pixels"), PIXELS,
     {"prepare": last_pixels, "dtype": torch.uint8}, given=torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8))),
    ("torch.save, weights", pickled(lambda n: n.state_dict(), "m.pt"), from_weights),
    ("torch.save, the module", pickled(lambda n: n, "m.pth"), from_pickle),
)  # fmt: skip
