"""A card against another pipeline's answers: how far its probabilities are from those."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wbcval.origin import CardCheck
from wbcval.predict import images
from wbcval.predict.images import Listing, Picture, Unreadable
from wbcval.predict.run._decide import DECIMALS
from wbcval.predict.run._open import Ensemble
from wbcval.predict.run._reference import Floats, Reference, read_reference
from wbcval.predict.run._work import CELL, ITEMS, Worker
from wbcval.values.errors import InputError
from wbcval.values.wording import all_of


@dataclass(frozen=True, slots=True)
class ProbabilityDifference:
    """Probabilities of a card against those of a reference.

    Attributes:
        images: compared.
        largest, mean: of the absolute differences of probabilities.
        labels: images whose most probable class is another one.
        within: whether every difference is one that the same card may show; of labels, whether
            all are the same.
    """

    images: int
    largest: float
    mean: float
    labels: int
    within: bool


def pictures_of(reference: Reference, listing: Listing) -> list[Picture]:
    """The images of a reference, decoded.

    Raises:
        InputError: where one cannot be used.
    """
    found = []
    for image in reference.images:
        try:
            found.append(images.decode(listing.read(image)))
        except Unreadable as why:
            raise _unusable(image, str(why), reference) from None
    return found


def difference(shares: Floats, reference: Reference) -> ProbabilityDifference:
    """How far probabilities, shape (images, classes), are from a reference.

    Outputs that are not finite, or no probabilities, are 1 apart at most.
    """
    known = np.asarray(np.isfinite(shares).all(axis=1))
    apart = np.minimum(np.abs(np.nan_to_num(shares) - reference.shares), 1.0)
    gaps = np.where(known[:, None], apart, 1.0)
    unlike = int((~known | (shares.argmax(axis=1) != reference.labels)).sum())
    within = unlike == 0 if reference.labelled else bool((gaps <= reference.tolerance).all())
    return ProbabilityDifference(len(gaps), float(gaps.max()), float(gaps.mean()), unlike, within)


def spread(reference: Reference, most: int) -> Sequence[int]:
    """Rows of a reference, at most so many, of all its classes where that is possible."""
    by_class: dict[int, list[int]] = {}
    for i, label in enumerate(reference.labels.tolist()):
        by_class.setdefault(label, []).append(i)
    rounds = max(map(len, by_class.values()))
    turns = [rows[n] for n in range(rounds) for rows in by_class.values() if n < len(rows)]
    return sorted(turns[:most])


def card_check(ensemble: Ensemble, table: Path, folder: Path | None) -> CardCheck:
    """Hold what a run writes against another pipeline's answers for the same images.

    Args:
        ensemble: as the run uses it; every model, stage and calibration is part of the check.
        table: of the other pipeline.
        folder: of its images; ``None``: they lie beside it.

    Raises:
        InputError: where they differ, or are too little to tell whether they do.
    """
    leaves, columns = ensemble.decider.leaves, ensemble.decider.columns
    numbers = [f"{kind}_{leaf}" for kind in ("probability", "score") for leaf in leaves]
    numbers = [name for name in numbers if name in columns]
    if len(numbers) != len(leaves):
        raise InputError(
            "--check", "the stages give no probabilities of classes", "check each model by itself"
        )
    planes = ensemble.all_nets[0].card.input.planes
    listing = images.listed(table.parent if folder is None else folder, planes)
    reference = read_reference(table, listing, leaves)
    where = str(table)
    if reference.coarse:
        raise InputError(
            where,
            "holds labels alone, or too few places: wrong cards would agree with it",
            "write the probabilities of your pipeline, with six places",
        )
    if (np.ptp(reference.shares, axis=0) <= 2 * reference.tolerance.max(axis=0)).all():
        raise InputError(
            where,
            "has the same probabilities for every image, which any card may give",
            "give images of different classes",
        )
    if reference.interchangeable:
        raise InputError(
            where,
            f"does not tell {all_of(reference.interchangeable)} from one another, so that a card "
            "with these in any order would agree with it",
            "give images of these classes too",
        )
    shares, digest = _predicted(ensemble, listing, reference, numbers)
    found = difference(shares, reference)
    if not found.within:
        raise InputError(
            where,
            f"differs from what the card gives by up to {found.largest:.2g}, in {found.labels} of "
            f"{found.images} labels",
            "find the cause: wbcval model check, with --against this table",
        )
    return {
        "images": found.images,
        "largest_difference": round(found.largest, DECIMALS),
        "file": reference.file,
        "sha256": reference.sha256,
        "images_sha256": digest,
        "decimals": reference.decimals,
    }


def _predicted(
    ensemble: Ensemble, listing: Listing, reference: Reference, numbers: Sequence[str]
) -> tuple[Floats, str]:
    """What a run writes of the images of a reference, shape (images, classes), and their digest."""
    places = {listing.cell(i).images[0]: i for i in range(len(listing))}
    some = listing.only([places[image] for image in reference.images])
    worker = Worker(ensemble, some)
    rows = [
        row
        for start in range(0, len(some), ITEMS)
        for row in worker.rows(start, min(start + ITEMS, len(some))).to_pylist()
    ]
    for row in rows:
        if row["kind"] != CELL:
            raise _unusable(str(row["image"]), f"{row['reason']}: {row['detail']}", reference)
    digest = hashlib.sha256("".join(row["digests"] for row in rows).encode()).hexdigest()
    return np.array([[row[name] for name in numbers] for row in rows]), digest


def _unusable(image: str, why: str, reference: Reference) -> InputError:
    return InputError(image, f"cannot be used: {why}", f"remove its row from {reference.file}")
