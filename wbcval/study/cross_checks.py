"""What inputs say of each other once they stand side by side: oddities no table shows by itself.

DESIGN.md, severities: nothing passes silently. Values, never raised here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wbcval.study import depths
from wbcval.study.paired_values import Values
from wbcval.values.findings import Exclusion, Finding, Kind, Severity
from wbcval.values.measurands import WBC, Measurand, Quantity

if TYPE_CHECKING:
    from wbcval.study.inputs import Inputs
    from wbcval.study.sides import Sides


def natural(name: str) -> list[tuple[int, int | str]]:
    """Sorting key under which S2 comes before S10."""
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in re.split(r"(\d+)", name) if p]


def some(ids: set[str]) -> str:
    """A few of the ids, as they are spelt."""
    first = sorted(ids, key=natural)[:3]
    return (", ".join(map(repr, first)) or "none") + (" …" if len(ids) > 3 else "")


def orphans(inputs: Inputs, ids: tuple[str, ...], left_out: list[Exclusion]) -> list[Finding]:
    """Ids without a partner on both sides at once are more likely misspelt than missing."""
    model = named(inputs)
    ours = {e.sample_id for e in left_out if e.kind is not Kind.EXCLUDED}
    theirs = set(ids) - model
    if not ours or not theirs:
        return []
    return [
        Finding(
            "reference",
            "predictions and reference",
            "ids-without-partner",
            Severity.WARN,
            "sample_id",
            len(theirs),
            got=f"only in the predictions: {some(ours)}; only in the reference: {some(theirs)}",
            advice="if these are the same samples, make the ids the same: text is compared",
        )
    ]


def unseen(inputs: Inputs) -> set[str]:
    """Samples whose images were there and all failed, so that the predictions lack them.

    Not of fields: one that was read may hold no cell.
    """
    failed = {i for o in inputs.origins if o.of_cells for i in o.record["failures"]["samples"]}
    seen = set(inputs.cells.sample_ids) if inputs.cells else set()
    if inputs.counts is not None:
        seen |= set(inputs.counts.frame["sample_id"])
    return failed - seen - {""}


def named(inputs: Inputs) -> set[str]:
    """Samples that the predictions name, or whose images all failed."""
    found = unseen(inputs) | (set(inputs.cells.sample_ids) if inputs.cells else set())
    return found | (set() if inputs.counts is None else set(inputs.counts.frame["sample_id"]))


def unlisted(inputs: Inputs) -> set[str]:
    """Samples of the reference that neither the samples table nor the predictions name.

    Of an analyzer's whole day, those that were not studied. What the model said anything of, or
    failed on by its record, is compared whatever the samples table lists.
    """
    if inputs.protocol.mode == "same-cells" or inputs.samples is None or inputs.reference is None:
        return set()
    listed = set(inputs.samples.frame["sample_id"])
    return set(inputs.reference.frame["sample_id"]) - listed - named(inputs)


def of_no_study(inputs: Inputs, ids: tuple[str, ...]) -> list[Finding]:
    """Samples of the reference alone, as an export of a whole day has them, in number."""
    outside, alone = unlisted(inputs), set(ids) - named(inputs)
    found = []
    if outside:
        found.append(
            Finding(
                "reference", inputs.reference.file if inputs.reference else "", "not-listed",
                Severity.WARN, "sample_id", len(outside),
                got=f"{some(outside)}: neither in the samples table nor in the predictions",
                advice="left out; list those that the model was to measure, and they count as lost",
            )
        )  # fmt: skip
    if inputs.samples is None and len(alone) > _OF_ANOTHER * len(ids):
        found.append(
            Finding(
                "reference", inputs.reference.file if inputs.reference else "predictions",
                "without-model-result", Severity.WARN, "sample_id", len(alone),
                got=f"{some(alone)}: in the reference alone",
                advice="counted as lost; if the export holds samples of no study, list those of "
                "the study in a table with sample_id: --samples FILE",
            )
        )  # fmt: skip
    return found


def mixed_up(inputs: Inputs) -> list[Finding]:
    """Stages of one class that the model mixes up, where no roll-up was chosen: a hint."""
    found = None
    if inputs.cells is not None and not inputs.rollup_stated:
        found = depths.mixed_up(inputs.cells)
    if found is None:
        return []
    rollup, said = found
    return [
        Finding(
            "cells", next(f.file for f in inputs.files if f.role == "cells"), "stages-mixed-up",
            Severity.WARN, "predicted_class", got=said,
            advice="if the laboratory reports these as one class, state "
            f"rollup = {rollup!r} in the protocol",
        )
    ]  # fmt: skip


def unmatched(inputs: Inputs) -> list[Finding]:
    """A stated exclusion that meets no sample leaves nothing out: a misspelt id, most likely."""
    known = named(inputs)
    if inputs.reference is not None:
        known |= set(inputs.reference.frame["sample_id"])
    lost = {e.sample_id for e in inputs.protocol.exclusions} - known
    if not lost:
        return []
    return [
        Finding(
            "reference",
            "protocol",
            "exclusion-unmatched",
            Severity.WARN,
            "sample_id",
            len(lost),
            got=f"[[exclusion]] of {some(lost)}: no such sample",
            advice="check the ids: nothing was left out for these",
        )
    ]


_OF_ANOTHER = 0.05  # of the samples, without any result: of another study, perhaps
_FEWEST = 3  # pairs that tell a unit, or that two results are of two models
_ROUNDED = 0.5  # a share printed as a whole percentage
_LEFT_OUT = 0.05  # of a share: cells that one of two results leaves out of the total
_MISTYPED = 0.05  # of the samples


def two_results(sides: Sides, values: Mapping[str, Values]) -> list[Finding]:
    """Shares in the table of counts that its own cells contradict: one of the two is not used.

    Refused where it is more than a few samples, or than cells that are left out of the total (§18).
    """
    found = []
    for name in values:
        table, cells = sides.both(Measurand(name))
        apart = np.flatnonzero(np.abs(table - cells) > _ROUNDED * (1 + 1e-9))
        if len(apart):
            i = apart[0]
            far = np.abs(table - cells) > _ROUNDED + _LEFT_OUT * np.fmax(table, cells)
            many = far.sum() >= max(_FEWEST, _MISTYPED * np.isfinite(table - cells).sum())
            found.append(
                Finding(
                    "counts",
                    "predictions",
                    "two-results",
                    Severity.ERROR if many else Severity.WARN,
                    name,
                    len(apart),
                    got=f"{sides.ids[i]}: {table[i]:.4g} in the table, {cells[i]:.4g} of the cells",
                    advice="give the one that is the model's result, and leave the other out"
                    if many
                    else "the table is compared; give the one that is the model's result",
                )
            )
    return found


_MISSED = ("unusable-prediction", "marked-invalid")  # of cells, among the rows that are kept
_NO_SLIP = 5  # rows; a table ends with a mean, a spread, a number
_MOST_EXCLUDED = 0.05  # of the cells; beyond it, what is left is no fair sample of them


def too_many_excluded(inputs: Inputs) -> list[Finding]:
    """So many cells left out that the rest stands for nothing."""
    cells = [f for f in inputs.findings if f.table == "cells"]
    missed = [f for f in cells if f.rule in _MISSED]
    found = [f for f in cells if f.severity is Severity.EXCLUDE] + missed
    kept = sum(file.rows for file in inputs.files if file.role == "cells")
    kept -= sum(f.rows for f in missed)
    gone = sum(f.rows for f in found)
    if gone <= _MOST_EXCLUDED * (kept + gone):
        return []
    return [
        Finding(
            "cells",
            found[0].file,
            "too-many-excluded",
            Severity.ERROR,
            rows=1,
            got=f"{gone} of {kept + gone} cells without use ({', '.join({f.rule for f in found})})",
            advice="the rest is no fair sample: mend the file, or map its labels in [class_map]",
        )
    ]


def not_read(inputs: Inputs) -> list[Finding]:
    """So many rows of a table that are no sample's that they are no slip: they could hide results.

    Rows without an id; and of the model's table also those with the name of control material or
    of a total, of which an analyzer's export may hold many.
    """
    found = []
    for f in inputs.findings:
        read = sum(file.rows for file in inputs.files if file.file == f.file)
        gone = f.rows / max(read + f.rows, 1)
        blank = f.rule == "blank-id" and f.table in ("counts", "reference")
        named = f.rule == "not-a-sample" and f.table == "counts" and f.rows >= _NO_SLIP
        if (blank and gone > _MOST_EXCLUDED) or (named and gone > 2 * _MOST_EXCLUDED):
            kind = "without an id" if blank else "that are no sample's by their name"
            said = f"{f.rows} rows {kind} beside {read} others"
            found.append(replace(f, severity=Severity.ERROR, got=said))
    return found


def scale(values: Mapping[str, Values]) -> list[Finding]:
    """A ratio of medians near 10, 100 or 1000 is a unit, not a bias (DESIGN.md, severities).

    Over the sum of the classes, so that a rare class over-counted tenfold is not mistaken for it;
    and of a single percentage where all of its samples differ a hundredfold alike.
    """
    kinds: dict[Quantity, list[str]] = {kind: [] for kind in Quantity}
    for name, v in values.items():
        if not v.shared_total:
            kinds[Measurand(name).quantity].append(name)
    powers = {name: _hundredfold(Measurand(name), v) for name, v in values.items()}
    found = [_unit_ratio(name, power) for name, power in powers.items() if power]
    for kind, names in kinds.items():
        present = [values[name] for name in names]
        if not present:
            continue
        both = np.logical_and.reduce([v.paired for v in present])
        reference = sum(v.reference[both] for v in present)
        model = sum(v.model[both] for v in present)
        if both.sum() < 3 or not np.median(reference) > 0 or not np.median(model) > 0:
            continue
        power = math.log10(float(np.median(model) / np.median(reference)))
        if round(power) != 0 and abs(power) < 3.2 and abs(power - round(power)) < 0.1:
            subject = f"the sum of the X{kind}" if kind else str(WBC)
            found.append(_unit_ratio(subject, round(power)))
    return found


def _hundredfold(name: Measurand, values: Values) -> int:
    """Power of ten, 2 or −2, between the sides of a percentage; 0 where there is none."""
    both = values.paired & (values.reference > 0) & (values.model > 0)
    if name.quantity is not Quantity.SHARE or both.sum() < _FEWEST:
        return 0
    powers = np.log10(values.model[both] / values.reference[both])
    low, middle, high = np.quantile(powers, (0.25, 0.5, 0.75))
    # a class that is hardly found scatters; a unit does not
    alike = abs(abs(middle) - 2) < 0.1 and high - low < 0.3
    return round(float(middle)) if alike else 0


def _unit_ratio(subject: str, power: int) -> Finding:
    return Finding(
        "counts",
        "predictions and reference",
        "unit-ratio",
        Severity.ERROR,
        got=f"medians of {subject} differ about {10.0**power:g}-fold",
        advice="state the units in [units.predictions] and [units.reference]",
    )
