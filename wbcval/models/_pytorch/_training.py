"""Operators of a graph that run as in training, whatever the size of the batch.

A trial on noise finds batch statistics by the neighbours of an image, which a batch of one has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

_FLAGS = ("training", "train", "use_input_stats")  # arguments that say so, in PyTorch's schemas
_ALWAYS = "batch_norm_with_update"  # in the names of operators that have no such argument


def of_script(module: Any) -> tuple[str, ...]:
    """Those of a TorchScript module, put into evaluation mode as far as it can be."""
    graph = module.inlined_graph.copy()
    torch._C._jit_pass_constant_propagation(graph)
    return tuple(dict.fromkeys(_in_block(graph)))


def of_export(program: Any) -> tuple[str, ...]:
    """Those of a program of ``torch.export``, whose graphs may hold graphs."""
    found = (
        str(node.target).split(".")[1]
        for module in program.graph_module.modules()
        if isinstance(module, torch.fx.GraphModule)
        for node in module.graph.nodes
        if isinstance(node.target, torch._ops.OpOverload)
        and _trains(node.target._schema, _given(node))
    )
    return tuple(dict.fromkeys(found))


def _in_block(block: Any) -> Iterator[str]:
    for node in block.nodes():
        for below in node.blocks():
            yield from _in_block(below)
        if node.schema() == "(no schema)":
            continue
        inputs = list(node.inputs())
        given = [
            None if value.type().kind() == "NoneType" else _constant(value) for value in inputs
        ]
        if _trains(torch._C.parse_schema(node.schema()), given):
            yield node.kind().rpartition("::")[2]


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
