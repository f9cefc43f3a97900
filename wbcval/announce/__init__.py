"""A comparison, told to machines and people in CI: JUnit XML, Markdown, GitHub annotations."""

from wbcval.announce._annotations import annotations as annotations
from wbcval.announce._junit import junit as junit
from wbcval.announce._markdown import markdown as markdown
