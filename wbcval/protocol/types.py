"""The validation protocol: what is compared, how, and what must hold. Written before the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from wbcval.protocol.roles import ROLES
from wbcval.stats.acceptance import ALLOWED, MIN_PAIRS, MIN_SAMPLES
from wbcval.stats.statistic_name import (
    COVERING_ERROR,
    LIMIT_OF_FLOOR,
    OR_WITHIN,
    SHARE_WITHIN,
    StatisticName,
)
from wbcval.values.allowable import SCHEMES
from wbcval.values.errors import InputError
from wbcval.values.one_line import quoted

MODES = ("same-cells", "same-slide", "different-aliquot")
RULES = ("observed", "demonstrated")  # of a protocol
OPTIONAL_SECTIONS = ("decision_levels", "differences", "precision", "total_error")  # of the report
SPREAD, WHOLE_SAMPLES = "spread", "whole-samples"
LOSSES = (SPREAD, WHOLE_SAMPLES)  # of a candidate, within and between samples (§12)
NON_INFERIOR = "non-inferior"  # the gate's own
SILENT_MARGIN, MOST_MARGIN = 0.2, 0.5  # of what there is to lose, and with a reason
_ASKED = ("statistic", "min_n", "confidence", "or_within", "limits")  # beside the measured name
CLASS_MEASURES = ("classification", "attribution", "cascade")  # about classes, not measurands


def bound_level(confidence: float) -> float:
    """Level of the two-sided interval whose ends are the one-sided bounds at that confidence.

    >>> bound_level(0.95)
    0.9
    """
    return round(2 * confidence - 1, 12)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One number against one bound (DESIGN.md, ``[[criterion]]``).

    Attributes:
        statistic: with its parameter, ``share_within:10``.
        min, max: bounds in the statistic's own unit; at least one is given, but for a statistic
            that brings its own (``allowance``).
        rule: ``observed`` (the value decides), ``demonstrated`` (one-sided bounds decide), or,
            of the gate alone, ``non-inferior`` (``min`` is −Δ, which the lower bound must exceed).
        min_n: fewest cells or samples for a decision; ``None``: the rule's own.
        confidence: of the one-sided bounds.
        or_within: absolute floor of ``share_within``, in the measurand's unit.
        optional: shown, never counted.
        limits: ``normal`` where the differences of limits of agreement are declared to be normal,
            so that fewer than 119 can demonstrate them (STATISTICS.md §5).
        allowable: the scheme of :mod:`wbcval.values.allowable` that the limit is of.

    Raises:
        InputError: for a bound that is no finite number, and for an unknown rule. Names and the
            side of a bound are checked by :func:`wbcval.protocol.protocol_file.as_file`, as a
            report does.
    """

    id: str
    measure: str
    subject: str
    statistic: StatisticName
    stratum: str = "all"
    min: float | None = None
    max: float | None = None
    rule: str = "observed"
    min_n: int | None = None
    confidence: float = 0.95
    or_within: float | None = None
    optional: bool = False
    limits: str | None = None
    allowable: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", StatisticName(self.statistic))
        for key in ("min", "max", "min_n", "confidence", "or_within"):
            value = getattr(self, key)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and math.isfinite(value)):
                raise InputError(self._key(key), f"got {value!r}", "write a finite number")
        for key, known, usual in (
            ("rule", (*RULES, NON_INFERIOR), RULES),
            ("limits", (None, "normal"), ("normal",)),
            ("allowable", (None, *SCHEMES), (*SCHEMES,)),
        ):
            if (value := getattr(self, key)) not in known:
                advice = f"use one of: {', '.join(usual)}"
                raise InputError(self._key(key), f"got {value!r}", advice)

    def _key(self, name: str) -> str:
        return f"criterion {self.id!r} key {name!r}"

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """The criterion that a row of ``outcomes`` in ``results.json`` is of.

        Raises:
            KeyError, TypeError, ValueError: where the row is none.
        """
        asked = {key: row["asked"][key] for key in _ASKED}
        asked["allowable"] = row["asked"].get("allowable")
        bound = {key: row["bound"][key] for key in ("min", "max")}
        same = {key: row[key] for key in ("measure", "subject", "stratum", "rule", "optional")}
        try:
            return cls(id=row["criterion"], **same, **bound, **asked)
        except InputError as why:
            raise ValueError(str(why)) from None

    def to_json(self) -> dict[str, Any]:
        """Its part of a row of ``outcomes``; ``statistic`` is the name in the results."""
        return {
            "criterion": self.id,
            "measure": self.measure,
            "subject": self.subject,
            "stratum": self.stratum,
            "statistic": str(self.measured_as),
            "bound": {"min": self.min, "max": self.max},
            "rule": self.rule,
            "optional": self.optional,
            "asked": {key: getattr(self, key) for key in _ASKED}
            | ({"allowable": self.allowable} if self.allowable else {}),
        }

    @property
    def cited(self) -> str:
        """Where its limit is from, in a sentence; "" of one that names no scheme."""
        if self.allowable is None:
            return ""
        scheme = SCHEMES[self.allowable]
        return f"Limit: {scheme.title} ({scheme.source}; {scheme.known})."

    @property
    def measured_as(self) -> StatisticName:
        """The statistic's name in the results, floor and what is declared of limits included."""
        if self.limits is not None:
            return self.statistic.with_option(self.limits)
        if self.or_within is None:
            return self.statistic
        return self.statistic.with_option(f"{OR_WITHIN}={self.or_within:.15g}")

    @property
    def allowance(self) -> StatisticName | None:
        """The statistic that says how large this one may be, where ``min`` and ``max`` do not."""
        name = self.statistic
        own = self.measure == "bland_altman" and name.base == "bias" and name.rest
        return name.as_base(ALLOWED) if own else None

    @property
    def needed(self) -> int:
        """Fewest samples or cells for a decision by its rule (docs/decisions/0003, 0037)."""
        of_cells = self.measure in CLASS_MEASURES
        if self.rule == NON_INFERIOR or (self.rule != "observed" and of_cells):
            return self.min_n or 1  # of cells, fewer than 20 samples are flagged
        # the industry rule needs 20; a protocol may ask for more, never for fewer
        # a percentile of differences, 39
        return max(self.min_n or 0, MIN_PAIRS if self.limits else MIN_SAMPLES)

    @property
    def companions(self) -> tuple[StatisticName, ...]:
        """What is measured for it: its statistic, and its covering error or what is allowed."""
        name = self.statistic
        if self.allowance:
            return (self.measured_as, self.allowance)
        if name.base != SHARE_WITHIN or self.min is None or name.or_noise:
            return (self.measured_as,)
        floor = {}
        if self.or_within is not None:
            floor = {OR_WITHIN: self.or_within, LIMIT_OF_FLOOR: name.limit or 0.0}
        return (self.measured_as, StatisticName.of(COVERING_ERROR, self.min, **floor))


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse one statistic of a candidate may be (``[[gate.criterion]]``, §12).

    Attributes:
        measure, subject, statistic, stratum: what is compared, named as in ``results.json``.
        margin: Δ, in the statistic's own unit, above 0.
        optional: shown, never counted.
        reason: why it may be as wide as it is, where it is wide.
    """

    measure: str
    subject: str
    statistic: StatisticName
    margin: float
    stratum: str = "all"
    optional: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistic", StatisticName(self.statistic))


@dataclass(frozen=True, slots=True)
class Gate:
    """What the release gate asks of a candidate (``[gate]``).

    Attributes:
        margin: Δ of accuracy, of each sensitivity and of the share of samples within the limit.
        losses: how losses strike that the samples need not show, one of ``LOSSES``.
        losses_correlation: ρ₀ of losses within a sample, where they are spread.
        samples_apart: share of the samples that may be in one side alone.
        margins: of further statistics, or in place of the default one.
        reason: why ``margin`` may be as wide as it is, where it is wide.
    """

    margin: float = 0.02
    losses: str = SPREAD
    losses_correlation: float = 0.10
    samples_apart: float = 0.0
    margins: tuple[Margin, ...] = ()
    reason: str = ""

    @property
    def declared(self) -> tuple[str, ...]:
        """Margins that the protocol gives a reason for, in sentences without an end."""
        own = ((f"{m.subject} {m.statistic}", m.margin, m.reason) for m in self.margins)
        rows = (("each share", self.margin, self.reason), *own)
        return tuple(
            f"{about} may lose {margin:g} ({quoted(reason)})"
            for about, margin, reason in rows
            if reason
        )


@dataclass(frozen=True, slots=True)
class StatedExclusion:
    """A sample (or one measurand of it) the protocol leaves out, with its reason."""

    sample_id: str
    reason: str
    subject: str = "all"


@dataclass(frozen=True, slots=True)
class AcceptedFlag:
    """A doubt of one number that the protocol takes upon itself, by name (``[[accept]]``, §15).

    Attributes:
        flag: as in ``results.json``, one that :mod:`wbcval.values.flags` lets a protocol accept.
        subject: measurand or class whose numbers carry it.
        reason: why it does no harm here; printed with the verdict.
    """

    flag: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A line of the signature block; name, date and hand come on paper or in the QMS."""

    role: str
    name: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """What is validated, or against what."""

    name: str = ""
    version: str = ""


