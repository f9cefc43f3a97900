"""The validation protocol: what is compared, how, and what must hold. Written before the data.

``protocol.toml`` is read strictly: an unknown key is refused, with the nearest right one.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wbcval import _plugins
from wbcval._toml import Table, nearest
from wbcval.classes import COUNTABLE, MEASURANDS, OTHER, ROLLUPS
from wbcval.errors import InputError

MODES = ("same-cells", "same-slide", "different-aliquot")
RULES = ("observed", "demonstrated")
ROLES = ("predictions", "reference", "samples")
_CLASS_MEASURES = ("classification", "attribution")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One number against one bound (DESIGN.md, ``[[criterion]]``).

    Attributes:
        statistic: with its parameter, ``share_within:10``.
        min, max: bounds in the statistic's own unit; at least one is given.
        rule: ``observed`` (the value decides) or ``demonstrated`` (one-sided bounds decide).
        min_n: fewest cells or samples for a decision; ``None``: the rule's own.
        confidence: of the one-sided bounds.
        or_within: absolute floor of ``share_within``, in the measurand's unit.
        optional: shown, never counted.
    """

    id: str
    measure: str
    subject: str
    statistic: str
    stratum: str = "all"
    min: float | None = None
    max: float | None = None
    rule: str = "observed"
    min_n: int | None = None
    confidence: float = 0.95
    or_within: float | None = None
    optional: bool = False

    @property
    def measured_as(self) -> str:
        """The statistic's name in the results, floor included."""
        if self.or_within is None:
            return self.statistic
        return f"{self.statistic}:or_within={self.or_within:g}"

    @property
    def companions(self) -> tuple[str, ...]:
        """What is measured for this criterion: its statistic, and its covering error."""
        base, _, limit = self.statistic.partition(":")
        if base != "share_within" or self.min is None:
            return (self.measured_as,)
        covering = f"covering_error:{self.min:g}"
        if self.or_within is not None:
            covering += f":or_within={self.or_within:g}:limit={limit}"
        return (self.measured_as, covering)


@dataclass(frozen=True, slots=True)
class StatedExclusion:
    """A sample (or one measurand of it) the protocol leaves out, with its reason."""

    sample_id: str
    reason: str
    subject: str = "all"


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
    """Everything that is decided before the data are seen; see :func:`load`.

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
        folder: where relative input paths start.
        source: the text of the file, or "" when built from options.
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
    analyzer: Product = Product()
    predictions: tuple[Path, ...] = ()
    reference: Path | None = None
    samples: Path | None = None
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    class_map: Mapping[str, str] = field(default_factory=dict)
    resolution: Mapping[str, float] = field(default_factory=dict)
    reference_cv: Mapping[str, float] = field(default_factory=dict)
    clinical_mix: Mapping[str, float] = field(default_factory=dict)
    exclusions: tuple[StatedExclusion, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    signers: tuple[Signer, ...] = ()
    source: str = ""


def load(path: Path) -> Protocol:
    """Read a ``protocol.toml``.

    Raises:
        InputError: where the file is unreadable, or a key or value is not right.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as why:
        raise InputError(str(path), f"cannot be read ({why})", "give a protocol.toml") from None
    except tomllib.TOMLDecodeError as why:
        raise InputError(path.name, f"is not TOML: {why}", "mend that line") from None
    return _parse(Table(data, path.name), path.parent, text)


def _parse(top: Table, folder: Path, text: str) -> Protocol:
    version = top.take("schema_version", int, 1)
    if version != 1:
        top.refuse("schema_version", f"got {version}", "this wbcval reads version 1")
    mode = top.choice("mode", MODES)
    if mode is None:
        top.refuse("mode", "is missing", f"say what is compared: {', '.join(MODES)}")
    inputs = top.table("inputs")
    predictions = tuple(folder / p for p in inputs.texts("predictions"))
    reference, samples = inputs.take("reference", str), inputs.take("samples", str)
    inputs.done()
    per_role = {}
    for key in ("columns", "units"):
        table = top.table(key)
        per_role[key] = {role: table.mapping(role, str) for role in ROLES}
        table.done()
    protocol = Protocol(
        mode=str(mode),
        title=top.take("title", str, ""),
        intended_use=top.take("intended_use", str, ""),
        rollup=top.choice("rollup", tuple(ROLLUPS)),
        seed=top.take("seed", int, 1),
        measurands=top.texts("measurands"),
        strata=top.texts("strata"),
        missing=str(top.choice("missing", ("outside", "excluded"), "outside")),
        minimum_cells=top.take("minimum_cells", int, 1),
        duplicates=top.choice("duplicates", ("first", "last")),
        error_ratio=top.number("error_ratio"),
        model=_product(top.table("model")),
        analyzer=_product(top.table("analyzer")),
        predictions=predictions,
        reference=folder / reference if reference else None,
        samples=folder / samples if samples else None,
        columns=per_role["columns"],
        units=per_role["units"],
        sheets=top.mapping("sheets", str),
        class_map=top.mapping("class_map", str),
        resolution=top.mapping("resolution", (float, int)),
        reference_cv=top.mapping("reference_cv", (float, int)),
        clinical_mix=top.mapping("clinical_mix", (float, int)),
        exclusions=tuple(_exclusion(row) for row in top.tables("exclusion")),
        criteria=tuple(_criterion(row) for row in top.tables("criterion")),
        signers=tuple(_signer(row) for row in top.tables("signer")),
        source=text,
    )
    top.done()
    _check_values(protocol, top)
    return protocol


