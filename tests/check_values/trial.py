"""Every figure of the check values: compared, left out with a reason, or waiting for its statistic.

A comparison names what it finds by the figure's own place in the entry (``slope_lci``,
``bias/2``), so that nothing is compared with another figure, and none is forgotten.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wbcval.stats.metric import Floats, Ints

ALL_DIGITS = 17.0


@dataclass(frozen=True, eq=False)
class DataSet:
    """What the figures were computed from; ``frame`` is empty where they need no file."""

    id: str
    frame: pd.DataFrame

    def column(self, name: str) -> Floats:
        return self.frame[name].to_numpy(float)

    def codes(self, name: str) -> Ints:
        return pd.factorize(self.frame[name])[0].astype(np.int64)

    @cached_property
    def x(self) -> Floats:
        return self.column("x")

    @cached_property
    def y(self) -> Floats:
        return self.column("y")

    @cached_property
    def d(self) -> Floats:
        return self.y - self.x

    @cached_property
    def size(self) -> float:
        """Largest value of a pair."""
        return float(max(abs(self.x).max(), abs(self.y).max()))


@dataclass(frozen=True, eq=False)
class Entry:
    """One statistic of one data set by one package, its figures by place."""

    data: DataSet
    stat: str
    package: str
    values: Any = field(repr=False)
    figures: Mapping[str, float] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.stat} of {self.data.id} by {self.package}"


Found = Mapping[str, float | None]
Compare = Callable[[Entry], Found]


@dataclass(frozen=True)
class Of:
    """Which figures a rule is about; ``*`` stands for anything. No ``key``: whole entries."""

    stat: str
    key: str = ""
    package: str = "*"
    data: str | tuple[str, ...] = "*"

    def holds(self, entry: Entry, key: str = "") -> bool:
        names = (self.data,) if isinstance(self.data, str) else self.data
        return (
            fnmatchcase(entry.stat, self.stat)
            and fnmatchcase(entry.package, self.package)
            and any(fnmatchcase(entry.data.id, name) for name in names)
            and (fnmatchcase(key, self.key) if self.key else not key)
        )


@dataclass(frozen=True)
class Tolerance:
    """How far figures may lie apart, where 1e-9 of the expected one is not the measure.

    ``of_data``: relative to the data's largest value. ``decimals``: printed with so many.
    """

    relative: float
    why: str
    of_data: bool = False
    decimals: int | None = None

    def allowed(self, entry: Entry, expected: float) -> float:
        if self.decimals is not None:
            return 0.5 * 10.0**-self.decimals
        return self.relative * (entry.data.size if self.of_data else abs(expected))


DEFAULT = Tolerance(1e-9, "as golden.json says")


@dataclass(frozen=True)
class Row:
    """A figure compared."""

    entry: Entry
    key: str
    found: float | None
    expected: float
    allowed: float

    @property
    def holds(self) -> bool:
        if self.found is None or math.isnan(self.found):
            return False
        return self.found == self.expected or abs(self.found - self.expected) <= self.allowed

    @property
    def digits(self) -> float:
        """Significant digits agreed; of an expected 0, decimals."""
        if self.found == self.expected:
            return ALL_DIGITS
        if self.found is None or not math.isfinite(self.found - self.expected):
            return 0.0
        off = abs(self.found - self.expected) / (abs(self.expected) or 1.0)
        return min(max(-math.log10(off), 0.0), ALL_DIGITS)

    def __str__(self) -> str:
        return f"{self.entry}: {self.key} = {self.found!r}, expected {self.expected!r}"


@dataclass(frozen=True)
class Rules:
    """Comparisons by statistic, and what is not compared."""

    compare: Mapping[str, Compare]
    inputs: Sequence[Of] = ()
    left_out: Mapping[Of, str] = field(default_factory=dict)
    waiting: Mapping[Of, str] = field(default_factory=dict)
    tolerances: Mapping[Of, Tolerance] = field(default_factory=dict)


@dataclass(frozen=True)
class Aside:
    """A figure, or with no ``key`` a whole entry, that is not compared, and why."""

    entry: Entry
    key: str
    why: str

    @property
    def figures(self) -> int:
        return 1 if self.key else len(self.entry.figures)


@dataclass
class Trial:
    """What became of every figure."""

    entries: Sequence[Entry]
    rows: list[Row] = field(default_factory=list)
    left_out: list[Aside] = field(default_factory=list)
    waiting: list[Aside] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Entries and figures by what became of them; inputs are no figures."""
        compared = {row.entry for row in self.rows}
        waiting = {each.entry for each in self.waiting} - compared
        aside = {each.entry for each in (*self.left_out, *self.waiting)}
        return {
            "entries": len(self.entries),
            "reproduced whole": len(compared - aside),
            "reproduced but for some figures": len(compared & aside),
            "left out": len(set(self.entries) - compared - waiting),
            "waiting": len(waiting),
            "figures compared": len(self.rows),
            "figures left out": sum(each.figures for each in self.left_out),
            "figures waiting": sum(each.figures for each in self.waiting),
        }


