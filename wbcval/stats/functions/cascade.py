"""Stages of a cascade apart and together: what each decided, and whose errors the errors are.

STATISTICS.md §8. Every stage sees every image and the stages part the classes among them, so the
way of a cell follows from its label; of an abstention, from the stage that abstained. The universe
is every cell with a true label but ``unclassified``, which has no place in the tree
(docs/decisions/0024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval.stats._cascade_tree import Ending, Tree, Ways
from wbcval.stats.bootstrap import cluster_sums
from wbcval.stats.functions.classification import _across_classes
from wbcval.stats.metric import Cells, Context, Floats, Ints, Mask, Measured, Metric, fraction
from wbcval.values.classes import ABSTENTION, NOT_COUNTABLE
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

TOGETHER = (
    "identification_sensitivity",
    "identification_specificity",
    "differentiation_accuracy",
    "accuracy",
)
# which fields of (true labels, outcomes) are hits, among which, and why there may be none
_Share = tuple[Mask, Mask, Reason]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a stage.

    Attributes:
        name: the class, or the group that a further stage refines.
        sensitivity: share of the cells that belong here, and came to the stage rightly, that the
            stage sent here.
    """

    name: str
    sensitivity: Estimate


@dataclass(frozen=True, slots=True)
class StageDecisions:
    """What one stage decided.

    Attributes:
        n: cells that came to it rightly; ``errors``: those it did not send the right way, of which
            it ``abstained`` from some; ``unknown``: cells (of ``n``) of a class that it lacks.
        strayed: cells that an earlier stage sent here wrongly; not in ``n``.
        accuracy: share of ``n`` sent the right way.
    """

    name: str
    n: int
    errors: int
    abstained: int
    unknown: int
    strayed: int
    accuracy: Estimate
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Cascade(Shown):
    """All stages of one stratum.

    Attributes:
        stages: the root first; their errors add up to ``errors``.
        identification_sensitivity: true leukocytes called one, or left open among leukocytes.
        identification_specificity: other cells called so.
        differentiation_accuracy: leukocytes called by their class, of those known for one.
        accuracy: cells called by their true class.
        n_cells, errors: all cells, and those called otherwise.
    """

    stages: tuple[StageDecisions, ...]
    identification_sensitivity: Estimate
    identification_specificity: Estimate
    differentiation_accuracy: Estimate
    accuracy: Estimate
    n_cells: int
    errors: int


def cascade(cells: Cells, *, level: float = 0.95) -> Cascade:
    """What each stage of a cascade decided, and all of them together.

    A cell's error is made by the first stage that did not send it the right way. Proportions are
    Wilson intervals at n/deff over samples (patients where given); at 0 or 1 deff is the largest of
    the same table's others.

    Args:
        cells: with stages.
        level: of the intervals.

    Raises:
        NotEstimable: without a cell; where labels do not tell which way cells went: an abstention
            without its stage, a label of no stage, a roll-up across stages.
    """
    others = frozenset((*cells.labels[cells.n_classes :], *NOT_COUNTABLE))
    tree = Tree(cells.stages, others)
    outcomes = tree.outcomes()
    true = [label for label in cells.labels if label != ABSTENTION]
    counts = _counted(cells, outcomes)[:, [cells.labels.index(label) for label in true]]
    holding = counts.any(axis=(1, 2))
    if not holding.any():
        raise NotEstimable(Reason("no_true_class"))
    by = cluster_sums(counts[holding].astype(np.float64), cells.cluster[holding])
    return _decided(Ways(tree, outcomes, true), by, level)


def _counted(cells: Cells, outcomes: Sequence[Ending]) -> Ints:
    """Cells by how the decisions about them ended, shape (S, L, outcomes)."""
    place = {label: i for i, label in enumerate(cells.labels)}
    ends = {o.label for o in outcomes}
    known = [i for label, i in place.items() if label != ABSTENTION]
    for label, i in place.items():
        if label != ABSTENTION and label not in ends and cells.counts[:, known, i].any():
            raise NotEstimable(Reason("called_of_no_stage", label=label))
    none = np.zeros(cells.counts.shape[:2], dtype=np.int64)
    abstained = cells.abstained
    if abstained is None:
        abstained = np.repeat(none[:, None], len(cells.stages), axis=1)
    left_open = cells.counts[:, :, place[ABSTENTION]] if ABSTENTION in place else none
    unsaid = int((left_open - abstained.sum(axis=1))[:, known].sum())
    if unsaid:
        raise NotEstimable(Reason("stage_unknown", cells=unsaid, label=ABSTENTION))
    found = [
        abstained[:, o.last] if o.label is None
        else cells.counts[:, :, place[o.label]] if o.label in place
        else none
        for o in outcomes
    ]  # fmt: skip
    return np.stack(found, axis=2)


