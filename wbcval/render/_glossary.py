"""The words of the report that a reader may not know: those that occur, in one sentence each."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from wbcval.machine.resources import root


@dataclass(frozen=True, slots=True)
class Term:
    """A word, how to find it in a text (a regular expression), and what it means here."""

    name: str
    pattern: str
    meaning: str

    @property
    def id(self) -> str:
        """Its anchor in the page."""
        return "term-" + re.sub(r"\W+", "-", self.name.lower()).strip("-")


@cache
def terms() -> tuple[Term, ...]:
    """All terms, in the order of the alphabet."""
    text = (root() / "reports" / "templates" / "glossary.toml").read_text(encoding="utf-8")
    return tuple(Term(**term) for term in tomllib.loads(text)["term"])


@dataclass(frozen=True)
class Glossary:
    """The terms that a report uses."""

    bodies: Sequence[str]

    @cached_property
    def terms(self) -> list[Term]:
        """Those that occur in the sections."""
        text = html.unescape(re.sub(r"<[^>]+>", " ", " ".join(self.bodies)))
        return [term for term in terms() if re.search(term.pattern, text, re.IGNORECASE)]
