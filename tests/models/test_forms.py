"""Inputs in other axes and types, several outputs, fixed batches: the advice is followed."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.models.made import SHAPE, asked, export, net, opened, script
from wbcval.predict.cards import Card, Input
from wbcval.predict.models import dry_run, open_model
from wbcval.values.errors import InputError

CARD = Card("m", "1", ("a", "b", "c"), "logits",
            Input((8, 8), "RGB", "stretch", "bilinear", 1.0, (0.0,) * 3, (1.0,) * 3))  # fmt: skip


def followed(path, pixels: np.ndarray, **given: Any) -> tuple[np.ndarray, list[str]]:
    """Outputs after the advice of each refusal was followed, and the lines that were written."""
    written: list[str] = []
    while (advice := refusal(path, given)) is not None:
        found = re.search(r"write (\w+) = (\S+)", advice)
        assert found, advice
        assert found[0] not in written, advice
        written.append(found[0])
        key, value = found[1], found[2]
        given[key] = int(value) if value.isdigit() else value.strip('"')
    batch = pixels[: given.get("batch", 4)].astype(np.float32).transpose(0, 3, 1, 2)
    return opened(path, **given)(batch), written


def refusal(path, given: dict[str, Any]) -> str | None:
    wanted = asked(path, **given)
    try:
        dry_run(open_model(wanted), wanted, CARD)
    except InputError as why:
        return why.advice
    return None


PIXELS = np.random.default_rng(2).integers(0, 256, (32, 8, 8, 3), np.uint8)


def of_pixels(layout: str, kind: int, dtype: Any, path, classes: int = 3):
    """A graph that casts to float, divides by 255 and multiplies: numpy does the same."""
    weight = np.random.default_rng(3).normal(size=(192, classes)).astype(np.float32)
    shape = ["n", 3, 8, 8] if layout == "NCHW" else ["n", 8, 8, 3]
    nodes = [
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["f", "d"], ["q"]),
        helper.make_node("Flatten", ["q"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"]),
    ]
    held = [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.float32([255.0]), "d")]
    model = helper.make_model(
        helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", kind, shape)],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", classes])],
                          held),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=9,
    )  # fmt: skip
    onnx.save(model, str(path))
    ordered = PIXELS if layout == "NHWC" else PIXELS.transpose(0, 3, 1, 2)
    given = ordered.astype(dtype).astype(np.float32) / np.float32(255)
    return given.reshape(len(given), -1) @ weight


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("float32", TensorProto.FLOAT),
        ("uint8", TensorProto.UINT8),
        ("int64", TensorProto.INT64),
        ("float64", TensorProto.DOUBLE),
        ("float16", TensorProto.FLOAT16),
    ],
)
def test_onnx_axes_and_types_by_the_lines_that_are_named(tmp_path, layout, dtype, kind):
    own = of_pixels(layout, kind, dtype, tmp_path / "m.onnx")

    found, written = followed(tmp_path / "m.onnx", PIXELS)

    assert found == pytest.approx(own[:4], abs=1e-5)
    assert written == [
        *([f'write dtype = "{dtype}"'] if dtype != "float32" else []),
        *(['write layout = "NHWC"'] if layout == "NHWC" else []),
    ]


def test_onnx_of_a_type_that_no_card_says(tmp_path):
    of_pixels("NCHW", TensorProto.INT8, np.int8, tmp_path / "m.onnx")

    with pytest.raises(InputError, match=r"takes tensor\(int8\)\n.*float32"):
        opened(tmp_path / "m.onnx")


class FromPixels(torch.nn.Module):
    def __init__(self, layout: str) -> None:
        super().__init__()
        self.net, self.last = net(), layout == "NHWC"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.last:
            x = x.permute(0, 3, 1, 2)
        return self.net(x.float() / 255)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("layout", "dtype"),
    [("NHWC", "float32"), ("NHWC", "uint8"), ("NCHW", "uint8"), ("NCHW", "int64"),
     ("NHWC", "float64"), ("NCHW", "float16")],
)  # fmt: skip
def test_a_script_of_pixels_gets_them_in_its_axes_and_type(tmp_path, layout, dtype):
    module = FromPixels(layout).eval()
    given = torch.from_numpy(PIXELS[:4]).to(getattr(torch, dtype))
    own = module(given if layout == "NHWC" else given.permute(0, 3, 1, 2)).detach().numpy()

    path = script(tmp_path / "m.pt", module)
    batch = PIXELS[:4].astype(np.float32).transpose(0, 3, 1, 2)

    assert opened(path, layout=layout, dtype=dtype)(batch) == pytest.approx(own, abs=1e-5)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("dtype", "within"), [("float16", 1e-2), ("float64", 1e-5)])
@pytest.mark.parametrize("suffix", [".pt", ".pt2"])
def test_a_net_of_another_precision_says_its_line(tmp_path, suffix, dtype, within):
    module = net().to(getattr(torch, dtype))
    given = torch.from_numpy(PIXELS[:2]).permute(0, 3, 1, 2).to(getattr(torch, dtype))
    own = module(given).detach().float().numpy()
    path = tmp_path / f"m{suffix}"
    if suffix == ".pt":
        script(path, module)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.export.save(torch.export.export(module, (given,)), path)

    found, written = followed(path, PIXELS, batch=2)

    assert written == [f'write dtype = "{dtype}"']
    assert found == pytest.approx(own, abs=within * float(np.abs(own).max()))


@pytest.mark.parametrize("suffix", [".pt", ".pt2"])
def test_bfloat16_is_shown_the_way(tmp_path, suffix):
    path, module = tmp_path / f"m{suffix}", net().bfloat16()
    if suffix == ".pt":
        script(path, module)
    else:
        torch.export.save(
            torch.export.export(module, (torch.zeros(2, *SHAPE, dtype=torch.bfloat16),)), path
        )

    with pytest.raises(InputError, match=r"call .float\(\) on the module"):
        opened(path, batch=2)

    own = module.float()  # as the advice says
    again = script(tmp_path / "again.pt", own) if suffix == ".pt" else export(path, own, batch=2)
    batch = PIXELS[:2].astype(np.float32).transpose(0, 3, 1, 2)
    expected = own(torch.from_numpy(np.ascontiguousarray(batch))).detach().numpy()
    assert opened(again, batch=2)(batch) == pytest.approx(expected, rel=1e-5)


class Several(torch.nn.Module):
    def __init__(self, named: bool) -> None:
        super().__init__()
        self.net, self.named = net(), named

    def forward(self, x: torch.Tensor) -> Any:
        features = x.mean((2, 3))
        logits = self.net(x)
        return {"features": features, "logits": logits} if self.named else (features, logits)


def scripted(path, module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(module, torch.rand(4, *SHAPE), strict=False), str(path))
    return path


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("named", "meant"), [(True, "logits"), (False, "1")])
@pytest.mark.parametrize("make", [scripted, export])
def test_one_of_several_outputs_is_named(tmp_path, make, named, meant):
    module = Several(named).eval()
    path = make(tmp_path / ("m.pt" if make is scripted else "m.pt2"), module)
    batch = PIXELS[:4].astype(np.float32).transpose(0, 3, 1, 2)
    own = net()(torch.from_numpy(np.ascontiguousarray(batch))).detach().numpy()

    with pytest.raises(InputError, match=f'which output is meant\n.*output_name = .*"{meant}"'):
        opened(path)
    with pytest.raises(InputError, match="has no output 'other'"):
        opened(path, output_name="other")
    assert opened(path, output_name=meant)(batch) == pytest.approx(own, rel=1e-5)


@pytest.mark.parametrize("suffix", [".pt", ".onnx"])
def test_a_name_for_an_output_that_is_alone(tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    if suffix == ".pt":
        script(path, net())
        with pytest.raises(InputError, match=r"no output 'y'\n.*leave output_name out"):
            opened(path, output_name="y")
    else:
        of_pixels("NCHW", TensorProto.FLOAT, np.float32, path)
        assert opened(path, output_name="y").backend == "onnxruntime"
        with pytest.raises(InputError, match="has no output 'z'"):
            opened(path, output_name="z")


def test_one_of_several_onnx_outputs_is_named(tmp_path):
    path = tmp_path / "m.onnx"
    own = of_pixels("NCHW", TensorProto.FLOAT, np.float32, path)
    model = onnx.load(str(path))
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 192]))
    onnx.save(model, str(path))
    batch = PIXELS[:4].astype(np.float32).transpose(0, 3, 1, 2)

    with pytest.raises(InputError, match=r'gives 2 outputs.*\n.*one of "y", "flat"'):
        opened(path)
    assert opened(path, output_name="y")(batch) == pytest.approx(own[:4], abs=1e-5)


class Baked(torch.nn.Module):
    """A view with the size of the batch that it was traced with, as `x.view(x.size(0), -1)` is."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size, self.last = size, torch.nn.Linear(192, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x.reshape(self.size, -1))


