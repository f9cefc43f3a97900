"""What the gate asks: margins of the protocol, or the default ones, as criteria for the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wbcval._toml import nearest
from wbcval.compare._side import Side
from wbcval.compare._types import ANCHOR
from wbcval.errors import InputError
from wbcval.protocol import NON_INFERIOR, Criterion, Margin
from wbcval.results import CHANGE, scale_of, statistic_of
from wbcval.stats._metric import Unit

CONFIDENCE = 0.975  # one-sided; the interval is the two-sided one at 95 % (§12)
COMPARED: Mapping[str, tuple[str, ...]] = {
    "classification": ("sensitivity", "specificity", "accuracy"),
    "error": ("share_within", "covering_error"),
    "bland_altman": ("bias",),
}
Key = tuple[str, str, str, str]  # measure, subject, stratum, statistic


def asked(candidate: Side, baseline: Side) -> tuple[Margin, ...]:
    """Margins of the candidate's protocol, in place of the default ones or besides.

    The default asks for accuracy, the sensitivity of each class that has a true cell on either
    side, and the share of samples within the limit of each measurand that is judged by it.

    Raises:
        InputError: for a margin on what cannot be compared, or beyond what can be lost.
    """
    gate = candidate.protocol.gate
    found: dict[Key, Margin] = {}
    for row in _default(candidate, baseline):
        found[_key(row)] = row
    for row in gate.margins:
        _check(row)
        found[_key(row)] = row
    return tuple(found.values())


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
    return scale_of(row.measure, row.subject, row.statistic).percent


def _key(row: Margin) -> Key:
    return (row.measure, row.subject, row.stratum, row.statistic)


def _default(candidate: Side, baseline: Side) -> Iterator[Margin]:
    margin = candidate.protocol.gate.margin
    classes: dict[str, None] = {}
    for side in (baseline, candidate):
        counts = side.study.counts
        if counts is not None:
            cells = counts.confusion.sum(axis=(0, 2))[: counts.n_classes]
            classes |= {name: None for name, n in zip(counts.labels, cells, strict=False) if n}
    if classes:
        yield Margin("classification", "all", "accuracy", margin)
    for name in classes:
        yield Margin("classification", name, "sensitivity", margin)
    shares: dict[tuple[str, str], bool] = {}
    for side in (baseline, candidate):
        for outcome in side.outcomes:
            c = outcome.criterion
            if (c.measure, c.stratum) == ("error", "all") and c.statistic.startswith("share_"):
                key = c.subject, c.statistic
                shares[key] = shares.get(key, True) and c.optional
    for (subject, statistic), optional in shares.items():  # what either side requires is required
        yield Margin("error", subject, statistic, margin, optional=optional)


def _check(row: Margin) -> None:
    where = f"[[gate.criterion]] {row.subject} {row.statistic}"
    if row.measure not in COMPARED:
        raise InputError(where, f"measure {row.measure!r} is not compared by the gate",
                         nearest(row.measure, tuple(COMPARED)))  # fmt: skip
    base, _, parameter = row.statistic.partition(":")
    if base not in COMPARED[row.measure]:
        raise InputError(where, f"statistic {row.statistic!r} is not compared by the gate",
                         nearest(base, COMPARED[row.measure]))  # fmt: skip
    about = statistic_of(row.measure, row.statistic)
    assert about is not None  # noqa: S101 (what is compared has a statistic)
    if bool(parameter) != bool(about.parameter):
        example = f"{base}:{about.parameter}" if about.parameter else base
        raise InputError(where, f"got {row.statistic!r}", f"write it as {example!r}")
    if about.unit is Unit.FRACTION and row.margin >= 1:
        raise InputError(where, f"margin {row.margin:g}", "a share is a fraction: 0.02 for 2 %")
