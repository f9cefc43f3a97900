"""A card against another pipeline's answers: how far its probabilities are from those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval import images
from wbcval.errors import InputError
from wbcval.images import Listing, Picture, Unreadable
from wbcval.predict._reference import Floats, Reference


@dataclass(frozen=True, slots=True)
class Difference:
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
            raise InputError(
                image, f"cannot be used: {why}", f"remove its row from {reference.file}"
            ) from None
    return found


def difference(shares: Floats, reference: Reference) -> Difference:
    """How far probabilities, shape (images, classes), are from a reference.

    Outputs that are not finite are as far as can be.
    """
    known = np.asarray(np.isfinite(shares).all(axis=1))
    gaps = np.where(known[:, None], np.abs(np.nan_to_num(shares) - reference.shares), 1.0)
    unlike = int((~known | (shares.argmax(axis=1) != reference.labels)).sum())
    within = unlike == 0 if reference.labelled else bool((gaps <= reference.tolerance).all())
    return Difference(len(gaps), float(gaps.max()), float(gaps.mean()), unlike, within)


def spread(reference: Reference, most: int) -> Sequence[int]:
    """Rows of a reference, at most so many, of all its classes where that is possible."""
    by_class: dict[int, list[int]] = {}
    for i, label in enumerate(reference.labels.tolist()):
        by_class.setdefault(label, []).append(i)
    rounds = max(map(len, by_class.values()))
    turns = [rows[n] for n in range(rounds) for rows in by_class.values() if n < len(rows)]
    return sorted(turns[:most])
