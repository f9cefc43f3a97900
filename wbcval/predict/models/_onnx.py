"""ONNX, by ONNX Runtime. A graph of its own operators; no library is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from wbcval.predict.models import _onnx_file
from wbcval.predict.models._backend import Backend, Floats, LoadRequest, Model
from wbcval.values.errors import InputError

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(uint8)": "uint8",
    "tensor(int64)": "int64",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
}
_ELSEWHERE = "session.model_external_initializers_file_folder_path"


class _OnnxModel:
    backend = "onnxruntime"

    def __init__(self, session: Any, asked: LoadRequest, output: str, version: str) -> None:
        self._session, self._asked, self._output = session, asked, output
        self._input = session.get_inputs()[0].name
        self.versions: Mapping[str, str] = {"onnxruntime": version}

    def __call__(self, batch: Floats) -> Floats:
        """See :class:`wbcval.predict.models.Model`."""
        given = np.ascontiguousarray(self._asked.given(batch))
        (output,) = self._session.run([self._output], {self._input: given})
        return np.asarray(output, dtype=np.float32)


def _load(asked: LoadRequest) -> Model:
    import onnxruntime

    name = asked.path.name
    if asked.precision != "fp32":
        raise InputError("--precision", f"{asked.precision} is not for ONNX", "use fp32")
    if asked.device != "cpu":
        raise InputError("--device", f"{asked.device} is not for ONNX", "use --device cpu")
    asked.check(_onnx_file.read(asked.data, name).marks)
    session = _session(asked.data, name)
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise InputError(name, f"has {len(inputs)} inputs", "export one that takes one")
    _check_input(asked, inputs[0])
    model = _OnnxModel(session, asked, _output(asked, session), onnxruntime.__version__)
    try:
        model(asked.trial())
    except Exception as why:  # the runtime has no error of its own that is public
        raise asked.refused(_said(why), model, asked.axes(inputs[0].shape)) from None
    return model


def _check_input(asked: LoadRequest, stated: Any) -> None:
    """Refuse another type, or another size of batch, than the graph states."""
    name, dtype = asked.path.name, _DTYPES.get(stated.type)
    if dtype is None:
        raise InputError(name, f"takes {stated.type}", "export a model that takes float32")
    if dtype != asked.dtype:
        raise InputError(name, f"takes {dtype}, and its card says {asked.dtype}",
                         f'write dtype = "{dtype}" under [input] of the card')  # fmt: skip
    batch = stated.shape[0] if stated.shape else None
    if isinstance(batch, int) and batch != asked.batch:
        raise InputError(
            name,
            f"takes batches of {batch}, and only those",
            f"write batch = {batch} under [input] of the card",
        )


def _output(asked: LoadRequest, session: Any) -> str:
    """The name of the output that the card means."""
    outputs: dict[str, str] = {output.name: output.type for output in session.get_outputs()}
    if asked.output_name is None and len(outputs) == 1:
        found = next(iter(outputs))
    elif asked.output_name in outputs:
        found = asked.output_name
    else:
        raise asked.unnamed(f"gives {len(outputs)} outputs", list(outputs))
    if not outputs[found].startswith("tensor("):
        raise InputError(
            asked.path.name,
            f"gives {outputs[found]} as {found!r}, not a table of numbers",
            'export it with options={"zipmap": False}, if it comes from scikit-learn',
        )
    return found


def _session(data: bytes, name: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # where weights of another file would be looked for, had such a model not been refused: nowhere
    # (1.20 heeds it not)
    options.add_session_config_entry(_ELSEWHERE, os.devnull)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as why:  # the runtime has no error of its own that is public
        raise InputError(
            name,
            f"cannot be loaded: {_said(why)}",
            "ONNX Runtime lacks that operator for this type of numbers: export the net in float32"
            if "NOT_IMPLEMENTED" in str(why)
            else "get the model's file again",
        ) from None


def _extra_files(data: bytes) -> Mapping[str, bytes]:
    return _onnx_file.read(data, "the model").metadata


def _said(why: Exception) -> str:
    return " ".join(str(why).split())[:200] or type(why).__name__


BACKEND = Backend("ONNX", _onnx_file.is_onnx, "onnx", _load, _extra_files)
