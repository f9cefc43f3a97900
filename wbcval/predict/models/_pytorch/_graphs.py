"""What a graph of PyTorch shows of a model's answers, whatever a trial on noise would find.

A trial finds what an image shares with its neighbours only where the noise brings it out, and a
batch of one has no neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from wbcval.predict.models._backend import Marks

_FLAGS = ("training", "train", "use_input_stats")  # arguments that say so, in PyTorch's schemas
_ALWAYS = "batch_norm_with_update"  # in the names of operators that have no such argument
_DYNAMIC = ("_dynamic", "choose_qparams")  # in the names of those that quantise by the batch
_Node = tuple[Any, Sequence[Any]]  # schema, and what it is given


def of_script(module: Any) -> Marks:
    """Of a TorchScript module, put into evaluation mode as far as it can be."""
    graph = module.inlined_graph.copy()
    torch._C._jit_pass_constant_propagation(graph)
    return _marks(_in_block(graph))


def of_export(program: Any) -> Marks:
    """Of a program of ``torch.export``, whose graphs may hold graphs."""
    return _marks(
        (node.target._schema, _given(node))
        for module in program.graph_module.modules()
        if isinstance(module, torch.fx.GraphModule)
        for node in module.graph.nodes
        if isinstance(node.target, torch._ops.OpOverload)
    )


def _marks(nodes: Iterator[_Node]) -> Marks:
    training: list[str] = []
    dynamic: list[str] = []
    for schema, given in nodes:
        name = schema.name.rpartition("::")[2]
        if _trains(schema, given):
            training.append(name)
        if any(part in name for part in _DYNAMIC):
            dynamic.append(name)
    return Marks(tuple(dict.fromkeys(training)), tuple(dict.fromkeys(dynamic)))


def _in_block(block: Any) -> Iterator[_Node]:
    for node in block.nodes():
        for below in node.blocks():
            yield from _in_block(below)
        if node.schema() == "(no schema)":
            continue
        inputs = list(node.inputs())
        yield (
            torch._C.parse_schema(node.schema()),
            [None if value.type().kind() == "NoneType" else _constant(value) for value in inputs],
        )


def _constant(value: Any) -> Any:
    """What a value is, where the graph says so; else itself."""
    return value.toIValue() if value.node().kind() == "prim::Constant" else value


def _given(node: Any) -> list[Any]:
    """Arguments of a node, in the order of its schema."""
    names = [argument.name for argument in node.target._schema.arguments]
    return [*node.args, *(node.kwargs.get(name) for name in names[len(node.args) :])]


def _trains(schema: Any, given: Sequence[Any]) -> bool:
    # some take any number of further inputs, which have no name
    values = {
        argument.name: value for argument, value in zip(schema.arguments, given, strict=False)
    }
    if _ALWAYS in schema.name:
        return True
    if "norm" in schema.name and values.get("running_mean") is None:
        return False  # made without running statistics: it is the same in evaluation
    return any(values.get(flag) is True for flag in _FLAGS)
