"""From the outputs of the models to a label: multi-class, one-vs-all, and stages that form a tree.

Every stage decides on every cell, so that the probability of a class is the product along its
path and adds up to 1, whatever way the label took.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wbcval.predict.cards import Card, CardStage
from wbcval.predict.run._calibration import Calibration

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
DECIMALS = 6  # finer differences depend on the machine
ABSTAINED = "unclassified"
PLAIN = "model"  # the name of the only stage of a model that decides alone


@dataclass(frozen=True, slots=True)
class Decided:
    """What the models say of some cells.

    Attributes:
        labels, stages: shape (n,): the predicted class, and the stage that decided last.
        columns: name → shape (n,), rounded.
    """

    labels: Texts
    stages: Texts
    columns: Mapping[str, Floats]


def chances(outputs: NDArray[np.float32], card: Card) -> Floats:
    """The outputs of one model as probabilities, shape (n, classes).

    A single logit is that of the class against the rest (the logistic function), several are
    those of the classes (softmax). Probabilities and scores are taken as they are. Outputs that
    are not all finite are NaN throughout.
    """
    values = outputs.astype(np.float64)
    values[~np.isfinite(values).all(axis=1)] = np.nan  # whole, and without a warning below
    if card.output != "logits":
        return values
    if len(card.classes) == 1:
        return np.asarray(special.expit(values))
    return np.asarray(special.softmax(values, axis=1))


class Decider:
    """The decision of a tree of stages.

    Args:
        stages: the root first.
        calibrations: by name of the stage, for those that are calibrated.
        plain: one multi-class model and no composition: no column of stages.
        scores: the plain model gives scores: the largest decides, and none is a probability of
            its class among all.
    """

    def __init__(
        self,
        stages: Sequence[CardStage],
        calibrations: Mapping[str, Calibration],
        *,
        plain: bool,
        scores: bool = False,
    ) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._root = stages[0]
        self._calibrations = calibrations
        self._plain = plain
        self.leaves = tuple(c for s in stages for c in s.classes if c not in s.refined_by)
        # scores that need not add up to 1 are no probabilities of the classes
        self._adds_up = not scores and all(s.one_vs_all != "maximum" for s in stages)
        self._scores = scores

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of numbers, in order."""
        names = [f"score_{leaf}" for leaf in self.leaves if self._scores]
        names += [f"probability_{leaf}" for leaf in self.leaves if self._adds_up]
        if not self._plain:
            for stage in self._stages.values():
                names += [f"probability_{stage.name}_{c}" for c in stage.classes]
        return tuple(names)

    def decide(self, outputs: Mapping[str, Floats]) -> Decided:
        """Labels and columns of some cells.

        Args:
            outputs: name of the stage → shape (n, classes of the stage), its models' own
                probabilities.
        """
        shares = {n: self._shares(s, outputs[n]) for n, s in self._stages.items()}
        rounded = {n: np.round(v, DECIMALS) for n, v in shares.items()}
        labels, at = self._walk(rounded)
        columns = {}
        if self._scores:
            own = rounded[self._root.name]
            columns = {f"score_{c}": own[:, i] for i, c in enumerate(self._root.classes)}
        if self._adds_up:
            columns = {f"probability_{n}": v for n, v in self._leaf_chances(shares).items()}
        if not self._plain:
            for name, stage in self._stages.items():
                own = np.round(outputs[name], DECIMALS)
                columns |= {
                    f"probability_{name}_{c}": own[:, i] for i, c in enumerate(stage.classes)
                }
        return Decided(labels, at, columns)

    def _shares(self, stage: CardStage, scores: Floats) -> Floats:
        if stage.one_vs_all == "calibrated":
            scores = self._calibrations[stage.name].apply(scores)
        if stage.one_vs_all in ("normalised", "calibrated"):
            total = scores.sum(axis=1, keepdims=True)
            equal = np.full_like(scores, 1 / scores.shape[1])
            # where no model claims the cell, none is more likely than another
            np.divide(scores, total, out=equal, where=total > 0)
            return equal
        return scores

    def _walk(self, shares: Mapping[str, Floats]) -> tuple[Texts, Texts]:
        """Down the tree, by the largest rounded probability; the first of equal ones."""
        n = len(shares[self._root.name])
        labels, at = np.full(n, ABSTAINED, dtype=object), np.full(n, "", dtype=object)
        queue = [(self._root, np.arange(n))]
        while queue:
            stage, cells = queue.pop()
            at[cells] = stage.name
            own = shares[stage.name][cells]
            best = own.argmax(axis=1)
            surest = own[np.arange(len(cells)), best]
            sure = surest >= (stage.abstain_below or 0.0)
            sure &= surest > own.min(axis=1)  # all equal: nothing was decided
            for i, name in enumerate(stage.classes):
                chosen = cells[sure & (best == i)]
                if name in stage.refined_by:
                    queue.append((self._stages[stage.refined_by[name]], chosen))
                else:
                    labels[chosen] = name
        return labels, at

    def _leaf_chances(self, shares: Mapping[str, Floats]) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        queue = [(self._root, np.ones(len(shares[self._root.name])))]
        while queue:
            stage, reached = queue.pop()
            for i, name in enumerate(stage.classes):
                chance = reached * shares[stage.name][:, i]
                if name in stage.refined_by:
                    queue.append((self._stages[stage.refined_by[name]], chance))
                else:
                    found[name] = np.round(chance, DECIMALS)
        return {leaf: found[leaf] for leaf in self.leaves}
