"""The confusion matrix of the cells."""

from __future__ import annotations

from wbcval.render._section import Section
from wbcval.render.sections.classification import Classes

SECTION = Section(context={"classes": Classes})
