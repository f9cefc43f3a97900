"""Cells of a sample on several scanners, lots or operators: what was hit on each. §18.

As a stratum such a column is none, for its levels share the samples. A scanner on which every
second cell is wrong would vanish in every sample.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from wbcval.door.tables.strata import MOST_LEVELS, is_personal, kind_of
from wbcval.stats.metric import Ints
from wbcval.study.cells import MixedLevel
from wbcval.values.by_eye import one_spelling

PREFIX = "level_"  # of such columns in the frames of cells
_BLANK = "unknown"


class LevelCells:
    """Labelled cells by column, level, sample and true class, batch by batch."""

    def __init__(self) -> None:
        # column → sample, level, place of the true label, whether it is right → cells
        self._columns: defaultdict[str, Counter[tuple[int, str, int, int]]] = defaultdict(Counter)

    def add(
        self, column: str, codes: Ints, names: Sequence[str], samples: Ints, true: Ints, right: Ints
    ) -> None:
        """Count one batch.

        Args:
            column: as in the frame.
            codes, names: its levels, -1 where blank.
            samples, true: row of the sample and place of the true label, -1 where not known.
            right: 1 where it was called so.
        """
        known = true >= 0
        rows = np.column_stack([samples, codes, true, right])[known]
        keys, n = np.unique(rows, axis=0, return_counts=True)
        levels = [*names, ""]
        found = self._columns[column.removeprefix(PREFIX)]
        for (sample, code, label, hit), cells in zip(keys.tolist(), n.tolist(), strict=True):
            found[sample, levels[code] or _BLANK, label, hit] += cells

    def merge(self, later: LevelCells, samples: Ints, labels: Ints) -> None:
        """Go on with cells of rows that come after.

        Args:
            later: of them.
            samples, labels: the row, or place, here of each of theirs.
        """
        for column, cells in later._columns.items():
            mine = self._columns[column]
            for (sample, level, label, hit), n in cells.items():
                mine[int(samples[sample]), level, int(labels[label]), hit] += n

    def levels(self, samples: int, labels: Mapping[int, str]) -> tuple[MixedLevel, ...]:
        """Those of columns that change within a sample; names and dates are not shown.

        Args:
            samples: how many. labels: place → label.
        """
        found: list[MixedLevel] = []
        for column, cells in self._columns.items():
            alike = one_spelling([level for _, level, _, _ in cells])
            by: dict[str, dict[str, Ints]] = {}
            for (sample, spelt, label, hit), n in cells.items():
                level = alike.get(spelt, spelt)
                of = by.setdefault(level, {})
                for name in ("all", labels[label]):
                    counted = of.setdefault(name, np.zeros((samples, 2), dtype=np.int64))
                    counted[sample] += (hit * n, n)
            held = [of["all"][:, 1] > 0 for of in by.values()]
            if not held or np.sum(held, axis=0).max(initial=0) < 2 or len(by) > MOST_LEVELS:
                continue
            kind = kind_of(column)
            for level, of in sorted(by.items()):
                shown = f"(one of {len(by)})" if is_personal(level, kind) else level
                found.append(MixedLevel(f"{column}={shown}", of))
        return tuple(found)
