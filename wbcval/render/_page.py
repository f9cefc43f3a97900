"""From the templates to the report: what its sections are given, and their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wbcval.judge.outcomes import Verdict
from wbcval.measure.results import Results
from wbcval.render import _numbers, _words
from wbcval.render._basis import Basis
from wbcval.render._evidence import evidence_id
from wbcval.render._figures import Figures
from wbcval.render._points import Points
from wbcval.render._shell import assemble, section, section_names
from wbcval.render._verifications import Verifications
from wbcval.render.sections.agreement import Agreements
from wbcval.render.sections.attribution import Attributions
from wbcval.render.sections.classification import Classes
from wbcval.render.sections.criteria import Criteria
from wbcval.render.sections.exclusions import Exclusions
from wbcval.render.sections.glossary import Glossary
from wbcval.render.sections.noise import Noise
from wbcval.render.sections.other import Others
from wbcval.render.sections.provenance import Origins
from wbcval.render.sections.stages import Stages
from wbcval.render.sections.strata import Strata
from wbcval.study.types import Study
from wbcval.values.measurands import subject_unit

_FOLDER = "sections"
_GLOSSARY = "160_glossary.html.j2"  # made last, from the words of the others


def page(study: Study, results: Results, verdict: Verdict, provenance: Mapping[str, Any]) -> str:
    """See :func:`wbcval.render.render`."""
    basis = Basis(study, results, verdict)
    limits = Verifications(basis)
    points = Points(limits)
    context = {
        "study": study,
        "protocol": study.protocol,
        "results": results,
        "verdict": verdict,
        "provenance": provenance,
        "evidence_id": evidence_id(provenance),
        "figures": Figures(points),
        "points": points,
        "basis": basis,
        "criteria": Criteria(basis),
        "limits": limits,
        "classes": Classes(basis),
        "stages": Stages(basis),
        "origins": Origins(basis),
        "agreements": Agreements(basis),
        "attributions": Attributions(basis),
        "strata": Strata(basis),
        "noise": Noise(basis),
        "others": Others(basis),
        "exclusions": Exclusions(basis),
        "words": _words,
        "unit_of": subject_unit,
        "Footnotes": _numbers.Footnotes,
    }
    names = section_names(_FOLDER)
    made = {n: section(_FOLDER, n, context) for n in names if n != _GLOSSARY}
    glossary = Glossary([s.body for s in made.values()])
    made[_GLOSSARY] = section(_FOLDER, _GLOSSARY, context | {"glossary": glossary})
    sections = [made[n] for n in sorted(made) if made[n].body]  # nothing to say: no section
    title = study.protocol.title or "Validation report"
    said = f"{title} \N{EN DASH} {_words.opening(verdict.headline)}"
    return assemble(sections, said, points.json, evidence_id(provenance))
