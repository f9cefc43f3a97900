"""Cells reduced, as they are read, to counts per sample: they add up, whatever the batches.

And whatever the parts: what was reduced apart, in another process or elsewhere, is merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from wbcval import origin
from wbcval.stats.cut_off import LeastSure
from wbcval.stats.equal_vectors import EqualVectors
from wbcval.stats.metric import Ints, Stage
from wbcval.stats.runs import Runs
from wbcval.stats.ties import TiedLabels
from wbcval.study._pathological import PathologicalCells
from wbcval.study.cells import CellCounts, United
from wbcval.study.within import PREFIX, LevelCells
from wbcval.values.classes import (
    ABSTENTION,
    COUNTABLE,
    FIVE,
    NOT_COUNTABLE,
    OTHER,
    STAGES,
    canonical,
    group_of,
)
from wbcval.values.digests import NO_CELLS, Hashes, LabelledCells, salts

_ALL = (*COUNTABLE, *NOT_COUNTABLE)
_IDENTIFICATION, _DIFFERENTIATION = STAGES


class CellReducer:
    """Cells to counts per sample, batch by batch: memory grows with samples and labels alone.

    Args:
        rollup: ``xn5``, ``manual5`` or ``full``.
        stages: of :func:`stages_of`; ``None``: not known, so that a table with a column ``stage``
            is of two stages, leukocyte or not, and which one.
    """

    def __init__(self, rollup: str, stages: tuple[Stage, ...] | None = None) -> None:
        self._stages = stages
        known = STAGES if stages is None else (s.name for s in stages)
        self._stage_of = {name: i for i, name in enumerate(known)}
        self._staged = bool(stages)
        # sample, stage, true label → cells that were left unclassified there
        self._abstained: Counter[tuple[int, int, int]] = Counter()
        named = (group_of(name, rollup) for name in _ALL)
        self._groups = tuple(dict.fromkeys((*FIVE, *named, OTHER)))
        self._group_of = {name: group_of(name, rollup) for name in _ALL}
        # true class, called class → cells, before the roll-up
        self._named: Counter[tuple[str, str]] = Counter()
        self._called = self._true = NO_CELLS
        self._runs, self._vectors, self._least = Runs(), EqualVectors(), LeastSure()
        self._ties = TiedLabels()
        self._pathological, self._levels = PathologicalCells(), LevelCells()
        self._samples: dict[str, int] = {}
        self._labels: dict[str, int] = {}  # groups met, in the order met
        # samples × true label × predicted label; the last true label is "not known"
        self._counts = np.zeros((0, 1, 0), dtype=np.int64)

    def add(self, frame: pd.DataFrame) -> None:
        """Count one batch of clean rows.

        Args:
            frame: ``sample_id``, ``cell_hash`` (64 bits of sample and cell),
                ``predicted_class`` and, where known, ``true_class``, all canonical names;
                ``stage`` where the cells were decided in stages; ``probability_<class>``.
        """
        if frame.empty:
            return
        samples, names = _coded(frame["sample_id"])
        cells = frame["cell_hash"].to_numpy(np.uint64)
        predicted, self._called = self._grouped(frame["predicted_class"], cells, self._called)
        true = None
        if "true_class" in frame:
            true, self._true = self._grouped(frame["true_class"], cells, self._true)
            self._named += _pairs(frame["true_class"], frame["predicted_class"])
        rows = np.array([self._samples.setdefault(n, len(self._samples)) for n in names])
        no_label: tuple[Ints, list[str]] = np.full(len(frame), -1), []
        self._pathological.add(
            rows[samples],
            _coded(frame["predicted_class"]),
            no_label if true is None else _coded(frame["true_class"]),
        )
        if true is not None:
            self._runs.add(rows[samples], true, predicted)
            right = (true == predicted).astype(np.int64)
            for name in (str(name) for name in frame if str(name).startswith(PREFIX)):
                self._levels.add(name, *_coded(frame[name]), rows[samples], true, right)
        if probabilities := [str(n) for n in frame if str(n).startswith("probability_")]:
            vectors = frame[probabilities].to_numpy(np.float64)
            self._vectors.add(rows[samples], vectors)
            self._least.add(vectors)
            self._ties.add(
                [self._group_of[name.removeprefix("probability_")] for name in probabilities],
                vectors,
                (predicted, [*self._labels]),
                (np.full(len(frame), -1) if true is None else true, [*self._labels]),
            )
        n = len(self._labels)
        self._make_room(n)
        unknown = np.full(len(frame), n) if true is None else np.where(true < 0, n, true)
        flat = (samples * (n + 1) + unknown) * n + predicted
        counted = np.bincount(flat, minlength=len(rows) * (n + 1) * n)
        self._counts[rows] += counted.reshape(len(rows), n + 1, n)
        if "stage" in frame and self._stage_of:
            self._staged = True
            if true is not None and ABSTENTION in self._labels:
                left = predicted == self._labels[ABSTENTION]
                self._add_abstained(rows[samples[left]], frame["stage"][left], true[left])

    def merge(self, later: CellReducer) -> None:
        """Go on with what was reduced of rows that come after all of these.

        Args:
            later: made for the same roll-up and stages; it can come from another process.
        """
        samples = np.array(
            [self._samples.setdefault(name, len(self._samples)) for name in later._samples],
            dtype=np.int64,
        )
        labels = np.array(
            [self._labels.setdefault(name, len(self._labels)) for name in later._labels],
            dtype=np.int64,
        )
        n = len(self._labels)
        self._make_room(n)
        true = np.append(labels, n)  # the last one is "not known" in both
        self._counts[np.ix_(samples, true, labels)] += later._counts[: len(samples)]
        for (sample, stage, label), cells in later._abstained.items():
            self._abstained[int(samples[sample]), stage, int(labels[label])] += cells
        self._named += later._named
        self._called, self._true = self._called + later._called, self._true + later._true
        self._runs.merge(later._runs, samples, labels)
        self._vectors.merge(later._vectors, samples)
        self._least.merge(later._least)
        self._ties.merge(later._ties)
        self._pathological.merge(later._pathological, samples)
        self._levels.merge(later._levels, samples, labels)
        self._staged = self._staged or later._staged

    @property
    def has_truth(self) -> bool:
        """Whether a cell so far has a true class."""
        return bool(self._counts[:, :-1].any())

    def _add_abstained(self, samples: Ints, stages: pd.Series, true: Ints) -> None:
        codes, names = _coded(stages)
        at = np.array([*(self._stage_of.get(name, -1) for name in names), -1])[codes]
        known = (at >= 0) & (true >= 0)
        found = np.column_stack([samples, at, true])[known]
        keys, n = np.unique(found, axis=0, return_counts=True)
        for key, cells in zip(map(tuple, keys.tolist()), n.tolist(), strict=True):
            self._abstained[key] += cells

    def counts(self) -> CellCounts:
        """What was counted; labels nobody used are left out, but the five stay."""
        met = self._labels.keys()
        countable = [g for g in self._groups if g not in NOT_COUNTABLE and (g in met or g in FIVE)]
        labels = (*countable, *(g for g in self._groups if g in NOT_COUNTABLE and g in met))
        for label in labels:
            self._labels.setdefault(label, len(self._labels))
        self._make_room(len(self._labels))
        size, at = len(self._samples), np.array([self._labels[label] for label in labels])
        confusion = self._counts[:size, at[:, None], at]
        return CellCounts(
            sample_ids=tuple(self._samples),
            labels=labels,
            n_classes=len(countable),
            confusion=np.ascontiguousarray(confusion),
            predicted=np.ascontiguousarray(self._counts[:size].sum(axis=1)[:, at]),
            called=self._called,
            true=self._true,
            stages=self._tree(labels, len(countable)),
            abstained=self._abstentions(labels) if self._staged else None,
            united=self._united(),
            in_order=self._runs.in_order(self._counts[:size]),
            copies=self._vectors.copies(),
            cut_off=self._least.said,
            ties=self._ties.ties(),
            pathological=self._pathological.counts(size),
            within=self._levels.levels(size, {i: name for name, i in self._labels.items()}),
        )

    def _united(self) -> tuple[United, ...]:
        """By the order of the groups; only classes that a label names."""
        found = []
        for group in self._groups:
            within = {
                pair: n
                for pair, n in self._named.items()
                if self._group_of[pair[0]] == self._group_of[pair[1]] == group
            }
            names = tuple(name for name in _ALL if any(name in pair for pair in within))
            if len(names) > 1:
                apart = sum(n for (true, called), n in within.items() if true != called)
                found.append(United(group, names, sum(within.values()), apart))
        return tuple(found)

    def _tree(self, labels: Sequence[str], n_classes: int) -> tuple[Stage, ...]:
        if self._stages is not None or not self._staged:
            return self._stages or ()
        others = tuple(label for label in labels[n_classes:] if label != ABSTENTION)
        return (
            Stage(_IDENTIFICATION, others, {"leukocyte": _DIFFERENTIATION}),
            Stage(_DIFFERENTIATION, tuple(labels[:n_classes])),
        )

    def _abstentions(self, labels: Sequence[str]) -> Ints:
        """Shape (S, T, L)."""
        place = {self._labels[label]: i for i, label in enumerate(labels)}
        found = np.zeros((len(self._samples), len(self._stage_of), len(labels)), dtype=np.int64)
        for (sample, stage, true), cells in self._abstained.items():
            found[sample, stage, place[true]] = cells
        return found

    def _grouped(
        self, classes: pd.Series, cells: Hashes, labelled: LabelledCells
    ) -> tuple[Ints, LabelledCells]:
        """The place of each row's label, -1 where it has none; and the cells by label."""
        codes, names = _coded(classes)
        if (codes < 0).any():
            labelled = labelled.with_cells(cells[codes >= 0], codes[codes >= 0], salts(names))
        else:
            labelled = labelled.with_cells(cells, codes, salts(names))
        groups = [self._group_of[name] for name in names]
        places = [self._labels.setdefault(group, len(self._labels)) for group in groups]
        return np.array([*places, -1], dtype=np.int64)[codes], labelled

    def _make_room(self, labels: int) -> None:
        """Grow to the samples and labels met; samples by half as much again, copied seldom."""
        rows, _, old = self._counts.shape
        if rows >= len(self._samples) and old == labels:
            return
        size = rows if rows >= len(self._samples) else max(len(self._samples), rows * 3 // 2)
        grown = np.zeros((size, labels + 1, labels), dtype=np.int64)
        grown[:rows, :old, :old] = self._counts[:, :old]
        grown[:rows, labels, :old] = self._counts[:, old]
        self._counts = grown


def stages_of(
    stages: Sequence[origin.StageRecord], class_map: Mapping[str, str], rollup: str
) -> tuple[Stage, ...]:
    """The tree of a record of origin in the labels of the roll-up; none where one stage decides.

    A class that names none of ours stays as it is spelt: no cell can be called it.
    """
    if len(stages) < 2:
        return ()

    def label(name: str) -> str:
        known = canonical(class_map.get(name, name))
        return name if known is None else group_of(known, rollup)

    return tuple(
        Stage(
            stage["name"],
            tuple(dict.fromkeys(label(c) for c in stage["classes"] if c not in refined)),
            refined,
        )
        for stage, refined in ((s, s["refined_by"]) for s in stages)
    )


def _pairs(true: pd.Series, called: pd.Series) -> Counter[tuple[str, str]]:
    """Cells by true class and called class; those without a true class are left out."""
    (rows, names), (columns, calls) = _coded(true), _coded(called)
    known = rows >= 0
    n = np.bincount(rows[known] * len(calls) + columns[known], minlength=len(names) * len(calls))
    pairs = ((name, call) for name in names for call in calls)
    return Counter({pair: int(k) for pair, k in zip(pairs, n, strict=True) if k})


def _coded(column: pd.Series) -> tuple[Ints, list[str]]:
    """Codes into the names that occur; -1 where there is none."""
    whole = pd.Categorical(column)
    codes = np.asarray(whole.codes, dtype=np.int64)
    used = np.bincount(codes + 1, minlength=len(whole.categories) + 1)[1:] > 0
    names = [str(name) for name in whole.categories[used]]
    return np.append(np.cumsum(used) - 1, -1)[codes], names
