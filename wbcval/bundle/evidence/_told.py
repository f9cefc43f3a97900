"""What the files of a folder tell beside the verdict, read out of each to be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser

from wbcval.judge.outcomes import Verdict
from wbcval.values.told import DEFAULTS, Told


def on_page(page: bytes, verdict: Verdict, *, of_gate: bool) -> bool:
    """Whether the box of the verdict tells what stands beside it, no more and no less.

    Args:
        page: a report, or the result of a gate.
        verdict: as ``results.json`` tells it.
        of_gate: whose page says all of it, and the decision in one word.
    """
    box = _BesideVerdict()
    box.feed(page.decode("utf-8", "replace"))
    told = verdict.told if of_gate else verdict.beside
    found = [_plain(text) for text in box.beside]
    if found and not of_gate:
        found[-1] = found[-1].removesuffix(DEFAULTS).strip()
    if [text for text in found if text] != [text for text in map(_plain, _lines(told)) if text]:
        return False
    return of_gate or _plain(box.decision).casefold().endswith(verdict.headline.casefold())


def _lines(told: Sequence[Told]) -> Iterable[str]:
    """As the page sets them: first those that have rows of their own."""
    yield from (f"{each.lead}: {' '.join(each.lines)}" for each in told if each.apart)
    yield " ".join(each.said for each in told if not each.apart)


def _plain(text: str) -> str:
    """Without what only looks: spaces, and signs set as minus signs."""
    return re.sub(r"\s+", " ", text.replace("\N{MINUS SIGN}", "-")).strip()


class _BesideVerdict(HTMLParser):
    """Text of the box of the verdict: the decision, and each part beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.decision, self.beside = "", list[str]()
        self._inside = self._deep = 0
        self._part = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = str(dict(attrs).get("class") or "").split()
        if tag == "div" and "verdict" in kind and not self._inside:
            self._inside = 1
        elif self._inside and tag == "div":
            self._inside += 1
        if self._inside and kind and kind[0] in ("decision", "covers"):
            self._part, self._deep = kind[0], self._inside
            if self._part == "covers":
                self.beside.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._inside:
            self._inside -= 1
        if tag == "p" or (tag == "div" and self._inside < self._deep):
            self._part = ""

    def handle_data(self, data: str) -> None:
        if self._part == "covers":
            self.beside[-1] += data
        elif self._part == "decision":
            self.decision += data
