"""A study of tables that are in memory: they become files, and are read as files are."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from wbcval.machine import folders, input_files
from wbcval.protocol.protocol_file import as_file
from wbcval.protocol.roles import PREDICTIONS, REFERENCE, SAMPLES
from wbcval.protocol.types import Protocol
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.errors import InputError


def study_of(
    predictions: Any,
    *,
    mode: str,
    reference: Any = None,
    samples: Any = None,
    folder: Path | str | None = None,
    **settings: Any,
) -> Study:
    """A study of DataFrames, by the same rules as of files: each is read as the CSV it makes.

    Args:
        predictions: a frame of cells or of the model's counts, or several as a list. Frames are
            those of pandas, of polars, Arrow's tables, and whatever has an Arrow stream. An index
            with names is columns; one without is dropped. A path is a file, and read as one.
        mode: of the comparison: ``same-cells``, ``same-slide`` or ``different-aliquot``.
        reference, samples: likewise, one each; ``None`` where there is none.
        folder: where the tables are kept as CSV files, so that ``verify --rerun`` of a report finds
            them. A file that stands there already must be the same. ``None``: they are not kept.
        settings: what else :class:`wbcval.Protocol` takes: ``criteria``, ``columns``, ``units`` …

    Raises:
        InputError: on any finding of severity error; for what is no table; where a file of its
            name stands in ``folder`` and is another.
    """
    given = {PREDICTIONS: predictions, REFERENCE: reference, SAMPLES: samples}
    with ExitStack() as stack:
        kept = Path(folder) if folder is not None else None
        place = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if kept is not None:
            folders.refuse_inside(kept)
            with input_files.system(str(kept), "written", "name another folder"):
                kept.mkdir(parents=True, exist_ok=True)
        inputs = {
            role: _files(frames, role, place)
            for role, frames in given.items()
            if frames is not None
        }
        return build(read_inputs(as_file(Protocol(mode, inputs=inputs, **settings))))


def _files(frames: Any, role: str, place: Path) -> tuple[Path, ...]:
    """One file for each frame, named by its role."""
    several = isinstance(frames, Sequence) and not isinstance(frames, str)
    parts = list(frames) if several else [frames]
    names = [f"{role}-{i}.csv" for i in range(1, len(parts) + 1)] if len(parts) > 1 else []
    return tuple(
        Path(part) if isinstance(part, str | Path) else _written(part, role, place / name)
        for part, name in zip(parts, names or [f"{role}.csv"] * len(parts), strict=True)
    )


def _written(frame: Any, role: str, path: Path) -> Path:
    if not isinstance(frame, pd.DataFrame):
        if not hasattr(frame, "__arrow_c_stream__"):
            got = f"got {type(frame).__name__}, which is no table"
            raise InputError(role, got, "give a DataFrame, or the path of a file")
        frame = pa.table(frame).to_pandas(types_mapper=pd.ArrowDtype)
    named = any(name is not None for name in frame.index.names)
    content = frame.to_csv(index=named, lineterminator="\n").encode()
    with input_files.system(str(path), "written", "name another folder"):
        if not path.exists():
            path.write_bytes(content)
        same = path.read_bytes() == content
    if not same:  # somebody's own file, or what a report was made of
        raise InputError(str(path), "is there already, and is another table", "name a new folder")
    return path
