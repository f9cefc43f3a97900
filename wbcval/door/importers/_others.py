"""Sheets of a workbook that hold results and are not read: told, with how many ids they share.

A reference may stand there twice, before and after it was corrected, or a second site.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wbcval.door.importers import _grid, names
from wbcval.door.importers._apart import Rows, Sheet
from wbcval.door.importers._types import Note, Request

MOST = 20  # sheets that are looked into
_RESULTS = frozenset(("measurand", "class", "part", "predicted_class", "true_class", "value"))
_IDS = frozenset(("sample_id", "cell_id", "image"))
_LONGEST = 40  # characters of a name


def is_told(sheet: Sheet, request: Request) -> bool:
    """Whether a sheet that was not asked for holds results of samples, or cells."""
    found = _grid.head_of(_grid.plain(sheet.rows), request.known)
    if found is None or not found.found or sheet.name in request.read_elsewhere:
        return False
    kinds = {names.meaning(name).kind for name in found.header}
    held = request.known & {*found.header}
    return bool(kinds & _RESULTS or held) and bool(kinds & _IDS or held)


def notes(
    header: Sequence[str], records: Rows, others: Iterable[tuple[Sheet, Rows]], request: Request
) -> tuple[Note, ...]:
    """What each of these sheets holds beside the one that is read.

    Args:
        header, records: of the one that is read.
        others: those of :func:`is_told`, with their rows.
        request: how the file is read.
    """
    found = []
    for sheet, rows in others:
        head = _grid.head_of(_grid.plain(rows[: _grid.TITLE_ROWS + 2]), request.known)
        if head is None:
            continue
        theirs = _ids(head.header, rows[head.at + 1 :])
        shared = len({*theirs} & {*_ids(header, records)})
        got = f"sheet {sheet.name[:_LONGEST]!r} was not read: {len(theirs)} rows, of which "
        got += f"{shared} ids are also in the one that was"
        if theirs:
            found.append(Note("unread-sheet", got))
    return tuple(found)


def _ids(header: Sequence[str], records: Rows) -> list[str]:
    """The ids of the samples, else of what else the rows are, blanks left out."""
    kinds = [names.meaning(name).kind for name in header]
    at = next((kinds.index(kind) for kind in ("sample_id", "cell_id", "image") if kind in kinds), 0)
    return [text for row in records if (text := row[at][1:].strip())]
