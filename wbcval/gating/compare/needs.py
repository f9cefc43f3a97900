"""What the gate's rows ask of an equal model: told before there is one, of the baseline alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wbcval.bundle.read import Side
from wbcval.gating.compare._asked import asked, is_share
from wbcval.gating.compare.types import losses_of
from wbcval.measure.hits import hits
from wbcval.protocol.types import Gate, Margin
from wbcval.stats.equal_model import DISAGREE, POWER, Needs, equal_model_needs
from wbcval.values.errors import NotEstimable

USUAL = DISAGREE[1]  # of the cells, or samples, where one number is to be said


@dataclass(frozen=True, slots=True)
class Asked:
    """One row of the gate, and what it takes of a model that lost nothing.

    Attributes:
        row: what is compared, and Δ.
        needs: one for each of ``DISAGREE``.
    """

    row: Margin
    needs: tuple[Needs, ...]

    @property
    def usual(self) -> Needs:
        """Where 3 % of the cells are seen differently."""
        return next(n for n in self.needs if n.disagree == USUAL)

    @property
    def enough(self) -> bool:
        """Whether such a model would most likely be not worse."""
        return self.usual.needed is not None and self.usual.samples >= self.usual.needed


def needs_of(
    baseline: Side, rows: Sequence[Margin] | None = None, gate: Gate | None = None
) -> tuple[Asked, ...]:
    """What each share that is asked for needs; other statistics are not planned for.

    Args:
        baseline: its sample sizes and, without ``rows``, its protocol's margins.
        rows: of the gate. gate: of the protocol that judges, where it is another.
    """
    found = []
    losses = losses_of(gate or baseline.protocol.gate)
    study = baseline.study
    for row in asked(baseline, baseline) if rows is None else rows:
        mask = study.strata.get(row.stratum)
        if mask is None or not is_share(row):
            continue
        try:
            trials = hits(study, row.subject, row.statistic).at(mask).trials
            needs = tuple(
                equal_model_needs(trials, study.cluster, row.margin, share, losses=losses)
                for share in DISAGREE
            )
        except NotEstimable:
            continue  # nothing of it in the baseline: said where it is judged
        found.append(Asked(row, needs))
    return tuple(found)


def losses_said(side: Side) -> str:
    """How losses are taken to strike, in one sentence."""
    losses = losses_of(side.protocol.gate)
    if losses.whole_samples:
        return (
            "Losses are taken to strike whole samples, so that each sample counts at most once: "
            "the lower bound where whole samples fail decides."
        )
    return (
        f"Losses are taken to be spread, with a correlation of {losses.correlation:g} within a "
        "sample at most: the lower bound where losses are spread decides. Whole samples that "
        "fail are beyond it; the other bound stands beside."
    )


def needs_said(found: Sequence[Asked]) -> str:
    """Whether an equal model would be not worse on these samples, and how many are needed."""
    required = [a for a in found if not a.row.optional] or list(found)
    about = (
        f"a model that lost nothing and differs in {100 * USUAL:g} % of what is counted is not "
        f"worse with a chance of {100 * POWER:g} %"
    )
    short = [a for a in required if not a.enough]
    if not short:
        return f"By the baseline alone these samples are enough: in each comparison {about}."
    worst = max(short, key=lambda a: (a.usual.needed is None, a.usual.needed or 0))
    needed = worst.usual.needed
    more = "more samples than can be had" if needed is None else f"{needed} samples"
    return (
        f"By the baseline alone these samples are too few in {len(short)} of {len(required)} "
        f"comparisons: {about} in {name_of(worst.row)} at a margin of {worst.row.margin:g} only "
        f"with {more} that hold it; {worst.usual.samples} do."
    )


def name_of(row: Margin) -> str:
    """What a row compares: ``monocyte sensitivity in site=B``."""
    about = "all classes" if row.subject == "all" else row.subject
    where = "" if row.stratum == "all" else f" in {row.stratum}"
    return f"{about} {row.statistic}{where}"
