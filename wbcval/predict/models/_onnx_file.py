"""An ONNX file, read as the message it is, before ONNX Runtime sees it.

ONNX Runtime is given the bytes that were hashed, and yet reads weights from the current folder
where a tensor says that they lie in another file. Such a model is refused, wherever the tensor is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wbcval.predict.models._backend import Marks
from wbcval.values.errors import InputError

Message = Mapping[int, list[int | memoryview]]

# message → field → message within it, by the numbers of onnx.proto: every way to a tensor
PATHS: Mapping[str, Mapping[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TensorProto": {},
}
_GRAPH, _METADATA = 7, 14  # of a model
_INPUTS, _OUTPUTS, _OPERATOR, _ATTRIBUTES = 1, 2, 4, 5  # of a node
_INITIALISERS = 5  # of a graph
_NAME, _NUMBER, _TENSOR = 1, 3, 5  # of an attribute
_INT32, _TENSOR_NAME, _RAW, _ELSEWHERE, _LOCATION = 5, 8, 9, 13, 14  # of a tensor
_KEY, _VALUE = 1, 2  # of an entry of texts
_DYNAMIC = "DynamicQuantize"  # how operators are called that quantise by the whole batch
_DEEPEST = 200  # messages within each other; protobuf itself reads 100


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What an ONNX file says of itself.

    Attributes:
        metadata: its texts, by name.
        marks: what its graph shows of its answers.
    """

    metadata: Mapping[str, bytes]
    marks: Marks


class _DamagedError(Exception):
    """The bytes are no message."""


def is_onnx(data: bytes) -> bool:
    """Whether bytes are a message that holds a graph, where ONNX has it."""
    try:
        return bool(_messages(_message(memoryview(data)), _GRAPH))
    except _DamagedError:
        return False


def read(data: bytes, name: str) -> OnnxFile:
    """Look through a file.

    Raises:
        InputError: where it is damaged, or a tensor of it lies in another file.
    """
    try:
        model = _message(memoryview(data))
        found = list(_walk(model, "ModelProto", 0))
    except _DamagedError:
        raise InputError(name, "is a damaged ONNX model", "get the model's file again") from None
    for kind, message in found:
        if kind == "TensorProto" and (message.get(_ELSEWHERE) or any(message.get(_LOCATION, ()))):
            raise InputError(
                name,
                f"keeps weights in another file, {_location(message)}: the hash of this one does "
                "not cover them",
                f'save it as one file: onnx.save_model(onnx.load("{name}"), "one.onnx"); or export '
                "it anew by torch.onnx.export(…, external_data=False)",
            )
    operators = [_text(message, _OPERATOR) for kind, message in found if kind == "NodeProto"]
    dynamic = [name for name in operators if name.startswith(_DYNAMIC)]
    marks = Marks(tuple(dict.fromkeys(_training(found))), tuple(dict.fromkeys(dynamic)))
    return OnnxFile(_entries(model.get(_METADATA, [])), marks)


def _walk(message: Message, kind: str, depth: int) -> Iterator[tuple[str, Message]]:
    if depth > _DEEPEST:
        raise _DamagedError
    yield kind, message
    for field, below in PATHS[kind].items():
        for value in message.get(field, ()):
            if isinstance(value, memoryview):
                yield from _walk(_message(value), below, depth + 1)


def _training(found: list[tuple[str, Message]]) -> Iterator[str]:
    """Operators that run as in training.

    BatchNormalization says so by an attribute (before opset 14 by further outputs), Dropout by its
    third input, which is False only where a constant says so.
    """
    off = _constants_false(found)
    for kind, message in found:
        if kind != "NodeProto":
            continue
        operator = _text(message, _OPERATOR)
        attributes = [_message(a) for a in _messages(message, _ATTRIBUTES)]
        stated = any(
            _text(a, _NAME) == "training_mode" and any(a.get(_NUMBER, ())) for a in attributes
        )
        outputs = [v for v in message.get(_OUTPUTS, ()) if v]
        inputs = [str(v, "utf-8", "replace") for v in _messages(message, _INPUTS)]
        if (
            stated
            or (operator == "BatchNormalization" and len(outputs) > 1)
            or (operator == "Dropout" and len(inputs) > 2 and inputs[2] and inputs[2] not in off)
        ):
            yield operator


def _constants_false(found: list[tuple[str, Message]]) -> set[str]:
    """Names of constants that hold nothing but zeros."""
    tensors: list[tuple[str, Message]] = []
    for kind, message in found:
        if kind == "GraphProto":
            held = [_message(t) for t in _messages(message, _INITIALISERS)]
            tensors += [(_text(tensor, _TENSOR_NAME), tensor) for tensor in held]
        elif kind == "NodeProto" and _text(message, _OPERATOR) == "Constant":
            for attribute in _messages(message, _ATTRIBUTES):
                held = [_message(t) for t in _messages(_message(attribute), _TENSOR)]
                tensors += [(_text(message, _OUTPUTS), tensor) for tensor in held]
    on = {name for name, tensor in tensors if _holds_more(tensor)}
    return {name for name, _ in tensors} - on


def _holds_more(tensor: Message) -> bool:
    """Whether it is more than one zero, as Dropout's False is; weights are not looked through."""
    values = [value for field in (_RAW, _INT32) for value in tensor.get(field, ())]
    return any(v if isinstance(v, int) else len(v) > 8 or any(v) for v in values)


def _location(tensor: Message) -> str:
    return _entries(tensor.get(_ELSEWHERE, [])).get("location", b"?").decode("utf-8", "replace")


def _entries(values: list[int | memoryview]) -> dict[str, bytes]:
    pairs = [_message(value) for value in values if isinstance(value, memoryview)]
    return {_text(pair, _KEY): b"".join(_messages(pair, _VALUE)[-1:]) for pair in pairs}


def _messages(message: Message, field: int) -> list[memoryview]:
    return [value for value in message.get(field, ()) if isinstance(value, memoryview)]


def _text(message: Message, field: int) -> str:
    found = _messages(message, field)
    return str(found[-1], "utf-8", "replace") if found else ""


def _message(data: memoryview) -> Message:
    """Fields of a message, in order; a number of fixed length is left out.

    Raises:
        _DamagedError: where it is none.
    """
    fields: dict[int, list[int | memoryview]] = {}
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise _DamagedError
        if wire == 0:
            value, at = _varint(data, at)
            fields.setdefault(number, []).append(value)
        elif wire == 2:
            length, at = _varint(data, at)
            fields.setdefault(number, []).append(data[at : at + length])
            at += length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:  # groups, which ONNX has none of
            raise _DamagedError
    if at != end:
        raise _DamagedError
    return fields


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise _DamagedError
