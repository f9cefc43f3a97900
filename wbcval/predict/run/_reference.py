"""What a pipeline of the user's own wrote of some images: the answers that a card must reach."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval import origin
from wbcval.door.importers import Raw, Request, open_table
from wbcval.door.importers import names as header_names
from wbcval.origin import COARSEST, FEWEST_CHECKED, SAME
from wbcval.predict.images import Listing, is_image
from wbcval.values.classes import canonical
from wbcval.values.errors import InputError

Floats = NDArray[np.float64]
_MOST = 200  # images
_LABELS = ("predicted_class", "label", "class")
_NUMBER = re.compile(r"[+-]?(\d*)[.,]?(\d*)(?:[eE]([+-]?\d+))?")


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Answers of another pipeline.

    Attributes:
        file, sha256: of the table.
        images: of each row, as the listing names it.
        classes: of the card, in its order.
        shares: shape (images, classes): probabilities as they stand there; of labels 1 and 0.
        tolerance: shape (images, classes): how far the same card may be off: 1e-4, or half a
            unit of the last printed place.
        decimals: printed; ``None`` where numbers were no text. Of labels 0.
        labelled: only labels were given.
    """

    file: str
    sha256: str
    images: tuple[str, ...]
    classes: tuple[str, ...]
    shares: Floats
    tolerance: Floats
    decimals: int | None
    labelled: bool = False

    @property
    def labels(self) -> NDArray[np.int_]:
        """Shape (images,): place of the largest share; the first of equal ones."""
        return np.asarray(self.shares.argmax(axis=1))

    @property
    def interchangeable(self) -> tuple[str, ...]:
        """Classes that could change places in a card unseen: in no image are two of them apart."""
        gaps = np.abs(self.shares[:, :, None] - self.shares[:, None, :]).max(axis=0)
        alike = gaps <= 2 * self.tolerance.max()  # either may be off by so much
        np.fill_diagonal(alike, val=False)
        return tuple(np.array(self.classes)[alike.any(axis=1)].tolist())

    @property
    def coarse(self) -> bool:
        """Whether so few places are printed that unlike cards may look the same."""
        return self.labelled or (self.decimals is not None and self.decimals < COARSEST)

    def of(self, rows: Sequence[int]) -> Reference:
        """The same of some images."""
        at = [*rows]
        return Reference(
            self.file,
            self.sha256,
            tuple(self.images[i] for i in at),
            self.classes,
            self.shares[at],
            self.tolerance[at],
            self.decimals,
            self.labelled,
        )


def read_reference(path: Path, listing: Listing, classes: tuple[str, ...]) -> Reference:
    """Read the table of another pipeline.

    Args:
        path: CSV, Excel or Parquet: a column of images, and one of each class (as ``predict``
            writes them, or named as the class) or one of labels.
        listing: where the images lie. A row names one by its path there, by its file's name, or
            by that without its suffix.
        classes: of the card.

    Raises:
        InputError: for a missing column, a value that is no probability, an image that is not
            there, and a table that ``predict`` itself wrote.
    """
    if _own(path):
        raise InputError(
            str(path),
            "was written by wbcval predict, which says nothing of another pipeline",
            "give what the pipeline wrote in which the model was trained",
        )
    batches = [*open_table(path, Request())]
    raw = batches[0]
    if len(batches) > 1 or raw.table.num_rows > _MOST:
        n = sum(batch.table.num_rows for batch in batches)
        raise InputError(
            path.name, f"has {n} rows", f"{FEWEST_CHECKED} to 50 are enough; at most {_MOST}"
        )
    if raw.table.num_rows < FEWEST_CHECKED:
        raise InputError(
            path.name,
            f"has {raw.table.num_rows} rows, and so few images tell little",
            f"give {FEWEST_CHECKED} to 50 images of different classes",
        )
    images = _images(raw, listing)
    columns = _class_columns(raw, classes)
    if columns:
        texts = [_texts(raw, i) for i in columns]
        shares = np.array([_numbers(raw, i, t) for i, t in zip(columns, texts, strict=True)]).T
        printed = all(_printed(raw, i) for i in columns)
        rounding, decimals = _rounding(texts) if printed else (np.zeros((0, 0)), None)
        tolerance = np.full(shares.shape, SAME)
        if printed:
            tolerance = np.maximum(tolerance, rounding.T + SAME / 10)
        return Reference(
            raw.file, raw.sha256, images, classes, shares, tolerance, decimals
        )  # fmt: skip
    shares = _one_hot(raw, classes)
    return Reference(
        raw.file, raw.sha256, images, classes, shares, np.full(shares.shape, SAME), 0, labelled=True
    )


def _own(path: Path) -> bool:
    try:
        return origin.read(path) is not None
    except InputError:
        return True  # a damaged record is a record all the same


def _texts(raw: Raw, position: int) -> list[str]:
    column = raw.table.column(position).combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return ["" if value is None else str(value).strip() for value in column.to_pylist()]


def _printed(raw: Raw, position: int) -> bool:
    kind = raw.table.column(position).type
    return not (pa.types.is_floating(kind) or pa.types.is_integer(kind)) and (
        position not in raw.numeric
    )


