"""The record itself, key by key as JSON has it: what is read and written is held to this form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

from wbcval.machine.json_records import Amount, Count, Sha256

SCHEMA_VERSION = 1
FEWEST_CHECKED = 5  # images on which a card is checked
COARSEST = 3  # decimals of the answers that it is checked by
SAME = 1e-4  # largest difference of probabilities between two ways of one calculation


class ModelFile(TypedDict):
    """One file of a model, and where its card was found."""

    file: str
    sha256: Sha256
    backend: str
    card: dict[str, Any]
    card_from: Literal["inside", "beside", "given"]


class ModelRecord(TypedDict):
    """What predicted; ``sha256`` stands for all its files and cards together."""

    name: str
    version: str
    sha256: Sha256
    files: list[ModelFile]


class StageRecord(TypedDict):
    """One decision; ``refined_by`` says which of its classes a further stage refines.

    A plain model is one stage. Stages form a tree, its root first.
    """

    name: str
    role: Literal["identification", "differentiation"]
    classes: list[str]
    refined_by: dict[str, str]
    one_vs_all: Literal["maximum", "normalised", "calibrated"] | None
    abstain_below: Amount | None
    calibration: dict[str, Any] | None


class Images(TypedDict):
    """What was looked at. Of ``fields`` the images are fields, else they are cells.

    ``predicted`` cells are the rows of the table; several images of one cell count once.
    ``repeated``: listed images with the bytes of one listed before; earlier records do not say it.
    ``training``: those that the list of images calls training data, where it has any.
    """

    kind: Literal["folder", "manifest", "zip", "fields"]
    name: str
    sha256: Sha256
    listed: Count
    predicted: Count
    repeated: NotRequired[Count]
    training: NotRequired[Count]


class Failure(TypedDict):
    """An image that could not be scored."""

    sample_id: str
    cell_id: str
    image: str
    reason: str
    detail: str


class Failures(TypedDict):
    """All of them counted, by reason and by sample; ``first``: at most 100 of them.

    ``true_classes``: of each sample, by the true class that the list of images gave, as it is spelt
    there; where it gave any. ``fields``: of ``samples``, the whole fields, where images are fields;
    the others are cells that were found in one. Earlier records do not say it.
    """

    n: Count
    share: Amount
    reasons: dict[str, Count]
    samples: dict[str, Count]
    first: list[Failure]
    true_classes: NotRequired[dict[str, dict[str, Count]]]
    fields: NotRequired[dict[str, Count]]


class PrecisionAgreement(TypedDict):
    """A lower precision against fp32, on some of the images."""

    cells: Count
    labels_differing: Count
    largest_difference: Amount


class CardCheck(TypedDict):
    """The run's own answers for some images against those of another pipeline.

    ``file``: of the answers, with its sha256. ``decimals``: that it prints; ``None`` where its
    numbers were no text. ``images_sha256``: of the lines ``sha256  name`` of its images, in its
    order.
    """

    images: Count
    largest_difference: Amount
    file: str
    sha256: Sha256
    images_sha256: Sha256
    decimals: Count | None


class Content(TypedDict):
    """What the table says in these columns, as a digest that no order of rows changes."""

    columns: list[str]
    digest: str


class Record(TypedDict):
    """Where one file of predictions comes from.

    ``file_sha256`` stands only beside a CSV, ``agreement`` only for a lower precision,
    ``card_check`` only where it was asked for; earlier records have no ``content``.
    """

    schema_version: Literal[1]
    wbcval_version: str
    model: ModelRecord
    stages: list[StageRecord]
    device: str
    precision: str
    micro_batch: Count
    decimals: Count
    seed: Count
    versions: dict[str, str]
    images: Images
    failures: Failures
    abstained: Count
    remarks: dict[str, Count]
    file_sha256: NotRequired[Sha256]
    content: NotRequired[Content]
    agreement: NotRequired[PrecisionAgreement]
    card_check: NotRequired[CardCheck]


@dataclass(frozen=True, slots=True)
class Origin:
    """The record of one file of predictions.

    Attributes:
        file: base name of the predictions.
        record: as ``predict`` wrote it.
        sha256: of the table, as it was read.
        rows: of the table, where its format tells without reading it.
        content: digest of what a Parquet file holds now in the columns that its record names; ""
            where not looked at.
        cells: of each sample with failures, the cells that the table holds; none of fields, where
            an image is no cell.
    """

    file: str
    record: Record
    sha256: str = ""
    rows: int | None = None
    content: str = ""
    cells: Mapping[str, int] = field(default_factory=dict)

    @property
    def of_cells(self) -> bool:
        """Whether each image is a cell."""
        return self.record["images"]["kind"] != "fields"

    def to_json(self) -> dict[str, Any]:
        """What ``results.json`` says of it.

        Samples with failures come worst first, with their cells (``None`` of fields).
        """
        record = self.record
        failures = record["failures"]
        samples = sorted(failures["samples"].items(), key=lambda item: (-item[1], item[0]))
        return {
            "file": self.file,
            "wbcval_version": record["wbcval_version"],
            "model": record["model"],
            "stages": record["stages"],
            **{key: record[key] for key in ("device", "precision", "micro_batch", "decimals")},
            "seed": record["seed"],
            **{key: record[key] for key in ("agreement", "card_check", "content") if key in record},
            "versions": record["versions"],
            "images": record["images"],
            "failures": {
                **{k: v for k, v in failures.items() if k not in ("true_classes", "fields")},
                "samples": [
                    {"sample_id": name, "failed": n,
                     "cells": self.cells.get(name, 0) if self.of_cells else None}
                    for name, n in samples
                ],
            },
            "abstained": record["abstained"],
            "remarks": record["remarks"],
        }  # fmt: skip
