"""What a comparison of two models is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbcval.bundle.read import Side
from wbcval.gating.compare.apart import Mismatch
from wbcval.judge.outcomes import NOTHING_MOVED, Outcome, Status, Verdict
from wbcval.measure.results import CHANGE, Results, scale_of
from wbcval.protocol.types import WHOLE_SAMPLES, Gate
from wbcval.stats.functions.signed_rank import SignedRank
from wbcval.stats.paired_limits import Losses
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.estimate import Estimate
from wbcval.values.wording import Scale

if TYPE_CHECKING:
    from wbcval.gating.compare.needs import Asked

BASELINE, ANCHOR = "baseline", "anchor"
GATE = "gate"  # measure of what is no number: whether anything was compared, or asked


def losses_of(gate: Gate) -> Losses:
    """How losses strike, as the protocol has it."""
    return Losses(gate.losses_correlation, gate.losses == WHOLE_SAMPLES)


@dataclass(frozen=True, slots=True)
class Moved:
    """A sample in which the candidate lost against the other side.

    Attributes:
        lost: cells, or 1 for a sample that fell outside the limit.
        said: before and after, in words: ``38 → 30 of 40 cells``.
    """

    sample_id: str
    lost: int
    said: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a loss could still be, by how losses strike (§12).

    Attributes:
        spread: lower limit where losses are spread over the cells of all samples.
        whole: lower limit where whole samples may be lost; never above ``spread``.
        unseen: largest share of samples of which none need be among these.
    """

    spread: float
    whole: float
    unseen: float


@dataclass(frozen=True, slots=True)
class Change:
    """One statistic on both sides.

    Attributes:
        measure, subject, stratum, statistic: as in the ``results.json`` of either side.
        against: ``baseline``, or ``anchor``, the first accepted one.
        before, after: value of the other side and of the candidate; ``None``: not estimable.
        change: oriented so that above 0 is better, in the statistic's unit.
        title: of the statistic.
        detectable: smallest true loss that would not have passed as "not worse" with power 0.8.
        moved: samples that lost, worst first.
        bounds: both lower limits of a share compared in pairs; one of them is that of ``change``.
        p: one-sided, of a change to the side where its value lies, were nothing changed.
        by_chance: its interval excludes 0, but so many were looked at that one would (Holm).
    """

    measure: str
    subject: str
    stratum: str
    statistic: StatisticName
    against: str
    before: float | None
    after: float | None
    change: Estimate
    title: str
    detectable: float | None = None
    moved: tuple[Moved, ...] = ()
    bounds: Bounds | None = None
    p: float | None = None
    by_chance: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", StatisticName(self.statistic))

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Its unique name within a comparison."""
        return (self.against, self.measure, self.subject, self.stratum, self.statistic)

    @property
    def scale(self) -> Scale:
        """How the value of either side is written, and in which unit."""
        return scale_of(self.measure, self.subject, self.statistic)

    @property
    def difference(self) -> Scale:
        """How the change is written: of percentages in points."""
        return scale_of(self.measure + CHANGE, self.subject, self.statistic)

    @property
    def direction(self) -> str:
        """Where it was shown to lie: ``lower`` or ``higher`` than 0, or "" (§12)."""
        low, high = self.change.low, self.change.high
        if self.by_chance:
            return ""
        if high is not None and high < 0:
            return "lower"
        return "higher" if low is not None and low > 0 else ""

    @property
    def measurable_loss(self) -> str:
        """What is said aloud of a loss that was shown, whatever the verdict; "" for none.

        Of an error, where less is better, "lower" would be praise.
        """
        if self.direction != "lower":
            return ""
        return "measurably lower" if self.scale.percent else "measurably worse"


@dataclass(frozen=True, slots=True)
class Flips:
    """Samples of one measurand that crossed the limit, by id; and whether the errors changed.

    Attributes:
        statistic: the share within that limit.
        errors: signed-rank test of the effective errors; ``None``: not made.
    """

    subject: str
    statistic: StatisticName
    outside_now: tuple[str, ...]
    within_now: tuple[str, ...]
    errors: SignedRank | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", StatisticName(self.statistic))


@dataclass(frozen=True)
class Comparison:
    """A candidate judged against a baseline.

    Attributes:
        anchor: the first accepted baseline, where it is another than the baseline.
        paired: whether the two were compared sample by sample.
        identical: whether both said the same of every cell and sample.
        changes: those judged, as they were asked for, then those of the strata.
        results: the changes as measurements, for ``results.json``.
        verdict: on the changes, the worst first, and after them the candidate's absolute criteria.
        change_of: criterion id → its change; absolute criteria have none.
        waived: differences that an override let pass.
        judged_before: how often this reference set was judged before, as far as recorded; ``None``
            where nothing is recorded.
        needs: what each share judged against the baseline asks of an equal model.
        aloud: what every output says beside the verdict: what the candidate lacks alone, strata in
            which it is measurably worse, what is known of the sides besides. Part of the reason.
        anchored: since when the anchor stands, and why the one before it ended; "" where no
            baseline's log tells it.
    """

    candidate: Side
    baseline: Side
    anchor: Side | None
    paired: bool
    identical: bool
    changes: tuple[Change, ...]
    flips: tuple[Flips, ...]
    results: Results
    verdict: Verdict
    change_of: Mapping[str, Change]
    waived: tuple[Mismatch, ...] = ()
    judged_before: int | None = None
    notes: tuple[str, ...] = field(default=())
    needs: tuple[Asked, ...] = ()
    aloud: tuple[str, ...] = ()
    anchored: str = ""

    def word(self, outcome: Outcome) -> str:
        """What became of a change: ``not worse``, ``worse``, ``inconclusive``, ``identical``."""
        change = self.change_of.get(outcome.criterion.id)
        if change is None:
            return str(outcome.status)
        if outcome.status is Status.PASS:
            same = NOTHING_MOVED.intersection(change.change.flags)
            return "identical" if same else "not worse"
        return "worse" if outcome.status is Status.FAIL else "inconclusive"
