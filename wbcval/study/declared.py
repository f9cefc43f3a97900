"""Declarations that a verdict could hide behind: merges, a mix, columns. STATISTICS.md §18.

Classes counted as one cannot be confused any more; a column read as another than its name says is
not judged as what it is. Either may be right, and is said beside the verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from wbcval.door.importers import names
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.functions.classification import CLINICAL
from wbcval.study.cells import CellCounts
from wbcval.values.classes import FAMILIES, NOT_COUNTABLE, canonical, group_of
from wbcval.values.measurands import Measurand
from wbcval.values.wording import all_of

if TYPE_CHECKING:
    from wbcval.door.tables import Checked

_LONGEST = 40  # characters of a label


def renamed(protocol: Protocol) -> dict[str, str]:
    """Classes of ours that ``[class_map]`` counts as another class, so that no error is left.

    Not those that the roll-up counts as one anyway, nor parts of a family counted as the whole
    (band neutrophils as neutrophils): that is a matter of depth.

    Returns:
        Ours → ours.
    """
    return {
        ours: other
        for ours, other in _translated(protocol.class_map)
        if _apart(ours, other, protocol.rollup or "full")
    }


def _translated(class_map: Mapping[str, str]) -> list[tuple[str, str]]:
    """The lines of the map that make one class of ours another."""
    named = ((canonical(label), canonical(name)) for label, name in class_map.items())
    return [(ours, other) for ours, other in named if ours and other and ours != other]


def _apart(ours: str, other: str, rollup: str) -> bool:
    part = any(other == family[0] and ours in family for family in FAMILIES)
    useless = ours in NOT_COUNTABLE and other in NOT_COUNTABLE
    return not part and not useless and group_of(ours, rollup) != group_of(other, rollup)


def lines(protocol: Protocol, cells: CellCounts | None) -> tuple[str, ...]:
    """What is counted as one class or read as another, in sentences without an end.

    None where nothing is.

    Args:
        protocol: with the roll-up that was used.
        cells: as they were read; ``None`` where there are none.
    """
    said = [*_of_map(protocol.class_map), *_of_columns(protocol.columns)]
    for united in cells.united if cells else ():
        of = "its own class" if united.group in united.names else united.group
        said.append(
            f"{all_of(united.names)} counted as one ({of}, roll-up {protocol.rollup}), "
            f"{united.apart} of their {united.cells} cells called another of them"
        )
    return tuple(dict.fromkeys(said))


def cut_off(cells: CellCounts | None) -> tuple[str, ...]:
    """That probabilities begin with a step, as where cells were cut, or are tied, without an end.

    Args:
        cells: as they were read; ``None`` where there are none.
    """
    return tuple(filter(None, (cells.cut_off, cells.ties.said) if cells else ()))


def of_labels(tables: Iterable[Checked]) -> tuple[str, ...]:
    """Labels that are no name of a class, and join one that has its name, or are not counted.

    A column of codes is a translation, and nothing to say.

    Args:
        tables: all that were read.
    """
    columns: dict[str, Counter[tuple[str, str]]] = {}
    for table in tables:
        for (column, label, of), n in table.labels.items():
            columns.setdefault(column, Counter())[label, of] += n
    return tuple(said for column, found in columns.items() for said in _joining(column, found))


def _joining(column: str, found: Counter[tuple[str, str]]) -> Iterator[str]:
    side = "true" if column == "true_class" else "called"
    named = {of for label, of in found if canonical(label) is not None}
    for (label, of), n in found.items():
        joins = of in named or (side == "true" and of in NOT_COUNTABLE)
        if canonical(label) is None and joins:
            share = f"{100 * n / found.total():.2g} % of the cells"
            yield f"{side} {label[:_LONGEST]!r} ({share}) counted as {of} ([class_map])"


def mix(protocol: Protocol, criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """At which mix predictive values are judged, where the protocol states one.

    Args:
        protocol: with ``clinical_mix``. criteria: required ones.
    """
    if not protocol.clinical_mix or all(c.statistic != CLINICAL for c in criteria):
        return ()
    shares = [f"{100 * share:.3g} % {name}" for name, share in protocol.clinical_mix.items()]
    return (f"PPV at a mix of {all_of(shares)}",)


def _of_map(class_map: Mapping[str, str]) -> list[str]:
    said = [f"{ours} counted as {other} ([class_map])" for ours, other in _translated(class_map)]
    foreign: dict[str, list[str]] = {}
    for label, name in class_map.items():
        if canonical(label) is None and (known := canonical(name)) not in (None, *NOT_COUNTABLE):
            foreign.setdefault(str(known), []).append(repr(label))
    said += [
        f"{all_of(labels)} counted as one ({name}, [class_map])"
        for name, labels in foreign.items()
        if len(labels) > 1
    ]
    return said


def _of_columns(columns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The lines of ``[columns]`` that read a column as another than it would be read by itself."""
    for role, bound in columns.items():
        for ours, theirs in bound.items():
            if (found := _what(theirs)) and (asked := _what(ours)) and found != asked:
                yield f"{theirs!r} of the {role} read as {ours} ([columns])"


def _what(column: str) -> str:
    """The class, measurand of no class, or side of a label that a column's name says, or ""."""
    said = names.meaning(column)
    if said.kind in ("predicted_class", "true_class"):
        return said.kind
    if said.kind == "probability":
        return canonical(said.subject) or ""
    return Measurand(said.subject).cell_class or Measurand(said.subject).stem
