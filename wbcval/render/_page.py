"""From the templates to the report: what every section is given, and the page of them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wbcval.judge.outcomes import Verdict
from wbcval.measure.results import Results
from wbcval.render import _numbers, _words
from wbcval.render._basis import Basis
from wbcval.render._evidence import evidence_id
from wbcval.render._points import Points
from wbcval.render._section import rendered
from wbcval.render._shell import assemble
from wbcval.study.types import Study


def page(study: Study, results: Results, verdict: Verdict, provenance: Mapping[str, Any]) -> str:
    """See :func:`wbcval.render.render`."""
    basis = Basis(study, results, verdict)
    common = {
        "study": study,
        "protocol": study.protocol,
        "results": results,
        "verdict": verdict,
        "provenance": provenance,
        "evidence_id": evidence_id(provenance),
        "basis": basis,
        "words": _words,
        "Footnotes": _numbers.Footnotes,
    }
    sections = rendered("sections", basis, common, study.protocol.report_without)
    title = study.protocol.title or "Validation report"
    said = f"{title} \N{EN DASH} {_words.opening(verdict.headline)}"
    return assemble(sections, said, basis.of(Points).json, evidence_id(provenance))
