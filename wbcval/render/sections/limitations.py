"""What the report does not show."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.sections.provenance import Origins

SECTION = Section(context={"origins": Origins})
