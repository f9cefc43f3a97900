"""Any rank of the n(n − 1)/2 slopes between n points: exact, in O(n log n) each, memory O(n).

The pairs whose slope lies below t are those that change places between the order of x and that of
y − t·x; those whose slope lies below t whatever its sign, between y − t·x and y + t·x. They are
counted, drawn at random, and listed once few are left, without the slopes ever being
built. Points are integers and every t is the slope p/q of a pair, so that orders and ties are
decided in integers.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wbcval.stats._swaps import Swaps, relabel
from wbcval.stats.metric import Floats, Ints

Side = Literal["below", "above"]  # of a slope: without the pairs of just that slope, or with them

_LIST = 1 << 20  # pairs that are listed at once, at least
_LISTED_A_POINT = 4.0
_LISTED_OF_MOST = 0.8
_DRAWN = 1 << 16  # pairs drawn to guess where a rank lies
_MARGIN = 3.0  # standard errors of that guess
_LIMB = 27  # bits: two limbs hold a coordinate, four products of limbs a key
_MASK = (1 << _LIMB) - 1
LARGEST = 1 << 2 * _LIMB - 2  # coordinates and their differences stay below


class _Ranks:
    """The slopes of several fans, ranked together.

    Attributes:
        total: how many there are.
    """

    def __init__(self, fans: Sequence[_Fan]) -> None:
        self._fans = fans
        first = _Met((0,) * len(fans), [fan.first for fan in fans])
        last = _Met([fan.total for fan in fans], [fan.last for fan in fans])
        self.total = last.slopes
        # orders met so far, by the slopes that lie before: the next rank starts between two
        self._known = [first, last]
        few = len(fans[0].x) * (len(fans[0].x) - 1) // 2 <= self._most_listed
        self._listed = _Listed(0, *_joined([fan.every() for fan in fans])) if few else None

    def count(self, slope: Fraction, side: Side) -> int:
        """How many slopes lie below ``slope``; with ``above`` also those that equal it."""
        p, q = slope.numerator, slope.denominator
        every = self._listed
        fits = all(_fits(p, q, fan.x, fan.y) for fan in self._fans)
        if every is not None and len(every.dy) == self.total and fits:
            rise, run = q * every.dy, p * every.dx
            return int(np.count_nonzero(rise < run if side == "below" else rise <= run))
        return self._met(slope, side).slopes

    def smallest(self, rank: int) -> Fraction:
        """The slope of a rank, 1 for the smallest, up to ``total``."""
        if not 1 <= rank <= self.total:
            raise ValueError(f"rank must be 1 to {self.total}, got {rank}")
        if self._listed is not None and self._listed.holds(rank):
            return self._listed.smallest(rank)
        draw = np.random.default_rng(rank)  # which pairs are drawn changes the time, no result
        low, high = self._about(rank)
        while (left := high.slopes - low.slopes) > self._most_listed:
            # one of each of so many equal parts, which come in order
            at = (np.arange(_DRAWN) + draw.random(_DRAWN)) * (left / _DRAWN)
            dy, dx = self._between(low, high, np.minimum(at.astype(np.int64), left - 1))
            middle = (rank - low.slopes - 0.5) / left * _DRAWN
            # about as many as may be listed: the next rank asked for is often among them
            listed = _LISTED_OF_MOST * self._most_listed / left * _DRAWN
            spread = max(_MARGIN * math.sqrt(_DRAWN), listed) / 2
            places = [int(np.clip(middle + z, 0, _DRAWN - 1)) for z in (-spread, spread)]
            ends = np.argpartition(dy / dx, places)[places]
            first, last = (Fraction(int(dy[i]), int(dx[i])) for i in ends)
            self._meet(first, "below")
            self._meet(last, "above")
            if self._about(rank) == (low, high):
                # the two are the ends of what is left: between them fewer slopes are
                self._meet(first, "above")
                self._meet(last, "below")
            low, high = self._about(rank)
            if first == last and self.count(first, "below") < rank <= self.count(first, "above"):
                return first
        inside = np.arange(high.slopes - low.slopes)
        self._listed = _Listed(low.slopes, *self._between(low, high, inside))
        return self._listed.smallest(rank)

    def _about(self, rank: int) -> tuple[_Met, _Met]:
        """The nearest known orders: with fewer slopes before than the rank, and with as many."""
        at = bisect.bisect_left(self._known, rank, key=attrgetter("slopes"))
        return self._known[at - 1], self._known[at]

    def _met(self, slope: Fraction, side: Side) -> _Met:
        orders = [fan.order(slope, side) for fan in self._fans]
        before = [fan.before(order) for fan, order in zip(self._fans, orders, strict=True)]
        return _Met(before, orders)

    def _meet(self, slope: Fraction, side: Side) -> None:
        """Know an order, and how many slopes lie before it."""
        found = self._met(slope, side)
        at = bisect.bisect_left(self._known, found.slopes, key=attrgetter("slopes"))
        if at == len(self._known) or self._known[at].slopes != found.slopes:
            self._known.insert(at, found)

    @property
    def _most_listed(self) -> int:
        """How many pairs may be listed at once."""
        return max(_LIST, int(_LISTED_A_POINT * len(self._fans[0].x)))

    def _between(self, low: _Met, high: _Met, ordinals: Ints) -> tuple[Ints, Ints]:
        """(Δy, Δx), Δx > 0, of pairs between two orders by their number, in rising order."""
        found, start = [], 0
        for f, fan in enumerate(self._fans):
            stop = start + high.before[f] - low.before[f]
            mine = ordinals[slice(*np.searchsorted(ordinals, [start, stop]))] - start
            pairs = Swaps(relabel(low.orders[f], high.orders[f])).pairs(mine)
            found.append(fan.steps(low.orders[f], pairs))
            start = stop
        return _joined(found)


class Slopes(_Ranks):
    """The slopes Δy/Δx of all pairs of points whose x differs.

    Args:
        x, y: int64, shape (n,), ``0 ≤ |x|, |y| < LARGEST``.

    Attributes:
        identical: pairs of which both x and y are the same.
    """

    def __init__(self, x: Ints, y: Ints) -> None:
        fan = _Fan(x, y)
        super().__init__([fan])
        moves = (fan.x[1:] != fan.x[:-1]) | (fan.y[1:] != fan.y[:-1])
        self.identical = _alike(moves)


class Steepness(_Ranks):
    """The slopes |Δy/Δx| of all pairs of points of which neither x nor y is the same.

    Args:
        x, y: int64, shape (n,), ``0 ≤ |x|, |y| < LARGEST``.

    Attributes:
        rising, falling: pairs that do.
    """

    def __init__(self, x: Ints, y: Ints) -> None:
        flat = Fraction(0)
        super().__init__([_Fan(x, y, flat), _Fan(x, -y, flat)])
        self.rising, self.falling = (fan.total for fan in self._fans)


@dataclass(frozen=True, eq=False)
class _Met:
    """An order of the points in each fan.

    Attributes:
        before: slopes of each fan that lie before it.
        slopes: of all fans.
    """

    before: Sequence[int]
    orders: Sequence[Ints]

    @cached_property
    def slopes(self) -> int:
        return sum(self.before)


class _Fan:
    """The slopes of the pairs of some points, or those above one.

    Attributes:
        x, y: of the points by rising x, where equal by rising y.
        first, last: orders of the points before the smallest slope and after the largest.
        total: slopes between.
    """

    def __init__(self, x: Ints, y: Ints, above: Fraction | None = None) -> None:
        base = np.lexsort((y, x))
        self._above = above
        self.x, self.y = x[base], y[base]
        # x falling, y rising in ties of x: stable sorts of it put the pairs of just a slope
        # the other way round
        self.last = np.lexsort((self.y, -self.x))
        self.first = np.arange(len(base)) if above is None else self.order(above, "above")
        self.total = self.before(self.last)

    def before(self, order: Ints) -> int:
        """Slopes that lie before an order."""
        return Swaps(relabel(self.first, order)).count

    def every(self) -> tuple[Ints, Ints]:
        """(Δy, Δx), Δx > 0, of all pairs, of few points."""
        i, j = np.triu_indices(len(self.x), 1)
        dy, dx = self.y[j] - self.y[i], self.x[j] - self.x[i]
        kept = dx > 0
        if self._above is not None:
            kept &= self._above.denominator * dy > self._above.numerator * dx
        return dy[kept], dx[kept]

    def steps(self, order: Ints, pairs: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
        """(Δy, Δx), Δx > 0, of pairs of places in an order."""
        i, j = (order[places] for places in pairs)
        dx, dy = self.x[i] - self.x[j], self.y[i] - self.y[j]
        sign = np.sign(dx)
        return dy * sign, dx * sign

    def order(self, slope: Fraction, side: Side) -> Ints:
        """The points by q·y − p·x; where equal, ``below`` by x rising, ``above`` by x falling."""
        start = np.arange(len(self.x)) if side == "below" else self.last
        p, q = slope.numerator, slope.denominator
        x, y = self.x[start], self.y[start]
        if _fits(p, q, x, y):
            return start[np.argsort(q * y - p * x, kind="stable")]
        return start[np.lexsort(_wide_keys(p, q, x, y))]


def _fits(p: int, q: int, x: Ints, y: Ints) -> bool:
    """Whether q·y − p·x, of points and of their differences, is an int64."""
    return max(abs(p) * int(np.ptp(x)), q * int(np.ptp(y)), abs(p) * _far(x), q * _far(y)) < 1 << 61


def _far(values: Ints) -> int:
    return max(abs(int(values.min())), abs(int(values.max())))


def _wide_keys(p: int, q: int, x: Ints, y: Ints) -> tuple[Ints, Ints]:
    """q·y − p·x, which may need 110 bits, as (low, high): to be sorted by high, then by low."""
    low, middle, high = (a - b for a, b in zip(_product(q, y), _product(p, x), strict=True))
    middle += low >> _LIMB
    high += middle >> _LIMB
    return ((middle & _MASK) << _LIMB) | (low & _MASK), high


def _product(factor: int, values: Ints) -> tuple[Ints, Ints, Ints]:
    """factor·values in limbs: the sum of part k times 2^(27k)."""
    f0, f1 = factor & _MASK, factor >> _LIMB
    v0, v1 = values & _MASK, values >> _LIMB
    # each product of two limbs is below 2^54, so that sums of a few keep their digits
    return f0 * v0, f0 * v1 + f1 * v0, f1 * v1


def _joined(found: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    dy, dx = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return dy, dx


def _alike(moves: NDArray[np.bool_]) -> int:
    """Pairs that are alike, in a sorted list that moves on at some steps."""
    ends = np.flatnonzero(np.concatenate([[True], moves, [True]]))
    sizes = np.diff(ends)
    return int((sizes * (sizes - 1) // 2).sum())


@dataclass(frozen=True)
class _Listed:
    """Pairs of points by their slopes Δy/Δx, Δx > 0, without order, and how many lie below all."""

    below: int
    dy: Ints
    dx: Ints

    def holds(self, rank: int) -> bool:
        return self.below < rank <= self.below + len(self.dy)

    @cached_property
    def _quotients(self) -> Floats:
        return self.dy / self.dx

    @cached_property
    def _sorted(self) -> Floats:
        return np.sort(self._quotients)

    def smallest(self, rank: int) -> Fraction:
        """The slope of a rank; what rounds to one number is told apart exactly."""
        place = rank - self.below - 1
        near = self._sorted[place]
        alike = np.flatnonzero(self._quotients == near)
        dy, dx = self.dy[alike], self.dx[alike]
        divisor = np.gcd(dy, dx)
        reduced = np.column_stack([dy // divisor, dx // divisor])
        if (reduced == reduced[0]).all():
            return Fraction(*reduced[0].tolist())
        steps, counts = np.unique(reduced, axis=0, return_counts=True)
        slopes = (Fraction(rise, run) for rise, run in steps.tolist())
        ranked = sorted(zip(slopes, counts.tolist(), strict=True))
        left = place + 1 - int(np.searchsorted(self._sorted, near))
        for slope, times in ranked:
            left -= times
            if left <= 0:
                return slope
        raise AssertionError("a rank lies among the pairs listed for it")
