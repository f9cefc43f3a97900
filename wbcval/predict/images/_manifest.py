"""Images that a table names: which sample, cell and true class each belongs to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from wbcval.door.importers import Raw, Request, marking, open_table
from wbcval.door.importers import names as header_names
from wbcval.predict.images._listing import Columns, Listing, check_name, read_file, stat_of
from wbcval.values.errors import InputError

_FIELDS = ("image", "sample_id", "cell_id", "true_class", "plane")
_BATCH = 1 << 16
_NAMED = 20  # blank rows


@dataclass
class _Cells:
    """The cells met so far, by column; ``at``: where a cell is, by its key."""

    samples: list[str] = field(default_factory=list)
    cell_ids: list[str] = field(default_factory=list)
    truths: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    at: dict[tuple[str, str], int] = field(default_factory=dict)


def listed(path: Path, planes: tuple[str, ...]) -> Listing:
    """The images that a manifest names, cells in the order in which they first appear.

    Args:
        path: CSV, TSV, Excel or Parquet.
        planes: names of the images of a cell; none: each row is a cell.

    Raises:
        InputError: for a missing column, a blank or repeated id, a plane the card has not.
    """
    cells, remarks = _Cells(), []
    base = os.fspath(path.parent)
    blank: list[int] = []
    backslashes = False
    columns: frozenset[str] = frozenset()
    said: Counter[tuple[str, str]] = Counter()
    for raw in open_table(path, Request(batch_rows=_BATCH)):
        at = _bound(raw, planes)
        columns = frozenset(at)
        _refuse_above(path, raw, at["image"])
        said += _said(raw)
        remarks += [f"{path.name}: {note.got}" for note in raw.notes]
        for row, texts in _rows(raw, at):
            if not any(texts.values()):
                blank.append(row)
                continue
            if _is_windows(base, texts["image"]):
                texts["image"] = texts["image"].replace("\\", "/")
                backslashes = True
            _add(cells, texts, planes, f"{path.name} row {row}", "cell_id" in at)
    if blank:
        remarks.append(_blank(path.name, blank))
    remarks += [f"{path.name}: {n} with {cell}, {what}" for (what, cell), n in said.items()]
    if not cells.samples:
        raise InputError(path.name, "names no image", "write a row for each")
    has_ids, has_truth = "cell_id" in columns, "true_class" in columns
    held = Columns.of(
        cells.samples,
        cells.images,
        max(len(planes), 1),
        cells.cell_ids if has_ids else None,
        cells.truths if has_truth else None,
    )
    if backslashes:
        remarks.append(f"{path.name}: paths written with \\ were read with /")

    def path_of(image: str) -> str:
        return os.path.join(base, image)  # noqa: PTH118 (an absolute one stays itself)

    return Listing(
        "manifest",
        path.name,
        held.fingerprint(planes, lambda image: stat_of(path_of(image))),
        tuple(remarks),
        has_ids,
        has_truth,
        held,
        lambda image: read_file(path_of(image)),
        sum(n for (what, _), n in said.items() if what == _TRAINING),
    )


_TRAINING, _VALIDATION = "which are training data", "which a model may have been chosen on"
_INVALID = "which say that they are no valid ones, and are predicted all the same"


def _refuse_above(path: Path, raw: Raw, image: int) -> None:
    """Refuse a list that was sorted with its column names: images above them would go unseen.

    Raises:
        InputError: where a row above the names holds the name of an image that is there.
    """
    for skipped in raw.skipped:
        named = "".join(skipped.cells[image : image + 1]).strip()
        if named and os.path.isfile(os.path.join(path.parent, named)):  # noqa: PTH113, PTH118 (any text)
            raise InputError(
                f"{path.name} row {skipped.row}",
                "an image above the column names",
                "move the column names to the first row",
            )


def _said(raw: Raw) -> Counter[tuple[str, str]]:
    """What further columns say against rows: in words, and the cell → rows."""
    found: Counter[tuple[str, str]] = Counter()
    for position, name in enumerate(raw.header):
        kind = header_names.meaning(name).kind
        if kind not in (*header_names.STATES, *header_names.SPLITS):
            continue
        column = pc.cast(raw.table.column(position).combine_chunks(), pa.string())
        texts = pc.utf8_trim_whitespace(pc.fill_null(column, "")).to_pylist()
        for text, n in Counter(texts).items():
            shown = marking.said_of(kind, text)
            if what := _against(kind, text):
                found[what, f"{name} = {shown}"] += n
    return found


def _against(kind: str, text: str) -> str:
    if kind in header_names.STATES:
        valid = marking.is_valid(kind, text, letters=kind == "result_status")
        return _INVALID if valid is False else ""
    told = {"training": _TRAINING, "validation": _VALIDATION}
    return told.get(str(marking.set_of(kind, text)), "")


def _is_windows(base: str, image: str) -> bool:
    r"""Whether a path is written with ``\`` where the system's separator is another.

    A file whose own name holds one is that file.
    """
    return os.sep != "\\" and "\\" in image and not os.path.exists(os.path.join(base, image))  # noqa: PTH110, PTH118


def _bound(raw: Raw, planes: Sequence[str]) -> Mapping[str, int]:
    """Which column is which."""
    at: dict[str, int] = {}
    for name in _FIELDS:
        positions = [
            i for i, text in enumerate(raw.header) if header_names.meaning(text).kind == name
        ]
        ours = [i for i in positions if header_names.fold(raw.header[i]) == header_names.fold(name)]
        if len(found := ours or positions) > 1:
            spelt = " and ".join(repr(raw.header[i]) for i in found)
            raise InputError(raw.file, f"{spelt} are both {name}", "rename one of the columns")
        if found:
            at[name] = found[0]
    needed = ["image", "sample_id", *(["plane", "cell_id"] if planes else [])]
    if missing := [name for name in needed if name not in at]:
        has = ", ".join(repr(text) for text in raw.header if text)
        raise InputError(
            raw.file,
            f"has no column {' and '.join(missing)}; it has {has}",
            f"add {'it' if len(missing) == 1 else 'them'}: a row names an image and its sample"
            + (", its cell and its plane" if planes else ""),
        )
    if "plane" in at and not planes:
        raise InputError(
            f"{raw.file} column {raw.header[at['plane']]!r}",
            "names planes, and the model's card has none",
            "write [input] planes and combine in the card, or remove the column",
        )
    return at


def _rows(raw: Raw, at: Mapping[str, int]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row in the file and our columns of each record."""
    texts = {name: _text(raw, position, name).to_pylist() for name, position in at.items()}
    for row, *values in zip(raw.rows.tolist(), *texts.values(), strict=True):
        yield row, dict(zip(texts, values, strict=True))


