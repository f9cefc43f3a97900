"""ONNX, by ONNX Runtime: ``.onnx``. A graph of its own operators; no library is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from wbcval.errors import InputError
from wbcval.models import _onnx_file
from wbcval.models._backend import Asked, Backend, Floats, Model, in_training_mode

_ELSEWHERE = "session.model_external_initializers_file_folder_path"


class _OnnxModel:
    backend = "onnxruntime"

    def __init__(self, session: Any, version: str) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self.versions: Mapping[str, str] = {"onnxruntime": version}

    def __call__(self, batch: Floats) -> Floats:
        """See :class:`wbcval.models.Model`."""
        (output,) = self._session.run(None, {self._input: np.ascontiguousarray(batch)})
        return np.asarray(output, dtype=np.float32)


def _load(asked: Asked) -> Model:
    import onnxruntime

    name = asked.path.name
    if asked.precision != "fp32":
        raise InputError("--precision", f"{asked.precision} is not for ONNX", "use fp32")
    if asked.device != "cpu":
        raise InputError("--device", f"{asked.device} is not for ONNX", "use --device cpu")
    if training := _onnx_file.read(asked.data, name).training:
        raise InputError(name, *in_training_mode(training))
    session = _session(asked.data, name)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(
            name, f"has {len(inputs)} inputs and {len(outputs)} outputs", "export one of each"
        )
    if inputs[0].type != "tensor(float)":
        raise InputError(name, f"takes {inputs[0].type}", "export a model that takes float32")
    batch = inputs[0].shape[0] if inputs[0].shape else None
    if isinstance(batch, int) and batch != asked.batch:
        raise InputError(
            name,
            f"takes batches of {batch}, and only those",
            f"write batch = {batch} under [input] of the card",
        )
    model = _OnnxModel(session, onnxruntime.__version__)
    try:
        model(asked.trial())
    except Exception as why:  # the runtime has no error of its own that is public
        raise InputError(
            name,
            f"does not take a batch of shape {asked.trial().shape}: {_said(why)}",
            "check size, color and planes in the card",
        ) from None
    return model


def _session(data: bytes, name: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # where weights of another file would be looked for, had such a model not been refused: nowhere
    options.add_session_config_entry(_ELSEWHERE, os.devnull)
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as why:  # the runtime has no error of its own that is public
        raise InputError(
            name, f"cannot be loaded: {_said(why)}", "get the model's file again"
        ) from None


def _extra_files(data: bytes) -> Mapping[str, bytes]:
    return _onnx_file.read(data, "the model").metadata


def _said(why: Exception) -> str:
    return " ".join(str(why).split())[:200] or type(why).__name__


BACKEND = Backend((".onnx",), "onnx", _load, _extra_files)
