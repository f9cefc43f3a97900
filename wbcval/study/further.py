"""What columns say that no number is made of: of the rows, of the samples, or nobody knows what.

Told beside the verdict; STATISTICS.md §18.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from wbcval.door.tables import BY_HAND, BY_MODEL, EDITED, NO_PATIENT, Checked
from wbcval.stats.acceptance import MIN_SAMPLES
from wbcval.study.ledger import MOST

_WORDS, _FILLED = 3, "filled"
_CODES = 10  # numbers of a column; more are measured


def of_rows(tables: Iterable[Checked]) -> tuple[str, ...]:
    """What columns say that rows are, which no number looks at: edited, augmented, a control.

    Args:
        tables: all that were read.
    """
    said = []
    for table in tables:
        by: dict[str, list[tuple[str, int]]] = {}
        for (column, what), rows in table.further.kinds.items():
            if rows:
                by.setdefault(column, []).append((what, rows))
        for column, found in by.items():
            words = "/".join(what.removeprefix("= ") for what, _ in found[:_WORDS])
            joined = " " if found[0][0] == _FILLED else " = "
            rows = sum(n for _, n in found)
            said.append(f"{column}{joined}{words} in {rows} of {table.further.rows} rows of "
                        f"{table.file}")  # fmt: skip
    return tuple(dict.fromkeys(said))


def flags_of(tables: Iterable[Checked]) -> tuple[str, ...]:
    """Flags of a study that judges a person's results, or few samples of patients.

    Each result that a person changed may have been a miss: 5 %, as of lost ones. A tube is loaded
    by hand, too: "manual" beside rows that a model gave says that these are none. A control hides
    no miss, but where most are none of patients, what holds of all may not hold of these. A control
    may be a healthy person: those count where fewer than 20 others remain.

    Args:
        tables: all that were read.
    """
    found: dict[str, None] = {}
    for table in tables:
        of = table.further.rows
        groups = table.further.groups
        for (group, column), rows in groups.items():
            if group == BY_MODEL or (group == BY_HAND and not groups[BY_MODEL, column]):
                continue
            edited = group in (EDITED, BY_HAND)
            if edited:
                many = rows > MOST * of
            else:
                many = 2 * rows > of and (group == NO_PATIENT or of - rows < MIN_SAMPLES)
            if many:
                found["results_edited" if edited else "not_of_patients"] = None
    return tuple(found)


def suspect(tables: Iterable[Checked], ids: Collection[str]) -> tuple[str, ...]:
    """That an analyzer itself calls many of the judged samples suspect.

    Args:
        tables: all that were read.
        ids: of the samples under study.
    """
    said = []
    for table in tables:
        found = [table.further.suspect[i] for i in ids if i in table.further.suspect]
        if len(found) > MOST * len(ids):
            words = Counter(word for flags in found for word in flags)
            often = [word for word, _ in words.most_common(_WORDS)]
            more = f" and {len(words) - _WORDS} more" if len(words) > _WORDS else ""
            said.append(f"{len(found)} of {len(ids)} samples flagged by the analyzer in "
                        f"{table.file} ({', '.join(often)}{more})")  # fmt: skip
    return tuple(said)


def unread(tables: Iterable[Checked]) -> tuple[str, ...]:
    """The columns of all tables that nothing is made of and nobody has told of, as spelt.

    What identifies a row in two tables is compared.
    """
    found: dict[str, None] = {}
    tables = list(tables)
    known = Counter(name for t in tables for name in {name for name, _ in t.further.identities})
    for table in tables:
        told = {column for (column, _), rows in table.further.kinds.items() if rows}
        told |= {spelt for name, spelt in table.further.identities if known[name] > 1}
        found |= dict.fromkeys(
            name for name, some in table.further.unread.items()
            if name not in told and ("" in some or len(some) <= _CODES)
        )  # fmt: skip
    return tuple(found)
