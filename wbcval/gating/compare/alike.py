"""Samples by what their reference says, whatever their ids: the same ones under other names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from wbcval.study.types import Study
from wbcval.values.errors import InputError

Truth = tuple[tuple[str, float | None], ...]
MOST = 0.5  # of the samples, or cells: two sets that share more are one


def truths_of(study: Study) -> dict[str, Truth]:
    """What the reference says of each sample: its values, and its cells by class."""
    found: dict[str, list[tuple[str, float | None]]] = {name: [] for name in study.sample_ids}
    for measurand, values in study.values.items():
        for name, value in zip(study.sample_ids, values.reference.tolist(), strict=True):
            found[name].append((measurand, None if np.isnan(value) else value))
    if study.counts is not None:
        true = study.counts.confusion.sum(axis=2)
        for i, label in enumerate(study.counts.labels):
            for name, n in zip(study.sample_ids, true[:, i].tolist(), strict=True):
                if n:
                    found[name].append((label, n))
    return {name: tuple(parts) for name, parts in found.items()}


def refuse_renamed(name: str, ours: Mapping[str, Truth], theirs: Mapping[str, Truth]) -> None:
    """Refuse a set that holds more than half of another's samples under other ids.

    Only what the reference says once on each side is taken for one sample.

    Raises:
        InputError: saying how many.
    """
    new = Counter(truth for sample, truth in ours.items() if sample not in theirs)
    old = Counter(truth for sample, truth in theirs.items() if sample not in ours)
    renamed = sum(1 for truth, n in new.items() if n == 1 and old[truth] == 1)
    if renamed > MOST * min(len(ours), len(theirs)):
        raise InputError(
            name,
            f"holds {renamed} samples of the other side under other ids, by what their reference "
            "says",
            "give them the ids they had, so that both are compared sample by sample",
        )
