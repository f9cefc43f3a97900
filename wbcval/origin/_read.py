"""The record on disk: read beside its predictions, written with them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from wbcval.machine import input_files, input_json
from wbcval.machine.json_records import FormError
from wbcval.origin._form import record_of
from wbcval.origin._types import Origin, Record
from wbcval.values.errors import InputError

KEY = b"wbcval.origin"  # in the metadata of a Parquet file
SUFFIX = ".origin.json"  # predictions.csv.origin.json
_LARGEST = 1 << 24  # bytes of a record; one of 100 000 samples with failures has a tenth of it
_PARQUET = b"PAR1"


def sidecar_of(predictions: Path) -> Path:
    """Where the record of a table lies that cannot hold it."""
    return predictions.with_name(predictions.name + SUFFIX)


def text_of(record: Record, file_sha256: str | None = None) -> str:
    """The record as it is written: in Parquet under ``KEY``, or beside a CSV.

    Args:
        record: complete.
        file_sha256: of the CSV that it lies beside; ``None``: it goes into the file itself.

    Raises:
        FormError: a ValueError, where it is not a record.
    """
    whole: Record = {**record}
    if file_sha256 is not None:
        whole["file_sha256"] = file_sha256
    record_of(whole)
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def read(predictions: Path) -> Origin | None:
    """The origin of a file of predictions; ``None`` where it has none.

    Raises:
        InputError: where there is a record that cannot be understood.
    """
    found = _in_parquet(predictions) if _is_parquet(predictions) else _beside(predictions)
    if found is None:
        return None
    data, rows = found
    try:
        if len(data) > _LARGEST:  # in a footer
            raise FormError("it is larger than any record")
        record = record_of(input_json.loads(data, "", ""))
        if rows is None and "file_sha256" not in record:
            raise FormError("record.file_sha256 is missing")
    except (InputError, FormError) as why:
        got = f"it {why.got}" if isinstance(why, InputError) else str(why)
        where = sidecar_of(predictions) if rows is None else predictions
        raise _refused(where, got) from None
    return Origin(predictions.name, record, rows=rows)


def _refused(where: Path, got: str) -> InputError:
    return InputError(
        where.name,
        f"the record of origin cannot be understood: {got[:200]}",
        "the predictions are judged as of unknown origin; predict again, or delete the record",
    )


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_PARQUET)) == _PARQUET
    except OSError:
        return False


def _in_parquet(path: Path) -> tuple[bytes, int] | None:
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(path)
    except Exception:  # of Arrow's many
        return None  # whoever reads the table says so
    data = (footer.metadata or {}).get(KEY)
    return None if data is None else (data, footer.num_rows)


def _beside(path: Path) -> tuple[bytes, None] | None:
    record = sidecar_of(path)
    if not os.path.lexists(record):
        return None
    try:
        return input_files.read(record, "", _LARGEST), None
    except InputError as why:
        raise _refused(record, why.got) from None
