"""What a backend is, and what it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from wbcval.values.errors import InputError

Floats = NDArray[np.float32]
_OTHERS = (16, 8, 4, 2, 1, 64, 128, 256)  # sizes of a batch that are tried where one fails


class Model(Protocol):
    """One loaded model: float32 (N, C, H, W) to float32 (N, K), from any thread, on one thread.

    Attributes:
        backend: how it runs, for the record.
        versions: of what runs it.
    """

    backend: str
    versions: Mapping[str, str]

    def __call__(self, batch: Floats) -> Floats:
        """The outputs of a batch; the batch has the size the model was opened for."""
        ...


class Marks(NamedTuple):
    """Operators of a graph whose outputs are not those of the trained model for one image.

    Attributes:
        training: those that run as in training.
        dynamic: those that quantise by a scale of the whole batch.
    """

    training: tuple[str, ...]
    dynamic: tuple[str, ...]


@dataclass(frozen=True)
class LoadRequest:
    """A model to load.

    Attributes:
        data: the file's bytes, as they were hashed; the file is not read again.
        device: ``cpu`` or ``cuda``.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        batch: images it is given at once, always.
        shape: of one input: channels, height, width.
        layout: of what the model is given: ``NCHW`` or ``NHWC``.
        dtype: of what the model is given: ``float32``, ``uint8``, ``int64``, ``float64`` or
            ``float16``.
        output_name: of a model that gives several outputs: the name of one, or its place.
        scale, mean, std: how pixels become numbers; the last two one per channel of an image.
    """

    path: Path
    data: bytes
    device: str
    precision: str
    batch: int
    shape: tuple[int, int, int]
    layout: str = "NCHW"
    dtype: str = "float32"
    output_name: str | None = None
    scale: float = 255.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def trial(self, batch: int | None = None) -> Floats:
        """Images of noise as numbers, the same each time: scaled and laid out as real ones are.

        Args:
            batch: images; ``None``: as many as the model is given.
        """
        channels, height, width = self.shape
        shape = (self.batch if batch is None else batch, height, width, channels)
        # the later, the darker: what is shared over a batch, as a range, then moves with the others
        above = np.linspace(256, 128, shape[0]).astype(np.int64).reshape(-1, 1, 1, 1)
        pixels = np.random.default_rng(0).integers(above, size=shape, dtype=np.uint8)
        mean, std = (np.resize(np.array(v, np.float32), channels) for v in (self.mean, self.std))
        drawn = (np.divide(pixels, self.scale, dtype=np.float32) - mean) / std
        return drawn.transpose(0, 3, 1, 2)

    @property
    def numbers(self) -> str:
        """How pixels of noise were made numbers, in words."""
        return f"pixels of 0 to 255 as (x / {self.scale:g} − {[*self.mean]}) / {[*self.std]}"

    def given(self, batch: Floats) -> NDArray[Any]:
        """A batch, float32 and (N, C, H, W), in the axes and the type of the model."""
        laid_out = batch.transpose(0, 2, 3, 1) if self.layout == "NHWC" else batch
        return laid_out.astype(self.dtype, copy=False)

    def check(self, marks: Marks) -> None:
        """Refuse what the graph shows, whatever a trial on noise would find.

        Raises:
            InputError: for training mode; for dynamic quantisation in batches.
        """
        if marks.training:
            raise InputError(
                self.path.name,
                f"runs {', '.join(marks.training)} as in training, so that its answers are not "
                "those of the trained model",
                "call .eval() on the module, and save or export it again; F.dropout heeds that "
                "only with training=self.training",
            )
        if marks.dynamic and self.batch > 1:
            raise InputError(
                self.path.name,
                f"is quantised dynamically ({', '.join(marks.dynamic)}): its scale is that of the "
                "whole batch, and an image's outputs depend on the others",
                "write batch = 1 under [input] of the card",
            )

    def refused(self, why: str, run: Callable[[Floats], object], advice: str = "") -> InputError:
        """What is said of a model that does not take the noise.

        Args:
            why: what its library says.
            run: the model, which raises where it cannot run.
            advice: what is known already to be wrong.
        """
        size = (
            None
            if advice
            else next((n for n in _OTHERS if n != self.batch and _runs(run, self.trial(n))), None)
        )
        if size is not None:
            advice = f"it runs with {size} at once: write batch = {size} under [input] of the card"
        shape = self.given(self.trial()).shape
        return InputError(
            self.path.name,
            f"does not take a batch of shape {shape} of {self.dtype}: {why}",
            advice or "check size, color, planes, layout and dtype in the card",
        )

    def axes(self, shape: Sequence[object]) -> str:
        """What to do where a graph states the axes of its input in another order; else nothing."""
        channels = self.shape[0]
        if len(shape) != 4 or (shape[1] == channels) == (shape[3] == channels):
            return ""
        layout = "NCHW" if shape[1] == channels else "NHWC"
        if layout == self.layout:
            return ""
        return f'write layout = "{layout}" under [input] of the card'

    def unnamed(self, gives: str, names: Sequence[str]) -> InputError:
        """What is said of a model whose output the card does not name as it is.

        Args:
            gives: what the model gives, in words.
            names: of its outputs; none where it gives one alone.
        """
        if not names:
            return InputError(self.path.name, f"{gives}, and no output {self.output_name!r}",
                              "leave output_name out of the card")  # fmt: skip
        listed = ", ".join(f'"{name}"' for name in names)
        return InputError(
            self.path.name,
            f"{gives}, and its card does not say which output is meant"
            if self.output_name is None else f"has no output {self.output_name!r}",
            f"write output_name = … in the card, one of {listed}",
        )  # fmt: skip


def _runs(run: Callable[[Floats], object], batch: Floats) -> bool:
    try:
        run(batch)
    except Exception:  # of whatever library
        return False
    return True


@dataclass(frozen=True)
class Backend:
    """A kind of model file.

    Attributes:
        name: what its files are called.
        holds: whether a file is of the kind, by its contents; its suffix says nothing.
        extra: of the installation that brings what it needs, :func:`wbcval.values.errors.install`.
        load: loads a model.
        extra_files: texts that lie in a file of the kind, by name, without running any of it.
    """

    name: str
    holds: Callable[[bytes], bool]
    extra: str
    load: Callable[[LoadRequest], Model]
    extra_files: Callable[[bytes], Mapping[str, bytes]]
