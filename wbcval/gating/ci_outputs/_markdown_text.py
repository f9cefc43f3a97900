"""Text and tables in Markdown, whatever the data hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import punctuation

from wbcval.values.one_line import MOST, one_line
from wbcval.values.wording import DASH

_PLAIN = set(" ,.;()'\"/=+-%?:")  # punctuation that means nothing inside a sentence
_ACTIVE = set(punctuation) - _PLAIN
# after the page is made, hosts still turn these into mentions, references, emoji and links
_REFERS = re.compile(r"[@#!$%&*^~:](?=[\w\"'/+-])|www\.", re.IGNORECASE)
_BLOCK = re.compile(r"^(\d*)([-+=.)])")  # at its beginning these would open a list or a heading
# underscores inside a word mean nothing
_MARKUP = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[^\w\s,:=()%+\x80-\U0010ffff-]", re.ASCII)
_APART = "\N{ZERO WIDTH SPACE}"


def prose(text: str, most: int = MOST) -> str:
    """A sentence that holds data: shown as it is, and never Markdown, HTML, mention or link.

    >>> prose("a|b <b> @team: 3 %")
    'a&#124;b &#60;b&#62; &#64;&#8203;team: 3 %'
    """
    line = one_line(text, most).strip() or DASH
    apart = _REFERS.sub(lambda m: m[0] + _APART, line).replace(_APART, "\0")
    escaped = "".join(_entity(c) if c in _ACTIVE else c for c in apart)
    escaped = _BLOCK.sub(lambda m: m[1] + _entity(m[2]), escaped)
    return escaped.replace("\0", _entity(_APART))


def code(text: str) -> str:
    """A name out of the data, as code: hosts look for no mention or reference there.

    As HTML and not between backticks, where a backtick or a pipe of the name could not be escaped.

    >>> code("S`1|")
    '<code>S&#96;1&#124;</code>'
    """
    return f"<code>{_MARKUP.sub(lambda m: _entity(m[0]), one_line(text))}</code>"


def bold(text: str) -> str:
    """Escaped, and bold."""
    return f"**{prose(text)}**"


def cells(*texts: str) -> str:
    """A row of a table, of texts that are escaped already.

    >>> cells("a", "b")
    '| a | b |'
    """
    return f"| {' | '.join(texts)} |"


@dataclass(frozen=True, slots=True)
class MarkdownSection:
    """A part of the page that may be cut at a row.

    Attributes:
        head: lines that are never cut.
        rows: of a table or list, the most important first.
        what: they are, for the line that says how many are left out.
        most: rows shown, however much room there is; ``None``: all.
    """

    head: tuple[str, ...]
    rows: tuple[str, ...] = ()
    what: str = "rows"
    most: int | None = None

    def cut(self, room: int) -> tuple[tuple[str, ...], int]:
        """The rows that fit in so many bytes, and the room that is left."""
        shown: list[str] = []
        for row in self.rows[: self.most]:
            room -= _size(row)
            if room < 0:
                return tuple(shown), 0
            shown.append(row)
        return tuple(shown), room

    def left_out(self, count: int) -> str:
        """Says that rows are missing, and where they are."""
        return f"\n*{count} more {self.what} are left out here; results.json has all.*"


def page(sections: Sequence[MarkdownSection], limit: int) -> str:
    """All sections in no more than ``limit`` bytes of UTF-8; earlier ones are filled first.

    Raises:
        ValueError: where not even the heads fit.
    """
    room = limit
    for section in sections:
        room -= sum(map(_size, section.head)) + _size("")
        room -= _size(section.left_out(len(section.rows))) if section.rows else 0
    if room < 0:
        raise ValueError(f"{limit} bytes hold no summary; give some thousands more")
    lines: list[str] = []
    for section in sections:
        shown, room = section.cut(room)
        lines += [*section.head, *shown]
        if len(shown) < len(section.rows):
            lines.append(section.left_out(len(section.rows) - len(shown)))
        lines.append("")
    return "\n".join(lines)


def table(title: str, said: str, header: Sequence[str]) -> tuple[str, ...]:
    """Head of a section with a table; ``said`` is a sentence, or empty."""
    ruled = "|" + " --- |" * len(header)
    return (f"#### {title}", "", *((said, "") if said else ()), cells(*header), ruled)


def _entity(character: str) -> str:
    return f"&#{ord(character)};"


def _size(line: str) -> int:
    return len(line.encode()) + 1
