"""The page of a comparison: may the candidate replace the baseline, and what moved?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wbcval.gating.compare.types import Comparison
from wbcval.render import _change, _numbers, _words
from wbcval.render._basis import ComparisonBasis
from wbcval.render._evidence import evidence_id
from wbcval.render._section import rendered
from wbcval.render._shell import NO_POINTS, assemble
from wbcval.render.comparison.compared import SidesSection

TEMPLATES, SHEETS = "comparison", ("comparison.css",)


def comparison_page(comparison: Comparison, provenance: Mapping[str, Any]) -> str:
    """The page; see :func:`wbcval.render.render_comparison`."""
    basis = ComparisonBasis(comparison)
    sides = basis.of(SidesSection)
    evidence = _evidence(sides, provenance)
    common = {
        "comparison": comparison,
        "verdict": comparison.verdict,
        "provenance": provenance,
        "evidence_id": evidence,
        "written": _change,
        "words": _words,
        "Footnotes": _numbers.Footnotes,
    }
    title = f"{sides.heading} \N{EN DASH} {_words.DECISIONS[comparison.verdict.decision][1]}"
    sections = rendered(TEMPLATES, basis, common)
    return assemble(sections, title, NO_POINTS, evidence, *SHEETS)


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
