"""From a model's file to a model, by the backend of its contents."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from wbcval.machine import plugins
from wbcval.predict.models import _foreign
from wbcval.predict.models._backend import Backend, LoadRequest, Model
from wbcval.values.errors import InputError, install

_CARD = "wbcval.toml"


def open_model(asked: LoadRequest) -> Model:
    """Load a model. This runs what the file holds.

    Raises:
        InputError: where the file is of no kind that is run, the backend is not installed, or the
            file cannot be loaded or does not take the input it is asked to.
    """
    backend = _backend(asked.path, asked.data)
    try:
        return backend.load(asked)
    except ModuleNotFoundError as why:
        raise _missing(backend, why) from None


def extra_files(path: Path, data: bytes) -> Mapping[str, bytes]:
    """Texts that lie in a model's file, by name; nothing of it is run.

    Raises:
        InputError: where the file is of no kind that is run, or damaged.
    """
    backend = _backend(path, data)
    try:
        return backend.extra_files(data)
    except ModuleNotFoundError as why:
        raise _missing(backend, why) from None
    except InputError as why:
        raise InputError(str(path), why.got, why.advice) from None


def embedded_card(path: Path, data: bytes) -> str | None:
    """The card inside a model's file; ``None`` where there is none.

    Raises:
        InputError: where the file is no model, or the card no text.
    """
    found = extra_files(path, data).get(_CARD)
    try:
        return None if found is None else found.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(str(path), "holds a card that is not UTF-8", "save it again") from None


def devices(asked: str) -> str:
    """``cpu`` or ``cuda``, as asked and as there is.

    Raises:
        InputError: where ``cuda`` is asked for and there is none.
    """
    if asked == "cpu":
        return asked
    try:
        import torch
    except ModuleNotFoundError:
        return "cpu" if asked == "auto" else _no_gpu("PyTorch is not installed")
    if torch.cuda.is_available():
        return "cuda"
    return "cpu" if asked == "auto" else _no_gpu("PyTorch sees no GPU here")


def _no_gpu(why: str) -> str:
    raise InputError("--device", f"got cuda, and {why}", "use --device cpu")


def _backend(path: Path, data: bytes) -> Backend:
    every = cast("tuple[Backend, ...]", plugins.load("wbcval.predict.models", "BACKEND"))
    for backend in every:
        if backend.holds(data):
            return backend
    raise _foreign.refusal(path, data)


def _missing(backend: Backend, why: ModuleNotFoundError) -> InputError:
    return InputError(
        f"a model in {backend.name}",
        f"needs {why.name}, which is not installed",
        install(backend.extra),
    )
