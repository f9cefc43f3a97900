"""What the backends of PyTorch share: one thread a call, and the fastest form that agrees."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from wbcval.predict.models._backend import Floats, LoadRequest
from wbcval.values.errors import InputError

_AGREES = 1e-5  # relative: how far a faster form may be from the plain one
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
Net = Callable[[Any], Any]


class TorchModel:
    """A module of PyTorch as a :class:`wbcval.predict.models.Model`."""

    def __init__(self, net: Net, asked: LoadRequest, backend: str, *, channels_last: bool) -> None:
        self._net, self._asked, self._channels_last = net, asked, channels_last
        self.backend = backend
        self.versions: Mapping[str, str] = {"torch": str(torch.__version__)}
        if asked.device == "cuda":
            gpu = {"cuda": str(torch.version.cuda), "gpu": torch.cuda.get_device_name()}
            self.versions = {**self.versions, **gpu}

    def __call__(self, batch: Floats) -> Floats:
        """See :class:`wbcval.predict.models.Model`."""
        given = torch.from_numpy(self._asked.given(batch))
        if not self._channels_last:
            given = given.contiguous()
        given = given.to(self._asked.device)
        with _one_thread(), torch.inference_mode(), self._autocast():
            output = _named(self._net(given), self._asked)
        found: Floats = output.float().cpu().numpy()
        return found

    def _autocast(self) -> Any:
        dtype = _DTYPES.get(self._asked.precision)
        return torch.autocast(self._asked.device, dtype, enabled=dtype is not None)


def _named(output: Any, asked: LoadRequest) -> torch.Tensor:
    """The output that the card names, of a tensor alone or of several in a dict or tuple.

    Raises:
        InputError: where it names none of them, or the model gives something else.
    """
    several: Mapping[str, Any] = {}
    if isinstance(output, Mapping):
        several = {str(key): value for key, value in output.items()}
    elif isinstance(output, list | tuple):
        several = {str(i): value for i, value in enumerate(output)}
    elif asked.output_name is None and isinstance(output, torch.Tensor):
        return output
    found = several.get(asked.output_name or "")
    if isinstance(found, torch.Tensor):
        return found
    raise asked.unnamed(f"gives a {type(output).__name__}", list(several))


def fastest(asked: LoadRequest, forms: Sequence[tuple[str, Callable[[], Net], bool]]) -> TorchModel:
    """The first form of a model that runs and agrees with its plainest, the last.

    Args:
        forms: what to call it, how to make it, and whether it takes channels-last inputs.

    Raises:
        InputError: where the plainest does not run.
    """
    _reproducible()
    trial = asked.trial()
    name, make, channels_last = forms[-1]
    plain = TorchModel(make(), asked, name, channels_last=channels_last)
    expected = _run(plain, trial)
    for name, make, channels_last in forms[:-1]:
        try:
            model = TorchModel(make(), asked, name, channels_last=channels_last)
            found = model(trial)
        except (RuntimeError, InputError):  # it cannot be frozen, or wants another layout
            continue
        if _agree(found, expected, asked.precision):
            return model
    return plain


def _agree(found: Floats, expected: Floats, precision: str) -> bool:
    if found.shape != expected.shape:
        return False
    if precision != "fp32":  # compared with fp32 where it is used
        return True
    largest = max(1.0, float(np.abs(expected).max(initial=0.0)))
    return bool(np.allclose(found, expected, rtol=0, atol=_AGREES * largest, equal_nan=True))


def _run(model: TorchModel, trial: Floats) -> Floats:
    try:
        return model(trial)
    except RuntimeError as why:
        asked = model._asked
        raise asked.refused(said(why), model, _of_its_weights(model._net, asked)) from None


def _of_its_weights(net: Any, asked: LoadRequest) -> str:
    """What to do where a model holds its weights in another precision than it is given."""
    held = {weight.dtype for weight in net.parameters() if weight.is_floating_point()}
    if torch.bfloat16 in held:
        return "it holds its weights in bfloat16: call .float() on the module, and save it again"
    for name in ("float16", "float64"):
        if held == {getattr(torch, name)} and asked.dtype != name:
            return f'write dtype = "{name}" under [input] of the card'
    return ""


def said(why: Exception) -> str:
    """The line of an error of PyTorch that tells what is wrong."""
    lines = [line.strip() for line in str(why).splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line] or lines or [type(why).__name__]
    return telling[-1][:200]


@contextmanager
def quietly() -> Iterator[None]:
    """Without PyTorch's warnings at loading, which are not the user's; on one thread only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread within the net; the number is the calling thread's own, and is put back."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _reproducible() -> None:
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
