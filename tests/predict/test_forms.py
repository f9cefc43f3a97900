"""Models that take other axes and types, or give several outputs, through the whole run."""

from __future__ import annotations

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from tests.build.cards import FIVE, card
from wbcval.predict.run import Job, predict


def test_pixels_as_a_keras_export_takes_them(cells, tmp_path):
    """uint8, channels last, the scale within, and features beside the probabilities."""
    weight = np.random.default_rng(3).normal(size=(16 * 16 * 3, 5)).astype(np.float32) / 9
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["f", "d"], ["q"]),
        helper.make_node("Flatten", ["q"], ["features"]),
        helper.make_node("MatMul", ["features", "w"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    held = [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.float32([255]), "d")]
    sizes = {"features": 768, "probabilities": 5}
    model = helper.make_model(
        helper.make_graph(
            nodes, "g",
            [helper.make_tensor_value_info("x", TensorProto.UINT8, ["n", 16, 16, 3])],
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, ["n", sizes[k]]) for k in sizes],
            held,
        ),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=9,
    )  # fmt: skip
    text = card()
    for old, new in (
        ('"logits"', '"probabilities"\noutput_name = "probabilities"'),
        ("255", '1\nlayout = "NHWC"\ndtype = "uint8"'),
        ("[0.5, 0.5, 0.5]", "[0, 0, 0]"),
        ("[0.25, 0.25, 0.25]", "[1, 1, 1]"),
    ):
        text = text.replace(old, new)
    helper.set_model_props(model, {"wbcval.toml": text})
    onnx.save(model, str(tmp_path / "m.onnx"))

    predict(Job(tmp_path / "m.onnx", cells, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    own = []
    for image in table["image"]:
        with Image.open(cells / image) as opened:
            pixels = np.asarray(opened.convert("RGB").resize((16, 16), Image.Resampling.BILINEAR))
        powers = np.exp((pixels.astype(np.float32) / 255).reshape(-1) @ weight)
        own.append(powers / powers.sum())
    found = table[[f"probability_{name}" for name in FIVE]].to_numpy()
    assert np.abs(found - np.array(own)).max() < 2e-6
    assert len(set(table["predicted_class"])) > 1
