"""The page of a comparison: may the candidate replace the baseline, and what moved?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from wbcval.gating.compare.types import Comparison
from wbcval.render import _change, _numbers, _words
from wbcval.render._basis import Basis
from wbcval.render._evidence import evidence_id
from wbcval.render._planned import Plan
from wbcval.render._shell import assemble, section, section_names
from wbcval.render.comparison.changes import Changes
from wbcval.render.comparison.compared import SidesSection
from wbcval.render.comparison.samples import Movements
from wbcval.render.sections.criteria import Criteria

_FOLDER = "comparison"
# What the script of the report is told: no picture here has samples, tables answer all the same.
_NO_POINTS = Markup(
    '{"ids":[],"strata":{"names":[],"of":[]},"measurands":{},"columns":[],"figures":[]}'
)


def render_comparison(comparison: Comparison, provenance: Mapping[str, Any]) -> str:
    """The comparison as one self-contained HTML page; the same arguments give the same bytes.

    It fetches nothing and runs no script but the report's; its content-security policy forbids
    both. Without that script it is complete.

    Args:
        comparison: of the gate.
        provenance: of the gate's own run: ``created``, ``wbcval_version`` and ``versions``. Inputs,
            seeds and protocols are those of the sides.
    """
    sides, changes = SidesSection(comparison), Changes(comparison)
    evidence = _evidence(sides, provenance)
    context = {
        "comparison": comparison,
        "verdict": comparison.verdict,
        "provenance": provenance,
        "evidence_id": evidence,
        "sides": sides,
        "changes": changes,
        "plan": Plan(comparison.needs),
        "written": _change,
        "movements": Movements(changes),
        "criteria": Criteria(
            Basis(comparison.candidate.study, comparison.results, comparison.verdict)
        ),
        "words": _words,
        "Footnotes": _numbers.Footnotes,
    }
    sections = [section(_FOLDER, name, context) for name in section_names(_FOLDER)]
    title = f"{sides.heading} \N{EN DASH} {_words.DECISIONS[comparison.verdict.decision][1]}"
    return assemble(sections, title, _NO_POINTS, evidence, "comparison.css")


def _evidence(sides: SidesSection, provenance: Mapping[str, Any]) -> str:
    """A short name for what the page rests on, from those of the sides and from the version."""
    return evidence_id(
        {
            "inputs": [
                {"role": role, "sha256": evidence_id(side.provenance)} for role, side in sides.all
            ],
            "seed": sides.comparison.candidate.provenance["seed"],
            "wbcval_version": provenance["wbcval_version"],
        }
    )