@dataclass(frozen=True)
class Protocol:
    """Everything that is decided before the data are seen; see :func:`wbcval.load`.

    Attributes:
        mode: comparison mode, one of ``MODES``.
        rollup: ``xn5``, ``manual5``, ``full``; ``None``: ``xn5`` for a recognised Sysmex export,
            else ``full``.
        missing: ``outside`` (a reference without a model result counts as outside) or
            ``excluded``.
        minimum_cells: below it the model's result of a sample is a technical failure.
        resolution: measurand → step of the reference, in its canonical unit.
        reference_cv: measurand → CV of the reference, percent.
        error_ratio: λ of Deming regression, Var(error of reference)/Var(error of model).
        card_checked: predictions count only where the model's card was held against another
            pipeline.
        report_without: sections that the report leaves out, of ``OPTIONAL_SECTIONS``.
        inputs: role → its files, all of :data:`wbcval.protocol.roles.ROLES`; none where not given.
        source: the text of the file, or "" when built from options.

    Raises:
        InputError: for inputs of an unknown role, or several of a role that one file plays.
    """

    mode: str
    title: str = ""
    intended_use: str = ""
    rollup: str | None = None
    seed: int = 1
    measurands: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    missing: str = "outside"
    minimum_cells: int = 1
    duplicates: str | None = None
    error_ratio: float | None = None
    model: Product = Product()
    card_checked: bool = False
    analyzer: Product = Product()
    inputs: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    class_map: Mapping[str, str] = field(default_factory=dict)
    resolution: Mapping[str, float] = field(default_factory=dict)
    reference_cv: Mapping[str, float] = field(default_factory=dict)
    clinical_mix: Mapping[str, float] = field(default_factory=dict)
    exclusions: tuple[StatedExclusion, ...] = ()
    accepted: tuple[AcceptedFlag, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    gate: Gate = Gate()
    signers: tuple[Signer, ...] = ()
    report_without: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        for role, paths in self.inputs.items():
            if role not in ROLES:
                raise InputError("inputs", f"got {role!r}", f"use one of: {', '.join(ROLES)}")
            if len(paths) > 1 and not ROLES[role].many:
                raise InputError(role, f"got {len(paths)} files", "give one file")
        object.__setattr__(
            self, "inputs", {role: tuple(self.inputs.get(role, ())) for role in ROLES}
        )

    def path(self, role: str) -> Path | None:
        """The file that plays a role, of those that one file plays; ``None`` where not given."""
        return next(iter(self.inputs[role]), None)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All inputs, in the order of their roles."""
        return tuple(path for paths in self.inputs.values() for path in paths)
