"""Whether ``results.json`` has the form that ``report`` gives it, as far as the gate reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TEXTS = ("wbcval_version", "created", "mode", "rollup")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_OF_MEASUREMENT = ("measure", "subject", "stratum", "statistic", "title", "method", "unit")
_NUMBERS = ("observed", "low", "high", "level")


def check(results: Mapping[str, Any]) -> None:
    """Refuse what the gate could not show, or would take for something else.

    Raises:
        KeyError, TypeError, ValueError: saying where.
    """
    provenance = results["provenance"]
    for key in _TEXTS:
        _is(provenance[key], str, f"provenance.{key}")
    if not _TIME.fullmatch(provenance["created"]):
        raise ValueError(f"provenance.created is {provenance['created'][:40]!r}")
    _is(provenance["seed"], int, "provenance.seed")
    if provenance["protocol_sha256"] is not None:
        _is(provenance["protocol_sha256"], str, "provenance.protocol_sha256")
    for side in ("predictions", "reference"):
        _is(provenance["digests"][side], str, f"provenance.digests.{side}")
    for i, entry in enumerate(_is(provenance["inputs"], list, "provenance.inputs")):
        for key in ("role", "file", "sha256"):
            _is(entry[key], str, f"provenance.inputs[{i}].{key}")
    for i, row in enumerate(_is(results["outcomes"], list, "outcomes")):
        _outcome(row, f"outcomes[{i}]")
    for i, row in enumerate(_is(results["measurements"], list, "measurements")):
        for key in _OF_MEASUREMENT:
            _is(row[key], str, f"measurements[{i}].{key}")


def _outcome(row: Mapping[str, Any], where: str) -> None:
    for key in ("criterion", "measure", "subject", "statistic", "stratum", "rule", "unit",
                "message", "status"):  # fmt: skip
        _is(row[key], str, f"{where}.{key}")
    bounds = [row["bound"][key] for key in ("min", "max")]
    for value in [*bounds, *(row[key] for key in _NUMBERS)]:
        if value is not None:
            _is(value, (int, float), where)
    _is(row["n"], int, f"{where}.n")
    if not isinstance(row["optional"], bool):
        raise TypeError(f"{where}.optional is not true or false")


def _is(value: Any, kind: type | tuple[type, ...], where: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{where} is of another type")
    return value


def whole_numbers(texts: Sequence[str]) -> list[int]:
    """Counts as a bundle writes them.

    Raises:
        ValueError: for anything else.
    """
    for text in texts:
        if not re.fullmatch(r"[0-9]{1,15}", text):
            raise ValueError(f"{text[:20]!r} is no count")
    return [int(text) for text in texts]
