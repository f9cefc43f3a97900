"""What each side says of each measurand, over the samples under study.

DESIGN.md "what is compared": measurands, and where a value of either side comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from wbcval.door.tables import Checked
from wbcval.stats.acceptance import is_within
from wbcval.stats.functions.error import LIMIT, effective_error
from wbcval.stats.functions.one_source import ONE_SOURCE
from wbcval.stats.functions.one_total import Printed, added, one_total, total_of
from wbcval.stats.metric import Floats
from wbcval.study.cells import CellCounts
from wbcval.study.inputs import Inputs
from wbcval.study.paired_values import Values
from wbcval.values.classes import FIVE, SHORT, measured_class
from wbcval.values.flags import FLAGS
from wbcval.values.measurands import ABSOLUTE, MEASURANDS, PERCENT, WBC, Measurand, Quantity


class Sides:
    """What each side says of each measurand, over the samples under study."""

    def __init__(self, inputs: Inputs, ids: tuple[str, ...], counts: CellCounts | None) -> None:
        self.protocol, self.ids, self.counts = inputs.protocol, ids, counts
        self.model_table = _indexed(inputs.counts, ids)
        self.model_steps = {} if inputs.counts is None else inputs.counts.resolution
        self.same_cells = self.protocol.mode == "same-cells"
        checked = None if self.same_cells else inputs.reference
        self.reference_unused = self.same_cells and inputs.reference is not None
        self.reference = _indexed(checked, ids)
        self.resolution = dict(checked.resolution) if checked else {}
        self.resolution |= self.protocol.resolution
        self.few = np.zeros(len(ids), dtype=bool)
        if counts is not None:
            self.predicted = counts.countable.astype(float)
            self.shares = counts.shares(counts.predicted)
            self.few = self.predicted < self.protocol.minimum_cells
            self.shares[self.few] = np.nan

    def values(self, name: Measurand) -> Values | None:
        """Both sides of a measurand; ``None`` where either side does not have it."""
        reference, step = self._reference(name)
        model, cells, hits, shared = self._model(name)
        if reference is None or model is None or step is None:
            return None
        own = [] if shared or name.quantity is not Quantity.COUNT else self._totals_of_model(name)
        theirs = self._total_of_reference() if own else None
        shared = shared or any(theirs is not None and one_total(theirs, total) for total in own)
        counted = None if self.same_cells else _column(self.reference, "n_cells")
        found = Values(
            reference=reference,
            model=model,
            resolution=step,
            model_cells=cells,
            model_hits=hits,
            reference_cells=counted if name in PERCENT else None,
            reference_hits=(
                np.rint(np.minimum(reference, 100.0) * counted / 100)
                if counted is not None and name in PERCENT
                else None
            ),
            total=_column(self.reference, "WBC") if name.quantity is Quantity.COUNT else None,
            shared_total=shared,
            total_told=bool(own) or name.quantity is not Quantity.COUNT or shared,
            flags=("shared_total",) if shared else (),
            sample_flags=_marks(self.reference, name),
            model_marks=_marks(self.model_table, name),
            model_step=self.model_steps.get(name, 0.0),
        )
        return replace(found, flags=(*found.flags, *found.one_source(name, self.protocol.mode)))

    def _reference(self, name: Measurand) -> tuple[Floats | None, Floats | None]:
        if self.same_cells:
            places = self._places(name)
            if self.counts is None or not places:
                return None, None
            truth = self.counts.shares(self.counts.confusion.sum(axis=2))
            return 100 * truth[:, places].sum(axis=1), np.zeros(len(self.ids))
        given, wbc = _column(self.reference, name), _column(self.reference, "WBC")
        step = self.resolution.get(name)
        twin = name.twin
        other = None if twin is None else _column(self.reference, twin)
        if given is not None and (step is not None or other is None or wbc is None):
            return given, np.full(len(self.ids), step or 0.0)
        if twin is None or other is None or wbc is None:
            return None, None
        factor = _ratio(100.0, wbc) if name.quantity is Quantity.SHARE else wbc / 100
        derived = other * factor
        # a derived value is as coarse as what it is derived from, unless the protocol states it
        coarse = np.nan_to_num(factor * self.resolution.get(twin, 0.0))
        if step is not None:
            coarse = np.full(len(self.ids), step)
        return (derived if given is None else given), coarse

    def _model(self, name: Measurand) -> tuple[Floats | None, Floats | None, Floats | None, bool]:
        """Value, cells it rests on, cells of the class, and whether the total is shared."""
        given = _column(self.model_table, name)
        own = _column(self.model_table, "n_cells")
        if given is not None:
            if own is not None:
                given = np.where(own < self.protocol.minimum_cells, np.nan, given)
            if name.quantity is Quantity.TOTAL:
                return given, None if self._has_classes() else own, None, False
            share = given if name.quantity is Quantity.SHARE else self._share(name)
            hits = None if own is None or share is None else np.rint(share * own / 100)
            return given, own, hits, False
        share, cells, hits = self._share(name), self._cells(), self._hits(name)
        if name.quantity is Quantity.TOTAL or share is None:
            return None, None, None, False
        if name.quantity is Quantity.SHARE:
            return share, cells, hits, False
        total = _column(self.model_table, "WBC")
        shared = total is None
        total = _column(self.reference, "WBC") if total is None else total
        return (None if total is None else total * share / 100), cells, hits, shared

    def _has_classes(self) -> bool:
        """Whether the model's table has a differential: then ``n_cells`` are the cells of that.

        Two hundred cells of a differential say nothing of how many a WBC was counted from.
        """
        table = self.model_table
        return table is not None and any(Measurand(str(name)).quantity for name in table)

    def _totals_of_model(self, name: Measurand) -> list[Printed]:
        """The total behind a count of a class, as the model's own numbers tell it.

        The column WBC tells it only of counts that are made with it.
        """
        if _column(self.model_table, name) is None:
            total = _column(self.model_table, "WBC")
            return [] if total is None else [Printed.of(total, self.model_steps.get("WBC", 0.0))]
        counts = {m: c for m in ABSOLUTE if (c := _column(self.model_table, m)) is not None}
        shares = {m: p for m in counts if (p := self._share(m)) is not None}
        return _totals(name, counts, shares, self.model_steps)

    def _total_of_reference(self) -> Printed | None:
        """Its WBC, or what its counts say of it."""
        if (wbc := _column(self.reference, "WBC")) is not None:
            return Printed.of(wbc, self.resolution.get("WBC", 0.0))
        counts = {m: c for m in ABSOLUTE if (c := _column(self.reference, m)) is not None}
        shares = {m: p for m in counts if (p := _column(self.reference, m.share)) is not None}
        return next(iter(_totals(None, counts, shares, self.resolution)), None)

    def _places(self, name: Measurand) -> list[int]:
        """Labels that a measurand counts; none for WBC."""
        if self.counts is None or not name.cell_class:
            return []
        countable = self.counts.labels[: self.counts.n_classes]
        return [i for i, x in enumerate(countable) if measured_class(x) == name.cell_class]

    def _share(self, name: Measurand) -> Floats | None:
        """The model's share of the measurand's class in percent, from table or cells."""
        if name.quantity is Quantity.TOTAL:
            return None
        given = _column(self.model_table, name.share)
        places = self._places(name)
        if given is not None or not places:
            return given
        return np.asarray(100 * self.shares[:, places].sum(axis=1))

    def both(self, name: Measurand) -> tuple[Floats, Floats]:
        """A share in percent by the model's table and by its cells, NaN where either lacks it."""
        given, places = _column(self.model_table, name), self._places(name)
        if given is None or not places or name.quantity is not Quantity.SHARE:
            nothing = np.full(len(self.ids), np.nan)
            return nothing, nothing
        return given, np.asarray(100 * self.shares[:, places].sum(axis=1))

    def _cells(self) -> Floats | None:
        if self.counts is None:
            return _column(self.model_table, "n_cells")
        return np.where(self.predicted > 0, self.predicted, np.nan)

    def _hits(self, name: Measurand) -> Floats | None:
        places = self._places(name)
        if self.counts is None or not places:
            return None
        return np.asarray(self.counts.predicted[:, places].sum(axis=1).astype(float))

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
            name = Measurand(f"{SHORT.get(label, '')}%")
            if len(self._places(name)) > 1:
                continue  # the reference's neutrophils are no reference for the unstaged ones alone
            if name in values:
                shares[:, i] = values[name].reference / 100
            elif label in FIVE:
                reference, _ = self._reference(name)
                shares[:, i] = np.nan if reference is None else reference / 100
        return shares, counted

    def not_compared(self, values: Mapping[str, Values]) -> tuple[str, ...]:
        """Measurands that either side has and the study does not compare.

        A count of a class stands for itself only where nobody has its percentage.
        """
        if self.same_cells:
            return tuple(m for m in PERCENT if m not in values and self._places(m))
        held = {m for m in MEASURANDS if self._has(m)}
        return tuple(
            m for m in MEASURANDS
            if m in held and m not in values and not (m in ABSOLUTE and m.share in held)
        )  # fmt: skip

    def switched_off(self, names: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Measurands that both sides have and the protocol leaves out: within 10 %, and all.

        Args:
            names: of :meth:`not_compared`.
        """
        found = {}
        for name in names:
            both = self.values(Measurand(name))
            if both is not None and both.listed.any():
                errors = effective_error(both.reference, both.model, LIMIT)
                inside = is_within(errors, LIMIT) & both.paired
                found[name] = int(inside.sum()), int(both.listed.sum())
        return found

    def _has(self, name: Measurand) -> bool:
        """Whether either side has it; a total that only the reference has counts beside a table.

        Cells alone give no total, and nobody expects one of them.
        """
        if name.quantity is Quantity.TOTAL and self.model_table is None:
            return False
        return self._reference(name)[0] is not None or self._model(name)[0] is not None

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
            f"{m}: {FLAGS[flag].words}."
            for m, v in values.items()
            for flag in v.flags
            if flag in ONE_SOURCE
        ]
        if not patients_known:
            said.append("No patient ids were given: one sample per patient is assumed.")
        if self.reference_unused:
            said.append(
                "The reference file was not used: in same-cells mode the truth is per cell."
            )
        few = int((self.few & (self.predicted > 0)).sum()) if self.counts is not None else 0
        if few:
            said.append(
                f"{few} samples have fewer than {self.protocol.minimum_cells} cells: technical "
                "failures."
            )
        return tuple(said)


def _indexed(checked: Checked | None, ids: tuple[str, ...]) -> pd.DataFrame | None:
    return None if checked is None else checked.frame.set_index("sample_id").reindex(list(ids))


def _totals(
    name: Measurand | None,
    counts: Mapping[Measurand, Floats],
    shares: Mapping[Measurand, Floats],
    steps: Mapping[str, float],
) -> list[Printed]:
    """Totals that counts tell: all five of them, counts and percentages, those of one class.

    Args:
        name: of that class's count; ``None``: of none.
        counts: by measurand.
        shares: percentages, by the measurand of the count.
        steps: of the printed values, by measurand.
    """
    printed = {m: Printed.of(c, steps.get(m, 0.0)) for m, c in counts.items()}
    percent = {m: Printed.of(p, steps.get(m.share, 0.0)) for m, p in shares.items()}
    found = [added([*printed.values()])] if len(printed) == len(ABSOLUTE) else []
    parts = dict.fromkeys((tuple(percent), (name,) if name and name in percent else ()))
    return found + [
        total_of([printed[m] for m in some], [percent[m] for m in some]) for some in parts if some
    ]


def _marks(table: pd.DataFrame | None, name: Measurand) -> dict[str, str]:
    """Marks of a table on values of a measurand, or on what it is made of there, by sample."""
    if table is None or "flags" not in table:
        return {}
    made_of = (name,) if name in table else (name.twin, WBC)
    texts = table["flags"].fillna("").astype(str)
    found = {
        str(i): [m for m in text.split(";") if m.partition(":")[0] in made_of]
        for i, text in texts[texts != ""].items()
    }
    return {i: ";".join(marks) for i, marks in found.items() if marks}


def _column(frame: pd.DataFrame | None, name: str) -> Floats | None:
    if frame is None or name not in frame:
        return None
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _ratio(numerator: float, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)
