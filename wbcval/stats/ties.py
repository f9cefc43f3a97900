"""Were labels chosen among tied probabilities by someone who knew the true class?

Where several classes have the largest probability any of them may be the label. A rule chooses by
what the probabilities say: the first column, the commonest class. Among cells that tie the same
classes its choice then has nothing to do with the true class. STATISTICS.md §18.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats, Ints

TIES_BY_TRUTH = "ties_by_truth"  # flag: tied cells are labelled as only the true class tells
TIED = 1e-9  # as near are two probabilities that are one
_CHANCE = np.log(1e-6)
_NEARLY = 0.8  # of what could agree beyond chance; votes of several nets, tied, and chosen by their
# probabilities make half
_TILTS = np.geomspace(0.01, 30, 60)  # at which Chernoff's bound is looked up
_MOST = 0.05


@dataclass(frozen=True, slots=True)
class Ties:
    """Cells whose label is one of several classes of equal, largest probability.

    Attributes:
        cells: such cells. of: all cells with probabilities.
        known: of the cells, those that are truly of one of the tied classes.
        right: of these, labels that are the true class.
        by_chance: so many would be right, were labels and true classes of the cells that tie the
            same classes paired by lot.
        most: so many could be.
        chance: an upper bound of the chance of so many, as its logarithm.
    """

    cells: int = 0
    of: int = 0
    known: int = 0
    right: int = 0
    by_chance: float = 0.0
    most: int = 0
    chance: float = 0.0

    @property
    def by_truth(self) -> bool:
        """Whether the true class chose: no lot, and more than rounded digits could tell."""
        beyond = self.right - self.by_chance
        return self.chance < _CHANCE and beyond >= _NEARLY * (self.most - self.by_chance)

    @property
    def said(self) -> str:
        """In a sentence without an end; "" where they are few, and chosen as by lot."""
        if self.chance >= _CHANCE and self.cells <= _MOST * self.of:
            return ""
        right = (
            f", right in {self.right} of {self.known} where a choice that knows the probabilities "
            f"alone makes {self.by_chance:.0f} right"
            if self.known
            else ""
        )
        share = f"{100 * self.cells / self.of:.2g} %"
        return (f"labels chosen among classes of equal probability in {self.cells} of {self.of} "
                f"cells ({share}){right}")  # fmt: skip


NO_TIES = Ties()


class TiedLabels:
    """Tied cells by the classes that tie, label and true class; they add up, whatever the parts."""

    def __init__(self) -> None:
        self._met: Counter[tuple[frozenset[str], str, str]] = Counter()  # true class "": not known
        self._cells = 0

    def add(
        self,
        classes: Sequence[str],
        values: Floats,
        called: tuple[Ints, Sequence[str]],
        true: tuple[Ints, Sequence[str]],
    ) -> None:
        """Go on with further cells.

        Args:
            classes: shape (C,), of each column; several may be of one class.
            values: shape (N, C), probabilities; a cell that lacks one is passed over.
            called, true: shape (N,), codes of the labels, −1: none; and the class of each code.
        """
        known = ~np.isnan(values).any(axis=1)
        self._cells += int(known.sum())
        top = values >= values.max(axis=1, initial=-np.inf)[:, None] - TIED
        at = np.flatnonzero(known & (top.sum(axis=1) > 1))
        names = list(dict.fromkeys(classes))
        tied = np.column_stack([top[at][:, [c == n for c in classes]].any(axis=1) for n in names])
        keys = np.column_stack([tied, called[0][at], true[0][at]])
        for key, n in zip(*np.unique(keys, axis=0, return_counts=True), strict=True):
            group = frozenset(name for name, met in zip(names, key, strict=False) if met)
            label, truth = (
                of[code] if code >= 0 else ""
                for code, of in ((key[-2], called[1]), (key[-1], true[1]))
            )
            if len(group) > 1 and label in group:
                self._met[group, label, truth if truth in group else ""] += int(n)

    def merge(self, other: TiedLabels) -> None:
        """Go on with the cells that another one has met."""
        self._met += other._met
        self._cells += other._cells

    def ties(self) -> Ties:
        """What all of them say.

        Labels and true classes of cells with the same ties are paired by lot, if the labels follow
        from the probabilities: of the label that is commonest there, and the true class of its
        name, the cells with both are hypergeometric. Their sum is held against Chernoff's bound.
        """
        by: dict[frozenset[str], Counter[tuple[str, str]]] = {}
        for (group, label, truth), n in self._met.items():
            if truth:
                by.setdefault(group, Counter())[label, truth] += n
        right = known = most = met = 0
        chance, drawn = 0.0, []
        for pairs in by.values():
            n = pairs.total()
            labels, truths = Counter[str](), Counter[str]()
            for (label, truth), k in pairs.items():
                labels[label] += k
                truths[truth] += k
            known += n
            right += sum(k for (label, truth), k in pairs.items() if label == truth)
            chance += sum(labels[name] * truths[name] for name in labels) / n
            most += sum(min(labels[name], truths[name]) for name in labels)
            name = max(sorted(labels), key=labels.__getitem__)
            met += pairs[name, name]
            drawn.append((n, labels[name], truths[name]))
        cells = self._met.total()
        return Ties(cells, self._cells, known, right, chance, most, _bound(met, drawn))


def _bound(met: int, drawn: Sequence[tuple[int, int, int]]) -> float:
    """The logarithm of a bound of the chance that hypergeometric counts add up to so many.

    Source: Chernoff, Ann Math Stat 1952;23:493.

    Args:
        met: their sum. drawn: of each, cells, and how many have the label, and the true class.
    """
    found = -_TILTS * met
    for n, labels, truths in drawn:
        k = np.arange(max(0, labels + truths - n), min(labels, truths) + 1)
        odds = _ways(truths, k) + _ways(n - truths, labels - k) - _ways(n, labels)
        found += [np.logaddexp.reduce(odds + tilt * k) for tilt in _TILTS]
    return float(min(found.min(), 0.0))


def _ways(n: int, k: Ints | int) -> Floats:
    """The logarithm of n over k."""
    lost = special.gammaln(k + 1) + special.gammaln(n - np.asarray(k) + 1)
    return np.asarray(special.gammaln(n + 1) - lost)
