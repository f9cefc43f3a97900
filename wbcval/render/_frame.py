"""Whether a page stands in its frame: our style, script and policy, and nothing that hides or runs.

For a page whose numbers cannot be made again from its folder, such as a gate's: what is written
stands there to be read, and nothing takes it away.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from markupsafe import Markup

from wbcval.render._shell import NO_POINTS, Rendered, assemble, section_names, word_of

_SECTION = re.compile(
    r'<section id="([^"]*)">\n(?:<h2>(.*?)</h2>\n)?(.*?)\n</section>\n(?=<section id=|</main>)',
    re.S,
)
_SHORT = re.compile(r'<li><a href="#([^"]*)">(.*?)</a></li>')
_TITLE = re.compile(r"<title>(.*?)</title>")
_EVIDENCE = re.compile(r'"Evidence ([0-9a-f]{16})"')
_NEVER = frozenset({
    "script", "style", "link", "meta", "base", "title", "head", "body", "iframe", "object", "embed",
    "form", "input", "template", "noscript", "details", "dialog", "section", "main", "nav",
})  # fmt: skip
_HIDING = frozenset({"filtered", "tip", "bar"})  # classes by which our style hides


def framed(page: str, folder: str, *sheets: str) -> bool:
    """Whether a page is one that this version assembles, of whatever its sections say.

    Args:
        page: as it stands in a bundle.
        folder: of its sections' templates. sheets: its style sheets, as of ``assemble``.
    """
    head, _, rest = page.partition("<main>\n")
    contents = dict(_SHORT.findall(head))
    found = [
        Rendered(name, unescape(contents.get(name, "")), unescape(title), Markup(body))  # noqa: S704
        for name, title, body in _SECTION.findall(rest)
    ]
    title, evidence = _TITLE.search(head), _EVIDENCE.search(head)
    known = [word_of(name).replace("_", "-") for name in section_names(folder)]
    names = [section.id for section in found]
    if title is None or evidence is None or names[:1] != known[:1]:
        return False
    if names != [name for name in known if name in names] or any(map(_hides, found)):
        return False
    said = unescape(title[1])
    return assemble(found, said, NO_POINTS, evidence[1], *sheets) == page


def _hides(section: Rendered) -> bool:
    body = _Body()
    body.feed(str(section.body))
    body.close()
    return body.hides or "<!" in section.body or "<?" in section.body  # as comments begin


class _Body(HTMLParser):
    """Whether a section runs something, or keeps something from being read."""

    def __init__(self) -> None:
        super().__init__()
        self.hides = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = {*given.get("class", "").split()}
        hidden = "hidden" in given and "hint" not in classes  # of the script, which shows it
        runs = any(name == "style" or name.startswith("on") for name in given)
        self.hides |= tag in _NEVER or hidden or runs or not _HIDING.isdisjoint(classes)