def _decided(ways: Ways, by: Floats, level: float) -> Cascade:
    """All statistics from counts of shape (clusters, true labels, outcomes)."""
    stages = ways.tree.stages
    leukocyte = np.array([label not in ways.tree.others for label in ways.true])[:, None]
    is_one, is_other = (ways.known_for(kind)[None, :] for kind in (True, False))
    hit = np.array([[t == o.label for o in ways.outcomes] for t in ways.true])
    every = np.ones_like(hit)
    asked: list[_Share] = [
        (leukocyte & is_one, leukocyte & every, Reason("no_true_leukocyte")),
        (~leukocyte & is_other, ~leukocyte & every, Reason("no_other_cell")),
        (leukocyte & hit, leukocyte & is_one, Reason("no_known_leukocyte")),
        (hit, every, Reason("no_true_class")),
    ]
    asked += [
        (ways.went[i], ways.came[i], Reason("none_came_to", stage=stage.name))
        for i, stage in enumerate(stages)
    ]
    found = _shares(by, asked, level)
    if len(ways.tree.kinds(0)) == 1:
        found[:2] = [Estimate.missing(Reason("one_kind"), n=0)] * 2
    total = by.sum(axis=0)
    return Cascade(
        stages=tuple(
            _stage(ways, i, by, total, accuracy, level)
            for i, accuracy in enumerate(found[len(TOGETHER) :])
        ),
        identification_sensitivity=found[0],
        identification_specificity=found[1],
        differentiation_accuracy=found[2],
        accuracy=found[3],
        n_cells=int(total.sum()),
        errors=int(total[~hit].sum()),
    )


def _stage(
    ways: Ways, i: int, by: Floats, total: Floats, accuracy: Estimate, level: float
) -> StageDecisions:
    stage, came = ways.tree.stages[i], ways.came[i]
    branches = (*stage.groups, *stage.leaves)
    asked = []
    for branch in branches:
        theirs = np.array([right == {branch} for right in ways.right[i]])[:, None]
        belong = came & theirs
        asked.append((belong & ways.sent(i, branch), belong, Reason("none_of_came", label=branch)))
    lacking = np.array([not right for right in ways.right[i]])[:, None]
    abstained = np.array([o.label is None and o.last == i for o in ways.outcomes])
    return StageDecisions(
        name=stage.name,
        n=int(total[came].sum()),
        errors=int(total[came & ~ways.went[i]].sum()),
        abstained=int(total[came & abstained].sum()),
        unknown=int(total[came & lacking].sum()),
        strayed=int(total[ways.strayed[i]].sum()),
        accuracy=accuracy,
        branches=tuple(map(Branch, branches, _shares(by, asked, level))),
    )


def _shares(by: Floats, asked: Sequence[_Share], level: float) -> list[Estimate]:
    hits = np.column_stack([by[:, hit].sum(axis=1) for hit, _, _ in asked])
    of = np.column_stack([by[:, among].sum(axis=1) for _, among, _ in asked])
    return _across_classes(hits, of, level, [why for _, _, why in asked])


def measure(cells: Cells, context: Context) -> list[Measured]:
    """A row per branch of a stage, and one for all; none without stages or without a cell."""
    if not cells.stages or not cells.counts.any():
        return []
    found = cascade(cells, level=context.level)
    branches: dict[str, dict[str, Estimate]] = {}
    for stage in found.stages:
        for branch in stage.branches:
            estimates = branches.setdefault(branch.name, {})
            estimates[f"stage_sensitivity:{stage.name}"] = branch.sensitivity
    together = {name: getattr(found, name) for name in TOGETHER}
    together |= {f"stage_accuracy:{stage.name}": stage.accuracy for stage in found.stages}
    return [
        *(Measured("cascade", name, each, found.n_cells) for name, each in branches.items()),
        Measured("cascade", "all", together, found.n_cells, found),
    ]


METRIC = Metric(
    takes="cells",
    measures={
        "cascade": {
            "identification_sensitivity": fraction(
                "sensitivity of identification", misses_open=True
            ),
            "identification_specificity": fraction("specificity of identification"),
            "differentiation_accuracy": fraction("accuracy of differentiation"),
            "accuracy": fraction("accuracy of all stages", misses_open=True, of_true=True),
            "stage_accuracy": fraction(
                "accuracy of the stage", parameter="", at="accuracy of the stage {}"
            ),
            "stage_sensitivity": fraction(
                "sensitivity at the stage", parameter="", at="sensitivity at the stage {}"
            ),
        }
    },
    measure=measure,
)
