"""The words of the report that a reader may not know: those that occur, in one sentence each."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from wbcval.machine.resources import root
from wbcval.render._section import Section


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


def terms_in(bodies: Sequence[str]) -> list[Term]:
    """Those that occur in sections, given as HTML."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", " ".join(bodies)))
    return [term for term in terms() if re.search(term.pattern, text, re.IGNORECASE)]


SECTION = Section(context={"terms_in": lambda _: terms_in}, of_others=True)
