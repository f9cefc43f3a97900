"""The page of a self-test: does this installation compute what is published?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from wbcval.render import _words
from wbcval.render._basis import SelftestBasis
from wbcval.render._section import rendered
from wbcval.render._shell import NO_POINTS, assemble


def selftest_page(record: Mapping[str, Any]) -> str:
    """The page; see :func:`wbcval.render.render_selftest`."""
    basis = SelftestBasis(record)
    evidence = _evidence(record)
    common = {"record": record, "evidence_id": evidence, "words": _words}
    title = f"Self-test of wbcval {record['wbcval_version']}"
    said = f"{title} \N{EN DASH} {'passed' if record['passed'] else 'failed'}"
    sections = rendered("selftest", basis, common)
    beside = f"selftest.json version {record['schema_version']}"
    return assemble(sections, said, NO_POINTS, evidence, "selftest.css", beside=beside)


def _evidence(record: Mapping[str, Any]) -> str:
    """A short name for what came out and on what; the time does not enter."""
    parts = {key: value for key, value in record.items() if key != "created"}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
