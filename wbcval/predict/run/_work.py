"""One unit of work: some listed items, from their files to rows of the table.

A unit is always the same items, and a model always runs on batches of the size its card says,
padded, on one thread. What comes out depends on nothing else: not on the number of threads, the
size of a batch read ahead, or where a run was interrupted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval.predict import images
from wbcval.predict.cards import Input
from wbcval.predict.images import Listing, Picture, Unreadable
from wbcval.predict.run._decide import ABSTAINED, Decider, Floats, chances
from wbcval.predict.run._found import Field, cells_of, draw
from wbcval.predict.run._open import Ensemble, Net
from wbcval.values.errors import InputError

ITEMS, FIELDS = 32, 8  # of a unit: cells, or whole fields, which are large
CELL, FAILED, EMPTY = "cell", "failed", "no leukocyte"
BOX = ("x_min", "y_min", "x_max", "y_max")
_TEXTS = (
    "kind", "sample_id", "cell_id", "image", "true_class", "predicted_class", "stage",
    "reason", "detail", "digests", "remarks",
)  # fmt: skip
Pixels = NDArray[np.uint8] | NDArray[np.float32]


@dataclass
class _Unit:
    """Rows of a unit, and the inputs of those that are cells."""

    rows: list[dict[str, object]] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    inputs: dict[Input, list[Pixels]] = field(default_factory=dict)


class Worker:
    """Makes the rows of a unit; several threads use one.

    Args:
        fields: the images are fields, in which leukocytes are looked for.
        overlays: where what was found in fields is drawn: that folder, and one of the same file
            system where a picture is written first.

    Attributes:
        schema: of the rows.
        numbers: names of the columns of probabilities.
        labels: that a cell can get.
    """

    def __init__(
        self,
        ensemble: Ensemble,
        listing: Listing,
        *,
        fields: bool = False,
        overlays: tuple[Path, Path] | None = None,
    ) -> None:
        self._ensemble, self._listing = ensemble, listing
        self._fields, self._overlays = fields, overlays
        self._decider: Decider = ensemble.decider
        self._specs = tuple(dict.fromkeys(net.card.input for net in ensemble.all_nets))
        self._grey = all(spec.color in images.GREYS for spec in self._specs)
        self.numbers = self._decider.columns
        self.labels = (*self._decider.leaves, ABSTAINED)
        self.schema = _schema(self._decider, fields=fields)

    def rows(self, start: int, stop: int) -> pa.Table:
        """Rows of the items from ``start`` to before ``stop``.

        Raises:
            InputError: where the model itself fails.
        """
        unit = _Unit(inputs={spec: [] for spec in self._specs})
        for i in range(start, stop):
            self._read(i, unit)
        self._classify(unit)
        self._draw(unit)
        columns: dict[str, list[object]] = {
            name: [row.get(name) for row in unit.rows] for name in self.schema.names
        }
        return pa.table(columns, schema=self.schema)

    def _read(self, item: int, unit: _Unit) -> None:
        cell = self._listing.cell(item)
        about: dict[str, object] = {
            "item": item,
            "sample_id": cell.sample_id,
            "cell_id": cell.cell_id,
            "image": next(filter(None, cell.images), ""),
            "true_class": cell.true_class or None,
        }
        pictures: list[Picture] = []
        remarks: list[str] = []
        digests, first = "", len(unit.rows)
        try:
            for image in cell.images:
                data = self._listing.read(image)
                digests += f"{hashlib.sha256(data).hexdigest()}  {image}\n"
                pictures.append(images.decode(data))
            if self._fields:
                self._find(item, about, pictures[0], unit)
            else:
                self._prepare(about, pictures, unit)
        except Unreadable as why:
            unit.rows.append(about | _failed(why))
        else:
            remarks += [remark for picture in pictures for remark in picture.remarks]
            if any(picture.is_grey for picture in pictures) and not self._grey:
                remarks.append(images.GREY_REMARK)
        unit.rows[first] |= {"digests": digests, "remarks": "\n".join(remarks)}

    def _find(self, item: int, about: dict[str, object], field: Picture, unit: _Unit) -> None:
        found = cells_of(field)
        unit.fields.append(Field(item, str(about["image"]), field, tuple(c.box for c in found)))
        for n, cell in enumerate(found, 1):
            box = {name: getattr(cell.box, name) for name in BOX}
            own = about | box | {"cell_id": f"{about['image']}#{n}"}
            try:
                self._prepare(own, [cell.picture], unit)
            except Unreadable as why:
                unit.rows.append(own | _failed(why))
        if not found:
            unit.rows.append(about | {"kind": EMPTY})

    def _prepare(self, about: dict[str, object], pictures: list[Picture], unit: _Unit) -> None:
        """Add a cell, or nothing of it where one of its pictures cannot be used."""
        prepared = [
            images.combine([images.fit(picture, spec) for picture in pictures], spec)
            for spec in unit.inputs
        ]
        for inputs, one in zip(unit.inputs.values(), prepared, strict=True):
            inputs.append(one)
        unit.rows.append(about | {"kind": CELL})

    def _classify(self, unit: _Unit) -> None:
        cells = [row for row in unit.rows if row["kind"] == CELL]
        if not cells:
            return
        outputs = {
            stage.name: _stage_scores(self._ensemble.nets[stage.name], unit.inputs)
            for stage in self._ensemble.stages
        }
        finite = np.all([np.isfinite(v).all(axis=1) for v in outputs.values()], axis=0)
        for row in (row for row, right in zip(cells, finite, strict=True) if not right):
            row |= _failed(Unreadable("output not finite", "the model gave NaN or infinity"))
        decided = self._decider.decide({n: v[finite] for n, v in outputs.items()})
        good = [row for row in cells if row["kind"] == CELL]
        for i, row in enumerate(good):
            row |= {"predicted_class": decided.labels[i], "stage": decided.stages[i]}
            row |= {name: float(values[i]) for name, values in decided.columns.items()}

    def _draw(self, unit: _Unit) -> None:
        if self._overlays is None:
            return
        for one in unit.fields:
            own = [row for row in unit.rows if row["item"] == one.item and row["kind"] != EMPTY]
            draw(*self._overlays, one, [str(row.get("predicted_class") or "—") for row in own])


def _failed(why: Unreadable) -> dict[str, object]:
    return {"kind": FAILED, "reason": why.reason, "detail": why.detail}


def _stage_scores(nets: Sequence[Net], inputs: Mapping[Input, list[Pixels]]) -> Floats:
    scores = [chances(run_net(net, inputs[net.card.input]), net.card) for net in nets]
    own = [s if n.column is None else s[:, [n.column]] for s, n in zip(scores, nets, strict=True)]
    return np.concatenate(own, axis=1)


def run_net(net: Net, prepared: Sequence[Pixels]) -> NDArray[np.float32]:
    """The outputs of a model, in batches of its own size; places left over hold zeros."""
    spec = net.card.input
    nothing, found = np.zeros_like(prepared[0]), []
    for start in range(0, len(prepared), spec.batch):
        part = prepared[start : start + spec.batch]
        padded = [*part, *[nothing] * (spec.batch - len(part))]
        found.append(_outputs(net, images.normalise(padded, spec))[: len(part)])
    return np.concatenate(found)


def _outputs(net: Net, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the model gives; a model that fails on some images after its trial ends the run.

    Raises:
        InputError: where it fails.
    """
    try:
        return net.model(batch)
    except InputError:
        raise
    except Exception as why:  # the program of the model may raise anything
        line = next(iter(str(why).strip().splitlines()[-1:]), "")
        raise InputError(
            net.file,
            f"failed on images that could be read: {type(why).__name__}: {line[:200]}",
            "what was done is kept; mend the model",
        ) from None


def _schema(decider: Decider, *, fields: bool) -> pa.Schema:
    texts = [pa.field(name, pa.string()) for name in _TEXTS]
    boxes = [pa.field(name, pa.int32()) for name in BOX] if fields else []
    return pa.schema([*texts, *boxes, *(pa.field(n, pa.float64()) for n in decider.columns)])
