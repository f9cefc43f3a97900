"""A model that runs as in training is found by its graph, whatever the size of its batch."""

from __future__ import annotations

import warnings

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.models.made import SHAPE, batch, export, net, opened, script
from wbcval.values.errors import InputError

SAID = "as in training"


def traced(path, module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = torch.jit.trace(module, torch.rand(2, *SHAPE), check_trace=False)
        torch.jit.save(found, str(path))
    return path


def exported(path, module):
    return export(path, module, batch=1)


def decomposed(path, module):
    program = torch.export.export(module, (torch.zeros(1, *SHAPE),))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = program.run_decompositions()
    torch.export.save(program, path)
    return path


def pooled(*layers: torch.nn.Module) -> torch.nn.Module:
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())


class Functional(torch.nn.Module):
    """Dropout that is never told of evaluation."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(x.mean((2, 3)), 0.5)


def of_instances() -> torch.nn.Module:
    return pooled(torch.nn.InstanceNorm2d(3, track_running_stats=True))


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("save", "module", "operator"),
    [
        (traced, net, "batch_norm"),
        (traced, of_instances, "instance_norm"),
        (traced, lambda: pooled(torch.nn.Dropout(0.5)), "dropout"),
        (traced, lambda: pooled(torch.nn.Dropout2d(0.5)), "feature_dropout"),
        (traced, lambda: pooled(torch.nn.AlphaDropout(0.5)), "alpha_dropout"),
        (traced, lambda: pooled(torch.nn.RReLU()), "rrelu"),
        (script, Functional, "dropout"),
        (exported, net, "batch_norm"),
        (exported, of_instances, "instance_norm"),
        (decomposed, net, "_native_batch_norm_legit_functional"),
    ],
)
def test_what_pytorch_saved_in_training_mode_is_refused_at_batch_1(
    tmp_path, save, module, operator
):
    suffix = ".pt" if save in (traced, script) else ".pt2"
    path = save(tmp_path / f"m{suffix}", module().train())

    with pytest.raises(InputError, match=f"runs {operator} {SAID}.*\n.*call .eval"):
        opened(path, batch=1)


@pytest.mark.parametrize("save", [traced, exported])
def test_the_way_out_is_one(tmp_path, save):
    suffix = ".pt" if save is traced else ".pt2"
    module = net().train().eval()  # as the advice says

    found = opened(save(tmp_path / f"m{suffix}", module), batch=1)(batch(1))

    with torch.no_grad():
        own = module(torch.from_numpy(np.ascontiguousarray(batch(1)))).numpy()
    assert found == pytest.approx(own, abs=1e-6)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("save", [script, traced, exported, decomposed])
def test_what_is_the_same_in_evaluation_is_let_through(tmp_path, save):
    suffix = ".pt" if save in (script, traced) else ".pt2"
    layers = (
        torch.nn.BatchNorm2d(3, track_running_stats=False),
        torch.nn.InstanceNorm2d(3),
        torch.nn.Dropout(0.5),
    )
    path = save(tmp_path / f"m{suffix}", pooled(*layers).eval())

    assert opened(path, batch=1)(batch(1)).shape == (1, 3)


def test_a_script_in_training_mode_is_put_into_evaluation(tmp_path):
    path = script(tmp_path / "m.pt", net().train())

    assert opened(path, batch=1)(batch(1)).shape == (1, 3)


def onnx_model(path, node, *constants, opset=17, held=()):
    flat = helper.make_node("ReduceMean", ["z"], ["y"], axes=[2, 3], keepdims=0)
    model = helper.make_model(
        helper.make_graph(
            [*constants, node, flat],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *SHAPE])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
            [numpy_helper.from_array(np.ones(3, np.float32), name) for name in "sbmv"] + list(held),
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=9,
    )
    path.write_bytes(model.SerializeToString())
    return path


RATIO = numpy_helper.from_array(np.array(0.5, np.float32), "r")
ON, OFF = (numpy_helper.from_array(np.array(value), "t") for value in (True, False))
IN_INT32 = helper.make_tensor("t", TensorProto.BOOL, [], [True])


def normed(outputs=("z",), **attributes):
    return helper.make_node("BatchNormalization", ["x", *"sbmv"], list(outputs), **attributes)


def dropped():
    return helper.make_node("Dropout", ["x", "r", "t"], ["z"])


def constant(value):
    return helper.make_node("Constant", [], ["t"], value=value)


@pytest.mark.parametrize(
    ("node", "constants", "opset", "held"),
    [
        (normed(("z", "mm", "vv"), training_mode=1), (), 17, ()),
        (normed(("z", "mm", "vv", "sm", "sv")), (), 9, ()),
        (dropped(), (), 17, (RATIO, ON)),
        (dropped(), (), 17, (RATIO, IN_INT32)),
        (dropped(), (constant(ON),), 17, (RATIO,)),
    ],
    ids=["attribute", "five outputs", "initialiser", "initialiser, int32", "constant"],
)
def test_onnx_in_training_mode_is_refused(tmp_path, node, constants, opset, held):
    path = onnx_model(tmp_path / "m.onnx", node, *constants, opset=opset, held=held)

    with pytest.raises(InputError, match=f"runs {node.op_type} {SAID}"):
        opened(path, batch=1)


@pytest.mark.parametrize(
    ("node", "constants", "held"),
    [
        (normed(), (), ()),
        (normed(training_mode=0), (), ()),
        (dropped(), (), (RATIO, OFF)),
        (dropped(), (constant(OFF),), (RATIO,)),
        (helper.make_node("Dropout", ["x"], ["z", "mask"]), (), ()),
    ],
)
def test_onnx_in_evaluation_is_let_through(tmp_path, node, constants, held):
    path = onnx_model(tmp_path / "m.onnx", node, *constants, held=held)

    assert opened(path, batch=1)(batch(1)).shape == (1, 3)
    assert onnx.load(str(path)).graph.node[-2] == node
