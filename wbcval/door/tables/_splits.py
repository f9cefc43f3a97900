"""Of which set of a model's development a row is: columns such as split, folders of images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.importers.marking import Set, set_of
from wbcval.door.importers.names import fold
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog

_FOLDER = r"(?i)(?:^|[\\/])train(?:ing)?(?:[ _-]?(?:set|data))?[\\/]"
# names of columns that may part people as well: "training" beside "control" is an arm of a trial
_OF_PEOPLE = frozenset({"group", "cohort", "phase"})
_RULES: dict[Set, str] = {"training": "training-row", "validation": "validation-row"}


def note(
    raw: Raw,
    at: Mapping[str, int],
    splits: list[tuple[str, int]],
    rest: list[int],
    ledger: TableLog,
) -> None:
    """Into the ledger: samples with rows that a model was trained on; a finding of each set.

    A column in which no cell names a set is left with those that nobody claimed.

    Args:
        raw: a batch.
        at: positions of its fields.
        splits: field and position of the columns; those without a word of ours are taken out.
        rest: gets their positions.
        ledger: gets ``training``, ``training-row`` and ``validation-row``.
    """
    for kind, position in list(splits):
        column = _text.encoded(raw, position)
        texts = column.dictionary.to_pylist()
        sets = [set_of(kind, text) for text in texts]
        others = any(text.strip() and not name for text, name in zip(texts, sets, strict=True))
        if not any(sets) or (others and fold(raw.header[position]) in _OF_PEOPLE):
            splits.remove((kind, position))
            rest.append(position)
            continue
        codes = column.indices.to_numpy()
        rows = np.bincount(codes, minlength=len(texts)).tolist()
        spelt = raw.header[position]
        for text, name, n in zip(texts, sets, rows, strict=True):
            if name in _RULES:
                ledger.say(_RULES[name], f"{spelt} = {text}", column=spelt, rows=n)
        trained = np.isin(codes, [i for i, name in enumerate(sets) if name == "training"])
        if trained.any():
            ledger.training.update(_samples(raw, at, trained))


def note_folders(raw: Raw, at: Mapping[str, int], ledger: TableLog) -> None:
    """Say how many images lie in a folder ``train``: whether they are this model's, nobody knows.

    Args:
        raw: a batch of cells.
        at: positions of its fields.
        ledger: gets ``training-folder``.
    """
    if "image" in at:
        found = pc.match_substring_regex(_text.text(raw, at["image"]), _FOLDER)
        if n := int(pc.sum(found).as_py() or 0):
            spelt = raw.header[at["image"]]
            ledger.say("training-folder", "images in a folder train", column=spelt, rows=n)


def _samples(raw: Raw, at: Mapping[str, int], rows: NDArray[np.bool_]) -> set[str]:
    """The samples of some rows; "" where the table names none."""
    if "sample_id" not in at:
        return {""}
    column = _text.encoded(raw, at["sample_id"])
    names = column.dictionary.to_pylist()
    return {names[i] for i in np.unique(column.indices.to_numpy()[rows]).tolist()}
