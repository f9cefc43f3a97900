"""What the files of a folder tell beside the verdict, read out of each to be compared."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from wbcval.judge.outcomes import Verdict
from wbcval.values.one_line import one_line
from wbcval.values.told import DEFAULTS, LONGEST, MOST_TOLD, Told

_BULLET = "- "
_UNSEEN = "\N{ZERO WIDTH SPACE}"  # between characters that hosts would make a link of


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


def in_junit(junit: bytes, verdict: Verdict) -> bool:
    """Whether the suite's property tells it."""
    suite = ET.fromstring(junit).find("testsuite")  # noqa: S314 (expat bounds what it expands)
    value = None if suite is None else suite.find("properties/property[@name='scope']")
    said = one_line(verdict.covered, LONGEST)
    return value is not None and _plain(str(value.get("value"))) == _plain(said)


def in_summary(summary: bytes, verdict: Verdict) -> bool:
    """Whether the first list tells it."""
    text = html.unescape(summary.decode("utf-8", "replace")).replace(_UNSEEN, "")
    head = text.partition(f"\nOf {len(verdict.outcomes)} criteria: ")[0]
    found = [line.removeprefix(_BULLET) for line in head.splitlines() if line.startswith(_BULLET)]
    expected = [one_line(each.said, MOST_TOLD) for each in verdict.told]
    return [*map(_plain, found)] == [*map(_plain, expected)]


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
