"""The study: samples paired per measurand, cells reduced, strata, exclusions, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from wbcval.origin import Origin
from wbcval.protocol.types import Protocol
from wbcval.stats.acceptance import MIN_SAMPLES
from wbcval.stats.functions.one_source import FEWEST_CELLS, IDENTICAL
from wbcval.stats.metric import Cells, Floats, Ints, Mask, Pairs, Replicates, picked
from wbcval.stats.or_noise import BEYOND, INSIDE
from wbcval.stats.runs import SORTED_CELLS
from wbcval.study.cells import CellCounts
from wbcval.study.ledger import NOTHING, Ledger
from wbcval.study.paired_values import Values
from wbcval.values import notebook
from wbcval.values.classes import NOT_COUNTABLE
from wbcval.values.findings import Exclusion, Finding, LogEntry
from wbcval.values.measurands import Measurand
from wbcval.values.strata import Stratum
from wbcval.values.wording import fixed, places_of, unit_text

if TYPE_CHECKING:
    import pandas as pd

_ALIKE = 10  # patients of equally many samples that the samples must weigh like


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that was read."""

    role: str
    file: str
    sha256: str
    dialect: str
    rows: int


@dataclass(frozen=True)
class Study:
    """What is compared; made by :meth:`of`, once.

    Attributes:
        protocol: with the roll-up that was used.
        sample_ids: sorted; every sample with a reference that the protocol does not exclude.
        values: measurand → both sides, in canonical order.
        counts: reduced cells over ``sample_ids`` (rows of zeros where a sample has none), or
            ``None`` without a cell table. Its confusion holds every labelled cell that is judged
            and no other: samples with fewer than ``minimum_cells`` of them are excluded.
        cluster: shape (S,), codes of the patient where given, else of the sample.
        patients_known: whether ``cluster`` comes from patient ids.
        without_patient: samples that have none, where others have one.
        strata: stratum name → mask over ``sample_ids``; ``all`` first.
        reference_shares: shape (S, C), see :class:`wbcval.stats.metric.Cells`.
        flags: marks of every number of the study (``patients_unknown``).
        not_compared: measurands that a side has and the study does not compare, since the other
            lacks them or the protocol leaves them out.
        switched_off: of these, what both sides have → samples within 10 %, and all.
        notes: what a reader must know of the comparison, in sentences.
        origins: where files of predictions come from, of those that say so.
        merged: classes that the two sides name at different depth, compared as one.
        renamed: classes that ``[class_map]`` counts as another: ours → ours.
        declared: what the protocol declares and a verdict could hide behind, in sentences.
        seen: what the tables say besides and no number tells, likewise.
        unread: columns of the tables that nothing is made of, as spelt.
        rows: samples in the order of the model's table of counts, or of the reference.
        unlisted: level of a column of the samples that no stratum is made of → mask.
        ledger: where every sample and cell went.
        training: samples of which a table says that a model was trained on them, or on cells of
            them.
        repeats: measurand → repeated results of the model.
    """

    protocol: Protocol
    sample_ids: tuple[str, ...]
    values: Mapping[str, Values]
    counts: CellCounts | None
    cluster: Ints
    patients_known: bool
    strata: Mapping[str, Mask]
    reference_shares: Floats | None
    reference_cells: Floats
    exclusions: tuple[Exclusion, ...] = ()
    findings: tuple[Finding, ...] = ()
    log: tuple[LogEntry, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    flags: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    switched_off: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    merged: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    declared: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    unlisted: Mapping[str, Mask] = field(default_factory=dict)
    without_patient: int = 0
    rows: tuple[str, ...] = ()
    ledger: Ledger = NOTHING
    training: frozenset[str] = frozenset()
    repeats: Mapping[str, Replicates] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = len(self.sample_ids)
        arrays = [self.cluster, self.reference_cells, *self.strata.values()]
        arrays += [*self.unlisted.values(), *(v.reference for v in self.values.values())]
        arrays += [] if self.reference_shares is None else [self.reference_shares]
        counted = self.sample_ids if self.counts is None else self.counts.sample_ids
        if any(len(a) != size for a in arrays) or counted != self.sample_ids:
            raise ValueError("a study whose parts are not of the same samples")

    @classmethod
    def of(
        cls,
        protocol: Protocol,
        sample_ids: tuple[str, ...],
        values: Mapping[str, Values],
        counts: CellCounts | None = None,
        *,
        columns: Mapping[str, Mapping[str, Mask]] | None = None,
        cluster: Ints | None = None,
        reference_shares: Floats | None = None,
        reference_cells: Floats | None = None,
    ) -> Self:
        """A study of these samples: what every study has; what is known besides is added to it.

        Args:
            protocol: as used.
            sample_ids: the samples under study, in order.
            values: measurand → both sides, of these samples.
            counts: cells of these samples and of others. Those of samples with fewer labelled
                cells than the protocol asks for lose their labels.
            columns: column → level → mask over the samples; each is a stratum.
            cluster: code of each sample's patient; ``None``: no patient is known.
            reference_shares: shape (S, C); ``None``: not known.
            reference_cells: shape (S,); ``None``: not known.
        """
        size = len(sample_ids)
        if counts is not None:
            counts = counts.at(sample_ids)
            counts = counts.unlabelled(counts.thin(protocol.minimum_cells))
            if reference_shares is None:
                reference_shares = np.full((size, counts.n_classes), np.nan)
        strata = {"all": np.ones(size, dtype=bool)}
        for column, levels in (columns or {}).items():
            strata |= {Stratum.of(column, level): mask for level, mask in levels.items()}
        return cls(
            protocol=protocol,
            sample_ids=sample_ids,
            values=values,
            counts=counts,
            cluster=np.arange(size) if cluster is None else cluster,
            patients_known=cluster is not None,
            strata=strata,
            reference_shares=reference_shares,
            reference_cells=np.full(size, np.nan) if reference_cells is None else reference_cells,
        )

    def cell_marks(self, subject: str, stratum: str = "all") -> tuple[str, ...]:
        """Marks of every number on cells of a class, or of all."""
        depths = ("label_depths",) if self.merged else ()
        known = self._trained_on(self.strata[stratum])
        own = (*self._rename_marks(subject), *self._same_labels(stratum))
        return (*depths, *own, *self._ranked, *known)

    @property
    def whole_marks(self) -> tuple[str, ...]:
        """Marks of every number of the study, and of every number on its cells."""
        return tuple(dict.fromkeys((*self.flags, *self._ranked)))

    @property
    def _ranked(self) -> tuple[str, ...]:
        return (SORTED_CELLS,) if self.counts is not None and self.counts.in_order else ()

    def _trained_on(self, samples: Mask) -> tuple[str, ...]:
        """That a model was trained on any of some samples."""
        judged = (self.sample_ids[i] for i in np.flatnonzero(samples))
        return () if self.training.isdisjoint(judged) else ("training_data",)

    def _rename_marks(self, subject: str) -> tuple[str, ...]:
        """That another class is counted in it, where both sides are labels: no error is left.

        Cells that are no leukocytes any more are missing among all: every number rests on the rest.
        """
        others = self.renamed.values()
        touched = subject in ("all", *others) or not {*NOT_COUNTABLE}.isdisjoint(others)
        touched = touched and bool(self.renamed)
        return ("classes_merged",) if touched else ()

    def _same_labels(self, stratum: str) -> tuple[str, ...]:
        """That both sides gave every cell the same label, of so many that one was copied (§18)."""
        if self.mode != "same-cells" or self.counts is None:
            return ()
        labelled = self.counts.confusion[self.strata[stratum]].sum(axis=0)
        copied = labelled.sum() >= FEWEST_CELLS and labelled.sum() == labelled.trace()
        return (IDENTICAL,) if copied else ()

    @property
    def mode(self) -> str:
        """Comparison mode of the protocol."""
        return self.protocol.mode

    @property
    def measurands(self) -> tuple[Measurand, ...]:
        """What is compared, in canonical order."""
        return tuple(map(Measurand, self.values))

    def to_frame(self, measurand: str | None = None) -> pd.DataFrame:
        """A row per sample with a reference and measurand, columns as in ``samples.csv``.

        Args:
            measurand: that one alone; ``None``: all, one after the other.

        Returns:
            ``sample_id``, ``measurand``, ``unit``, ``reference``, ``model`` (missing where there is
            no usable result), ``n_cells`` (missing where unknown), ``flags`` joined by ``;``. What
            was measured of a sample is in :mod:`wbcval.figures`.

        Raises:
            KeyError: for a measurand the study does not have.
        """
        import pandas as pd

        names = self.measurands if measurand is None else (Measurand(measurand),)
        return pd.concat([self._rows(name) for name in names], ignore_index=True)

    def _rows(self, measurand: Measurand) -> pd.DataFrame:
        import pandas as pd

        values = self.values[measurand]
        take = np.flatnonzero(values.listed)
        samples, lost = [self.sample_ids[i] for i in take], values.lost[take]
        marks = [values.marks(*m) for m in zip(samples, lost, strict=True)]
        if values.noise is not None:  # as a bundle says it
            said = np.where(lost, "", np.where(values.noise[take], INSIDE, BEYOND)).tolist()
            marks = [(*m, *filter(None, [each])) for m, each in zip(marks, said, strict=True)]
        cells = (
            np.full(len(take), np.nan) if values.model_cells is None else values.model_cells[take]
        )
        return pd.DataFrame(
            {
                "sample_id": pd.Series(samples, dtype="str"),
                "measurand": str(measurand),
                "unit": measurand.unit,
                "reference": values.reference[take],
                "model": values.model[take],
                "n_cells": pd.Series(cells).astype("Int64"),
                "flags": [";".join(m) for m in marks],
            }
        )

    def __repr__(self) -> str:
        return f"Study: {len(self.sample_ids)} samples, {self.mode}"

    def _repr_html_(self) -> str:
        """For a notebook: what is compared, and on how many samples."""
        rows = []
        for name, v in self.values.items():
            found = v.reference[v.paired]
            ends = (float(found.min()), float(found.max())) if len(found) else (None, None)
            low, high = (fixed(end, places_of(*ends)) for end in ends)
            sizes = int(v.paired.sum()), int(v.lost.sum())
            rows.append(
                (
                    name,
                    unit_text(Measurand(name).unit),
                    *sizes,
                    f"{low} to {high}",
                    ", ".join(v.flags),
                )
            )
        header = ("measurand", "unit", "pairs", "without model result", "reference", "marks")
        strata = [(name, int(mask.sum())) for name, mask in self.strata.items()]
        return notebook.block(
            repr(self),
            notebook.table(header, rows, ".to_frame()"),
            notebook.table(("stratum", "samples"), strata, ".strata"),
            notebook.paragraph(
                f"{self.ledger.said([('all', 'samples')])} Findings: {len(self.findings)}."
            ),
            *map(notebook.paragraph, self.notes),
        )

    def marks(self, subject: str, stratum: str = "all") -> tuple[str, ...]:
        """Marks of a comparison; both sides may be equal in one stratum alone."""
        measurand = Measurand(subject)
        values = self.values[measurand]
        same_cells = self.mode == "same-cells"
        own = values.at(self.strata[stratum]).one_source(measurand, self.mode)
        copied = self._same_labels(stratum)
        renamed = self._rename_marks(measurand.cell_class) if same_cells else ()
        judged = values.listed & self.strata[stratum]
        further = (*self._few_patients(judged), *self._trained_on(judged))
        return tuple(dict.fromkeys((*values.flags, *own, *copied, *renamed, *further)))

    def _few_patients(self, samples: Mask) -> tuple[str, ...]:
        """That the samples would be enough, and their patients are not (§18).

        They are 20, and weigh like 10 of equally many samples: else one of them decides.

        Source: Kish, Survey Sampling 1965, §8.2.
        """
        if not self.patients_known or samples.sum() < MIN_SAMPLES:
            return ()
        _, each = np.unique(self.cluster[samples], return_counts=True)
        alike = each.sum() ** 2 / (each**2).sum()  # Kish's effective number
        few = len(each) < MIN_SAMPLES or alike < _ALIKE
        return ("few_patients",) if few else ()

    def pairs(self, subject: str, stratum: str = "all") -> Pairs:
        """The pairs of one measurand in one stratum, technical failures counted beside.

        Raises:
            KeyError: for a measurand or stratum the study does not have.
        """
        measurand = Measurand(subject)
        values, mask = self.values[measurand], self.strata[stratum]
        take = values.paired & mask
        lost = int((values.lost & mask).sum())
        found = values.at(take)

        def whole(array: Floats | None) -> Floats | None:
            return None if array is None or np.isnan(array).any() else array

        cv = self.protocol.reference_cv.get(measurand)
        return Pairs(
            subject=measurand,
            unit=measurand.unit,
            mode=self.mode,
            sample_ids=tuple(np.array(self.sample_ids, dtype=object)[take]),
            reference=found.reference,
            model=found.model,
            cluster=self.cluster[take],
            model_cells=whole(found.model_cells),
            model_hits=whole(found.model_hits),
            reference_cells=whole(found.reference_cells),
            reference_hits=whole(found.reference_hits),
            resolution=found.resolution,
            reference_cv=None if cv is None else cv / 100,
            technical_failures=lost if self.protocol.missing == "outside" else 0,
            lost=lost,
            lost_cluster=self.cluster[values.lost & mask]
            if self.protocol.missing == "outside"
            else None,
            total=whole(found.total),
            replicates=self.repeats.get(measurand) if stratum == "all" else None,
            shared_total=values.shared_total,
        )

    def at(self, ids: Sequence[str], *, absent: bool = False) -> Study:
        """The same study of some of its samples, in the order asked for.

        Args:
            ids: of the samples.
            absent: let samples stand there that are not under study: without values, cells, strata
                but ``all``, and each as a patient's of its own.

        Raises:
            KeyError: for a sample that is not under study.
        """
        place = {name: i for i, name in enumerate(self.sample_ids)}
        take = np.array([place.get(i, -1) if absent else place[i] for i in ids], dtype=np.int64)
        gone, shares = take < 0, self.reference_shares
        own = self.cluster.max(initial=0) + 1 + np.arange(len(take))
        return replace(
            self,
            sample_ids=tuple(ids),
            values={name: values.at(take) for name, values in self.values.items()},
            counts=None if self.counts is None else self.counts.at(tuple(ids)),
            cluster=np.where(gone, own, picked(self.cluster, take)),
            strata={
                name: picked(mask, take) | (gone & (name == "all"))
                for name, mask in self.strata.items()
            },
            unlisted={name: picked(mask, take) for name, mask in self.unlisted.items()},
            reference_shares=None if shares is None else picked(shares, take),
            reference_cells=picked(self.reference_cells, take),
        )

    def cells(self, stratum: str = "all") -> Cells | None:
        """The confusion counts of one stratum, or ``None`` where no cell has a true label."""
        if self.counts is None or self.reference_shares is None or not self.counts.has_truth:
            return None
        # by true labels alone: what the model called the cells selects no sample
        take = self.strata[stratum] & self.counts.confusion.any(axis=(1, 2))
        return Cells(
            counts=self.counts.confusion[take],
            labels=self.counts.labels,
            n_classes=self.counts.n_classes,
            sample_ids=tuple(np.array(self.sample_ids, dtype=object)[take]),
            cluster=self.cluster[take],
            mode=self.mode,
            reference_shares=self.reference_shares[take],
            reference_cells=self.reference_cells[take],
            stages=self.counts.stages,
            abstained=None if self.counts.abstained is None else self.counts.abstained[take],
        )