def _images(raw: Raw, listing: Listing) -> tuple[str, ...]:
    position = _image_column(raw)
    known = _Names(listing)
    found: list[str] = []
    for row, text in zip(raw.rows.tolist(), _texts(raw, position), strict=True):
        where = f"{raw.file} row {row}"
        image = known.find(text, where)
        if image in found:
            raise InputError(where, f"names {image!r} a second time", "remove one of the rows")
        found.append(image)
    return tuple(found)


def _image_column(raw: Raw) -> int:
    kinds = [header_names.meaning(name).kind for name in raw.header]
    for kind in ("image", "cell_id"):
        if kind in kinds:
            return kinds.index(kind)
    for i in range(len(raw.header)):
        if all(map(is_image, _texts(raw, i))):
            return i
    raise InputError(raw.file, "has no column of images", 'call it "image": the file of each row')


class _Names:
    """Images by path, by name, by name without suffix."""

    def __init__(self, listing: Listing) -> None:
        self._where = listing.name
        every = [listing.cell(i).images[0] for i in range(len(listing))]
        self._paths = frozenset(every)
        self._short: dict[str, list[str]] = {}
        for image in every:
            name = PurePosixPath(image.replace("\\", "/"))
            for short in (name.name, name.stem):
                self._short.setdefault(short, []).append(image)

    def find(self, text: str, where: str) -> str:
        """The image that a row names."""
        path = text.replace("\\", "/").removeprefix("./")
        if text in self._paths or path in self._paths:
            return text if text in self._paths else path
        found = self._short.get(PurePosixPath(path).name, []) if path else []
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                where,
                f"names {text!r}, and {found[0]!r} and {found[1]!r} are called so",
                f"write the path within {self._where}",
            )
        raise InputError(
            where,
            f"names {text!r}, which is not in {self._where}",
            "give the folder of the images that the pipeline saw",
        )


def _class_columns(raw: Raw, classes: tuple[str, ...]) -> list[int]:
    """The column of each class; none where there is none of any."""
    found: list[list[int]] = []
    for name in classes:
        at = [i for i, head in enumerate(raw.header) if _folded(_label_of(head)) == _folded(name)]
        named = [i for i in at if header_names.meaning(raw.header[i]).kind == "probability"]
        if len(named or at) > 1:
            both = " and ".join(repr(raw.header[i]) for i in named or at)
            raise InputError(raw.file, f"{both} are both {name!r}", "remove one of the columns")
        found.append(named or at)
    missing = [name for name, at in zip(classes, found, strict=True) if not at]
    if missing and len(missing) < len(classes):
        raise InputError(
            raw.file,
            f"has no column of {', '.join(map(repr, missing))}",
            f"write one of each class of the card: probability_{missing[0]}",
        )
    return [i for at in found for i in at]


def _label_of(header: str) -> str:
    found = header_names.meaning(header)
    return found.subject if found.kind == "probability" else header.strip().removeprefix("score_")


def _folded(label: str) -> str:
    return canonical(label) or label.strip().casefold()


def _numbers(raw: Raw, position: int, texts: Sequence[str]) -> list[float]:
    found = []
    for row, text in zip(raw.rows.tolist(), texts, strict=True):
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise InputError(
                f"{raw.file} row {row}, column {raw.header[position]!r}",
                f"got {text!r}, which is no probability",
                "write what the pipeline takes for the chance of the class, from 0 to 1: after "
                "its softmax, not in percent",
            )
        found.append(value)
    return found


def _rounding(columns: Sequence[Sequence[str]]) -> tuple[Floats, int]:
    """Half a unit of the last place of each value, shape (classes, images), and the places.

    Trailing zeros may be missing, so that a table has the places of its longest value; where
    powers of ten are printed, each value has the significant digits of the longest one.
    """
    parts = [[_NUMBER.fullmatch(text) for text in column] for column in columns]
    places = [[len(m[2]) - int(m[3] or 0) if m else 0 for m in column] for column in parts]
    most = max(max(column) for column in places)
    if not any(m and m[3] for column in parts for m in column):
        return np.full((len(columns), len(columns[0])), 0.5 * 10.0**-most), most
    digits = max(len((m[1] + m[2]).lstrip("0")) for column in parts for m in column if m)
    values = np.array([[float(t.replace(",", ".")) for t in column] for column in columns])
    first = np.floor(np.log10(np.clip(values, 1e-300, 0.9)))  # 1.00 is no more than 0.9995
    return 0.5 * 10.0 ** (first - digits + 1), min(most, digits)


def _one_hot(raw: Raw, classes: tuple[str, ...]) -> Floats:
    position = _label_column(raw, classes)
    by = {_folded(name): i for i, name in enumerate(classes)}
    found = np.zeros((raw.table.num_rows, len(classes)))
    for n, (row, text) in enumerate(zip(raw.rows.tolist(), _texts(raw, position), strict=True)):
        at = by.get(_folded(text))
        if at is None:
            raise InputError(
                f"{raw.file} row {row}",
                f"the label {text!r} is no class of the card",
                f"one of: {', '.join(classes)}",
            )
        found[n, at] = 1
    return found


def _label_column(raw: Raw, classes: tuple[str, ...]) -> int:
    folded = [header_names.meaning(name).kind or header_names.fold(name) for name in raw.header]
    for name in _LABELS:
        if name in folded:
            return folded.index(name)
    raise InputError(
        raw.file,
        "has neither a column of each class nor one of labels",
        f"write a column of each class: {', '.join(f'probability_{name}' for name in classes)}",
    )
