"""The forms of ``results.json``, as far as it is read again, and of ``manifest.json``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired

from wbcval.machine.json_records import Count, Form, Holds

TIME = "%Y-%m-%dT%H:%M:%SZ"  # in UTC


def _is_time(text: str) -> bool:
    try:
        return datetime.strptime(text, TIME).strftime(TIME) == text
    except ValueError:
        return False


_ABOUT: dict[str, Any] = {
    "wbcval_version": str, "seed": int,
    "created": Annotated[str, Holds(_is_time, "is no time in UTC")],
}  # fmt: skip
MANIFEST = Form(_ABOUT | {
    "format": str, "outputs": dict[str, Any], "inputs": list[Any], "input_paths": list[Any],
    "versions": dict[str, Any], "platform": str, "command_line": list[Any], "seconds": float,
})  # fmt: skip

_NUMBER: Any = float | None
_KEY: dict[str, Any] = dict.fromkeys(("measure", "subject", "stratum", "statistic", "unit"), str)
_OUTCOME = {
    **_KEY, **dict.fromkeys(("criterion", "rule", "status", "message", "attainable_note"), str),
    **dict.fromkeys(("observed", "low", "high", "level"), _NUMBER),
    **dict.fromkeys(("notes", "dummies", "accepted_flags"), list[str]),
    "asked": {
        "statistic": str, "min_n": int | None, "confidence": float, "or_within": _NUMBER,
        "limits": str | None, "allowable": NotRequired[str],
    },
    "bound": {"min": _NUMBER, "max": _NUMBER}, "optional": bool, "suspicious": bool, "n": Count,
    "hits": list[Count] | None, "attainable": str | None, "both_rules": dict[str, str] | None,
}  # fmt: skip
_MEASUREMENT = {
    **_KEY, "title": str, "method": str, "better": str, "flags": list[str], "n": Count,
    **dict.fromkeys(("value", "low", "high", "level", "deff", "icc"), _NUMBER),
    "reason": str | None, "reason_code": NotRequired[str | None],
    "reason_values": NotRequired[dict[str, Any] | None],
}  # fmt: skip
_ACCOUNT = {
    "subject": str, "of": str, "left_out": dict[str, Count],
    **dict.fromkeys(("listed", "judged", "lost", "superseded"), Count),
}  # fmt: skip
_CALLED = {"label": str, "cells": Count, "unlabelled": Count, "leukocytes": Count}
_SCOPE = {
    **dict.fromkeys(
        ("judged", "declared", "seen", "marks", "looser", "assumed", "miscounted"), list[str]
    ),
    "not_judged": [{"subject": str, "statistic": str, "value": _NUMBER, "n": int | None}],
    "not_shown": [{"subject": str, "name": str, "dummy": str}],
    "ledger": {"accounts": [_ACCOUNT], "called": [_CALLED], "selected": bool, "uncompared": {}},
}
_PREDICTED_BY = {
    "model": dict.fromkeys(("name", "version", "sha256"), str),
    "failures": {"n": Count}, "images": {"listed": Count, "kind": str},
}  # fmt: skip
_PROVENANCE = _ABOUT | {
    "mode": str, "rollup": str, "protocol_sha256": str | None,
    "digests": {"predictions": str, "reference": str},
    "inputs": [dict.fromkeys(("role", "file", "sha256"), str)],
    "predicted_by": NotRequired[[_PREDICTED_BY]],
}  # fmt: skip
RESULTS = Form({
    "verdict": str, "reason": str, "notes": list[str], "scope": _SCOPE, "provenance": _PROVENANCE,
    "accepted_flags": [{"flag": str, "subject": str, "reason": str}],
    "outcomes": [_OUTCOME], "measurements": [_MEASUREMENT],
    "exclusions": [{"sample_id": str, "subject": str, "reason": str}],
}, more=True)  # fmt: skip
