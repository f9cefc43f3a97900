"""A short name for what a report rests on, for the foot of each printed page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_LENGTH = 16  # hexadecimal digits


def evidence_id(provenance: Mapping[str, Any]) -> str:
    """Sixteen digits of a SHA-256 over the inputs and their records of origin, the protocol, the
    seed and the version.

    Two reports with one id were made from the same bytes by the same version; the name of a file,
    the time and the machine do not enter.

    Args:
        provenance: as :func:`wbcval.render.render` takes it.
    """
    parts = {
        "inputs": [[i["role"], i["sha256"]] for i in provenance["inputs"]],
        "protocol": provenance.get("protocol_sha256"),
        "seed": provenance["seed"],
        "mode": provenance.get("mode"),
        "rollup": provenance.get("rollup"),
        "version": provenance["wbcval_version"],
    }
    if predicted_by := provenance.get("predicted_by"):
        parts["predicted_by"] = predicted_by
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:_LENGTH]
