"""A model tried on noise before any image is read: what it gives is what its card says."""

from __future__ import annotations

import numpy as np

from wbcval.cards import LARGEST_BATCH, Card
from wbcval.errors import InputError
from wbcval.models._backend import Asked, Floats, Model

_NEIGHBOURS = 1e-4  # relative: what the other images of a batch may change
_SUM = 1e-3


def dry_run(model: Model, asked: Asked, card: Card) -> None:
    """Try a model as it will be used.

    Raises:
        InputError: where its outputs have another shape, are not finite or no probabilities,
            differ between two runs, or depend on the other images of the batch.
    """
    name, batch = asked.path.name, asked.trial()
    first = np.atleast_1d(_tried(model, batch, name))
    if len(first) != asked.batch:
        raise InputError(
            name,
            f"gives outputs of shape {first.shape} for a batch of {asked.batch}",
            _saved_for(model, asked, len(first)),
        )
    expected = (asked.batch, len(card.classes))
    if first.shape != expected:
        raise InputError(
            name,
            f"gives outputs of shape {first.shape} for a batch of {asked.batch}, and its card "
            f"names {len(card.classes)} classes",
            "name every output in classes, in order",
        )
    if not np.isfinite(first).all():
        raise InputError(
            name,
            "gives outputs for noise that are not finite",
            "check scale, mean and std in the card; or the model is damaged",
        )
    if card.output == "probabilities":
        _probabilities(name, first)
    if not np.array_equal(first, _tried(model, batch, name)):
        raise InputError(
            name,
            "gives other outputs for the same batch a second time",
            "something in it is random: call .eval() before it is saved",
        )
    _independent(name, model, batch, first)


def _tried(model: Model, batch: Floats, name: str) -> Floats:
    """The outputs of a model that ran when it was opened, and should run again."""
    try:
        return model(batch)
    except InputError:
        raise
    except Exception as why:  # of whatever library
        line = next(iter(str(why).strip().splitlines()[-1:]), "")
        raise InputError(
            name,
            f"fails on further noise of the same shape: {type(why).__name__}: {line[:200]}",
            "it does not do the same each time: mend what it keeps between two batches",
        ) from None


def _saved_for(model: Model, asked: Asked, size: int) -> str:
    """What to do where there is not an output for each image: a batch is tried of that size."""
    try:
        right = 0 < size <= LARGEST_BATCH and len(model(asked.trial(size))) == size
    except Exception:  # of whatever library
        right = False
    if right:
        return f"it was saved for one size of batch: write batch = {size} under [input] of the card"
    return "let it give a row of outputs for each image: the first axis is the images'"


def _probabilities(name: str, outputs: Floats) -> None:
    several = outputs.shape[1] > 1
    inside = bool(((outputs >= 0) & (outputs <= 1)).all())
    if not inside or (several and np.abs(outputs.sum(axis=1) - 1).max() > _SUM):
        raise InputError(
            name,
            "gives outputs that are no probabilities, as its card says they are",
            'write output = "logits" if they are: softmax is applied then',
        )


def _independent(name: str, model: Model, batch: Floats, first: Floats) -> None:
    """Each output is its own image's: turned round, with other neighbours, it is the same."""
    if len(batch) == 1:
        return
    turned = np.ascontiguousarray(batch.transpose(0, 2, 3, 1)[::-1]).transpose(0, 3, 1, 2)
    turned[len(batch) // 2 :] = 0
    kept = len(batch) // 2
    found = _tried(model, turned, name)[:kept]
    gap = np.abs(found - first[::-1][:kept]).max()
    if gap > _NEIGHBOURS * max(1.0, float(np.abs(first).max())):
        raise InputError(
            name,
            f"gives outputs that depend on the other images of the batch (by up to {gap:.2g})",
            "write batch = 1 under [input] of the card, if your own code gives it one image at a "
            "time; a net quantised dynamically, or with batch statistics, gives such outputs",
        )
