"""How a statistic meets the road: what it is given, what it gives back, which way is better.

A file of ``stats/functions`` that defines ``METRIC`` is measured in every study; ``evaluate`` knows
no statistic by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.statistic_name import StatisticName
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import Measurand
from wbcval.values.notebook import Shown
from wbcval.values.reasons import NO_REASON, Reason
from wbcval.values.wording import Scale, difference_unit, unit_text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def picked(array: NDArray[Any], take: Ints) -> NDArray[Any]:
    """Rows of an array; where ``take`` is −1 a row of nothing: NaN, ``False`` or 0."""
    empty = np.full((1, *array.shape[1:]), np.nan if array.dtype.kind == "f" else 0, array.dtype)
    return np.asarray(np.concatenate([array, empty])[take])


REPLICATES = 10_000  # resamples of a bootstrap


class Better(StrEnum):
    """Which direction of a statistic is good; read by report, gate and tests alike."""

    HIGHER = "higher"
    LOWER = "lower"
    ZERO = "zero"  # the nearer to zero
    ONE = "one"  # the nearer to one
    NONE = "none"  # descriptive


class StatisticUnit(StrEnum):
    """Unit of a statistic; those of the measurand are resolved for its subject."""

    FRACTION = "1"
    PERCENT = "%"
    POINTS = "pp"
    COUNT = "samples"
    MEASURAND = "measurand"  # a value of it
    DIFFERENCE = "difference"  # of two values of it: points of a percentage
    PERCENT_PER_DIFFERENCE = "%/difference"  # a slope of percent differences on it


@dataclass(frozen=True, slots=True)
class Statistic:
    """Metadata of one named statistic of a measure.

    Attributes:
        title: in words, for sentences.
        unit: of the number; :meth:`scale` says how it is written, :meth:`difference` how a
            difference of two of it is.
        score: a number without a unit that is no share (κ, a slope): never written in percent.
        parameter: its default parameter (``share_within:10``); "" where only a criterion gives
            one; ``None`` where it takes none.
        levels: subject → parameters at which it is measured although no criterion asks.
        judged: whether a criterion may name it: not where it says what chance alone gives, for
            then any model passes.
        brief: in a table, beside its parameter; "" where its own name will do.
        misses_open: a leukocyte that the model left open is a miss in it, so that it need not
            carry the flag of that; in any other it is nowhere.
        of_true: a share of the true cells, so that the cells that were not judged may be misses.
        of_calls: of what the model called; it says nothing of the cells that were missed.
        unbounded: a score without a greatest value, so that a bound may be above 1.
        at: the title where a criterion gives the parameter, ``{}`` in its place; "" where the
            title alone will do.
    """

    title: str
    unit: StatisticUnit
    better: Better
    score: bool = False
    parameter: str | None = None
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict, hash=False)
    judged: bool = True
    brief: str = ""
    misses_open: bool = False
    of_true: bool = False
    of_calls: bool = False
    unbounded: bool = False
    at: str = ""

    def __post_init__(self) -> None:
        if self.score and self.unit is not StatisticUnit.FRACTION:
            raise ValueError(f"{self.title}: a score has no unit, got {self.unit}")

    def words(self, name: StatisticName, measurand: str) -> str:
        """The title, with what it is asked with: numbers at two levels are two numbers.

        Args:
            name: of this statistic.
            measurand: unit of its subject where that is a measurand, "" else; a level is in it.

        >>> about = Statistic("bias", StatisticUnit.DIFFERENCE, Better.ZERO, at="bias at {}")
        >>> about.words(StatisticName("bias_at:4"), "10*9/L")
        'bias at 4 ×10⁹/L'
        """
        if not self.at or not name.parameter:
            return self.title
        return self.at.format(f"{name.parameter} {unit_text(measurand)}".rstrip())

    def scale(self, measurand: str) -> Scale:
        """How a value of it is written.

        Args:
            measurand: unit of its subject where that is a measurand (``%``, ``10*9/L``), else "".

        Raises:
            ValueError: where the unit is the measurand's and the subject is none.
        """
        if self.unit is StatisticUnit.FRACTION:
            return Scale() if self.score else Scale(percent=True, unit="%")
        if self.unit in (StatisticUnit.PERCENT, StatisticUnit.POINTS, StatisticUnit.COUNT):
            return Scale(unit=str(self.unit))
        if not measurand:
            raise ValueError(f"{self.title} is in the unit of a measurand, and its subject is none")
        if self.unit is StatisticUnit.MEASURAND:
            return Scale(unit=measurand)
        difference = difference_unit(measurand)
        return Scale(
            unit=difference if self.unit is StatisticUnit.DIFFERENCE else f"%/{difference}"
        )

    def difference(self, measurand: str) -> Scale:
        """How a difference of two values of it is written: of percentages in points."""
        own = self.scale(measurand)
        return replace(own, unit=difference_unit(own.unit))


# a share of which more is better
fraction = partial(Statistic, unit=StatisticUnit.FRACTION, better=Better.HIGHER)


@dataclass(frozen=True, slots=True)
class Replicates:
    """Repeated results of the model, of one measurand.

    Attributes:
        sample: n names.
        values: shape (n,), finite, ≥ 0, in the unit of the measurand.
        day, run: n labels; ``None`` where the table has none.
        lost: rows without a result.
    """

    sample: tuple[str, ...]
    values: Floats
    day: tuple[str, ...] | None = None
    run: tuple[str, ...] | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Paired values of one measurand in one stratum.

    Attributes:
        subject: the measurand (``NEUT%``).
        unit: ``%`` or ``10*9/L``, of both sides.
        mode: ``same-cells``, ``same-slide`` or ``different-aliquot``.
        sample_ids: shape (n,).
        reference, model: shape (n,), finite, ≥ 0.
        cluster: shape (n,), codes of the patient where given, else of the sample.
        model_cells: countable leukocytes classified by the model per sample, or ``None``.
        model_hits: of these, cells of the measurand's class, or ``None``. For a value that is
            a share of ``model_cells``, ``model = 100·hits/cells``.
        reference_cells: cells the reference itself counted, or ``None`` (an analyzer).
        reference_hits: of these, of the measurand's class, or ``None``.
        resolution: shape (n,), step ``u`` of each reference value in ``unit``; 0 when exact or
            unknown. It differs by sample where the value is derived (100·#/WBC).
        reference_cv: CV of the reference as a fraction, or ``None``.
        technical_failures: samples with a reference but no usable model result that the
            protocol counts as outside.
        lost: all such samples, whichever way the protocol counts them.
        lost_cluster: shape (technical_failures,), their clusters: a patient's lost sample
            belongs to that patient; ``None``: each is a cluster of its own.
        shared_total: the model's value is its share × the reference's WBC.
        total: shape (n,), the reference's WBC in 10⁹/L, of the absolute count of a class;
            ``None`` where unknown.
        replicates: of the model, of samples of this study or others; of all strata together, and
            ``None`` in each of them.
    """

    subject: Measurand
    unit: str
    mode: str
    sample_ids: tuple[str, ...]
    reference: Floats
    model: Floats
    cluster: Ints
    model_cells: Floats | None = None
    model_hits: Floats | None = None
    reference_cells: Floats | None = None
    reference_hits: Floats | None = None
    resolution: Floats | float = 0.0
    reference_cv: float | None = None
    technical_failures: int = 0
    lost: int = 0
    lost_cluster: Ints | None = None
    shared_total: bool = False
    total: Floats | None = None
    replicates: Replicates | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "subject", Measurand(self.subject))

    def __len__(self) -> int:
        return len(self.reference)


