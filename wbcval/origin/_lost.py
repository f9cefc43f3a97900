"""What could not be scored, by the records: cells, and fields with cells (STATISTICS.md §18).

Cells of a known true class are missed. Of the others it is known that they are lost.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from wbcval.origin._types import Origin
from wbcval.values.classes import ABSTENTION, canonical

if TYPE_CHECKING:
    import pandas as pd


def failed(origins: Iterable[Origin | None]) -> Counter[str]:
    """Cells that failed, by sample: images that are a cell each, and cells found in fields."""
    found: Counter[str] = Counter()
    for origin in filter(None, origins):
        failures = origin.record["failures"]
        of_samples = Counter(failures["samples"])
        if not origin.of_cells:
            of_samples -= Counter(failures.get("fields", failures["samples"]))
        found += of_samples
    return found


def fields(origins: Iterable[Origin | None]) -> tuple[int, int]:
    """Fields that were listed, and those of which none of the cells is known.

    An earlier record counts cells of fields among its failures: at most all fields failed.
    """
    listed = lost = 0
    for origin in filter(None, origins):
        if not origin.of_cells:
            failures, own = origin.record["failures"], origin.record["images"]["listed"]
            listed += own
            lost += min(own, sum(failures.get("fields", failures["samples"]).values()))
    return listed, lost


def missed(origins: Iterable[Origin | None], class_map: Mapping[str, str]) -> pd.DataFrame:
    """Those of a stated true class, as cells left unclassified.

    Returns:
        ``sample_id``, ``cell_hash``, ``predicted_class`` and ``true_class``, a row for each.
    """
    import pandas as pd

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
