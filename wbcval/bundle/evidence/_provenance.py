"""Where the numbers of a bundle come from: what report, results and manifest say of it."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle._form import TIME
from wbcval.machine import folders
from wbcval.study.types import InputFile, Study
from wbcval.values import digests
from wbcval.values.errors import InputError

# what every run loads of the packages that its numbers and pages depend on
_LOADED = ("numpy", "scipy", "pandas", "jinja2", "pandera", "pyarrow")
_TABLES = ("pandas", "pandera")  # where tables are read, and not bundles alone
WORKBOOKS = "python-calamine"  # in a process of its own, where an input is a workbook
_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


def created() -> str:
    """Creation time in UTC; ``SOURCE_DATE_EPOCH`` fixes it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        seconds = int(epoch) if epoch else int(time.time())
        return datetime.fromtimestamp(seconds, UTC).strftime(TIME)
    except (ValueError, OverflowError, OSError):
        raise InputError("SOURCE_DATE_EPOCH", f"is {epoch!r}", "write seconds since 1970") from None


def provenance(study: Study, when: str) -> dict[str, Any]:
    """What report and results say of their origin: no path, host, command line or duration."""
    protocol = study.protocol
    return {
        "wbcval_version": __version__,
        "created": when,
        "mode": protocol.mode,
        "rollup": protocol.rollup,
        "label_depths": list(study.merged),
        "seed": protocol.seed,
        "digests": _digests(study),
        "protocol_sha256": hashlib.sha256(protocol.source.encode()).hexdigest()
        if protocol.source
        else None,
        "inputs": [
            {
                "role": i.role,
                "file": i.file,
                "sha256": i.sha256,
                "dialect": i.dialect,
                "rows": i.rows,
            }
            for i in study.inputs
        ],
        "predicted_by": [origin.to_json() for origin in study.origins],
        "versions": versions(workbooks=any(_is_workbook(i) for i in study.inputs)),
    }


def versions(*, tables: bool = True, workbooks: bool = False) -> dict[str, str]:
    """Of Python and of the packages that numbers and pages depend on, no more than are loaded.

    Args:
        tables: whether inputs are tables, and not bundles.
        workbooks: whether an input is one.
    """
    loaded = [name for name in _LOADED if tables or name not in _TABLES]
    names = (*loaded, *[WORKBOOKS] * workbooks)
    return {"python": platform.python_version(), **{n: _version(n) for n in names}}


@cache
def _version(name: str) -> str:
    return metadata.version(name)


def _is_workbook(found: InputFile) -> bool:
    # an analyzer's export is called by its dialect, workbook or not
    return found.dialect == "excel" or found.file.lower().endswith(_WORKBOOK_NAMES)


def _digests(study: Study) -> dict[str, str]:
    """Of each side: equal whatever the order of rows, the format and the names of the files."""
    counts, values = study.counts, study.values
    return {
        "predictions": digests.of_side(
            counts.called if counts else None,
            study.sample_ids,
            {m: v.model for m, v in values.items()},
        ),
        "reference": digests.of_side(
            counts.true if counts else None,
            study.sample_ids,
            {m: v.reference for m, v in values.items()},
        ),
    }


def manifest(
    files: Mapping[str, bytes], origin: Mapping[str, Any], paths: Sequence[Path], seconds: float
) -> dict[str, Any]:
    """The manifest of a folder: every hash, and what only this run knows.

    Args:
        files: name → content of each file.
        origin: the provenance they state.
        paths: where the inputs were.
        seconds: that it took.
    """
    return {
        "format": folders.BUNDLE,
        "created": origin["created"],
        "outputs": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        "inputs": origin["inputs"],
        "input_paths": [str(path.resolve()) for path in paths],
        "versions": origin["versions"],
        "wbcval_version": origin["wbcval_version"],
        "platform": platform.platform(),
        "seed": origin["seed"],
        "command_line": sys.argv,
        "seconds": round(seconds, 3),
    }