@dataclass(frozen=True, slots=True)
class Stage:
    """One decision of a cascade of models; stages form a tree, its root first.

    Attributes:
        leaves: labels that it ends in, after the roll-up.
        groups: what it leaves to a further stage: branch → that stage's name.
    """

    name: str
    leaves: tuple[str, ...]
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cells:
    """Per-sample confusion counts of one stratum.

    Attributes:
        counts: shape (S, L, L), int64; rows the true label, columns the predicted label.
        labels: L names; the first ``n_classes`` are countable leukocyte classes (or groups),
            the rest are not countable (``nrbc`` … ``unclassified``).
        n_classes: C.
        sample_ids: shape (S,).
        cluster: shape (S,), codes of the patient where given, else of the sample.
        mode: comparison mode.
        reference_shares: shape (S, C), the reference's share of each class as a fraction, NaN
            where the reference has none; in same-cells that of the true classes.
        reference_cells: shape (S,), cells the reference itself counted (NaN: an analyzer).
        stages: T stages of a cascade; none: one model decides everything.
        abstained: shape (S, T, L), of the cells called unclassified those that a stage abstained
            from, by their true label; ``None`` without stages.
    """

    counts: Ints
    labels: tuple[str, ...]
    n_classes: int
    sample_ids: tuple[str, ...]
    cluster: Ints
    mode: str
    reference_shares: Floats
    reference_cells: Floats
    stages: tuple[Stage, ...] = ()
    abstained: Ints | None = None

    def __len__(self) -> int:
        return len(self.counts)


