"""Whose each sample is, as tables other than that of the samples say it."""

from __future__ import annotations

import pyarrow as pa

from wbcval.door.importers import Raw
from wbcval.door.tables import _text
from wbcval.door.tables._ledger import TableLog


def note(raw: Raw, at: dict[str, int], ledger: TableLog) -> None:
    """Into the ledger: the patients of each sample of a batch, as far as they are filled in.

    Args:
        raw: the batch.
        at: positions of its fields.
        ledger: gets ``patients``.
    """
    if not {"sample_id", "patient_id"} <= at.keys() or at["sample_id"] == at["patient_id"]:
        return
    columns = {name: _text.text(raw, at[name]) for name in ("sample_id", "patient_id")}
    pairs = pa.table(columns).group_by([*columns], use_threads=False).aggregate([])
    for sample, patient in zip(*(pairs[name].to_pylist() for name in columns), strict=True):
        if sample and patient:
            ledger.patients.setdefault(sample, {})[patient] = None
