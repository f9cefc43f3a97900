"""The pairs of a permutation whose larger number comes first: counted, and found by their number.

In arrays, or compiled where numba is installed (the extra ``fast``). Both number the same pairs,
each in its own sequence.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.metric import Ints

_Numbers = NDArray[np.signedinteger[Any]]

WORTH_LOADING = 50_000  # numbers: of fewer, loading what is compiled takes longer than it saves
_NEAR = 6  # bits: numbers that differ in these alone are compared each with each


def relabel(first: Ints, second: Ints) -> Ints:
    """The second order in places of the first, shape (n,)."""
    place = np.empty_like(first)
    place[first] = np.arange(len(first))
    return place[second]


@dataclass(frozen=True)
class Swaps:
    """The pairs of a permutation of 0 … n − 1 whose larger number comes first, n < 2³¹."""

    order: Ints

    @cached_property
    def count(self) -> int:
        if (compiled := _compiled(len(self.order))) is not None:
            return int(compiled.count(self.order))
        return sum(part.total for part in self._parts())

    def pairs(self, ordinals: Ints) -> tuple[_Numbers, _Numbers]:
        """Pairs (smaller, larger) by their number, 0 … ``count`` − 1, in rising order."""
        if (compiled := _compiled(len(self.order))) is not None:
            smaller, larger = compiled.pairs(self.order, ordinals)
            return smaller, larger
        found = [(np.empty(0, np.int32), np.empty(0, np.int32))]
        done = taken = 0
        for part in self._parts():
            total = part.total
            stop = int(np.searchsorted(ordinals, done + total))
            if stop > taken:
                found.append(part.pairs(ordinals[taken:stop] - done))
            done, taken = done + total, stop
            if taken == len(ordinals):
                break
        smaller, larger = (np.concatenate(side) for side in zip(*found, strict=True))
        return smaller, larger

    def _parts(self) -> Iterator[_Level | _Apart]:
        """Bit by bit from the highest.

        Among numbers that agree in the bits above, kept in their order, each 1 that stands
        before a 0 is a pair.
        """
        values: _Numbers = self.order.astype(np.int32)
        for bit in reversed(range(_NEAR, max(len(values) - 1, 0).bit_length())):
            is_one = (values >> bit) & 1
            ones_to = np.concatenate([[0], np.cumsum(is_one, dtype=values.dtype)])
            zero, one = np.flatnonzero(is_one == 0), np.flatnonzero(is_one)
            zeros, ones = values[zero], values[one]
            # a group of numbers that agree above stands where its smallest will stand
            outside = ones_to[_group(zeros, bit)]
            before = ones_to[zero] - outside
            yield _Level(zeros, ones, before, outside)
            values = np.empty_like(values)
            values[zero - before] = zeros
            start = _group(ones, bit)
            values[start + (1 << bit) + np.arange(len(ones)) - ones_to[start]] = ones
        width = 1 << _NEAR
        # what fills the last group comes last and is in order
        fill = np.arange(len(values), -(-len(values) // width) * width)
        groups = (np.concatenate([values, fill]) & width - 1).astype(np.uint8).reshape(-1, width)
        places = np.ascontiguousarray(groups.T)
        for apart in range(1, min(width, len(values))):
            yield _Apart(places, places[:-apart] > places[apart:])


def _compiled(n: int) -> ModuleType | None:
    """The compiled way, where it is installed and loaded, or n is worth it."""
    if "numba" not in sys.modules and (n < WORTH_LOADING or not importlib.util.find_spec("numba")):
        return None
    from wbcval.stats import _swaps_compiled

    return _swaps_compiled


def _group(numbers: _Numbers, bit: int) -> _Numbers:
    """The smallest number that agrees with each above the bit."""
    return (numbers >> bit + 1) << bit + 1


class _Level(NamedTuple):
    """One bit: numbers without it and with it, in order.

    ``before`` counts, for each without it, those with it that come first in its group,
    ``outside`` those in the groups before.
    """

    zeros: _Numbers
    ones: _Numbers
    before: _Numbers
    outside: _Numbers

    @property
    def total(self) -> int:
        return int(self.before.sum(dtype=np.int64))

    def pairs(self, ordinals: Ints) -> tuple[_Numbers, _Numbers]:
        ends = np.cumsum(self.before, dtype=np.int64)
        zero = np.searchsorted(ends, ordinals, side="right")
        nth = ordinals - (ends[zero] - self.before[zero])
        return self.zeros[zero], self.ones[self.outside[zero] + nth]


class _Apart(NamedTuple):
    """The bits that are left, in groups of a width: the places that lie so far apart.

    ``places`` holds the numbers less their group's smallest, shape (width, groups); ``swapped``
    says for which the larger number comes first, shape (width − apart, groups).
    """

    places: NDArray[np.uint8]
    swapped: NDArray[np.bool_]

    @property
    def total(self) -> int:
        return int(np.count_nonzero(self.swapped))

    def pairs(self, ordinals: Ints) -> tuple[_Numbers, _Numbers]:
        width, groups = self.places.shape
        place, group = np.divmod(np.flatnonzero(self.swapped)[ordinals], groups)
        apart = width - len(self.swapped)
        smaller, larger = (group * width + self.places[at, group] for at in (place + apart, place))
        return smaller, larger
