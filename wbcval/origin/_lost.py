"""Images that were cells and gave none: missed, where their true class is known (§18)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from wbcval.classes import ABSTENTION, canonical
from wbcval.origin._types import Origin


def failed(origins: Iterable[Origin | None]) -> int:
    """Images that failed, of those that are a cell each."""
    return sum(o.record["failures"]["n"] for o in origins if o is not None and o.of_cells)


def missed(origins: Iterable[Origin | None], class_map: Mapping[str, str]) -> pd.DataFrame:
    """Those of a stated true class, as cells left unclassified.

    Returns:
        ``sample_id``, ``cell_hash``, ``predicted_class`` and ``true_class``, a row for each.
    """
    rows: list[tuple[str, int, str]] = []
    for origin in origins:
        if origin is None or not origin.of_cells:
            continue
        for sample, classes in origin.record["failures"].get("true_classes", {}).items():
            for spelt, n in classes.items():
                label = canonical(class_map.get(spelt, spelt))
                if label is not None:
                    rows += [(sample, _hash(sample, spelt, i), label) for i in range(n)]
    samples, hashes, labels = zip(*rows, strict=True) if rows else ((), (), ())
    return pd.DataFrame(
        {
            "sample_id": pd.Series(samples, dtype=object),
            "cell_hash": np.array(hashes, dtype=np.uint64),
            "predicted_class": pd.Categorical([ABSTENTION] * len(rows)),
            "true_class": pd.Categorical(labels),
        }
    )


def _hash(*parts: object) -> int:
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
