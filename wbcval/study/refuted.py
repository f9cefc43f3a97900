"""Declarations that the data refute: such a study is refused. STATISTICS.md §18.

``n_cells``, a resolution, λ or a floor is believed by everything that follows, and a wrong one
widens every limit. Each check allows more than rounding in any style can explain, and one row in
twenty that is simply mistyped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from wbcval.door.tables import Checked
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.functions.error_ratio import MEASURES, believable, denied_cv, error_ratio
from wbcval.stats.metric import Floats, Mask
from wbcval.study.types import Study
from wbcval.values.findings import Finding, Severity
from wbcval.values.measurands import ABSOLUTE, PERCENT, WBC, subject_unit
from wbcval.values.wording import difference_unit, unit_text

CELLS = "cells-refuted"
_MISTYPED, _FEWEST = 0.05, 3  # share of the rows that may be wrong; and fewer rows refute nothing
_STEPS = 2.0  # printed steps: rounded or cut off, of a sum of parts, or made to add up to 100
_COMPUTED = 1e-3  # percent; of a column whose printed step is not known, for it was computed
_PRODUCT = 0.05  # of X#: counts of nucleated cells with and without erythroblasts in the total
_RATIO = 4.0  # between λ and the ratio that counting gives


def of_tables(tables: Iterable[Checked | None], protocol: Protocol) -> list[Finding]:
    """What the rows of a table say against each other, and against the protocol."""
    found = []
    for table in tables:
        if table is not None:
            found += [*_cells(table, protocol), *_total(table), *_products(table)]
            if table.name == "reference":
                found += _resolutions(table, protocol)
    return found


def of_study(study: Study) -> list[Finding]:
    """What both sides together say against λ, against floors and against the reference's CV."""
    found = []
    for c in study.protocol.criteria:
        if c.subject in study.values:
            found += [*_floor(study, c), *_ratio(study, c)]
    for name in study.protocol.reference_cv:
        if name in study.values:
            found += _imprecision(study, name)
    return list(dict.fromkeys(found))


def _error(table: str, file: str, rule: str, column: str, got: str, advice: str,
           rows: int = 1) -> Finding:  # fmt: skip
    return Finding(table, file, rule, Severity.ERROR, column, rows, got=got, advice=advice)


def _many(wrong: Mask, known: Mask) -> bool:
    return int(wrong.sum()) >= max(_FEWEST, _MISTYPED * int(known.sum()))


def _column(table: Checked, name: str) -> Floats:
    return table.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def without_cells(table: Checked, found: Iterable[Finding]) -> Checked:
    """The same table, its ``n_cells`` not used where they were refuted."""
    if all(f.rule != CELLS or f.file != table.file for f in found):
        return table
    return replace(table, frame=table.frame.drop(columns="n_cells"))


def _asks_for_cells(criterion: Criterion, protocol: Protocol) -> bool:
    """Whether nothing can decide it without them, or they alone can deny what is stated (λ)."""
    stated = criterion.measure in MEASURES and protocol.error_ratio is not None
    return stated or criterion.statistic.or_noise or criterion.measure == "counting_noise"


def _cells(table: Checked, protocol: Protocol) -> Iterator[Finding]:
    """Shares that no whole number of ``n_cells`` cells can give.

    An error where a criterion asks for them, as the default ones do; else they are not used.
    """
    shares = [name for name in PERCENT if name in table.frame]
    if "n_cells" not in table.frame or not shares:
        return
    cells = _column(table, "n_cells")
    wrong, known = np.zeros((2, len(cells)), dtype=bool)
    first = ""
    for name in shares:
        step = table.resolution.get(name)
        off = _COMPUTED if step is None else _STEPS * step
        values = _column(table, name)
        with np.errstate(invalid="ignore", divide="ignore"):
            grid = 100 / cells
            informative = np.isfinite(values) & (cells >= 1) & (grid / 2 > off)
            apart = np.abs(values - np.rint(values / grid) * grid)
            bad = informative & (apart > off * (1 + 1e-9))
        known |= informative
        wrong |= bad
        if not first and bad.any():
            i = int(np.flatnonzero(bad)[0])
            sample = table.frame["sample_id"].iloc[i]
            first = f"{sample}: {name} {values[i]:g} cannot be a share of {cells[i]:g} cells"
            first += f" ({_near(values[i], cells[i])})"
    if _many(wrong, known):
        criteria = protocol.criteria
        asked = not criteria or any(_asks_for_cells(c, protocol) for c in criteria)
        said = _error(
            table.name, table.file, CELLS, "n_cells", first,
            "n_cells are the cells that the percentages are of; else leave the column out",
            int(wrong.sum()),
        )  # fmt: skip
        not_used = f"not used; {said.advice}"
        yield said if asked else replace(said, severity=Severity.WARN, advice=not_used)


def _near(value: float, cells: float) -> str:
    below = np.floor(value * cells / 100)
    return f"{100 * below / cells:.4g} and {100 * (below + 1) / cells:.4g} can"


def _total(table: Checked) -> Iterator[Finding]:
    """A stated total of cells that is less than its own columns add up to."""
    counts = [name for name in PERCENT if table.units.get(name) == "cells"]
    if not counts:
        return
    shares = np.sum([np.nan_to_num(_column(table, name)) for name in counts], axis=0)
    wrong = shares > 100 * (1 + 1e-9)
    if _many(wrong, shares > 0):
        i = int(np.flatnonzero(wrong)[0])
        cells = _column(table, "n_cells")[i]
        yield _error(
            table.name, table.file, "total-refuted", "n_cells",
            f"{table.frame['sample_id'].iloc[i]}: {shares[i] * cells / 100:.0f} cells of the "
            f"classes, and a total of {cells:g}",
            "the total counts all leukocytes; else leave the column out",
            int(wrong.sum()),
        )  # fmt: skip


