"""The first screen: may the candidate replace the baseline?"""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.comparison.changes import Changes
from wbcval.render.comparison.compared import SidesSection
from wbcval.render.comparison.samples import Movements

SECTION = Section(context={"sides": SidesSection, "changes": Changes, "movements": Movements})
