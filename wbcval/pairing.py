"""From the tables to the study: which samples, which measurands, what each side says of them.

DESIGN.md "what is compared" (modes, measurands, roll-ups, severities); STATISTICS.md §2 (missing
results). Nothing is measured here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from wbcval.cells import CellCounts
from wbcval.classes import CLASS_OF, FIVE, MEASURANDS, PERCENT, SHORT
from wbcval.errors import InputError
from wbcval.findings import Exclusion, Finding, Severity
from wbcval.inputs import Inputs
from wbcval.protocol import Protocol
from wbcval.stats._metric import Floats
from wbcval.study import Mask, Study, Values, aligned
from wbcval.tables import Checked, raise_on_errors

_FEW_LEVELS = 12  # a samples column with more values is no stratum by itself


def build(inputs: Inputs) -> Study:
    """Pair the samples of both sides.

    Raises:
        InputError: on any finding of severity error, or where nothing is in common.
    """
    protocol = inputs.protocol
    findings = list(inputs.findings)
    raise_on_errors(tuple(findings))
    if protocol.mode == "same-cells" and (inputs.cells is None or not inputs.cells.has_truth):
        raise InputError(
            "predictions",
            "no cell table with a true class for each cell, and mode same-cells compares with it",
            "add a true_class column, or name another mode with --reference",
        )
    ids, left_out = _samples(inputs)
    counts = None if inputs.cells is None else aligned(inputs.cells, ids)
    if counts is not None and protocol.mode == "same-cells":
        # only cells labelled on both sides are the very same cells
        counts = replace(counts, predicted=counts.confusion.sum(axis=1))
    sides = _Sides(inputs, ids, counts)
    values = {name: v for name in _asked(protocol) if (v := sides.values(name)) is not None}
    if not values:
        raise InputError("inputs", "no measurand in common", sides.advice())
    findings += _scale(values)
    raise_on_errors(tuple(findings))
    values, gone = _excluded(values, ids, inputs, protocol)
    strata, cluster, known, more = _strata(inputs, ids)
    findings += more
    shares, cells_of_reference = sides.for_cells(values)
    return Study(
        protocol=protocol,
        sample_ids=ids,
        values=values,
        counts=counts,
        cluster=cluster,
        patients_known=known,
        strata=strata,
        reference_shares=shares,
        reference_cells=cells_of_reference,
        exclusions=tuple(dict.fromkeys((*left_out, *gone))),
        findings=tuple(findings),
        log=inputs.log,
        inputs=inputs.files,
        notes=sides.notes(values, known),
    )


def natural(name: str) -> list[tuple[int, int | str]]:
    """Sorting key under which S2 comes before S10."""
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in re.split(r"(\d+)", name) if p]


def _samples(inputs: Inputs) -> tuple[tuple[str, ...], list[Exclusion]]:
    """The samples under study, sorted, and those left out whole."""
    protocol = inputs.protocol
    model: set[str] = set(inputs.cells.sample_ids) if inputs.cells else set()
    if inputs.counts is not None:
        model |= set(inputs.counts.frame["sample_id"])
    if protocol.mode == "same-cells":
        cells = inputs.cells
        assert cells is not None  # noqa: S101 (build has refused)
        labelled = cells.confusion.any(axis=(1, 2))
        under = {name for name, has in zip(cells.sample_ids, labelled, strict=True) if has}
        missing = "no cell of it has a true class"
    else:
        assert inputs.reference is not None  # noqa: S101 (read_inputs has refused)
        under = set(inputs.reference.frame["sample_id"])
        missing = "not in the reference"
        if not under & model:
            raise InputError(
                "sample_id",
                f"no id in common: predictions have {_some(model)}, the reference {_some(under)}",
                "check [columns.*] and leading zeros; ids are compared as text",
            )
    left_out = [Exclusion(n, "all", missing) for n in sorted(model - under, key=natural)]
    stated = {e.sample_id: e.reason for e in protocol.exclusions if e.subject == "all"}
    left_out += [
        Exclusion(name, "all", f"protocol: {reason}")
        for name, reason in stated.items()
        if name in under
    ]
    kept = sorted(under - stated.keys(), key=natural)
    if not kept:
        raise InputError("sample_id", "no sample is left to compare", "look at the exclusions")
    return tuple(kept), left_out


def _some(ids: set[str]) -> str:
    first = sorted(ids, key=natural)[:3]
    return (", ".join(map(repr, first)) or "none") + (" …" if len(ids) > 3 else "")


def _asked(protocol: Protocol) -> tuple[str, ...]:
    asked = protocol.measurands or MEASURANDS
    named = {c.subject for c in protocol.criteria}
    possible = PERCENT if protocol.mode == "same-cells" else MEASURANDS
    return tuple(m for m in MEASURANDS if m in possible and (m in asked or m in named))


class _Sides:
    """What each side says of each measurand, over the samples under study."""

    def __init__(self, inputs: Inputs, ids: tuple[str, ...], counts: CellCounts | None) -> None:
        self.protocol, self.ids, self.counts = inputs.protocol, ids, counts
        self.model_table = _indexed(inputs.counts, ids)
        self.same_cells = self.protocol.mode == "same-cells"
        checked = None if self.same_cells else inputs.reference
        self.reference_unused = self.same_cells and inputs.reference is not None
        self.reference = _indexed(checked, ids)
        self.resolution = dict(checked.resolution) if checked else {}
        self.resolution |= self.protocol.resolution
        self.few = np.zeros(len(ids), dtype=bool)
        if counts is not None:
            self.predicted = counts.predicted[:, : counts.n_classes].sum(axis=1).astype(float)
            self.shares = counts.shares(counts.predicted)
            self.few = self.predicted < self.protocol.minimum_cells
            self.shares[self.few] = np.nan

    def values(self, name: str) -> Values | None:
        """Both sides of a measurand; ``None`` where either side does not have it."""
        reference, step = self._reference(name)
        model, cells, hits, shared = self._model(name)
        if reference is None or model is None or step is None:
            return None
        counted = None if self.same_cells else _column(self.reference, "n_cells")
        flags = ("shared_total",) if shared else ()
        both = np.isfinite(reference) & np.isfinite(model)
        if not self.same_cells and both.sum() > 2 and (reference[both] == model[both]).all():
            flags += ("identical",)
        return Values(
            reference=reference,
            model=model,
            resolution=step,
            model_cells=cells,
            model_hits=hits,
            reference_cells=counted if name in PERCENT else None,
            reference_hits=(
                np.rint(reference * counted / 100)
                if counted is not None and name in PERCENT
                else None
            ),
            shared_total=shared,
            flags=flags,
            sample_flags=self._marks(name),
        )

    def _marks(self, name: str) -> dict[str, str]:
        """Marks the reference put on values of this measurand, by sample."""
        if self.reference is None or "flags" not in self.reference:
            return {}
        texts = self.reference["flags"].fillna("").astype(str)
        found = {i: [m for m in t.split(";") if m.startswith(name + ":")] for i, t in texts.items()}
        return {str(i): ";".join(marks) for i, marks in found.items() if marks}

    def _reference(self, name: str) -> tuple[Floats | None, Floats | None]:
        if self.same_cells:
            place = self._place(name)
            if self.counts is None or place is None:
                return None, None
            truth = self.counts.shares(self.counts.confusion.sum(axis=2))
            return 100 * truth[:, place], np.zeros(len(self.ids))
        given, wbc = _column(self.reference, name), _column(self.reference, "WBC")
        step = self.resolution.get(name)
        twin = name[:-1] + ("#" if name.endswith("%") else "%")
        other = None if name == "WBC" else _column(self.reference, twin)
        if given is not None and (step is not None or other is None or wbc is None):
            return given, np.full(len(self.ids), step or 0.0)
        if other is None or wbc is None:
            return None, None
        factor = _ratio(100.0, wbc) if name.endswith("%") else wbc / 100
        derived = other * factor
        # a derived value is as coarse as what it is derived from
        coarse = np.nan_to_num(factor * self.resolution.get(twin, 0.0))
        return (derived if given is None else given), coarse

    def _model(self, name: str) -> tuple[Floats | None, Floats | None, Floats | None, bool]:
        """Value, cells it rests on, cells of the class, and whether the total is shared."""
        given = _column(self.model_table, name)
        own = _column(self.model_table, "n_cells")
        if given is not None:
            if own is not None:
                given = np.where(own < self.protocol.minimum_cells, np.nan, given)
            if name == "WBC":
                return given, own, None, False
            share = given if name.endswith("%") else self._share(name)
            hits = None if own is None or share is None else np.rint(share * own / 100)
            return given, own, hits, False
        share, cells, hits = self._share(name), self._cells(), self._hits(name)
        if name == "WBC" or share is None:
            return None, None, None, False
        if name.endswith("%"):
            return share, cells, hits, False
        total = _column(self.model_table, "WBC")
        shared = total is None
        total = _column(self.reference, "WBC") if total is None else total
        return (None if total is None else total * share / 100), cells, hits, shared

    def _place(self, name: str) -> int | None:
        labels = () if self.counts is None else self.counts.labels
        return labels.index(CLASS_OF[name]) if CLASS_OF.get(name) in labels else None

    def _share(self, name: str) -> Floats | None:
        """The model's share of the measurand's class in percent, from table or cells."""
        if name == "WBC":
            return None
        given = _column(self.model_table, name[:-1] + "%")
        place = self._place(name)
        if given is not None or place is None:
            return given
        return np.asarray(100 * self.shares[:, place])

    def _cells(self) -> Floats | None:
        if self.counts is None:
            return _column(self.model_table, "n_cells")
        return np.where(self.predicted > 0, self.predicted, np.nan)

    def _hits(self, name: str) -> Floats | None:
        place = self._place(name)
        if self.counts is None or place is None:
            return None
        return self.counts.predicted[:, place].astype(float)

    def for_cells(self, values: Mapping[str, Values]) -> tuple[Floats | None, Floats]:
        """Reference shares of the countable classes, shape (S, C), and cells it counted."""
        counted = _column(self.reference, "n_cells")
        counted = np.full(len(self.ids), np.nan) if counted is None else counted
        if self.counts is None:
            return None, counted
        if self.same_cells:
            truth = self.counts.confusion.sum(axis=2)
            return self.counts.shares(truth), truth[:, : self.counts.n_classes].sum(axis=1) * 1.0
        shares = np.full((len(self.ids), self.counts.n_classes), np.nan)
        for i, label in enumerate(self.counts.labels[: self.counts.n_classes]):
            name = f"{SHORT.get(label, '')}%"
            if name in values:
                shares[:, i] = values[name].reference / 100
            elif label in FIVE:
                reference, _ = self._reference(name)
                shares[:, i] = np.nan if reference is None else reference / 100
        return shares, counted

    def advice(self) -> str:
        """What each side has, for the error that they share nothing."""
        model = [] if self.model_table is None else list(self.model_table.columns)
        have = [m for m in MEASURANDS if m in model] + (["shares of cells"] if self.counts else [])
        theirs = [] if self.reference is None else list(self.reference.columns)
        reference = [m for m in MEASURANDS if m in theirs]
        return (
            f"the model has {', '.join(have) or 'none'}; the reference "
            f"{', '.join(reference) or 'none'}; name columns in [columns.*]"
        )

    def notes(self, values: Mapping[str, Values], patients_known: bool) -> tuple[str, ...]:
        """What a reader must know of the comparison."""
        said = []
        if self.same_cells:
            said.append("WBC and absolute counts are not compared: both sides saw the same cells.")
        elif "WBC" not in values:
            said.append(
                "Total WBC is not compared: the model gives no total of its own (cells yield "
                "shares only), or the reference has none."
            )
        shared = [m for m, v in values.items() if v.shared_total]
        if shared:
            said.append(
                f"{', '.join(shared)}: the model's share × the reference's own WBC. The shared "
                "total inflates agreement; their relative errors are those of the percentages."
            )
        said += [
            f"{m} is equal on both sides in every sample: it proves nothing."
            for m, v in values.items()
            if "identical" in v.flags
        ]
        if not patients_known:
            said.append("No patient ids were given: one sample per patient is assumed.")
        if self.reference_unused:
            said.append(
                "The reference file was not used: in same-cells mode the truth is per cell."
            )
        if self.same_cells and self.counts is not None and self.counts.without_truth:
            said.append(f"{self.counts.without_truth} cells without a true class are left out.")
        few = int((self.few & (self.predicted > 0)).sum()) if self.counts is not None else 0
        if few:
            said.append(
                f"{few} samples have fewer than {self.protocol.minimum_cells} cells: technical "
                "failures."
            )
        return tuple(said)


def _indexed(checked: Checked | None, ids: tuple[str, ...]) -> pd.DataFrame | None:
    return None if checked is None else checked.frame.set_index("sample_id").reindex(list(ids))


def _column(frame: pd.DataFrame | None, name: str) -> Floats | None:
    if frame is None or name not in frame:
        return None
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _ratio(numerator: float, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def _scale(values: Mapping[str, Values]) -> list[Finding]:
    """A ratio of medians near 10, 100 or 1000 is a unit, not a bias (DESIGN.md, severities).

    Over the sum of the classes, so that a rare class over-counted tenfold is not mistaken for it.
    """
    kinds = {"WBC": ["WBC"], "%": [m for m in values if m.endswith("%")]}
    kinds["#"] = [m for m, v in values.items() if m.endswith("#") and not v.shared_total]
    found = []
    for kind, names in kinds.items():
        present = [values[name] for name in names if name in values]
        if not present:
            continue
        both = np.logical_and.reduce([v.paired for v in present])
        reference = sum(v.reference[both] for v in present)
        model = sum(v.model[both] for v in present)
        if both.sum() < 3 or not np.median(reference) > 0 or not np.median(model) > 0:
            continue
        power = math.log10(float(np.median(model) / np.median(reference)))
        if round(power) != 0 and abs(power) < 3.2 and abs(power - round(power)) < 0.1:
            subject = "WBC" if kind == "WBC" else "the sum of the X" + kind
            found.append(
                Finding(
                    "counts",
                    "predictions and reference",
                    "unit-ratio",
                    Severity.ERROR,
                    got=f"medians of {subject} differ by a factor of about {10.0 ** round(power):g}",
                    advice="state the units in [units.predictions] and [units.reference]",
                )
            )
    return found


def _excluded(
    values: Mapping[str, Values], ids: tuple[str, ...], inputs: Inputs, protocol: Protocol
) -> tuple[dict[str, Values], list[Exclusion]]:
    """Take out what the protocol leaves out of one measurand; list what the reference lacks."""
    out: list[Exclusion] = []
    reasons = {(e.sample_id, e.subject): e.reason for e in inputs.exclusions}
    stated = {(e.sample_id, e.subject): e.reason for e in protocol.exclusions}
    kept = {}
    for name, v in values.items():
        take = np.array([(i, name) in stated for i in ids], dtype=bool)
        out += [Exclusion(i, name, f"protocol: {stated[i, name]}") for i in np.array(ids)[take]]
        kept[name] = replace(
            v,
            reference=np.where(take, np.nan, v.reference),
            model=np.where(take, np.nan, v.model),
        )
        absent = ~np.isfinite(v.reference) & ~take
        for i in np.array(ids, dtype=object)[absent]:
            why = reasons.get((i, name)) or reasons.get((i, "all")) or "no reference value"
            out.append(Exclusion(str(i), name, why))
    return kept, out


def _strata(
    inputs: Inputs, ids: tuple[str, ...]
) -> tuple[dict[str, Mask], np.ndarray, bool, list[Finding]]:
    """Masks of the strata, patient codes, whether these are known, and what is missing."""
    strata: dict[str, Mask] = {"all": np.ones(len(ids), dtype=bool)}
    asked = inputs.protocol.strata
    cluster = np.arange(len(ids), dtype=np.int64)
    if inputs.samples is None:
        if asked:
            raise InputError("strata", f"{', '.join(asked)} asked for", "give a samples table")
        return strata, cluster, False, []
    frame = inputs.samples.frame.set_index("sample_id").reindex(list(ids))
    findings = []
    known = "patient_id" in frame
    if known:
        # a sample without a patient id is a patient of its own
        names = frame["patient_id"].astype(object).where(frame["patient_id"].notna(), None)
        own = [f"\x00{i}" if name is None else str(name) for i, name in enumerate(names)]
        cluster = np.asarray(pd.factorize(np.array(own, dtype=object))[0], dtype=np.int64)
    if not asked and not inputs.protocol.source:
        few = {c for c in frame if c != "patient_id" and 1 < frame[c].nunique() <= _FEW_LEVELS}
        asked = tuple(c for c in frame.columns if c in few)
    for column in asked:
        if column not in frame:
            raise InputError("strata", f"{column!r} is no column of the samples table",
                             f"it has: {', '.join(frame.columns)}")  # fmt: skip
        texts = frame[column].astype(object).where(frame[column].notna(), "unknown").astype(str)
        for level in sorted(texts.unique(), key=natural):
            strata[f"{column}={level}"] = (texts == level).to_numpy(dtype=bool)
        missing = int(frame[column].isna().sum())
        if missing:
            findings.append(
                Finding(
                    "samples",
                    inputs.samples.file,
                    "missing-stratum",
                    Severity.WARN,
                    column,
                    missing,
                    got="no value",
                    advice=f"these samples stand in {column}=unknown",
                )
            )
    return strata, cluster, known, findings