def _blank(file: str, rows: Sequence[int]) -> str:
    named = ", ".join(map(str, rows[:_NAMED]))
    more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    if len(rows) == 1:
        return f"{file}: row {named} names no image and no sample, and was passed over"
    return f"{file}: rows {named}{more} name no image and no sample, and were passed over"


def _text(raw: Raw, position: int, name: str) -> pa.Array:
    """A column as stripped text; blanks and nulls are ""."""
    column = raw.table.column(position).combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if not (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
    ):
        raise InputError(
            f"{raw.file} column {raw.header[position]!r}",
            f"holds values of the type {kind} for {name}",
            "write it as text",
        )
    return pc.utf8_trim_whitespace(pc.fill_null(pc.cast(column, pa.string()), ""))


def _add(
    cells: _Cells, texts: Mapping[str, str], planes: Sequence[str], where: str, has_ids: bool
) -> None:
    """Add a record: a cell, or a plane of one."""
    for name, text in texts.items():
        if not text and name != "true_class":
            raise InputError(where, f"{name} is blank", "fill it in, or remove the row")
        check_name(where, text, name)
    sample, image = texts["sample_id"], texts["image"]
    cell_id, truth = texts.get("cell_id", ""), texts.get("true_class", "")
    key = (sample, cell_id if has_ids else os.path.normpath(image))  # ./a.png is a.png
    known = cells.at.get(key)
    if known is None:
        known = cells.at[key] = len(cells.samples)
        cells.samples.append(sample)
        cells.cell_ids.append(cell_id)
        cells.truths.append(truth)
        cells.images += [""] * max(len(planes), 1)
    elif not planes:
        raise InputError(
            where,
            f"sample {sample!r} has the {'cell' if has_ids else 'image'} {key[1]!r} a second time",
            "remove one of the rows",
        )
    if truth != cells.truths[known]:
        raise InputError(
            where,
            f"the true class of cell {cell_id!r} is {truth!r} here, {cells.truths[known]!r} above",
            "write the same for all its planes",
        )
    if not planes:
        cells.images[known] = image
        return
    plane = texts["plane"]
    if plane not in planes:
        raise InputError(
            where, f"plane {plane!r} is none of the card's: {', '.join(planes)}", "correct it"
        )
    slot = known * len(planes) + planes.index(plane)
    if cells.images[slot]:
        raise InputError(
            where,
            f"cell {cell_id!r} has the plane {plane!r} a second time",
            "remove one of the rows",
        )
    cells.images[slot] = image
