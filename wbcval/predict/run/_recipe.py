"""What another process needs to make rows of the table: which files, and what they must be.

No open model travels, and no list of images. A process opens both once, and refuses any that are
not those of the run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from wbcval.machine import input_files
from wbcval.machine.progress import silent
from wbcval.predict import images
from wbcval.predict.cards import Card
from wbcval.predict.images import Listing
from wbcval.predict.run._open import Ensemble, load_ensemble
from wbcval.predict.run._resolve import resolve
from wbcval.predict.run._work import Worker


@dataclass(frozen=True)
class Recipe:
    """A worker in words.

    Attributes:
        model, card, device, precision: as the run was asked, the device decided.
        sha256: of the ensemble.
        cards: of its models, as JSON.
        listed: the images' folder, manifest or zip.
        fingerprint: of the listing.
        fields, overlays: see :class:`wbcval.predict.run._work.Worker`.
    """

    model: Path
    card: Path | None
    sha256: str
    cards: str
    device: str
    precision: str
    listed: Path
    fingerprint: str
    fields: bool = False
    overlays: tuple[Path, Path] | None = None

    def open(self) -> Worker:
        """The worker, loaded here.

        Raises:
            InputError: where model, card or images are not those of the run any more, which is
                known before anything is loaded.
        """
        found = resolve(self.model, self.card)
        every = (file.card for files in found.files.values() for file in files.values())
        if (found.sha256, said_of(every)) != (self.sha256, self.cards):
            raise input_files.changed(self.model)
        ensemble = load_ensemble(self.model, found, self.device, self.precision, silent)
        listing = images.listed(self.listed, ensemble.all_nets[0].card.input.planes)
        if listing.fingerprint != self.fingerprint:
            raise input_files.changed(self.listed)
        return Worker(ensemble, listing, fields=self.fields, overlays=self.overlays)


def recipe(
    model: Path,
    card: Path | None,
    device: str,
    precision: str,
    listed: Path,
    opened: tuple[Ensemble, Listing],
    *,
    fields: bool,
    overlays: tuple[Path, Path] | None,
) -> Recipe:
    """Of a worker that was opened here."""
    ensemble, listing = opened
    return Recipe(
        model, card, ensemble.sha256, said_of(net.card for net in ensemble.all_nets),
        device, precision, listed, listing.fingerprint, fields, overlays,
    )  # fmt: skip


def said_of(cards: Iterable[Card]) -> str:
    """The cards as a text."""
    return json.dumps([asdict(card) for card in cards])


@lru_cache(maxsize=1)
def _opened(made_by: Recipe) -> Worker:
    return made_by.open()


def rows_of(made_by: Recipe, start: int, stop: int) -> pa.Table:
    """Rows of a unit, in a process that opens the worker with its first one.

    Raises:
        InputError: as :meth:`Recipe.open`, and where the model itself fails.
    """
    return _opened(made_by).rows(start, stop)
