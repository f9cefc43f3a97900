"""The record of a self-test: a page to sign, the same as data, and a manifest over both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import evidence
from wbcval.machine import input_files, input_json
from wbcval.render import render_selftest
from wbcval.selftest import run
from wbcval.selftest.installation import Installation
from wbcval.selftest.run import Selftest
from wbcval.selftest.types import Published, Recomputed, agreement

_DATA, _ADVICE = "selftest.json", "give the folder that `wbcval selftest` wrote"
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


def contradictions(record: Path) -> list[evidence.Difference]:
    """Where a record says of a figure what its own numbers deny, or holds other figures than asked.

    Nothing is computed again. Which figures there are, and the page that tells them, is known of
    this version alone.

    Args:
        record: a folder that :func:`wbcval.bundle.evidence.verify` finds nothing in.
    """
    path = record / _DATA
    found = input_json.loads(input_files.read(path, _ADVICE), str(path), _ADVICE)
    said: list[str] = []
    try:
        figures = found["figures"]
        said += [
            f"says of {row['check'][:60]}, {row['figure'][:60]}, what its numbers deny"
            for row in figures
            if not _agrees(row)
        ]
        asked: dict[_Asked, int] = {
            (f.title, check.name, name, check.source, figure.text): figure.needed
            for f in run.families()
            for check in f.checks
            for name, figure in check.expected.items()
        }
        ours = found["wbcval_version"] == __version__
        if ours and not _same(asked, {_asked(row): row["digits"] for row in figures}, figures):
            said.append(f"holds other figures than the {len(asked)} of this version")
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        said.append("is no record of figures")
    differing = [evidence.Difference(_DATA, each) for each in said]
    if not said and ours:
        differing += [
            evidence.Difference(name, f"is not what {_DATA} gives")
            for name, data in files(found).items()
            if data != input_files.read(record / name, _ADVICE)
        ]
    return differing


_Asked = tuple[str, ...]  # family, check, figure, source, expected


def _same(
    asked: Mapping[_Asked, int],
    told: Mapping[_Asked, Mapping[str, int] | None],
    figures: Sequence[object],
) -> bool:
    """Whether these figures were looked at, in this order, each once, to as many digits."""
    if [*told] != [*asked] or len(told) < len(figures):
        return False
    return all(d is None or d["needed"] == asked[key] for key, d in told.items())


def _asked(row: Mapping[str, Any]) -> _Asked:
    return tuple(row[key] for key in ("family", "check", "figure", "source", "expected"))


def _agrees(row: Mapping[str, Any]) -> bool:
    """Whether the digits that agree, and whether that is enough, are those of its two values."""
    digits = row["digits"]
    expected = Published(row["expected"], None if digits is None else digits["needed"])
    agreed, passed = agreement(expected, row["got"])
    by_digits = expected.number is not None and not isinstance(row["got"], str)
    told = {"agree": agreed, "printed": expected.printed, "needed": expected.needed}
    return row["passed"] is passed and digits == (told if by_digits else None)


def files(made: Mapping[str, Any]) -> dict[str, bytes]:
    """Name → content of the record's files but the manifest; the same record, the same bytes."""
    text = json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {"selftest.html": render_selftest(made).encode(), _DATA: text.encode()}


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
