"""Are the samples as many as they look? STATISTICS.md §18, "Independence is looked at"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wbcval.origin import Origin
from wbcval.stats.equal_rows import EQUAL_ROWS, ValueColumns, beyond_chance
from wbcval.stats.equal_vectors import REPEATED_CELLS
from wbcval.stats.functions.equal_errors import equal_errors
from wbcval.stats.functions.repeated_cells import repeated_cells
from wbcval.stats.functions.repeated_rows import Column, repeated_rows
from wbcval.stats.metric import Floats, Ints
from wbcval.stats.one_blood import of_one_blood
from wbcval.stats.ties import TIES_BY_TRUTH
from wbcval.study.cells import CellCounts
from wbcval.study.cross_checks import natural, some
from wbcval.study.paired_values import Values
from wbcval.values.by_eye import folded
from wbcval.values.findings import Exclusion, Finding, Kind, Severity
from wbcval.values.measurands import PERCENT, WBC, Measurand, Quantity

if TYPE_CHECKING:
    from wbcval.door.tables import Checked

SORTED = "sorted_rows"  # flag: row numbers as ids, and both sides sorted
SAME_ERRORS = "errors_repeated"  # flag: in samples of one mix
REPEATED = "images_repeated"  # flag: more images are copies than ``_MOST_COPIES``
_MOST_COPIES = 0.05
_MANY_EQUAL = 0.2  # of the samples: were fewer copies, intervals would hardly be too narrow
_ONE_MIX = 0.9  # of the samples
_HOW = "in case, spaces, leading zeros or letters that look alike"
_FEWEST_SORTED = 10  # of fewer values an order is no wonder


def alike(ids: Iterable[str]) -> list[Finding]:
    """Samples whose ids only a machine tells apart: one under two names, most likely."""
    advice = "write each id in one way; different samples get names that the eye tells apart"
    return _alike(ids, "reference", "both sides", Severity.ERROR, "sample_id", advice)


def one_patient(ids: Iterable[str]) -> list[Finding]:
    """Patients whose ids only a machine tells apart: they count as one, and it is said."""
    advice = "taken as one patient: write each id in one way"
    return _alike(ids, "samples", "patient ids", Severity.WARN, "patient_id", advice)


def _alike(
    ids: Iterable[str], table: str, where: str, severity: Severity, column: str, advice: str
) -> list[Finding]:
    found = _groups(ids)
    if not found:
        return []
    rows = sum(len(group) - 1 for group in found)
    got = f"{some(found[0])} differ {_HOW}"
    return [Finding(table, where, "ids-alike", severity, column, rows, got=got, advice=advice)]


def _groups(ids: Iterable[str]) -> list[set[str]]:
    groups: dict[str, set[str]] = {}
    for name in ids:
        groups.setdefault(folded(name), set()).add(name)
    return [group for group in groups.values() if len(group) > 1]


def copies(
    ids: Sequence[str], values: Mapping[str, Values], cells: CellCounts | None
) -> dict[str, str]:
    """Samples that are another one over again, and which: these count once.

    Args:
        ids: shape (S,), sorted.
        values: of both sides.
        cells: over ``ids``, where both sides' shares are of these; else ``None``.
    """
    if not values or (cells is not None and one_mix(values)):
        return {}
    seen = np.logical_or.reduce([v.paired for v in values.values()])
    at = np.flatnonzero(seen)
    rows = np.column_stack([a[at] for v in values.values() for a in (v.reference, v.model)])
    if cells is not None:
        groups = repeated_cells(rows, cells.confusion[at])
    else:
        columns = [_column(v.at(at), Measurand(name)) for name, v in _apart(values, at).items()]
        groups = repeated_rows(rows, columns)
    named = [ids[i] for i in at.tolist()]
    return {named[i]: named[first] for first, *others in groups for i in others}


def same_errors(values: Mapping[str, Values], cells: CellCounts | None) -> tuple[str, ...]:
    """The flag of a set of one mix of which more than 5 % have another sample's very mistakes.

    Args:
        values: of both sides.
        cells: of the same samples, where both sides' shares are of these; else ``None``.
    """
    if cells is None or not one_mix(values):
        return ()
    again = sum(len(group) - 1 for group in equal_errors(cells.confusion))
    return (SAME_ERRORS,) if again > _MOST_COPIES * len(cells.sample_ids) else ()


def one_mix(values: Mapping[str, Values]) -> int:
    """Samples of one and the same mix of true cells, where nearly all are; else 0.

    Sets put together by hand have as many cells of each class in each. Then a good model gives most
    of them equal values, and these tell no copy: its mistakes do.
    """
    if not values:
        return 0
    rows = np.column_stack([v.reference for v in values.values()])
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < _FEWEST_SORTED:
        return 0
    most = int(np.unique(rows, axis=0, return_counts=True)[1].max())
    return most if most >= _ONE_MIX * len(rows) else 0


def equal_samples(values: Mapping[str, Values], cells: CellCounts | None) -> int:
    """Samples with every value of an earlier one, on both sides; 0 where they are 20 % or fewer.

    Those that no chance explains count once before, and are none of these.

    Args:
        values: of both sides.
        cells: over the same samples, where both sides' shares are of these; else ``None``.
    """
    if not values or (cells is not None and one_mix(values)):
        return 0
    seen = np.logical_or.reduce([v.paired for v in values.values()])
    sides = [a[:, None] for v in values.values() for a in (v.reference, v.model)]
    if cells is not None:
        each = math.prod(cells.confusion.shape[1:])
        sides.append(cells.confusion.reshape(len(seen), each).astype(np.float64))
    rows = np.where(np.isnan(found := np.hstack(sides)[seen]), np.inf, found)
    again = len(rows) - len(np.unique(rows, axis=0))
    return again if again > _MANY_EQUAL * len(rows) else 0


def one_blood(values: Mapping[str, Values], cells: Floats) -> bool:
    """Whether the mixes of the samples hardly differ; not of sets put together by hand.

    Args:
        values: of both sides; the percentages of the reference tell.
        cells: shape (S,), that it counted; NaN where not known.
    """
    shares = [v.reference / 100 for name, v in values.items() if name in PERCENT]
    if not shares or one_mix(values):
        return False
    return of_one_blood(np.column_stack(shares), cells)


def whole_rows(values: Mapping[str, Values], mode: str) -> dict[str, Values]:
    """Both sides, flagged where samples are one in everything, in two draws of the blood.

    Where the differential alone is one, WBC is not flagged. On one slide both sides may have
    counted the same cells.

    Args:
        values: of both sides.
        mode: of the comparison.
    """
    named = {n: v for n, v in values.items() if not v.shared_total}
    if mode != "different-aliquot" or not named:
        return dict(values)
    shares = any(Measurand(name).quantity is Quantity.SHARE for name in named)
    sides, cells = [], None
    for name, v in named.items():
        of = Measurand(name).quantity
        if of is Quantity.COUNT and shares:
            continue  # follows from WBC and share
        whole = np.full(len(v.reference), 100.0) if of is Quantity.SHARE else v.total
        sides.append(
            ValueColumns(v.reference, v.model, v.room, None if of is Quantity.TOTAL else whole)
        )
        cells = v.model_cells if of is not Quantity.TOTAL and cells is None else cells
    counted = [side for side in sides if side.whole is not None]
    found = {n for n in values if n != WBC} if beyond_chance(counted, cells) else set()
    found |= {*values} if beyond_chance(sides, cells) else set()
    return {
        n: replace(v, flags=(*v.flags, EQUAL_ROWS)) if n in found else v for n, v in values.items()
    }


def _apart(values: Mapping[str, Values], at: Ints) -> dict[str, Values]:
    """Measurands that do not follow from each other: WBC, and percentages or else counts."""
    shares = {n: v for n, v in values.items() if Measurand(n).quantity is Quantity.SHARE}
    if set(PERCENT) <= shares.keys():  # four of them tell the fifth
        widest = max(shares, key=lambda name: _spread(shares[name].reference[at]))
        del shares[widest]
    classes = shares or {n: v for n, v in values.items() if Measurand(n).quantity is Quantity.COUNT}
    return {n: v for n, v in values.items() if n == WBC or n in classes}


def _spread(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.std()) if len(known) else 0.0


def _column(values: Values, name: Measurand) -> Column:
    """With the steps between values that cells give, where these are coarser than the digits."""
    cell = 0.0
    cells = values.model_cells
    if name.quantity is Quantity.SHARE and cells is not None and (cells > 0).any():
        cell = 100 / float(np.median(cells[cells > 0]))
    printed = values.resolution[np.isfinite(values.resolution)]
    step = float(np.median(printed)) if len(printed) else 0.0
    return Column(values.reference, values.model, step, max(values.model_step, cell))


def counted_once(found: Mapping[str, str]) -> tuple[list[Exclusion], list[Finding]]:
    """Copies by name: as exclusions, and as a finding."""
    if not found:
        return [], []
    first = min(found, key=natural)
    said = Finding(
        "reference", "both sides", "repeated-sample", Severity.WARN, "sample_id", len(found),
        got=f"{first!r} has every value of {found[first]!r}, on both sides",
        advice="counted once: a copy is no further sample; correct it if it is another one",
    )  # fmt: skip
    out = [Exclusion(i, "all", f"the same values as {of}: counted once", Kind.COPIED)
           for i, of in found.items()]  # fmt: skip
    return out, [said]


def same_images(origins: Iterable[Origin]) -> tuple[str, ...]:
    """The flag of images that were listed more than once, and so their cells counted."""
    looked_at = [o.record["images"] for o in origins]
    copies = sum(images.get("repeated", 0) for images in looked_at)
    return (REPEATED,) if copies > _MOST_COPIES * sum(i["listed"] for i in looked_at) else ()


def trained_on(
    tables: Iterable[Checked], origins: Iterable[Origin], ids: Sequence[str]
) -> frozenset[str]:
    """Samples that a table calls training data; all of them where it does not say which.

    Args:
        tables: all that were read. origins: of the predictions.
        ids: samples under study.
    """
    found = frozenset[str]().union(*(table.training for table in tables))
    unknown = "" in found or any(o.record["images"].get("training", 0) for o in origins)
    return frozenset(ids) if unknown else found & {*ids}


def same_cells(cells: CellCounts | None) -> tuple[tuple[str, ...], list[Finding]]:
    """The flag of cells that were listed more than once, and the finding."""
    if cells is None or not cells.copies.many:
        return (), []
    copies, of = cells.copies
    said = Finding(
        "cells", "predictions", "repeated-cell", Severity.WARN, "probability", copies,
        got=f"{copies} of {of} cells have every probability of another cell of their sample",
        advice="list each cell once: a copy, as by oversampling, is no further cell",
    )  # fmt: skip
    return (REPEATED_CELLS,), [said]


def tied_by_truth(cells: CellCounts | None) -> tuple[str, ...]:
    """The flag of labels that were chosen, among tied probabilities, by the true class."""
    return (TIES_BY_TRUTH,) if cells is not None and cells.ties.by_truth else ()


def by_rank(ids: Sequence[str], values: Mapping[str, Values]) -> tuple[str, ...]:
    """The flag of samples that may be paired by rank: numbered rows, sorted on both sides.

    Args:
        ids: shape (S,), in natural order.
        values: of both sides.
    """
    numbers = [int(i) if i.isdecimal() else -1 for i in ids]
    if len(ids) < _FEWEST_SORTED or numbers != list(range(numbers[0], numbers[0] + len(ids))):
        return ()
    return (SORTED,) if sorted_by_ids(values) else ()


def sorted_by_ids(values: Mapping[str, Values]) -> tuple[str, ...]:
    """Measurands that rise, or fall, on both sides in the order of the ids.

    Of ids that were there before the values no ten are in that order by chance (1 in 10!); a panel
    that was numbered by level is, and so are columns that were sorted each by itself.

    Args:
        values: of both sides, a row per sample in the natural order of the ids.
    """
    found = []
    for name, v in values.items():
        take = v.paired
        ways = [_way(side[take]) for side in (v.reference, v.model)]
        if ways[0] and ways[0] == ways[1]:
            found.append(name)
    return tuple(found)


def _way(values: Floats) -> int:
    """1 where values rise, −1 where they fall, 0 where they do neither or hardly change."""
    if len(values) < _FEWEST_SORTED or len(np.unique(values)) < _FEWEST_SORTED:
        return 0
    steps = np.diff(values)
    return int((steps >= 0).all()) - int((steps <= 0).all())
