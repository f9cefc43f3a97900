"""A model tried on noise before any image is read: what it gives is what its card says."""

from __future__ import annotations

import numpy as np

from wbcval.predict.cards import LARGEST_BATCH, Card
from wbcval.predict.models._backend import Floats, LoadRequest, Model
from wbcval.values.errors import InputError

_NEIGHBOURS = 1e-4  # relative: what the other images of a batch may change
_SUM = 1e-3
_FAR = np.float32(1000)
_LOGITS = (
    'write output = "logits" if one softmax belongs over all of them; a sigmoid for each class '
    'belongs into the file, and then output = "scores"'
)


def dry_run(model: Model, asked: LoadRequest, card: Card) -> tuple[str, ...]:
    """Try a model as it will be used.

    Returns:
        What a reader of the results should know of the outputs.

    Raises:
        InputError: where its outputs have another shape, are not finite, or not what the card
            says they are, differ between two runs, or depend on the other images of the batch.
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
            f"gives outputs that are not finite for noise, {asked.numbers}",
            "write scale, mean and std as the model was trained; or it is damaged",
        )
    _meaning(name, first, card.output)
    if not np.array_equal(first, _tried(model, batch, name)):
        raise InputError(
            name,
            "gives other outputs for the same batch a second time",
            "something in it is random: call .eval() before it is saved",
        )
    _independent(name, model, batch, first)
    return _doubt(model, asked, first) if card.output == "logits" else ()


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


def _saved_for(model: Model, asked: LoadRequest, size: int) -> str:
    """What to do where there is not an output for each image: a batch is tried of that size."""
    try:
        right = 0 < size <= LARGEST_BATCH and len(model(asked.trial(size))) == size
    except Exception:  # of whatever library
        right = False
    if right:
        return f"it was saved for one size of batch: write batch = {size} under [input] of the card"
    return "let it give a row of outputs for each image: the first axis is the images'"


def _meaning(name: str, outputs: Floats, stated: str) -> None:
    """Refuse outputs that cannot be what the card says.

    Logarithms of probabilities under ``logits`` are right: softmax gives the probabilities back.
    """
    several, totals = outputs.shape[1] > 1, outputs.sum(axis=1, dtype=np.float64)
    positive, inside = bool((outputs >= 0).all()), _within(outputs)
    adds_up = several and inside and bool(np.abs(totals - 1).max() <= _SUM)
    if stated == "logits" and adds_up:
        raise InputError(
            name,
            "gives outputs that are probabilities (none below 0, and each row adds up to 1), and "
            "its card says logits: softmax would be applied a second time",
            'write output = "probabilities"',
        )
    if several and positive and np.abs(totals - 100).max() <= 100 * _SUM:
        raise InputError(
            name, "gives percentages (each row adds up to 100)",
            'let the model divide by 100, and write output = "probabilities"',
        )  # fmt: skip
    if stated == "scores" and adds_up:
        raise InputError(
            name,
            "gives outputs that add up to 1, and its card says they are scores",
            'write output = "probabilities"',
        )
    if stated == "scores" and not inside:
        raise InputError(name, "gives outputs outside 0 to 1, and its card says scores", _LOGITS)
    if stated == "probabilities" and not inside:
        raise InputError(
            name, "gives outputs that are no probabilities, as its card says they are", _LOGITS
        )
    if stated == "probabilities" and several and not adds_up:
        raise InputError(
            name,
            "gives outputs that do not add up to 1, as probabilities of classes do",
            'write output = "scores" if there is a sigmoid for each class',
        )


def _doubt(model: Model, asked: LoadRequest, outputs: Floats) -> tuple[str, ...]:
    """Of logits that lie within 0 and 1: those of a sigmoid still do where the input is far off."""
    if not (_within(outputs) and _within(_far_off(model, asked))):
        return ()
    stated = "scores" if outputs.shape[1] > 1 else "probabilities"
    return (
        f"{asked.path.name}: its outputs lie within 0 and 1 for noise, and also for a thousand "
        "times as much, which logits seldom do; if a sigmoid stands at its end, write "
        f'output = "{stated}"',
    )


def _within(outputs: Floats) -> bool:
    return bool(((outputs >= 0) & (outputs <= 1)).all())


def _far_off(model: Model, asked: LoadRequest) -> Floats:
    """Outputs for noise of a thousand times the size, as far as the type of the input goes."""
    pixels = np.dtype(asked.dtype).kind in "iu"
    limit = 255 if pixels else float(np.finfo(asked.dtype).max)
    try:
        return model(np.clip(_FAR * asked.trial(), 0 if pixels else -limit, limit))
    except Exception:  # of whatever library: then nothing speaks against a sigmoid
        return np.zeros(0, np.float32)


def _independent(name: str, model: Model, batch: Floats, first: Floats) -> None:
    """Each output is its own image's: turned round, with other neighbours, it is the same."""
    if len(batch) == 1:
        return
    half, gaps = len(batch) // 2, []
    # each half without the other: what all share may come from either
    for kept, emptied in ((slice(half), slice(half, None)), (slice(half, None), slice(half))):
        turned = np.ascontiguousarray(batch.transpose(0, 2, 3, 1)[::-1]).transpose(0, 3, 1, 2)
        turned[emptied] = 0
        found = _tried(model, turned, name)
        gaps.append(np.abs(found - first[::-1])[kept].max())
    gap = np.max(gaps)
    if not gap <= _NEIGHBOURS * max(1.0, float(np.abs(first).max())):  # nor NaN
        raise InputError(
            name,
            f"gives outputs that depend on the other images of the batch (by up to {gap:.2g})",
            "write batch = 1 under [input] of the card, if your own code gives it one image at a "
            "time; a net quantised dynamically, or with batch statistics, gives such outputs",
        )
