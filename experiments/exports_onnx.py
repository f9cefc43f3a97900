"""Exports to ONNX for ``exports.py``: of PyTorch by both exporters, of others, and by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from experiments.exports_made import (
    CLASSES,
    SIZE,
    Around,
    Made,
    Named,
    Net,
    by_onnx,
    by_torch,
    normalised,
    pixels,
)
from experiments.exports_torch import DOUBLE, EMPTY, FIRST, LAST, PIXELS, SAVED, net, script, shape


def dynamo(module: nn.Module, path: Path, given: torch.Tensor | None = None,
           free: bool = True, **how: Any) -> Path:  # fmt: skip
    """By today's default exporter."""
    import onnxscript  # noqa: F401 (named where it is absent)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = shape() if given is None else given
        sizes = {"dynamic_shapes": ({0: torch.export.Dim("n", min=1, max=1024)},)} if free else {}
        torch.onnx.export(module, (example,), str(path), verbose=False, **sizes, **how)
    return path


def older(module: nn.Module, path: Path, given: torch.Tensor | None = None,
          free: bool = True, **how: Any) -> Path:  # fmt: skip
    """By the exporter that traces, the default until PyTorch 2.9."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = shape() if given is None else given
        axes = {"x": {0: "n"}} if free else {}
        torch.onnx.export(module, (example,), str(path), dynamo=False, input_names=["x"],
                          dynamic_axes=axes, **how)  # fmt: skip
    return path


def made(save: Callable[..., Path], module: Callable[[], nn.Module] = net,
         card: Mapping[str, Any] | None = None, own: Mapping[str, Any] | None = None,
         **how: Any) -> Callable[[Path], Made]:  # fmt: skip
    """A row whose pipeline is PyTorch's, in the module's own type."""

    def make(folder: Path) -> Made:
        path = save(module(), folder / "model.onnx", **how)
        return Made(path, by_torch(module().eval(), **(own or {})), card or {})

    return make


def _in_one_file(folder: Path) -> Made:
    """As the refusal says."""
    import onnx

    onnx.save_model(onnx.load(str(folder / "model.onnx")), str(folder / "one.onnx"))
    return Made(folder / "one.onnx", by_torch(net()))


def _apart(folder: Path) -> Made:
    """With onnx's own way of keeping weights in a second file."""
    import onnx

    path = older(net(), folder / "whole.onnx")
    onnx.save_model(onnx.load(str(path)), str(folder / "model.onnx"), save_as_external_data=True,
                    location="weights.bin", size_threshold=0)  # fmt: skip
    return Made(folder / "model.onnx", by_torch(net()))


def _quantised(static: bool) -> Callable[[Path], Made]:
    """By ONNX Runtime's own tools; its pipeline runs the file image by image."""

    def make(folder: Path) -> Made:
        from onnxruntime import quantization as q

        whole, path = older(net(), folder / "whole.onnx"), folder / "model.onnx"
        if static:
            given = iter(
                [
                    {
                        "x": np.random.default_rng(0)
                        .normal(size=(64, 3, SIZE, SIZE))
                        .astype(np.float32)
                    }
                ]
            )

            class Reader(q.CalibrationDataReader):
                def get_next(self) -> Any:
                    return next(given, None)

            q.quantize_static(str(whole), str(path), Reader())
        else:
            q.quantize_dynamic(str(whole), str(path), weight_type=q.QuantType.QUInt8)
        return Made(path, by_onnx(path))

    return make


def _halved(keep: bool) -> Callable[[Path], Made]:
    """A graph cast to half precision, its input too or not."""

    def make(folder: Path) -> Made:
        import onnx
        from onnxruntime.transformers.float16 import convert_float_to_float16

        whole = onnx.load(str(older(net(), folder / "whole.onnx")))
        path = folder / "model.onnx"
        onnx.save_model(convert_float_to_float16(whole, keep_io_types=keep), str(path))
        return Made(path, by_onnx(path, dtype=np.float32 if keep else np.float16))

    return make


def _forest(zipmap: bool, kind: str) -> Callable[[Path], Made]:
    """scikit-learn on pixels, converted by skl2onnx; a Flatten in front where it is mended."""

    def make(folder: Path) -> Made:
        import onnx
        from onnx import helper
        from skl2onnx import to_onnx
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        rng = np.random.default_rng(0)
        x = rng.random((300, 3 * SIZE * SIZE), np.float32)
        x[np.arange(300), np.arange(300) % 5] += 2
        x = x - 0.6
        model: Any = RandomForestClassifier(30, random_state=0)
        if kind == "logistic":
            model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3))
        model.fit(x, np.array(CLASSES)[np.arange(300) % 5])
        graph = to_onnx(model, x[:1], options={"zipmap": zipmap}, target_opset=17)
        image = helper.make_tensor_value_info("image", 1, ["n", 3, SIZE, SIZE])
        flat = helper.make_tensor_value_info("flat", 1, ["n", 3 * SIZE * SIZE])
        front = helper.make_model(
            helper.make_graph(
                [helper.make_node("Flatten", ["image"], ["flat"])], "f", [image], [flat]
            ),
            opset_imports=[helper.make_opsetid("", 17)], ir_version=graph.ir_version,
        )  # fmt: skip
        whole = onnx.compose.merge_models(front, graph, io_map=[("flat", "X")])
        onnx.save(whole, str(folder / "model.onnx"))
        names = sorted(CLASSES)  # as scikit-learn orders them

        def own(images: Any) -> Any:
            given = normalised(images).reshape(len(images), -1)
            found = np.concatenate([model.predict_proba(one[None]) for one in given])
            return found[:, [names.index(name) for name in CLASSES]]

        card = {**SAVED, "classes": names, "output_name": "output_probability" if zipmap else None}
        return Made(folder / "model.onnx", own, {k: v for k, v in card.items() if v is not None})

    return make


