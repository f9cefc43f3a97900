"""Files of no kind that is run: what they are by their contents, and the shortest way out.

``docs/how-to/bring-another-model.md`` holds each way in full.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wbcval.machine import input_files
from wbcval.values.errors import InputError

_AGAIN = "get the model's file again"
_SCRIPT = 'torch.jit.script(net.eval()).save("model.pt")'
_EXPORT = 'torch.export.save(torch.export.export(net.eval(), (images,)), "model.pt2")'
_KERAS = 'keras.saving.load_model("{name}", compile=False).export("model.onnx", format="onnx")'
_TENSORFLOW = "python -m tf2onnx.convert --{flag} {name} --output model.onnx"
_PAGE = '; more in "Bring another kind of model" of the documentation'
_FOLDER = "saved_model.pb"  # of TensorFlow


class _Kind(NamedTuple):
    """What a file is, and what to do; ``{name}`` is its own."""

    got: str
    advice: str


_ENGINE = _Kind(
    "is a TensorRT engine, which runs on one kind of GPU alone",
    "give the ONNX file or the net that it was built from",
)
_PICKLE = _Kind(
    "is a pickle, which is never loaded",
    "of scikit-learn: skl2onnx.to_onnx(model, X[:1], options={{'zipmap': False}}); of PyTorch: "
    f'net = torch.load("{{name}}", weights_only=False), then {_SCRIPT}{_PAGE}',
)
_CHECKPOINT = _Kind(
    "is a checkpoint or a pickled module, which is never loaded",
    f'in its own code: net.load_state_dict(torch.load("{{name}}")), then {_SCRIPT}{_PAGE}',
)
_MAGIC = {  # by what stands where
    (0, b"\x89HDF\r\n\x1a\n"): _Kind(
        "is a Keras model or its weights, in HDF5", f"of a whole model: {_KERAS}{_PAGE}"
    ),
    (0, b"ftrt"): _ENGINE,
    (0, b"\x80"): _PICKLE,
    (4, b"TFL3"): _Kind(
        "is a TensorFlow Lite model", _TENSORFLOW.format(flag="tflite", name="{name}") + _PAGE
    ),
    (4, b"ORTM"): _Kind(
        "is in ONNX Runtime's own format", "give the .onnx file that it was made from"
    ),
    (4, b"PTMF"): _Kind("is a model of PyTorch Mobile", f"of the net in its own code: {_SCRIPT}"),
    (4, b"ET12"): _Kind("is a program of ExecuTorch", f"of the net in its own code: {_SCRIPT}"),
}
_BY_SUFFIX = {  # of what has no mark of its own
    ".engine": _ENGINE,
    ".plan": _ENGINE,
    ".trt": _ENGINE,
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".joblib": _PICKLE,
}


def refusal(path: Path, data: bytes) -> InputError:
    """What is said of a file of another kind."""
    kind = next(
        _kinds(path, data),
        _Kind(
            "is no model that is known by its contents",
            f"known: TorchScript, torch.export, ONNX; or a card, .toml{_PAGE}",
        ),
    )
    return InputError(str(path), kind.got, kind.advice.format(name=path.name))


def read(path: Path) -> bytes:
    """All bytes of a model's file.

    Raises:
        InputError: where it cannot be read; for a folder that is a model, with the way out.
    """
    if path.is_dir() and (path / _FOLDER).exists():
        way = _TENSORFLOW.format(flag="saved-model", name=path.name)
        raise InputError(str(path), "is a SavedModel of TensorFlow", way + _PAGE)
    return input_files.read(path, "check the path of the model", most=None)


def _kinds(path: Path, data: bytes) -> Iterator[_Kind]:
    """What it is, the surest first."""
    head = data[:512].lstrip()
    if not data:
        yield _Kind("is empty", _AGAIN)
    if head.startswith(b"<?xml") and b"<net" in head:
        yield _Kind("is a model of OpenVINO, whose weights lie in another file", "give it as ONNX")
    if head[:1] == b"<":
        yield _Kind("is a web page, not a model", _AGAIN)
    if data[:2] == b"PK":
        yield _zip(data)
    for (at, mark), kind in _MAGIC.items():
        if data[at : at + len(mark)] == mark:
            yield kind
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data):
        yield _Kind(
            "holds weights alone, and no net (safetensors)",
            'in its own code: net.load_state_dict(safetensors.torch.load_file("{name}")), then '
            f"{_SCRIPT}{_PAGE}",
        )
    if path.name == _FOLDER:
        way = _TENSORFLOW.format(flag="saved-model", name="its folder")
        yield _Kind("is a part of a SavedModel of TensorFlow", way + _PAGE)
    if path.suffix.lower() in _BY_SUFFIX:
        yield _BY_SUFFIX[path.suffix.lower()]


def _zip(data: bytes) -> _Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            whole = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return _Kind("is a model's archive that was cut off", _AGAIN)
    below = {name.partition("/")[2] for name in whole}
    if "data.pkl" in below:
        return _CHECKPOINT
    if "model.weights.h5" in whole:
        return _Kind("is a Keras model", _KERAS + _PAGE)
    if any(name.startswith("data/aotinductor/") for name in below):
        return _Kind("holds a compiled library (AOTInductor)", f"save the program: {_EXPORT}")
    if "serialized_exported_program.json" in whole:
        return _Kind("was exported by an earlier PyTorch, in a format that is no longer read",
                     f"export it again: {_EXPORT}")  # fmt: skip
    return _Kind("is a zip that holds no model", _AGAIN)
