"""``protocol.toml``, read strictly: an unknown key is refused, with the nearest right one."""

from __future__ import annotations

import math
from pathlib import Path

from wbcval import _files, _plugins
from wbcval._toml import Table, nearest
from wbcval._toml import parse as parse_toml
from wbcval.classes import COUNTABLE, MEASURANDS, OTHER, ROLLUPS
from wbcval.errors import InputError
from wbcval.flags import FLAGS
from wbcval.protocol import (
    CLASS_MEASURES,
    LOSSES,
    MODES,
    ROLES,
    RULES,
    AcceptedFlag,
    Criterion,
    Gate,
    Margin,
    Product,
    Protocol,
    Signer,
    StatedExclusion,
)
from wbcval.stats._acceptance import OR_NOISE, asks_noise

_LONGEST = 1 << 22  # bytes of a protocol; one that names 10 000 exclusions has a quarter


def load(path: Path) -> Protocol:
    """Read a ``protocol.toml``.

    Raises:
        InputError: where the file is unreadable, or a key or value is not right.
    """
    data = _files.read(path, "give a protocol.toml", _LONGEST)
    try:
        text = data.decode("utf-8")  # with its mark and line ends: its bytes are what is hashed
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save the protocol as UTF-8") from None
    return parse(text, path.name, path.parent)


def parse(text: str, name: str, folder: Path = Path()) -> Protocol:
    """The protocol a text states.

    Args:
        text: TOML.
        name: of the file, for messages.
        folder: where relative input paths start.

    Raises:
        InputError: where a key or value is not right.
    """
    top = Table(parse_toml(text, name), name)
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
        accepted=_accepts(top),
        criteria=tuple(_criterion(row) for row in top.tables("criterion")),
        gate=_gate(top.table("gate")),
        signers=tuple(_signer(row) for row in top.tables("signer")),
        source=text,
    )
    top.done()
    _check_criteria(protocol, top)
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


def _accepts(top: Table) -> tuple[AcceptedFlag, ...]:
    found = tuple(_accepted(row) for row in top.tables("accept"))
    names = [(a.flag, a.subject) for a in found]
    for flag, subject in names:
        if names.count((flag, subject)) > 1:
            top.refuse("accept", f"{flag} of {subject} stands twice", "give it once")
    return found


def _accepted(table: Table) -> AcceptedFlag:
    found = AcceptedFlag(
        table.need("flag", str), table.need("subject", str), table.need("reason", str).strip()
    )
    table.done()
    known = tuple(name for name, flag in FLAGS.items() if flag.acceptable)
    if found.flag not in FLAGS:
        table.refuse("flag", f"got {found.flag!r}", nearest(found.flag, known))
    if found.flag not in known:
        about = FLAGS[found.flag]
        table.refuse(
            "flag",
            f"got {found.flag!r}, which no protocol can accept: {about.words}",
            about.instead or f"these can be accepted: {', '.join(known)}",
        )
    subjects = (*MEASURANDS, "all", *COUNTABLE, OTHER)
    if found.subject not in subjects:
        table.refuse("subject", f"got {found.subject!r}", nearest(found.subject, subjects))
    if not found.reason:
        table.refuse(
            "reason", "is empty", "say why it does no harm: it is printed with the verdict"
        )
    return found


def _signer(table: Table) -> Signer:
    signer = Signer(
        table.need("role", str), table.take("name", str, ""), table.take("meaning", str, "")
    )
    table.done()
    return signer


def _gate(table: Table) -> Gate:
    default = Gate()
    found = Gate(
        margin=_margin(table, table.number("margin", default.margin)),
        losses=str(table.choice("losses", LOSSES, default.losses)),
        losses_correlation=_correlation(table, default.losses_correlation),
        samples_apart=table.number("samples_apart") or default.samples_apart,
        margins=tuple(_gate_row(row) for row in table.tables("criterion")),
    )
    if not 0 <= found.samples_apart < 1:
        table.refuse(
            "samples_apart", f"got {found.samples_apart:g}", "write a share such as 0.02, below 1"
        )
    table.done()
    return found


def _correlation(table: Table, default: float) -> float:
    found = table.number("losses_correlation")
    if found is not None and not 0 <= found <= 1:
        table.refuse("losses_correlation", f"got {found:g}", "write a number from 0 to 1")
    return default if found is None else found


def _gate_row(table: Table) -> Margin:
    found = Margin(
        table.need("measure", str),
        table.need("subject", str),
        table.need("statistic", str),
        _margin(table, table.number("margin")),
        table.take("stratum", str, "all"),
        table.take("optional", bool, False),
    )
    table.done()
    return found


def _margin(table: Table, margin: float | None) -> float:
    if margin is None:
        table.refuse("margin", "is missing", "say how much worse the candidate may be")
    if margin <= 0:
        table.refuse("margin", f"got {margin:g}", "write a number above 0")
    return margin


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
        limits=table.choice("limits", ("normal",)),
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
    known = tuple(name for name, about in measures[criterion.measure].items() if about.judged)
    base, _, parameter = criterion.statistic.partition(":")
    if base not in known:
        table.refuse("statistic", f"got {criterion.statistic!r}", nearest(base, known))
    if criterion.measure == "cascade" and base.startswith("stage_") and not parameter:
        table.refuse("statistic", f"got {base!r}", f"name the stage: '{base}:identification'")
    subjects = ("all", *COUNTABLE, OTHER) if criterion.measure in CLASS_MEASURES else MEASURANDS
    if criterion.subject not in subjects:
        table.refuse("subject", f"got {criterion.subject!r}", nearest(criterion.subject, subjects))
    if asks_noise(criterion.statistic) or criterion.allowance:
        _check_noise(criterion, table)
    elif criterion.min is None and criterion.max is None:
        table.refuse("min", "is missing, and so is max", "give the bound that must hold")
    if criterion.min is not None and criterion.max is not None and criterion.min > criterion.max:
        table.refuse("min", f"{criterion.min:g} is above max {criterion.max:g}", "swap them")
    if base in ("share_within", "n_outside", "covering_error"):
        _check_parameter(base, parameter.removesuffix(f":{OR_NOISE}"), criterion, table)
    if criterion.or_within is not None and (base != "share_within" or criterion.or_within <= 0):
        table.refuse(
            "or_within",
            f"got {criterion.or_within:g} with {base}",
            "a floor above 0 goes with share_within",
        )
    _check_limits(criterion, table)
    if not 0.5 < criterion.confidence < 1:
        table.refuse("confidence", f"got {criterion.confidence:g}", "write a fraction such as 0.95")
    if criterion.min_n is not None and criterion.min_n < 1:
        table.refuse("min_n", f"got {criterion.min_n}", "write a whole number of at least 1")


