"""What the gate asks: margins of the protocol, or the default ones, as criteria for the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from wbcval.bundle.read import Side
from wbcval.gating.compare.types import ANCHOR
from wbcval.machine.toml_tables import nearest
from wbcval.measure.results import CHANGE, scale_of, statistic_of
from wbcval.protocol.types import NON_INFERIOR, Criterion, Margin
from wbcval.stats.functions.error_ratio import MEASURES
from wbcval.stats.metric import Better, Statistic, StatisticUnit
from wbcval.stats.or_noise import POINTS
from wbcval.stats.statistic_name import COVERING_ERROR, N_OUTSIDE, SHARE_WITHIN, StatisticName
from wbcval.values.errors import InputError
from wbcval.values.wording import all_of

CONFIDENCE = 0.975  # one-sided; the interval is the two-sided one at 95 % (§12)
PAIRED: Mapping[str, tuple[str, ...]] = {  # sample by sample; others by each side's own interval
    "classification": ("sensitivity", "specificity", "accuracy"),
    "error": (SHARE_WITHIN, COVERING_ERROR),
    "bland_altman": ("bias",),
}
OTHERS = ("bland_altman_percent", "total_error", *MEASURES)
COMPARED = (*PAIRED, *OTHERS)  # of the rest a bundle's tables do not tell what they take
PART = 0.5  # of what a bound allows: how much of it a candidate may use up (docs/decisions/0038)
Key = tuple[str, str, str, str]  # measure, subject, stratum, statistic


def asked(candidate: Side, baseline: Side) -> tuple[Margin, ...]:
    """Margins of the protocols, in place of the default ones or besides; of two, the smaller one.

    A side that states none has the default one, so that a candidate's wider margin decides nothing.

    The default asks for accuracy, the sensitivity of each class that has a true cell on either
    side, the share of samples within the limit of each measurand that is judged by it, and whatever
    else a protocol of either side requires (:func:`default_margin`).

    Raises:
        InputError: for a margin on what cannot be compared, or beyond what can be lost; where a
            protocol requires what cannot be compared.
    """
    found = _of(candidate, candidate, baseline)
    for key, row in _of(baseline, candidate, baseline).items():
        ours = found.get(key, row)
        least, optional = min(row.margin, ours.margin), row.optional and ours.optional
        found[key] = replace(ours, margin=least, optional=optional)
    return tuple(found.values())


def wider(candidate: Side, baseline: Side) -> str:
    """The candidate's margins that are wider than the baseline's, in a sentence; "" where none."""
    ours, theirs = (_of(side, candidate, baseline) for side in (candidate, baseline))
    said = [
        f"{row.subject} {row.statistic} {row.margin:g} against {theirs[key].margin:g}"
        for key, row in ours.items()
        if key in theirs and row.margin > theirs[key].margin
    ]
    if not said:
        return ""
    return (
        "The candidate's protocol states wider margins than the baseline's, which decide: "
        f"{all_of(said)}; to judge by wider ones, report the baseline by that protocol too."
    )


def _of(side: Side, candidate: Side, baseline: Side) -> dict[Key, Margin]:
    """The margins by the protocol of one side, on what either asks for."""
    gate = side.protocol.gate
    found = {_key(row): row for row in _default(candidate, baseline, gate.margin)}
    for row in gate.margins:
        _check(row)
        found[_key(row)] = row
    return found


def criterion(row: Margin, against: str) -> Criterion:
    """The margin as a criterion on the change."""
    where = "" if row.stratum == "all" else f" in {row.stratum}"
    anchor = " against the anchor" if against == ANCHOR else ""
    return Criterion(
        id=f"{row.subject} {row.statistic}{where}{anchor}",
        measure=measure_of(row.measure, against),
        subject=row.subject,
        statistic=row.statistic,
        stratum=row.stratum,
        min=-row.margin,
        rule=NON_INFERIOR,
        confidence=CONFIDENCE,
        optional=row.optional,
    )


def measure_of(measure: str, against: str) -> str:
    """Name of a change in ``results.json``: ``error_change``, ``error_change_from_anchor``."""
    return f"{measure}{CHANGE}" + ("_from_anchor" if against == ANCHOR else "")


def is_share(row: Margin) -> bool:
    """Whether it is a share of cells or of samples, which hits and trials make up."""
    by_samples = row.statistic.base in PAIRED.get(row.measure, ())
    return by_samples and scale_of(row.measure, row.subject, row.statistic).percent


def _key(row: Margin) -> Key:
    return (row.measure, row.subject, row.stratum, row.statistic)


def _default(candidate: Side, baseline: Side, margin: float) -> Iterator[Margin]:
    classes: dict[str, None] = {}
    for side in (baseline, candidate):
        counts = side.study.counts
        if counts is not None:
            cells = counts.confusion.sum(axis=(0, 2))[: counts.n_classes]
            classes |= {name: None for name, n in zip(counts.labels, cells, strict=False) if n}
    if classes:
        yield Margin("classification", "all", StatisticName("accuracy"), margin)
    for name in classes:
        yield Margin("classification", name, StatisticName("sensitivity"), margin)
    rows: dict[Key, Margin] = {}
    for side in (baseline, candidate):
        for outcome in side.outcomes:
            row = _row_of(outcome.criterion, side, margin)
            if row is not None:  # what either side requires is required, at the smaller margin
                before = rows.get(_key(row), row)
                optional = row.optional and before.optional
                least = min(row.margin, before.margin)
                rows[_key(row)] = replace(row, margin=least, optional=optional)
    yield from rows.values()


def _row_of(criterion: Criterion, side: Side, margin: float) -> Margin | None:
    """What becomes of a criterion in a comparison; ``None`` where the default asks for it already.

    Raises:
        InputError: for a required one that cannot be compared.
    """
    c, name = criterion, criterion.measured_as
    if not side.declared and c.statistic.base != SHARE_WITHIN:
        return None  # the defaults without a protocol: shares alone
    if c.measure not in COMPARED:
        if c.optional:
            return None
        raise InputError(
            f"[[criterion]] id {c.id!r}",
            f"requires {c.measure} {c.statistic}, which the gate cannot compare",
            f"judge it with one of {', '.join(COMPARED)}; or write optional = true",
        )
    if c.statistic.base == N_OUTSIDE:
        name = c.measured_as.as_base(SHARE_WITHIN)  # the same, as a share
    elif c.allowance:
        name = StatisticName("bias")
    about = statistic_of(c.measure, name)
    if about is None or about.better is Better.NONE:
        return None
    least = default_margin(c, about, margin)
    return Margin(c.measure, c.subject, name, least, stratum=c.stratum, optional=c.optional)


def default_margin(criterion: Criterion, about: Statistic, share: float) -> float:
    """How much worse a candidate may be in what a criterion bounds, where no row says it.

    Of a share, ``[gate] margin``. Else half of what the bounds allow: of a bias within ±2 points, 1
    point; of a slope from 0.9 to 1.1, 0.05; of an SD up to 5 %, 2.5 %.

    Args:
        criterion: with its bounds, in the unit of the statistic.
        about: the statistic. share: of ``[gate]``.
    """
    if about.better is Better.HIGHER:
        return share
    best = 1.0 if about.better is Better.ONE else 0.0
    allowed = [abs(b - best) for b in (criterion.min, criterion.max) if b is not None]
    return PART * max(allowed, default=2 * POINTS) or share


def _check(row: Margin) -> None:
    where = f"[[gate.criterion]] {row.subject} {row.statistic}"
    if row.measure not in COMPARED:
        raise InputError(where, f"measure {row.measure!r} is not compared by the gate",
                         nearest(row.measure, COMPARED))  # fmt: skip
    base, parameter = row.statistic.base, row.statistic.rest
    about = statistic_of(row.measure, row.statistic)
    if about is None or about.better is Better.NONE:
        raise InputError(where, f"statistic {row.statistic!r} is not compared by the gate",
                         nearest(base, PAIRED.get(row.measure, ("slope", "bias"))))  # fmt: skip
    if bool(parameter) != (about.parameter is not None) and base not in ("lower", "upper"):
        example = f"{base}:{about.parameter or '25'}" if about.parameter is not None else base
        raise InputError(where, f"got {row.statistic!r}", f"write it as {example!r}")
    if about.unit is StatisticUnit.FRACTION and not about.score and row.margin >= 1:
        raise InputError(where, f"margin {row.margin:g}", "a share is a fraction: 0.02 for 2 %")