@dataclass(frozen=True, slots=True)
class Context:
    """What a measurement is asked for.

    Attributes:
        level: confidence of two-sided intervals; ``demonstrated`` at C asks for 2C − 1.
        seed: the protocol's seed.
        requested: statistics that a criterion names, with their parameters
            (``share_within:15``), to be measured besides the metric's default ones.
        error_ratio: λ of Deming regression fixed by the protocol, or ``None``.
        clinical_mix: class → share expected in practice, or ``None``.
        measures: those to be made, and of these what is requested alone where the rest takes
            time; none: everything.
        replicates: resamples of each bootstrap; 0: values without their intervals.
        stratum: where the measurement is made; part of its name.
    """

    level: float = 0.95
    seed: int = 1
    requested: tuple[StatisticName, ...] = ()
    error_ratio: float | None = None
    clinical_mix: Mapping[str, float] | None = None
    measures: tuple[str, ...] = ()
    replicates: int = REPLICATES
    stratum: str = "all"

    def __post_init__(self) -> None:
        object.__setattr__(self, "requested", tuple(map(StatisticName, self.requested)))

    def generator(self, name: str) -> np.random.Generator:
        """The generator of one measurement, from the seed and its name alone (DESIGN.md)."""
        digest = hashlib.sha256(f"{self.seed}\x1f{self.stratum}\x1f{name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:16], "big"))


@dataclass(frozen=True, slots=True)
class Measured(Shown):
    """What one metric found for one subject (or several classes) in one stratum.

    Attributes:
        measure: name in ``results.json`` (a variant is a measure of its own).
        subject: measurand, class or ``all``.
        estimates: statistic (with parameters) → estimate.
        n: cells or samples the measure rests on.
        detail: the frozen result the pictures and tables read.
        reason: why nothing was estimable, when ``estimates`` holds only missing ones.
    """

    measure: str
    subject: str
    estimates: Mapping[str, Estimate]
    n: int
    detail: Any = None
    reason: Reason = NO_REASON


@dataclass(frozen=True, slots=True)
class Metric:
    """A plug-in: which input it takes, which measures it yields.

    Attributes:
        takes: ``pairs`` or ``cells``.
        measures: measure name → statistic's base name (before ``:``) → metadata.
        measure: the function; returns one :class:`Measured` per measure and subject.
    """

    takes: str
    measures: Mapping[str, Mapping[str, Statistic]]
    measure: Callable[[Any, Context], list[Measured]] = field(repr=False)
