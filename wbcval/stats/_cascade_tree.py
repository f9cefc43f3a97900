"""The stages of a cascade as a tree: the ways a cell may go, and which of them are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from wbcval.stats.metric import Mask, Stage
from wbcval.values.classes import ABSTENTION
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Ending:
    """How the decisions about a cell may end: along the way, in a label or in an abstention."""

    way: tuple[tuple[int, str], ...]  # stage and branch, from the root
    last: int  # the stage that decided last
    label: str | None  # None: it abstained


@dataclass(frozen=True, slots=True)
class Tree:
    """The stages with what lies under each of their branches; ``others`` are no leukocytes."""

    stages: tuple[Stage, ...]
    others: frozenset[str]
    at: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", {stage.name: i for i, stage in enumerate(self.stages)})

    def kinds(self, i: int) -> set[bool]:
        """Whether what lies under a stage are leukocytes, other cells, or both."""
        return {label not in self.others for label in self.under(i)}

    def under(self, i: int) -> frozenset[str]:
        """Labels that a stage or a later one ends in."""
        stage = self.stages[i]
        deeper = (self.under(self.at[name]) for name in stage.groups.values())
        return frozenset(stage.leaves).union(*deeper)

    def way_to(self, i: int) -> tuple[tuple[int, str], ...]:
        """Stages and branches that lead to a stage."""
        for above, stage in enumerate(self.stages):
            for group, name in stage.groups.items():
                if name == self.stages[i].name:
                    return (*self.way_to(above), (above, group))
        return ()

    def right_ways(self, i: int, true: str) -> frozenset[str]:
        """Branches of a stage that are right for a true label.

        A label that the tree lacks is rightly kept among its kind, leukocytes or not, as long as
        a further stage decides.
        """
        stage = self.stages[i]
        if true in self.under(0):
            groups = {g for g, name in stage.groups.items() if true in self.under(self.at[name])}
            return frozenset(groups | ({true} & {*stage.leaves}))
        if len(self.kinds(i)) == 1:
            return frozenset()
        kind = true not in self.others
        return frozenset(g for g, n in stage.groups.items() if kind in self.kinds(self.at[n]))

    def outcomes(self) -> list[Ending]:
        """Every label that a stage ends in, then the abstention of every stage."""
        labels = [
            Ending((*self.way_to(i), (i, label)), i, label)
            for i, stage in enumerate(self.stages)
            for label in stage.leaves
        ]
        ends = [o.label for o in labels]
        for label in ends:
            if ends.count(label) > 1:
                raise NotEstimable(Reason("rolled_across", label=label))
            if label == ABSTENTION:
                raise NotEstimable(Reason("class_is_abstention", label=label))
        return [*labels, *(Ending(self.way_to(i), i, None) for i in range(len(self.stages)))]


class Ways:
    """What of the outcomes is right, stage by stage; masks of shape (true labels, outcomes)."""

    def __init__(self, tree: Tree, outcomes: Sequence[Ending], true: Sequence[str]) -> None:
        self.tree, self.outcomes, self.true = tree, outcomes, true
        shape = (len(tree.stages), len(true), len(outcomes))
        self.came, self.strayed, self.went = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
        self.right = [[tree.right_ways(i, t) for t in true] for i in range(len(tree.stages))]
        for t in range(len(true)):
            for o, outcome in enumerate(outcomes):
                self._follow(t, o, outcome)

    def _follow(self, t: int, o: int, outcome: Ending) -> None:
        good = True
        for i, branch in outcome.way:
            (self.came if good else self.strayed)[i, t, o] = True
            good = good and branch in self.right[i][t]
            self.went[i, t, o] = good
        if outcome.label is None:
            (self.came if good else self.strayed)[outcome.last, t, o] = True

    def sent(self, i: int, branch: str) -> Mask:
        """Outcomes that go that way, shape (outcomes,)."""
        return np.array([(i, branch) in o.way for o in self.outcomes], dtype=np.bool_)

    def known_for(self, kind: bool) -> Mask:
        """Outcomes that are leukocytes (or others) for certain, shape (outcomes,)."""
        others = self.tree.others
        return np.array(
            [
                self.tree.kinds(o.last) == {kind} if o.label is None
                else (o.label not in others) == kind
                for o in self.outcomes
            ],
            dtype=np.bool_,
        )  # fmt: skip