@pytest.mark.parametrize("size", [1, 8])
def test_a_batch_that_was_traced_in_is_found_and_named(tmp_path, size):
    torch.manual_seed(1)
    module = Baked(size)
    path = scripted_at(tmp_path / "m.pt", module, size)
    given = torch.from_numpy(PIXELS[:size]).permute(0, 3, 1, 2).float()

    found, written = followed(path, PIXELS, batch=32)

    assert written == [f"write batch = {size}"]
    assert found == pytest.approx(module(given).detach().numpy(), rel=1e-5, abs=1e-3)


def scripted_at(path, module, size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(module, torch.rand(size, *SHAPE)), str(path))
    return path


class Repeated(torch.nn.Module):
    """One that gives an output for each of 8 images, however many it is given."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)).reshape(8, -1, 3).mean(1)


def test_outputs_of_another_number_of_images_name_the_batch(tmp_path):
    path = script(tmp_path / "m.pt", Repeated())

    found, written = followed(path, PIXELS, batch=32)

    assert written == ["write batch = 8"]
    assert found == pytest.approx(PIXELS[:8].mean((1, 2)), rel=1e-5)


def test_an_export_for_at_most_so_many(tmp_path):
    sizes = ({0: torch.export.Dim("n", min=1, max=10)},)
    module = net()
    program = torch.export.export(module, (torch.zeros(2, *SHAPE),), dynamic_shapes=sizes)
    torch.export.save(program, tmp_path / "m.pt2")

    found, written = followed(tmp_path / "m.pt2", PIXELS, batch=32)

    assert written == ["write batch = 8"]
    given = torch.from_numpy(PIXELS[:8]).permute(0, 3, 1, 2).float()
    assert found == pytest.approx(module(given).detach().numpy(), rel=1e-5)


def quantised() -> torch.nn.Module:
    torch.manual_seed(0)
    layers = (torch.nn.Flatten(), torch.nn.Linear(192, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(
            torch.nn.Sequential(*layers).eval(), {torch.nn.Linear}
        )


@pytest.mark.parametrize("make", [script, lambda path, module: scripted_at(path, module, 1)])
def test_a_net_quantised_dynamically_runs_one_by_one(tmp_path, make):
    module = quantised()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = make(tmp_path / "m.pt", module)
        own = module(torch.from_numpy(PIXELS[:1]).permute(0, 3, 1, 2).float()).numpy()

        found, written = followed(path, PIXELS, batch=32)

    assert written == ["write batch = 1"]
    assert found == pytest.approx(own, rel=1e-5)


def test_dynamic_quantisation_is_seen_without_a_trial(tmp_path):
    path = tmp_path / "m.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted_at(path, quantised(), 1)

        with pytest.raises(InputError, match=r"quantised dynamically \(linear_dynamic"):
            opened(path)


def test_onnx_quantised_dynamically_runs_one_by_one(tmp_path):
    from onnxruntime import quantization

    own = of_pixels("NCHW", TensorProto.FLOAT, np.float32, tmp_path / "whole.onnx")
    quantization.quantize_dynamic(
        str(tmp_path / "whole.onnx"), str(tmp_path / "m.onnx"),
        weight_type=quantization.QuantType.QUInt8,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"quantised dynamically \(DynamicQuantizeLinear"):
        opened(tmp_path / "m.onnx")

    found, written = followed(tmp_path / "m.onnx", PIXELS, batch=32)

    assert written == ["write batch = 1"]
    assert found == pytest.approx(own[:1], abs=0.2)
