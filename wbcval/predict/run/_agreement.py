"""Whether a lower precision gives the same labels as full precision, on the images at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wbcval.machine import input_files
from wbcval.machine.progress import silent
from wbcval.origin import PrecisionAgreement
from wbcval.predict.images import Listing
from wbcval.predict.run._open import Ensemble, open_ensemble
from wbcval.predict.run._work import ITEMS, Worker
from wbcval.values.errors import InputError

_UNITS = 16  # compared, spread evenly over the list
_MOST = 0.002  # of the labels may differ


def agreement(
    model: Path, card: Path | None, device: str, lower: Ensemble, listing: Listing, *, fields: bool
) -> PrecisionAgreement:
    """Compare the labels on up to 512 images.

    Raises:
        InputError: where more than 0.2 % of the labels differ, or nothing can be compared.
    """
    full = open_ensemble(model, card, None, device, "fp32", silent)
    if full.sha256 != lower.sha256:
        raise input_files.changed(model)
    starts = sorted({int(i) // ITEMS * ITEMS for i in np.linspace(0, len(listing) - 1, _UNITS)})
    cells = differing = 0
    largest = 0.0
    workers = [Worker(ensemble, listing, fields=fields) for ensemble in (lower, full)]
    for start in starts:
        stop = min(start + ITEMS, len(listing))
        ours, theirs = (worker.rows(start, stop).to_pandas() for worker in workers)
        both = ours["predicted_class"].notna() & theirs["predicted_class"].notna()
        cells += int(both.sum())
        differing += int((ours["predicted_class"] != theirs["predicted_class"])[both].sum())
        numbers = list(workers[0].numbers)
        gap = (ours[numbers] - theirs[numbers]).abs().to_numpy()[both.to_numpy()]
        largest = max(largest, float(gap.max(initial=0.0)))
    if cells == 0 or differing > _MOST * cells:
        raise InputError(
            "--precision",
            f"{differing} of {cells} labels differ from fp32's (probabilities by up to "
            f"{largest:.2g}); at most {_MOST:.1%} may",
            "use --precision fp32",
        )
    return {
        "cells": cells,
        "labels_differing": differing,
        "largest_difference": round(largest, 6),
    }
