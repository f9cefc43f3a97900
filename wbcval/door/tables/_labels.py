"""True classes of cells in a file of their own, joined to the predictions cell by cell.

A key is the cell's own id, else its image, within its sample. Where the labels name no sample, the
key alone has to be unique. Only hashes are kept: 17 bytes a label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables import _leftover, _levels, _missing, _states, _text, _weights
from wbcval.door.tables._bind import Binding, bind
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened, say_notes
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.values import classes
from wbcval.values import hashes as _hashes
from wbcval.values.digests import Hashes
from wbcval.values.errors import InputError

KEYS = ("cell_id", "image")
BOX = "box"  # in the image
_NAMED = 3  # cells quoted in a finding


def are_labels(opened: Opened) -> bool:
    """Whether a file holds cells and no predictions."""
    return opened.kind == "cells" and "predicted_class" not in opened.bound.fields


@dataclass
class _Index:
    """Labels by one key."""

    hashes: Hashes  # sorted
    order: NDArray[np.int64]  # place in the file of each
    met: NDArray[np.bool_]  # by place in the file


@dataclass
class Labels:
    """The labels of a file, read once; what they met is known when the predictions are through.

    Attributes:
        opened: the file.
        options: what the protocol says about it.
        by_key: ``cell_id`` and ``image``, as far as the file has them.
        boxes: where each cell lies, where the file says so.
    """

    opened: Opened
    options: ReadOptions
    by_key: dict[str, _Index] = field(default_factory=dict)
    boxes: _Index | None = None
    names: list[str] = field(default_factory=list)
    ledger: TableLog = field(init=False)
    _codes: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    _sha256: str = ""
    _dialect: str = ""
    _alone: int = 0  # predictions without a label
    _twice: int = 0  # predictions whose label another prediction has met

    def __post_init__(self) -> None:
        self.ledger = TableLog("labels", self.opened.file)
        self._read()

    @property
    def usable(self) -> bool:
        """Whether the file itself is without an error."""
        return not self.ledger.has_errors

    @property
    def _with_sample(self) -> bool:
        return "sample_id" in self.opened.bound.fields

    def _read(self) -> None:
        bound = self.opened.bound
        keys = [key for key in KEYS if key in bound.fields]
        needed = ([] if keys else ["cell_id"]) + ["true_class"]
        if missing := [name for name in needed if name not in bound.fields]:
            raw = next(self.opened.raws())
            for name in missing:
                _missing.say(raw, bound, name, self.ledger)
            return
        found: dict[str, list[Hashes]] = {key: [] for key in (*keys, BOX)}
        codes, names = [], dict[str, int]()
        withdrawn = []  # labels that the table calls invalid
        for raw in self.opened.raws():
            self._sha256, self._dialect = raw.sha256, raw.dialect
            self.ledger.next_batch()
            say_notes(raw, self.ledger)
            bind(raw, self.options, self.ledger)
            batch, _ = self._labels(raw, names, self.ledger)
            gone = np.full(len(batch), -1, dtype=batch.dtype)
            for i, said in _states.invalid(raw, bound, self.ledger).items():
                gone[i], batch[i] = batch[i], -1
                self.ledger.value(_states.RULE, int(raw.rows[i]), "", "true_class", said, said)
            for key in keys:
                found[key].append(_hashed(raw, bound, key, self._with_sample, self.ledger))
            if _leftover.has_boxes(raw):
                found[BOX].append(_hashed(raw, bound, BOX, self._with_sample, self.ledger))
            blank = (batch >= 0) & (found[keys[0]][-1] == 0)
            for row in raw.rows[blank].tolist():
                self.ledger.value("blank-id", row, "", keys[0], "", "a label of no cell")
            batch[blank] = -1
            codes.append(batch)
            withdrawn.append(gone)
            self.ledger.kept(raw.rows[batch >= 0])
        _weights.say(self.ledger)
        self._codes, self.names = np.concatenate(codes), list(names)
        if not (self._codes >= 0).any():
            self.ledger.say("no-rows", "no cell with a true class")
        self._refuse_replaced(np.concatenate(found[keys[0]]), np.concatenate(withdrawn), keys[0])
        self.by_key = {key: self._index(found[key]) for key in keys}
        self.boxes = self._index(found[BOX]) if found[BOX] else None
        self._refuse_repeated(keys)

    def _index(self, found: list[Hashes]) -> _Index:
        hashes = np.concatenate(found)
        hashes[self._codes < 0] = 0  # meets nothing
        order = np.argsort(hashes, kind="stable")
        return _Index(hashes[order], order, self._codes < 0)

    def _labels(
        self, raw: Raw, names: dict[str, int], ledger: TableLog
    ) -> tuple[NDArray[np.int8], pd.Series]:
        column = _text.encoded(raw, self.opened.bound.fields["true_class"])
        found, _ = _text.labels(column, "true_class", raw, self.options.class_map, ledger)
        places = [names.setdefault(name, len(names)) for name in found.cat.categories]
        return np.array([*places, -1], dtype=np.int8)[found.cat.codes.to_numpy()], found

    def _refuse_repeated(self, keys: list[str]) -> None:
        """A cell that is labelled twice; an image may show several cells that have their ids."""
        index = self.by_key[keys[0]]
        same = (index.hashes[1:] == index.hashes[:-1]) & (index.hashes[1:] != 0)
        if same.any():
            places = index.order[1:][same]
            what = f"{len(places)} cells met before, the first as record {int(places.min()) + 1}"
            _leftover.say_reviewers(self.ledger)
            self.ledger.say("duplicate-cell", what, column=keys[0], rows=len(places))

    def _refuse_replaced(self, hashes: Hashes, withdrawn: NDArray[np.int8], key: str) -> None:
        """A cell whose label is called invalid and that has another one: which is right?"""
        kept = self._codes >= 0
        of = dict(zip(hashes[kept].tolist(), self._codes[kept].tolist(), strict=True))
        stated = zip(
            hashes[withdrawn >= 0].tolist(), withdrawn[withdrawn >= 0].tolist(), strict=True
        )
        n = sum(of.get(cell, label) != label for cell, label in stated)
        if n:
            what = f"{n} cells with a label that is called invalid, and another one"
            self.ledger.say("duplicate-cell", what, column=key, rows=n)

    def codes(self, raw: Raw, bound: Binding) -> NDArray[np.int8]:
        """The label of each row of a batch of predictions, as a place in ``names``; -1: none.

        Raises:
            InputError: where the two files share no key.
        """
        key = next((k for k in KEYS if k in bound.fields and k in self.by_key), None)
        if key is None:
            ours = " and ".join(k for k in KEYS if k in bound.fields)
            theirs = " and ".join(self.by_key)
            raise InputError(
                f"{raw.file} and {self.opened.file}",
                f"the predictions name cells by {ours}, the labels by {theirs}",
                f"add the column {theirs.split()[0]} to the predictions",
            )
        index = self.by_key[key]
        hashes = _hashed(raw, bound, key, self._with_sample, TableLog("cells", raw.file))
        at = np.searchsorted(index.hashes, hashes).clip(max=max(len(index.hashes) - 1, 0))
        met = (index.hashes[at] == hashes) & (hashes != 0)
        places = index.order[at[met]]
        self._twice += int(index.met[places].sum()) + len(places) - len(np.unique(places))
        for other in self.by_key.values():
            other.met[places] = True
        found = np.full(len(hashes), -1, dtype=np.int8)
        found[met] = self._codes[places]
        self._alone += int((~met).sum())
        if key != "image":
            self._compare(raw, bound, "image", met, places)
        if _leftover.has_boxes(raw):
            self._compare(raw, bound, BOX, met, places)
        return found

    def _compare(
        self, raw: Raw, bound: Binding, key: str, met: NDArray[np.bool_], places: NDArray[np.int64]
    ) -> None:
        """Of the pairs joined by another key, in how many both name an image, and not the same.

        Or a box in it. Of images and boxes that the labels know alone: other paths of the same
        images tell nothing, nor do boxes that each side drew by itself.
        """
        index = self.boxes if key == BOX else self.by_key.get(key)
        if index is None or (key != BOX and key not in bound.fields):
            return
        own = _hashed(raw, bound, key, self._with_sample, TableLog("cells", raw.file))[met]
        at = np.searchsorted(index.hashes, own).clip(max=len(index.hashes) - 1)
        by_place = np.empty_like(index.hashes)
        by_place[index.order] = index.hashes
        both = (index.hashes[at] == own) & (own != 0) & (by_place[places] != 0)
        wrong = both & (by_place[places] != own)
        spelt, joined = self.ledger.spelt.get(key, key), self.ledger.further.joined
        before = joined.get(spelt, (0, 0))
        joined[spelt] = before[0] + int(wrong.sum()), before[1] + int(both.sum())

    def unmet(self) -> Iterator[pd.DataFrame]:
        """Labelled cells that no prediction met, as cells left unclassified; says what was met.

        Where the labels name no sample, no cell can be put into one: those unmet are only said.
        """
        key, bound = next(iter(self.by_key)), self.opened.bound
        met, place = self.by_key[key].met, 0
        named: list[str] = []
        for raw in self.opened.again():
            rows = np.flatnonzero(~met[place : place + raw.table.num_rows])
            place += raw.table.num_rows
            if not rows.size:
                continue
            ids = _text.text(raw, bound.fields[key]).take(pa.array(rows))
            named += ids[: _NAMED - len(named)].to_pylist()
            if not self._with_sample:
                continue
            samples = _text.ids(raw, bound.fields["sample_id"], TableLog("cells", raw.file))
            places = {name: i for i, name in enumerate(self.names)}
            _, labels = self._labels(raw, places, TableLog("labels", raw.file))  # read before
            hashes = _hashed(raw, bound, key, self._with_sample, TableLog("cells", raw.file))
            yield pd.DataFrame(
                {
                    "sample_id": samples.to_pandas().iloc[rows].reset_index(drop=True),
                    "cell_hash": hashes[rows],
                    "predicted_class": pd.Categorical([classes.ABSTENTION] * len(rows)),
                    "true_class": labels.iloc[rows].reset_index(drop=True),
                }
            )
        self._say(int((~met).sum()), named)

    def _say(self, unmet: int, named: list[str]) -> None:
        labelled = int((self._codes >= 0).sum())
        if unmet == labelled:
            what = f"none of the {labelled} labelled cells ({', '.join(map(repr, named))} …)"
            self.ledger.say("no-label-met", what, column=next(iter(self.by_key)))
        elif unmet:
            what = f"{unmet} of {labelled} labelled cells: {', '.join(map(repr, named))}"
            rule = "label-without-prediction" if self._with_sample else "label-of-no-sample"
            self.ledger.say(rule, what + (" …" if unmet > len(named) else ""), rows=unmet)
        if self._twice:
            what = f"{self._twice} predictions meet a label that another has met"
            self.ledger.say("label-met-twice", what, rows=self._twice)
        if self._alone and unmet != labelled:
            self.ledger.say(
                "prediction-without-label", f"{self._alone} predictions", rows=self._alone
            )

    def checked(self) -> Checked:
        """What there is to say of the file."""
        rows = int((self._codes >= 0).sum())
        levels, groups = _levels.fit(self.ledger)
        return Checked(
            "labels", self.ledger.file, self._sha256, self._dialect, pd.DataFrame(),
            self.ledger.findings(), self.ledger.log(), rows=rows,
            columns=dict(self.ledger.spelt), patients=self.ledger.patients_told(),
            training=frozenset(self.ledger.training), labels=dict(self.ledger.labels),
            levels=levels, groups=groups, further=self.ledger.further,
        )  # fmt: skip


def _hashed(raw: Raw, bound: Binding, key: str, with_sample: bool, ledger: TableLog) -> Hashes:
    """A hash of each row's key, 0 where that or the sample is blank."""
    if key == BOX:  # 12.0 is 12, and a corner that is blank makes no box
        corners = [_text.text(raw, at) for at in _leftover.boxes(raw)]
        texts = pc.binary_join_element_wise(
            *(pc.replace_substring_regex(each, r"\.0+$", "") for each in corners), ","
        )
        texts = pc.replace_substring_regex(texts, r"^,.*|.*,,.*|.*,$", "")
    else:
        texts = _text.text(raw, bound.fields[key])
    if key == "image":
        texts = _path(texts)
    own, blank = _hashes.of_text(texts), pc.equal(texts, "").to_numpy(zero_copy_only=False)
    if key == BOX and "image" in bound.fields:
        own = _hashes.of_pairs(own, _hashes.of_text(_path(_text.text(raw, bound.fields["image"]))))
    if with_sample:
        sample_id = _text.ids(raw, bound.fields["sample_id"], ledger)
        samples = _hashes.of_text(sample_id.dictionary)[sample_id.indices.to_numpy()]
        own = _hashes.of_pairs(samples, own)
        blank |= pc.equal(pc.cast(sample_id, pa.string()), "").to_numpy(zero_copy_only=False)
    return np.where(blank, np.uint64(0), own)


def _path(texts: pa.Array) -> pa.Array:
    """A path is the same with either separator."""
    return pc.replace_substring_regex(pc.replace_substring(texts, "\\", "/"), r"^(?:\./)+", "")
