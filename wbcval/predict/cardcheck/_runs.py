"""What a model gives for the same images under many cards, each calculated once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbcval.predict import images, models
from wbcval.predict.cards import Input
from wbcval.predict.images import Picture, Unreadable
from wbcval.predict.run import File, Net, asked_of, run_net
from wbcval.values.errors import InputError

Outputs = NDArray[np.float32]
_KEPT = 8  # geometries of which the prepared images are kept


class ModelOutputs:
    """The outputs of one model.

    Args:
        file: of the model, with the card as it stands.
        pictures: the images.
        batch: given to the model at once; what its graph was fixed to, where it takes no other.

    Attributes:
        passes: of all images through the model, so far.
    """

    def __init__(self, file: File, pictures: Sequence[Picture], batch: int) -> None:
        self._file, self._pictures, self._batch = file, pictures, batch
        self._nets: dict[tuple[int, ...], Net | None] = {}
        self._prepared: OrderedDict[Input, list[images.Pixels] | None] = OrderedDict()
        self._outputs: dict[Input, Outputs | None] = {}
        self.passes = 0

    def outputs(self, spec: Input) -> Outputs | None:
        """Shape (images, classes); ``None`` where the model or an image cannot be used so."""
        if spec not in self._outputs:
            self._outputs[spec] = self._run(spec)
        return self._outputs[spec]

    def _run(self, spec: Input) -> Outputs | None:
        net, prepared = self._net(spec), self._images(spec)
        if net is None or prepared is None:
            return None
        self.passes += 1
        card = replace(net.card, input=replace(spec, batch=net.card.input.batch))
        try:
            found = run_net(replace(net, card=card), prepared)
        except InputError:
            return None
        return found if found.ndim == 2 and found.shape[1] == len(card.classes) else None

    def _images(self, spec: Input) -> list[images.Pixels] | None:
        zero, one = (0.0,) * len(spec.mean), (1.0,) * len(spec.mean)
        key = replace(spec, scale=1.0, mean=zero, std=one)
        if key not in self._prepared:
            try:
                self._prepared[key] = [images.fit(picture, spec) for picture in self._pictures]
            except (Unreadable, InputError):  # too narrow; or what resizes is not installed
                self._prepared[key] = None
            if len(self._prepared) > _KEPT:
                self._prepared.popitem(last=False)
        return self._prepared[key]

    def _net(self, spec: Input) -> Net | None:
        shape = (spec.channels, *spec.size)
        if shape not in self._nets:
            own = self._file.card.input.batch
            opened = (self._opened(shape, batch) for batch in dict.fromkeys((self._batch, own)))
            self._nets[shape] = next(filter(None, opened), None)
        return self._nets[shape]

    def _opened(self, shape: tuple[int, int, int], batch: int) -> Net | None:
        file = self._file
        asked = replace(asked_of(file, "cpu", "fp32"), batch=batch, shape=shape)
        try:
            model = models.open_model(asked)
            model(asked.trial())
        except InputError:
            return None
        card = replace(file.card, input=replace(file.card.input, batch=batch))
        return Net(file.path.name, file.sha256, card, file.card_from, file.passed_over, model)
