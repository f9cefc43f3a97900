"""The first screen: what was decided, of what, and what else to know before signing."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render._verifications import Verifications
from wbcval.render.sections.attribution import Attributions
from wbcval.render.sections.criteria import Criteria
from wbcval.render.sections.exclusions import Exclusions
from wbcval.render.sections.provenance import Origins
from wbcval.render.sections.strata import Strata

SECTION = Section(
    context={
        "criteria": Criteria,
        "limits": Verifications,
        "exclusions": Exclusions,
        "origins": Origins,
        "attributions": Attributions,
        "strata": Strata,
    }
)
