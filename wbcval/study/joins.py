"""Rows that one id joins and another column of both tables tells apart. STATISTICS.md §18."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from wbcval.door.tables import BOX, UNLISTED, Checked
from wbcval.protocol.roles import OF_TABLE
from wbcval.values.findings import CONTRADICTED, Finding, Severity

_SAME = 0.8  # of what the smaller column holds: so much in common is one way of naming
_CODED = 0.95  # of the pairs: so many that follow one translation are named in two ways
# what several samples may have: of a patient, and of all that are known of a sample
_KNOWN = frozenset(("sex", "age", "site", "ward", "visit"))
_SHARED = frozenset(("patient", "birth")) | _KNOWN
_AGE, _A_YEAR = "age", 1  # between the draw and the report
_FEWEST, _MOST = 3, 0.05  # contradictions that are no slip, and their share of the pairs


def contradicted(tables: Sequence[Checked], ids: Collection[str]) -> list[Finding]:
    """Columns that say of joined rows that they are not of the same thing.

    An error where more than a few say so: every number would be of wrong pairs.

    Args:
        tables: all that were read.
        ids: of the samples under study.
    """
    found = [f for table in tables for f in _of_cells(table)]
    for first, second in combinations(tables, 2):
        if first.name != second.name:
            found += _of_samples(first, second, ids)
    return found


def _of_cells(table: Checked) -> Iterator[Finding]:
    for column, (wrong, pairs) in table.further.joined.items():
        # a box is of a field with many cells, and joins nothing
        advice = " or remove the column cell_id from both, and they are joined by it"
        if wrong:
            yield _finding(table, column, "cell_id", wrong, pairs, "the predictions",
                           "" if column == BOX else advice)  # fmt: skip


def _of_samples(first: Checked, second: Checked, ids: Iterable[str]) -> Iterator[Finding]:
    theirs = {name: (spelt, of) for (name, spelt), of in second.further.identities.items()}
    for (name, spelt), ours in first.further.identities.items():
        other, values = theirs.get(name, ("", {}))
        if not _one_naming(ours, values):
            continue
        pairs = [(ours[i], values[i]) for i in ids if ours.get(i) and values.get(i)]
        near = _A_YEAR if name == _AGE else 0
        wrong = sum(abs(a - b) > near for a, b in pairs)
        # slide 1 or 2, a day: of two slides, or two days, each side says its own
        own = name in _SHARED or 2 * len({a for a, _ in pairs}) >= len(pairs)
        if wrong and own and not _translated(pairs):
            advice = " or join by it: " + " and ".join(
                f'sample_id = "{column}" under [columns.{OF_TABLE[table.name].name}]'
                for table, column in ((first, spelt), (second, other))
            )
            yield _finding(first, spelt, "sample_id", wrong, len(pairs), second.file,
                           "" if name in _KNOWN else advice,
                           listed=not name.startswith(UNLISTED))  # fmt: skip


def _finding(
    table: Checked, column: str, key: str, wrong: int, pairs: int, other: str, advice: str,
    *, listed: bool = True,
) -> Finding:  # fmt: skip
    """An error of many, in a column whose name says that it should be the same."""
    many = listed and wrong >= _FEWEST and wrong > _MOST * pairs
    return Finding(
        table.name, table.file, CONTRADICTED, Severity.ERROR if many else Severity.WARN, column,
        got=f"{column!r} says of {wrong} of {pairs} pairs with {other} that {key} joins wrong rows",
        advice=f"if it is right, mend the ids{advice}; if each table has its own, rename it in one",
    )  # fmt: skip


def _one_naming(ours: Mapping[str, int], theirs: Mapping[str, int]) -> bool:
    """Whether both hold the same names: pseudonyms of two kinds have hardly one in common."""
    first, second = ({*of.values()} - {0} for of in (ours, theirs))
    fewest = min(len(first), len(second))
    return fewest > 1 and len(first & second) >= _SAME * fewest


def _translated(pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether what one side calls 0 the other calls 1: codes that mean something else."""
    counted = Counter(pairs)
    often = {a: b for (a, b), _ in reversed(counted.most_common())}
    told = len(pairs) >= 2 * len(often) and len({*often.values()}) == len(often)
    return told and sum(counted[pair] for pair in often.items()) >= _CODED * len(pairs)
