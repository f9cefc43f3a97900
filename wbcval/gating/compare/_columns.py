"""Columns of the samples that one side alone has: both sides are looked at by them.

A new scanner column, or one that was left out, changes neither samples nor reference. What is known
of a sample on one side is known of it on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wbcval.bundle.read import Side
from wbcval.values.strata import Stratum
from wbcval.values.wording import all_of


def lent(to: Side, of: Side) -> Side:
    """A side with the strata of columns that it lacks and the other has.

    Args:
        to: that is to know them; samples that the other has not are in none.
        of: that knows them.
    """
    known = columns(to)
    new = {name: mask for name, mask in of.study.strata.items() if _column(name) not in known}
    if not new:
        return to
    place = {name: i for i, name in enumerate(of.study.sample_ids)}
    at = np.array([place.get(name, -1) for name in to.study.sample_ids], dtype=np.int64)
    more = {name: (at >= 0) & mask[at] for name, mask in new.items()}
    return replace(to, study=replace(to.study, strata={**to.study.strata, **more}))


def alone_said(candidate: Side, others: Sequence[tuple[str, Side]]) -> list[str]:
    """Which columns one side alone has, in sentences.

    Args:
        candidate, others: as they were read, the others with what they are called.
    """
    said, ours = [], columns(candidate)
    for name, other in others:
        theirs = columns(other)
        for whose, found in (("candidate", ours - theirs), (name, theirs - ours)):
            if found:
                said.append(f"The {whose}'s samples alone tell {all_of(sorted(found))}.")
    return said


def columns(side: Side) -> set[str]:
    """Columns that a side has strata of; "" is that of all samples."""
    return {_column(name) for name in side.study.strata}


def _column(name: str) -> str:
    return Stratum(name).column