def _keras(suffix: str, way_out: bool) -> Callable[[Path], Made]:
    """Keras on pixels of 0 to 255, channels last, its scale inside."""

    def make(folder: Path) -> Made:
        import os

        os.environ["KERAS_BACKEND"] = "torch"
        import keras as k

        path = folder / f"m{suffix}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not path.exists():
                k.utils.set_random_seed(3)
                of = k.layers
                layers = (
                    k.Input((SIZE, SIZE, 3)), of.Rescaling(1 / 64, -2),
                    of.Conv2D(8, 5, activation="relu"), of.AveragePooling2D(7), of.Flatten(),
                    of.Dense(5, activation="softmax"),
                )  # fmt: skip
                k.Sequential(layers).save(path)
            model = k.saving.load_model(path, compile=False)
            model(np.zeros((1, *model.input_shape[1:]), np.float32))
            if way_out:
                model.export(str(folder / "model.onnx"), format="onnx", verbose=False)

        def own(images: Any) -> Any:
            return np.concatenate(
                [
                    np.asarray(model.predict(one[None].astype(np.float32), verbose=0))
                    for one in pixels(images)
                ]
            )

        return Made(folder / "model.onnx" if way_out else path, own, {**PIXELS, **SAVED})

    return make


def _safe(folder: Path) -> Made:
    from safetensors.torch import save_file

    save_file(Net().state_dict(), folder / "m.safetensors")
    return Made(folder / "m.safetensors", by_torch(net()))


def _from_safe(folder: Path) -> Made:
    from safetensors.torch import load_file

    again = Net(seed=1)
    again.load_state_dict(load_file(folder / "m.safetensors"))
    return Made(script(again.eval(), folder / "model.pt"), by_torch(net()))


def _half(folder: Path) -> Made:
    """Its pipeline is ONNX Runtime, whose halves are not rounded as PyTorch rounds them."""
    given = shape(2, torch.float16)
    path = dynamo(Net().half().eval(), folder / "model.onnx", given, external_data=False)
    return Made(path, by_onnx(path, dtype=np.float16))


def _of_pixels(before: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), before).eval()


def _viewed(step: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), "", step).eval()


def _named() -> nn.Module:
    return Named(Net(), "tuple").eval()


def _train() -> nn.Module:
    return Net().train()


def _double() -> nn.Module:
    return Net().double().eval()


TRAINING = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
NAMES: Mapping[str, Any] = {"output_names": ["features", "logits"]}
INSIDE: Mapping[str, Any] = {"external_data": False}
SECOND = {"pick": lambda out: out[1]}
IN_INT64 = torch.zeros(2, 3, SIZE, SIZE, dtype=torch.int64)
DYNAMO, OLDER = "torch.onnx.export", "torch.onnx.export(dynamo=False)"
_OF_LAST, _OF_FIRST = _of_pixels("last, pixels"), _of_pixels("pixels")
_MAP = _viewed("map")
ROWS: tuple[tuple[Any, ...], ...] = (
    (f"{DYNAMO}, as it stands", made(dynamo), _in_one_file),
    (f"{DYNAMO}, external_data=False", made(dynamo, **INSIDE)),
    (f"{DYNAMO}, a fixed batch", made(dynamo, free=False, **INSIDE)),
    (f"{DYNAMO}, in training mode", made(dynamo, _train, **INSIDE), made(dynamo, **INSIDE)),
    (
        f"{DYNAMO}, uint8, channels last",
        made(dynamo, _OF_LAST, PIXELS, LAST, given=EMPTY, **INSIDE),
    ),
    (f"{DYNAMO}, a tuple", made(dynamo, _named, {}, SECOND, **INSIDE, **NAMES)),
    (f"{DYNAMO}, half precision", _half),
    (OLDER, made(older)),
    (f"{OLDER}, opset 11", made(older, opset_version=11)),
    (f"{OLDER}, a fixed batch", made(older, free=False, given=shape(1))),
    (f"{OLDER}, in training mode", made(older, _train, **TRAINING), made(older)),
    (f"{OLDER}, softmax inside", made(older, _viewed("softmax"), SAVED, {"after": ""})),
    (
        f"{OLDER}, outputs (N, 5, 1, 1)",
        made(older, _MAP),
        made(older, lambda: nn.Sequential(_MAP(), nn.Flatten()).eval()),
    ),
    (f"{OLDER}, uint8, channels last", made(older, _OF_LAST, PIXELS, LAST, given=EMPTY)),
    (f"{OLDER}, int64", made(older, _OF_FIRST, PIXELS, FIRST, given=IN_INT64)),
    (
        f"{OLDER}, double precision",
        made(older, _double, {}, DOUBLE, given=shape(2, torch.float64)),
        made(older),
    ),
    (f"{OLDER}, two outputs", made(older, _named, {}, SECOND, **NAMES)),
    ("onnx, weights in a second file", _apart, _in_one_file),
    ("onnxruntime, quantised dynamically", _quantised(static=False)),
    ("onnxruntime, quantised statically", _quantised(static=True)),
    ("onnxruntime, cast to half precision", _halved(keep=False)),
    ("onnxruntime, half precision within", _halved(keep=True)),
    ("skl2onnx, logistic regression", _forest(False, "logistic")),
    ("skl2onnx, random forest", _forest(False, "forest")),
    ("skl2onnx, random forest with a ZipMap", _forest(True, "forest"), _forest(False, "forest")),
    ("Keras, .keras", _keras(".keras", False), _keras(".keras", True)),
    ("Keras, .h5", _keras(".h5", False), _keras(".h5", True)),
    ("safetensors", _safe, _from_safe),
)
