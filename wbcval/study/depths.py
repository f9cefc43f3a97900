"""Two depths of labels: one side says neutrophil where the other says segmented and band.

A model that calls a neutrophil segmented does not err, and one that calls all of them neutrophil
has not told bands apart either: the two sides name a class at different depth (STATISTICS.md §15).
Compared at the coarser depth they can agree; that they were is said, and marks every number on
cells, unless the protocol states a roll-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wbcval.stats.metric import Ints, Stage
from wbcval.study.cells import CellCounts
from wbcval.values.classes import FAMILIES, ROLLUPS

_FOUND = 0.80  # of a class's cells: what is asked by default (defaults.SENSITIVITY)
_MOST = 0.5  # of a class's misses, called what a roll-up counts as the same
_USED = 0.01  # of a side's cells of the family; a stray label makes no vocabulary


@dataclass(frozen=True, slots=True)
class Depth:
    """A family of classes that the two sides name at different depth.

    Attributes:
        family: the class, then what can be told apart in it.
        true, called: the labels of it that each side uses.
    """

    family: tuple[str, ...]
    true: tuple[str, ...]
    called: tuple[str, ...]

    def text(self) -> str:
        """Who says what."""
        called, true = (" and ".join(map(repr, labels)) for labels in (self.called, self.true))
        return f"the model says {called} where the labels say {true}"


def apart(counts: CellCounts) -> tuple[Depth, ...]:
    """The families that the labels and the model name at different depth.

    One side names the whole alone and the other a part; or the whole stands on one side only, and
    on the other a part that the first never names. A side that names the same parts and misses
    some of them errs: that is no depth.
    """
    true, called = counts.confusion.sum(axis=(0, 2)), counts.confusion.sum(axis=(0, 1))
    found = []
    for family in FAMILIES:
        sides = [_used(counts.labels, n, family) for n in (true, called)]
        if _differ(family[0], *map(set, sides)):
            found.append(Depth(family, *sides))
    return tuple(found)


def mixed_up(counts: CellCounts) -> tuple[str, str] | None:
    """A roll-up that counts as one what the model mixes up most, and what that is, in words.

    Of classes of which fewer than 80 % are found, most misses lie within one group of the roll-up.
    """
    true, labels = counts.confusion.sum(axis=0), counts.labels[: counts.n_classes]
    for rollup in ("manual5", "xn5"):
        known, said = ROLLUPS[rollup], []
        for i, label in enumerate(labels):
            group, missed = known.get(label), int(true[i].sum() - true[i, i])
            own = [j for j, other in enumerate(labels) if j != i and known.get(other) == group]
            within = int(true[i, own].sum())
            few = true[i, i] < _FOUND * true[i].sum()
            if group and few and within > _MOST * missed:
                called = labels[max(own, key=lambda j: int(true[i, j]))]
                said.append(
                    f"of {missed} cells of {label} that were missed, {within} were called another "
                    f"{group}, most of them {called}"
                )
        if said:
            return rollup, "; ".join(said)
    return None


def _used(labels: Sequence[str], cells: Ints, family: tuple[str, ...]) -> tuple[str, ...]:
    of = {label: int(n) for label, n in zip(labels, cells, strict=True) if label in family}
    least = max(1.0, _USED * sum(of.values()))
    return tuple(label for label in family if of.get(label, 0) >= least)


def _differ(whole: str, first: set[str], second: set[str]) -> bool:
    for one, other in ((first, second), (second, first)):
        if one == {whole} and other - {whole}:
            return True
        if whole in one - other and other - one:
            return True
    return False


def merged(counts: CellCounts, depths: Sequence[Depth]) -> CellCounts:
    """The same cells with each of these families as one class."""
    whole = {label: depth.family[0] for depth in depths for label in depth.family}
    named = [whole.get(label, label) for label in counts.labels]
    labels = tuple(dict.fromkeys(named))
    to = np.zeros((len(named), len(labels)), dtype=np.int64)
    to[np.arange(len(named)), [labels.index(label) for label in named]] = 1
    return replace(
        counts,
        labels=labels,
        n_classes=len(dict.fromkeys(named[: counts.n_classes])),
        confusion=np.ascontiguousarray(to.T @ counts.confusion @ to),
        predicted=counts.predicted @ to,
        stages=tuple(_stage(stage, whole) for stage in counts.stages),
        within=(),  # right is another thing now
        abstained=None if counts.abstained is None else counts.abstained @ to,
    )


def _stage(stage: Stage, whole: dict[str, str]) -> Stage:
    leaves = tuple(dict.fromkeys(whole.get(leaf, leaf) for leaf in stage.leaves))
    return replace(stage, leaves=leaves)
