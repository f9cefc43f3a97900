"""The candidate's own criteria."""

from __future__ import annotations

from wbcval.render._basis import Basis, ComparisonBasis
from wbcval.render._section import Section
from wbcval.render.comparison.compared import SidesSection
from wbcval.render.sections.criteria import Criteria


def _criteria(basis: ComparisonBasis) -> Criteria:
    """Words of the outcomes, as in the report of one side."""
    found = basis.comparison
    return Criteria(Basis(found.candidate.study, found.results, found.verdict))


SECTION = Section(context={"sides": SidesSection, "criteria": _criteria})
