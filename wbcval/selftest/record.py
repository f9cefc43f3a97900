"""The record of a self-test: a page to sign, the same as data, and a manifest over both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import evidence
from wbcval.render import render_selftest
from wbcval.selftest.installation import Installation
from wbcval.selftest.run import Selftest
from wbcval.selftest.types import Recomputed

_SEED = 1  # of the small studies: that of a protocol that states none


def document(found: Selftest, installed: Installation, created: str) -> dict[str, Any]:
    """What ``selftest.json`` holds (``schemas/selftest.schema.json``): no path, host or duration.

    Args:
        found: of :func:`wbcval.selftest.run.run`.
        installed: what it ran on.
        created: of :func:`wbcval.bundle.evidence.created`.
    """
    return {
        "schema_version": 1,
        "wbcval_version": __version__,
        "created": created,
        "passed": found.passed,
        "figures": [_figure(figure) for figure in found.figures],
        "installation": {
            "sha256": installed.sha256,
            "platform": installed.platform,
            "versions": dict(installed.versions),
            "files": dict(installed.files),
        },
    }


def _figure(figure: Recomputed) -> dict[str, Any]:
    return {
        "family": figure.family,
        "check": figure.check,
        "figure": figure.figure,
        "source": figure.source,
        "expected": figure.expected.text,
        "got": figure.got,
        "digits": {
            "agree": figure.agreed,
            "printed": figure.expected.printed,
            "needed": figure.expected.needed,
        }
        if figure.by_digits
        else None,
        "passed": figure.passed,
        "error": figure.error,
    }


def files(made: Mapping[str, Any]) -> dict[str, bytes]:
    """Name → content of the record's files but the manifest; the same record, the same bytes."""
    text = json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {"selftest.html": render_selftest(made).encode(), "selftest.json": text.encode()}


def write(out: Path, made: Mapping[str, Any], seconds: float, *, replace: bool = False) -> None:
    """Write the record's folder, as a bundle is written; see :meth:`wbcval.Report.write`.

    Args:
        out: its folder.
        made: of :func:`document`.
        seconds: that the self-test took.
        replace: let a record that was altered by hand go.

    Raises:
        InputError: where ``out`` is refused, or cannot be written.
    """
    contents = files(made)
    origin = {
        "created": made["created"],
        "inputs": [],
        "versions": made["installation"]["versions"],
        "wbcval_version": made["wbcval_version"],
        "seed": _SEED,
    }
    about = evidence.manifest(contents, origin, [], seconds)
    evidence.write(out, contents, about, replace=replace)
