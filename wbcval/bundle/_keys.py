"""Keys of ``results.json`` that one of its versions brought: a file holds those of its own.

A key that an older file may lack is not cut out of a newer one, and the version of a file is not
lowered while it holds what no older one had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class _Brought:
    """One key that not every version has.

    Attributes:
        path: the keys of the objects around it, and its own; of a list each row is looked at.
        first: version that may hold it; none before does.
        always: version from which on it is never absent.
    """

    path: str
    first: int
    always: int


_KEYS = (
    _Brought("notes", 2, 2),
    _Brought("measurements.title", 2, 2),
    _Brought("measurements.better", 2, 2),
    _Brought("measurements.deff", 2, 2),
    _Brought("measurements.icc", 2, 2),
    _Brought("outcomes.asked", 2, 2),
    _Brought("outcomes.hits", 2, 2),
    _Brought("outcomes.both_rules", 2, 2),
    _Brought("outcomes.notes", 2, 2),
    _Brought("scope.not_judged.n", 2, 2),
    _Brought("scope.ledger.false_findings", 2, 3),
    _Brought("scope.ledger.missed_findings", 2, 3),
    _Brought("scope.ledger.missed_findings.beyond", 3, 3),
    _Brought("scope.seen", 3, 3),
    _Brought("scope.marks", 3, 3),
)


def check(found: Mapping[str, Any]) -> None:
    """Refuse a file that lacks a key of its version, or holds one of a later version.

    Args:
        found: the whole file, as it was read.

    Raises:
        KeyError, TypeError, ValueError: naming the key.
    """
    version = found["schema_version"]
    for key in _KEYS:
        *around, name = key.path.split(".")
        for row in _rows(found, around):
            if version >= key.always and name not in row:
                raise ValueError(f"{key.path} is missing, which version {version} always holds")
            if version < key.first and name in row:
                raise ValueError(
                    f"schema_version is {version}, and {key.path} is there, of version {key.first}"
                )


def _rows(found: Any, around: list[str]) -> Iterator[Mapping[str, Any]]:
    if isinstance(found, list):
        for row in found:
            yield from _rows(row, around)
    elif around:
        if around[0] in found:  # else that is told by itself
            yield from _rows(found[around[0]], around[1:])
    elif isinstance(found, Mapping):
        yield found
    else:
        raise TypeError("a row is no object")
