"""Exports to ONNX for ``exports.py``: of PyTorch by both exporters, of others, and by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from exports_made import (
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
from exports_torch import PIXELS, SAVED, first_pixels, last_pixels, net, script, shape
from torch import nn


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


def in_one_file(folder: Path) -> Made:
    """As the refusal says."""
    import onnx

    onnx.save_model(onnx.load(str(folder / "model.onnx")), str(folder / "one.onnx"))
    return Made(folder / "one.onnx", by_torch(net()))


def apart(folder: Path) -> Made:
    """With onnx's own way of keeping weights in a second file."""
    import onnx

    path = older(net(), folder / "whole.onnx")
    onnx.save_model(onnx.load(str(path)), str(folder / "model.onnx"), save_as_external_data=True,
                    location="weights.bin", size_threshold=0)  # fmt: skip
    return Made(folder / "model.onnx", by_torch(net()))


def quantised(static: bool) -> Callable[[Path], Made]:
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


def halved(keep: bool) -> Callable[[Path], Made]:
    """A graph cast to half precision, its input too or not."""

    def make(folder: Path) -> Made:
        from onnxruntime.transformers.float16 import convert_float_to_float16
        import onnx

        whole = onnx.load(str(older(net(), folder / "whole.onnx")))
        path = folder / "model.onnx"
        onnx.save_model(convert_float_to_float16(whole, keep_io_types=keep), str(path))
        return Made(path, by_onnx(path, dtype=np.float32 if keep else np.float16))

    return make


def forest(zipmap: bool, kind: str) -> Callable[[Path], Made]:
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
            helper.make_graph([helper.make_node("Flatten", ["image"], ["flat"])], "f", [image], [flat]),
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


def keras(suffix: str, way_out: bool) -> Callable[[Path], Made]:
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
                layers = [k.Input((SIZE, SIZE, 3)), k.layers.Rescaling(1 / 64, -2), k.layers.Conv2D(8, 5, activation="relu"),
                          k.layers.AveragePooling2D(7), k.layers.Flatten(), k.layers.Dense(5, activation="softmax")]  # fmt: skip
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


def safe(folder: Path) -> Made:
    from safetensors.torch import save_file

    save_file(Net().state_dict(), folder / "m.safetensors")
    return Made(folder / "m.safetensors", by_torch(net()))


def from_safe(folder: Path) -> Made:
    from safetensors.torch import load_file

    again = Net(seed=1)
    again.load_state_dict(load_file(folder / "m.safetensors"))
    return Made(script(again.eval(), folder / "model.pt"), by_torch(net()))


def half(folder: Path) -> Made:
    """Its pipeline is ONNX Runtime, whose halves are not rounded as PyTorch rounds them."""
    given = shape(2, torch.float16)
    path = dynamo(Net().half().eval(), folder / "model.onnx", given, external_data=False)
    return Made(path, by_onnx(path, dtype=np.float16))


def of_pixels(before: str) -> Callable[[], nn.Module]:
    return lambda: Around(Net(), before).eval()


LAST = {"prepare": last_pixels, "dtype": torch.uint8}
TRAINING = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
EMPTY = torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)
DYNAMO, OLDER = "torch.onnx.export", "torch.onnx.export(dynamo=False)"
ROWS: tuple[tuple[Any, ...], ...] = (
    (f"{DYNAMO}, as it stands", made(dynamo), in_one_file),
    (f"{DYNAMO}, external_data=False", made(dynamo, external_data=False)),
    (f"{DYNAMO}, a fixed batch", made(dynamo, free=False, external_data=False)),
    (f"{DYNAMO}, in training mode", made(dynamo, lambda: Net().train(), external_data=False), made(dynamo, external_data=False)),
    (f"{DYNAMO}, uint8, channels last", made(dynamo, of_pixels("last, pixels"), PIXELS, LAST, given=EMPTY, external_data=False)),
    (f"{DYNAMO}, a tuple", made(dynamo, lambda: Named(Net(), "tuple").eval(), {}, {"pick": lambda o: o[1]}, external_data=False, output_names=["features", "logits"])),
    (f"{DYNAMO}, half precision", half),
    (OLDER, made(older)),
    (f"{OLDER}, opset 11", made(older, opset_version=11)),
    (f"{OLDER}, a fixed batch", made(older, free=False, given=shape(1))),
    (f"{OLDER}, in training mode", made(older, lambda: Net().train(), **TRAINING), made(older)),
    (f"{OLDER}, softmax inside", made(older, lambda: Around(Net(), "", "softmax").eval(), SAVED, {"after": ""})),
    (f"{OLDER}, outputs (N, 5, 1, 1)", made(older, lambda: Around(Net(), "", "map").eval()),
     made(older, lambda: nn.Sequential(Around(Net(), "", "map"), nn.Flatten()).eval())),
    (f"{OLDER}, uint8, channels last", made(older, of_pixels("last, pixels"), PIXELS, LAST, given=EMPTY)),
    (f"{OLDER}, int64", made(older, of_pixels("pixels"), PIXELS, {"prepare": first_pixels, "dtype": torch.int64}, given=torch.zeros(2, 3, SIZE, SIZE, dtype=torch.int64))),
    (f"{OLDER}, double precision", made(older, lambda: Net().double().eval(), {}, {"dtype": torch.float64}, given=shape(2, torch.float64)), made(older)),
    (f"{OLDER}, two outputs", made(older, lambda: Named(Net(), "tuple").eval(), {}, {"pick": lambda o: o[1]}, output_names=["features", "logits"])),
    ("onnx, weights in a second file", apart, in_one_file),
    ("onnxruntime, quantised dynamically", quantised(static=False)),
    ("onnxruntime, quantised statically", quantised(static=True)),
    ("onnxruntime, cast to half precision", halved(keep=False)),
    ("onnxruntime, half precision within", halved(keep=True)),
    ("skl2onnx, logistic regression", forest(False, "logistic")),
    ("skl2onnx, random forest", forest(False, "forest")),
    ("skl2onnx, random forest with a ZipMap", forest(True, "forest"), forest(False, "forest")),
    ("Keras, .keras", keras(".keras", False), keras(".keras", True)),
    ("Keras, .h5", keras(".h5", False), keras(".h5", True)),
    ("safetensors", safe, from_safe),
)  # fmt: skip