def _products(table: Checked) -> Iterator[Finding]:
    """Counts of a class that are not WBC · X % of the same row."""
    for names in ((WBC, share, count) for share, count in zip(PERCENT, ABSOLUTE, strict=True)):
        if not {*names} <= set(table.frame):
            continue
        wbc, share, count = (_column(table, name) for name in names)
        steps = [_STEPS * table.resolution.get(name, 0.0) for name in names]
        expected = wbc * share / 100
        off = steps[2] + wbc * steps[1] / 100 + share * steps[0] / 100 + _PRODUCT * expected
        known = np.isfinite(expected) & np.isfinite(count)
        wrong = known & (np.abs(count - expected) > off)
        if _many(wrong, known):
            i = int(np.flatnonzero(wrong)[0])
            yield _error(
                table.name, table.file, "product-refuted", names[2],
                f"{table.frame['sample_id'].iloc[i]}: {count[i]:.4g}, where WBC and {names[1]} "
                f"give {expected[i]:.4g}",
                f"one of the three is another measurement: leave {names[2]} or {names[1]} out",
                int(wrong.sum()),
            )  # fmt: skip


def _resolutions(table: Checked, protocol: Protocol) -> Iterator[Finding]:
    """A stated step that the printed values are no multiples of, or that is finer than printed."""
    for name, step in protocol.resolution.items():
        printed = table.resolution.get(name)
        if name not in table.frame or not step or printed is None:
            continue
        values = _column(table, name)
        known = np.isfinite(values)
        apart = np.abs(values - np.rint(values / step) * step)
        wrong = known & (apart > printed / 2 * (1 + 1e-9))
        finer = step < printed * (1 - 1e-9)
        if finer or (step > printed and _many(wrong, known)):
            yield _error(
                "reference", table.file, "resolution-refuted", name,
                f"[resolution] says steps of {step:g}, the values keep to steps of {printed:g}",
                f"write {name!r} = {printed:g}, or leave the line out",
            )  # fmt: skip


def _floor(study: Study, c: Criterion) -> Iterator[Finding]:
    """An absolute floor that swallows the values it stands beside."""
    if c.or_within is None:
        return
    reference = study.values[c.subject].reference
    known = np.isfinite(reference)
    here = reference[known & study.strata.get(c.stratum, known)]
    if not len(here):
        return
    limit = c.statistic.limit
    # a stratum of low values may well be judged by a floor alone, but not by one above its values
    median, largest = float(np.median(here)), float(reference[known].max())
    # a percentage of few cells needs a floor; a total does not, and its limit would never count
    relative = c.subject == WBC and c.or_within > (limit or 0.0) / 100 * largest
    if c.or_within < median and not relative:
        return
    unit = unit_text(difference_unit(subject_unit(c.subject)))
    where = "" if c.stratum == "all" else f" in {c.stratum}"
    why = (
        f"more than {limit:g} % of the largest reference, {largest:.4g}: the limit never counts"
        if relative
        else f"no less than half of the reference values{where} (median {median:.4g}): 0 would be "
        "within"
    )
    yield _error(
        "reference", "protocol", "floor-refuted", c.subject,
        f"{c.id}: or_within = {c.or_within:g} is in {unit}, and {why}",
        f"for {c.or_within:g} % write statistic = \"share_within:{c.or_within:g}\" alone; else a "
        f"floor such as {_floor_instead(c, median, limit or 10.0):.2g}",
    )  # fmt: skip


def _floor_instead(c: Criterion, median: float, limit: float) -> float:
    return limit / 100 * median if c.subject == WBC else median / 2


def _ratio(study: Study, c: Criterion) -> Iterator[Finding]:
    """λ beyond a factor 4 of what the cells of both sides give, where these are known."""
    stated = study.protocol.error_ratio
    if stated is None or c.measure not in MEASURES or study.mode == "same-cells":
        return
    pairs = study.pairs(c.subject, c.stratum) if c.stratum in study.strata else None
    found = error_ratio(believable(pairs)) if pairs is not None else None
    if found is None or (found.upper is None and not found.value):
        return
    # an analyzer of unstated imprecision is no noisier than the model's own count
    most = found.value if found.upper is None else max(found.upper, 1.0)
    low, high = found.value / _RATIO, most * _RATIO
    if not low <= stated <= high:
        yield _error(
            "reference", "protocol", "error-ratio-refuted", c.subject,
            f"error_ratio = {stated:g}, where counting gives {found.written}",
            "leave error_ratio out: it follows from n_cells (and [reference_cv])",
        )  # fmt: skip


def _imprecision(study: Study, name: str) -> Iterator[Finding]:
    """A CV of the reference that is more than twice all the scatter about the line."""
    pairs = study.pairs(name)
    scatter = denied_cv(pairs)
    if scatter is not None and pairs.reference_cv is not None:
        stated = 100 * pairs.reference_cv
        yield _error(
            "reference", "protocol", "reference-cv-refuted", name,
            f"[reference_cv] says {stated:g} %, and the reference is off its line on the model by "
            f"{100 * scatter:.2g} % in all",
            "state the CV of repeats of one sample, in percent, or leave the line out",
        )  # fmt: skip