def _product(table: Table) -> Product:
    product = Product(table.take("name", str, ""), table.take("version", str, ""))
    table.done()
    return product


def _exclusion(table: Table) -> StatedExclusion:
    found = StatedExclusion(
        table.need("sample_id", str),
        table.need("reason", str),
        str(table.choice("subject", ("all", *MEASURANDS), "all")),
    )
    table.done()
    return found


def _signer(table: Table) -> Signer:
    signer = Signer(
        table.need("role", str), table.take("name", str, ""), table.take("meaning", str, "")
    )
    table.done()
    return signer


def _criterion(table: Table) -> Criterion:
    criterion = Criterion(
        id=table.need("id", str),
        measure=table.need("measure", str),
        subject=table.need("subject", str),
        statistic=table.need("statistic", str),
        stratum=table.take("stratum", str, "all"),
        min=table.number("min"),
        max=table.number("max"),
        rule=str(table.choice("rule", RULES, "observed")),
        min_n=table.take("min_n", int),
        confidence=float(table.number("confidence", 0.95) or 0.0),
        or_within=table.number("or_within"),
        optional=table.take("optional", bool, False),
    )
    table.done()
    _check_criterion(criterion, table)
    return criterion


def _check_criterion(criterion: Criterion, table: Table) -> None:
    measures = {
        name: statistics
        for metric in _plugins.load("wbcval.stats", "METRIC")
        for name, statistics in metric.measures.items()  # type: ignore[attr-defined]
    }
    if criterion.measure not in measures:
        table.refuse(
            "measure", f"got {criterion.measure!r}", nearest(criterion.measure, (*measures,))
        )
    known = (*measures[criterion.measure],)
    base, _, parameter = criterion.statistic.partition(":")
    if base not in known:
        table.refuse("statistic", f"got {criterion.statistic!r}", nearest(base, known))
    subjects = ("all", *COUNTABLE, OTHER) if criterion.measure in _CLASS_MEASURES else MEASURANDS
    if criterion.subject not in subjects:
        table.refuse("subject", f"got {criterion.subject!r}", nearest(criterion.subject, subjects))
    if criterion.min is None and criterion.max is None:
        table.refuse("min", "is missing, and so is max", "give the bound that must hold")
    if criterion.min is not None and criterion.max is not None and criterion.min > criterion.max:
        table.refuse("min", f"{criterion.min:g} is above max {criterion.max:g}", "swap them")
    if base in ("share_within", "n_outside", "covering_error"):
        _check_parameter(base, parameter, criterion, table)
    if criterion.or_within is not None and (base != "share_within" or criterion.or_within <= 0):
        table.refuse(
            "or_within",
            f"got {criterion.or_within:g} with {base}",
            "a floor above 0 goes with share_within",
        )
    if not 0.5 < criterion.confidence < 1:
        table.refuse("confidence", f"got {criterion.confidence:g}", "write a fraction such as 0.95")
    if criterion.min_n is not None and criterion.min_n < 1:
        table.refuse("min_n", f"got {criterion.min_n}", "write a whole number of at least 1")


def _check_parameter(base: str, parameter: str, criterion: Criterion, table: Table) -> None:
    try:
        number = float(parameter)
    except ValueError:
        number = math.nan
    top = 1.0 if base == "covering_error" else math.inf
    if not 0 < number < top or f"{number:g}" != parameter:
        example = "covering_error:0.95" if top == 1 else f"{base}:10"
        table.refuse("statistic", f"got {criterion.statistic!r}", f"write it as {example!r}")
    if base == "share_within":
        for key, bound in (("min", criterion.min), ("max", criterion.max)):
            if bound is not None and not 0 <= bound <= 1:
                table.refuse(key, f"got {bound:g}", "a share is a fraction: write 0.95 for 95 %")


def _check_values(protocol: Protocol, top: Table) -> None:
    for name in protocol.measurands:
        if name not in MEASURANDS:
            top.refuse("measurands", f"got {name!r}", nearest(name, MEASURANDS))
    for role in protocol.sheets:
        if role not in ROLES:
            top.refuse("sheets", f"got {role!r}", nearest(role, ROLES))
    for key in ("resolution", "reference_cv"):
        for name, number in getattr(protocol, key).items():
            if name not in MEASURANDS:
                top.refuse(key, f"got {name!r}", nearest(name, MEASURANDS))
            if number < 0:
                top.refuse(key, f"{name} = {number}", "write a number of at least 0")
    ids = [criterion.id for criterion in protocol.criteria]
    for name in ids:
        if ids.count(name) > 1:
            top.refuse("criterion", f"id {name!r} stands twice", "give each criterion its own id")
    if protocol.error_ratio is not None and protocol.error_ratio <= 0:
        top.refuse("error_ratio", f"got {protocol.error_ratio:g}", "write a number above 0")
    if protocol.minimum_cells < 1:
        top.refuse("minimum_cells", f"got {protocol.minimum_cells}", "write at least 1")
    mix = protocol.clinical_mix
    if mix and (min(mix.values()) < 0 or abs(sum(mix.values()) - 1) > 1e-6):
        top.refuse("clinical_mix", f"sums to {sum(mix.values()):g}", "shares must sum to 1")
