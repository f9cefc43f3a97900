"""The cells there are to predict: which images, of which samples; held compactly."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from wbcval.machine import input_files
from wbcval.predict.images._decode import too_many_bytes
from wbcval.predict.images._types import MOST_BYTES, Unreadable
from wbcval.values.errors import InputError

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"))
_AT_ONCE = 4096  # cells
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # they would break a table's rows, or are no text


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell to predict.

    Attributes:
        cell_id: "" where none are given.
        images: one, or one per plane in the card's order; "" for a plane that is missing.
        true_class: as given; "" where it is not.
    """

    sample_id: str
    cell_id: str
    images: tuple[str, ...]
    true_class: str


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """All cells, in the order in which they are predicted.

    Attributes:
        kind: ``folder``, ``manifest`` or ``zip``.
        name: base name of the folder or file.
        fingerprint: sha256 over all cells and the size and time of each file, or over the
            bytes of a zip: another one after any change.
        remarks: what was passed over, a sentence each.
        has_cell_ids: whether the cells have ids of their own.
        has_truth: whether true classes are given.
        training: how many cells the list calls training data.
    """

    kind: str
    name: str
    fingerprint: str
    remarks: tuple[str, ...]
    has_cell_ids: bool
    has_truth: bool
    _columns: Columns
    _read: Callable[[str], bytes]
    training: int = 0

    def __len__(self) -> int:
        return len(self._columns.samples)

    def cell(self, i: int) -> Cell:
        """The i-th cell, from 0."""
        return self._columns.cell(i)

    def only(self, items: Sequence[int]) -> Listing:
        """The same of some cells, by their places from 0."""
        return replace(self, _columns=self._columns.only(items))

    def read(self, image: str) -> bytes:
        """The bytes of an image; from any thread.

        Args:
            image: as in :attr:`Cell.images`.

        Raises:
            Unreadable: where there are none to be had.
        """
        if not image:
            raise Unreadable("missing plane", "the manifest names no image of it")
        return self._read(image)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The cells by column, some 4 bytes and its text a value.

    Attributes:
        samples: shape (n,), by category.
        images: shape (n · planes,), those of a cell side by side.
        planes: images a cell has.
        cell_ids, truths: shape (n,) or ``None``.
    """

    samples: pa.DictionaryArray
    images: pa.StringArray
    planes: int = 1
    cell_ids: pa.StringArray | None = None
    truths: pa.DictionaryArray | None = None

    @classmethod
    def of(
        cls,
        samples: Sequence[str],
        images: Sequence[str],
        planes: int = 1,
        cell_ids: Sequence[str] | None = None,
        truths: Sequence[str] | None = None,
    ) -> Columns:
        """From lists."""
        return cls(
            pa.array(samples, pa.string()).dictionary_encode(),
            pa.array(images, pa.string()),
            planes,
            None if cell_ids is None else pa.array(cell_ids, pa.string()),
            None if truths is None else pa.array(truths, pa.string()).dictionary_encode(),
        )

    def only(self, items: Sequence[int]) -> Columns:
        """Some of the cells."""
        at = pa.array(items, pa.int64())
        images = [i * self.planes + plane for i in items for plane in range(self.planes)]
        return Columns(
            self.samples.take(at),
            self.images.take(pa.array(images, pa.int64())),
            self.planes,
            None if self.cell_ids is None else self.cell_ids.take(at),
            None if self.truths is None else self.truths.take(at),
        )

    def cell(self, i: int) -> Cell:
        """The i-th cell."""
        if not 0 <= i < len(self.samples):
            raise IndexError(i)
        images = self.images[i * self.planes : (i + 1) * self.planes]
        return Cell(
            self.samples[i].as_py(),
            "" if self.cell_ids is None else self.cell_ids[i].as_py(),
            tuple(images.to_pylist()),
            "" if self.truths is None else self.truths[i].as_py(),
        )

    def fingerprint(self, planes: Iterable[str], file: Callable[[str], list[int]]) -> str:
        """sha256 of all cells.

        Args:
            planes: their names.
            file: from an image to its size and time; nothing where there is no such file.
        """
        digest = hashlib.sha256(json.dumps(list(planes)).encode())
        n = len(self.samples)
        for start in range(0, n, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, n))
            images = self.images[part.start * self.planes : part.stop * self.planes].to_pylist()
            rows = [self.samples[part].to_pylist(), [[i, *(file(i) if i else ())] for i in images]]
            rows += [c[part].to_pylist() for c in (self.cell_ids, self.truths) if c is not None]
            digest.update(json.dumps([len(images), self.cell_ids is None, rows]).encode())
        return digest.hexdigest()


def is_image(name: str) -> bool:
    """Whether a file is taken for an image, by its suffix."""
    return os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 (many files)


def is_hidden(name: str) -> bool:
    """Whether a file or folder is the system's and not the user's."""
    return name.startswith(".") or name == "__MACOSX"


def others_remark(others: int) -> tuple[str, ...]:
    """What is said of files that are no images."""
    if not others:
        return ()
    if others == 1:
        return ("1 file is no image by its suffix and was not read",)
    return (f"{others} files are no images by their suffix and were not read",)


def check_name(where: str, name: str, what: str) -> None:
    """Refuse a name that a table could not hold, or not give back.

    Raises:
        InputError: for control characters, bytes that are no UTF-8, outer spaces.
    """
    if not name.isprintable() and any(unicodedata.category(c) in _UNPRINTABLE for c in name):
        got = f"{what} {name!r} holds a line break, a control character or bytes that are no UTF-8"
        raise InputError(where, got, "rename it")
    if name != name.strip():
        got = f"{what} {name!r} begins or ends with a space, which tables do not keep"
        raise InputError(where, got, "rename it")


def by_folder(where: str, images: Sequence[str], top: str) -> Columns:
    """The cells of a tree: the sample of each is the folder it lies in.

    Args:
        where: the tree, for messages.
        images: paths with ``/`` within the tree.
        top: sample of the images that lie in no folder.

    Raises:
        InputError: for no image, a name that is refused, or two folders of one name.
    """
    if not images:
        raise InputError(
            where, "holds no image", f"give one with files such as {', '.join(sorted(SUFFIXES))}"
        )
    folder_of: dict[str, str] = {}
    samples = []
    for image in images:
        check_name(where, image, "the name")
        folder = image.rpartition("/")[0]
        sample = folder.rpartition("/")[2] or top
        if folder_of.setdefault(sample, folder) != folder:
            first, second = (f"{f or '.'}/" for f in (folder_of[sample], folder))
            raise InputError(
                where,
                f"{first} and {second} would be one sample {sample!r}",
                "rename one, or write a manifest with the columns image and sample_id",
            )
        check_name(where, sample, "the folder")
        samples.append(sample)
    return Columns.of(samples, images)


def read_file(path: str) -> bytes:
    """The bytes of an image file.

    Raises:
        Unreadable: where there are none to be had.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 (many files)
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
            raise Unreadable("unreadable", f"is {what}")
        if found.st_size > MOST_BYTES:
            raise too_many_bytes(found.st_size)
        # unbuffered, and not by a limit: Python would take memory for all of it beforehand
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
            data = stream.read()
    except (FileNotFoundError, NotADirectoryError):
        raise Unreadable("missing", "there is no such file") from None
    except OSError as error:
        raise Unreadable("unreadable", input_files.said(error)) from None
    return data


def stat_of(path: str) -> list[int]:
    """Size and time of a file; nothing where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return []
    return [found.st_size, found.st_mtime_ns]


def strerror(path: Path, error: OSError) -> InputError:
    """What is said of a folder or file that the system does not hand over."""
    return InputError(str(path), input_files.said(error), "check the path")