def _check_noise(criterion: Criterion, table: Table) -> None:
    """What goes with the option ``or_noise``."""
    example = "bias:10:or_noise" if criterion.allowance else "share_within:10:or_noise"
    if not criterion.statistic.startswith(("bias:", "share_within:")):
        table.refuse("statistic", f"got {criterion.statistic!r}",
                     f"{OR_NOISE} goes with share_within and with bias")  # fmt: skip
    if criterion.allowance:
        percent, _, option = criterion.statistic.removeprefix("bias:").partition(":")
        if option != OR_NOISE or not _is_limit(percent, 100.0):
            table.refuse("statistic", f"got {criterion.statistic!r}", f"write it as {example!r}")
        for key, bound in (("min", criterion.min), ("max", criterion.max)):
            if bound is not None:
                table.refuse(key, f"got {bound:g} with {criterion.statistic}",
                             "it brings its own bound: delete this line")  # fmt: skip
    elif criterion.min is None or criterion.max is not None:
        table.refuse("min", "is missing, or max is given", "ask for at least a share: min = 0.95")
    if not criterion.subject.endswith("%"):
        table.refuse("subject", f"got {criterion.subject!r} with {OR_NOISE}",
                     "counting noise is known of percentages: NEUT%")  # fmt: skip
    if criterion.or_within is not None:
        table.refuse("or_within", f"stands beside {OR_NOISE}", "choose one of the two")


def _is_limit(text: str, top: float) -> bool:
    try:
        number = float(text)
    except ValueError:
        return False
    return 0 < number < top and f"{number:g}" == text


def _check_parameter(base: str, parameter: str, criterion: Criterion, table: Table) -> None:
    top = 1.0 if base == "covering_error" else math.inf
    if not _is_limit(parameter, top):
        example = "covering_error:0.95" if top == 1 else f"{base}:10"
        table.refuse("statistic", f"got {criterion.statistic!r}", f"write it as {example!r}")
    if base == "share_within":
        for key, bound in (("min", criterion.min), ("max", criterion.max)):
            if bound is not None and not 0 <= bound <= 1:
                table.refuse(key, f"got {bound:g}", "a share is a fraction: write 0.95 for 95 %")


def _check_limits(criterion: Criterion, table: Table) -> None:
    if criterion.statistic in ("lower:normal", "upper:normal"):
        right = f'write statistic = "{criterion.statistic[:5]}" and limits = "normal"'
        table.refuse("statistic", f"got {criterion.statistic!r}", right)
    if criterion.limits is None:
        return
    if criterion.statistic not in ("lower", "upper"):
        advice = "it goes with lower and upper of bland_altman"
        table.refuse("limits", f"stands with {criterion.statistic!r}", advice)
    if criterion.rule != "demonstrated":
        advice = 'write rule = "demonstrated"; under observed the percentile itself decides'
        table.refuse("limits", f"stands with rule {criterion.rule!r}", advice)


def _check_criteria(protocol: Protocol, top: Table) -> None:
    """What one criterion cannot tell: that each has its own id, and fits the mode."""
    ids = [criterion.id for criterion in protocol.criteria]
    for name in ids:
        if ids.count(name) > 1:
            top.refuse("criterion", f"id {name!r} stands twice", "give each criterion its own id")
    noisy = [c.id for c in protocol.criteria if asks_noise(c.statistic)]
    if noisy and protocol.mode == "same-cells":
        top.refuse(
            "criterion",
            f"{noisy[0]!r} asks for {OR_NOISE} in mode same-cells",
            "no counting noise lies between the same cells: ask for sensitivities",
        )


def _check_values(protocol: Protocol, top: Table) -> None:
    numbers = {"resolution": protocol.resolution, "reference_cv": protocol.reference_cv}
    named = {"measurands": (protocol.measurands, MEASURANDS), "sheets": (protocol.sheets, ROLES)}
    for key, (names, right) in (named | {k: (v, MEASURANDS) for k, v in numbers.items()}).items():
        for name in names:
            if name not in right:
                top.refuse(key, f"got {name!r}", nearest(name, right))
    for key, values in numbers.items():
        for name, number in values.items():
            if number < 0:
                top.refuse(key, f"{name} = {number}", "write a number of at least 0")
    if protocol.error_ratio is not None and protocol.error_ratio <= 0:
        top.refuse("error_ratio", f"got {protocol.error_ratio:g}", "write a number above 0")
    if protocol.minimum_cells < 1:
        top.refuse("minimum_cells", f"got {protocol.minimum_cells}", "write at least 1")
    mix = protocol.clinical_mix
    if mix and (min(mix.values()) < 0 or abs(sum(mix.values()) - 1) > 1e-6):
        top.refuse("clinical_mix", f"sums to {sum(mix.values()):g}", "shares must sum to 1")