def read(folder: Path) -> list[Entry]:
    """Entries of ``golden.json``; data that do not come with it have an empty frame."""
    entries = []
    for each in json.loads((folder / "golden.json").read_text(encoding="utf-8"))["datasets"]:
        path = folder / each.get("file", "none")
        frame = pd.read_csv(path) if path.is_file() else pd.DataFrame()
        data = DataSet(each["id"], frame)
        for entry in each["entries"]:
            by = entry["by"].get("package") or "published"
            values = entry["values"]
            entries.append(Entry(data, entry["stat"], by, values, dict(figures_of(values))))
    return entries


def figures_of(values: object, place: str = "") -> Iterator[tuple[str, float]]:
    """Numbers with their places; words and what the peer did not define are none."""
    if isinstance(values, dict):
        inside: Iterable[tuple[object, object]] = values.items()
    elif isinstance(values, list):
        inside = enumerate(values)
    else:
        if isinstance(values, int | float) or values in ("Infinity", "-Infinity"):
            yield place, float(values)
        return
    for key, value in inside:
        yield from figures_of(value, f"{place}/{key}" if place else str(key))


def run(entries: Sequence[Entry], rules: Rules) -> Trial:
    """Each figure to its comparison or its reason; rules that nothing uses are told."""
    trial = Trial(entries)
    used: set[object] = set()
    allowed = {**dict.fromkeys(rules.inputs, ""), **rules.left_out, **rules.waiting}

    def rule(entry: Entry, key: str = "") -> Of | None:
        found = next((of for of in allowed if of.holds(entry, key)), None)
        used.add(found)
        return found

    def aside(of: Of, entry: Entry, key: str) -> None:
        if of in rules.waiting:
            trial.waiting.append(Aside(entry, key, rules.waiting[of]))
        elif of in rules.left_out:
            trial.left_out.append(Aside(entry, key, rules.left_out[of]))

    for entry in entries:
        if (of := rule(entry)) is not None:
            aside(of, entry, "")
            continue
        compare = rules.compare.get(entry.stat)
        found = compare(entry) if compare else {}
        used.add(entry.stat)
        for key, expected in entry.figures.items():
            if (of := rule(entry, key)) is not None:
                aside(of, entry, key)
            elif key in found:
                measure = next((t for t in rules.tolerances if t.holds(entry, key)), None)
                used.add(measure)
                tolerance = rules.tolerances[measure] if measure else DEFAULT
                room = tolerance.allowed(entry, expected)
                trial.rows.append(Row(entry, key, found[key], expected, room))
            else:
                trial.forgotten.append(f"{entry}: {key}")
    named = [*allowed, *rules.tolerances, *rules.compare]
    trial.unused = [str(each) for each in named if each not in used]
    return trial
