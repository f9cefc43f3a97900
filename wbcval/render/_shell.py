"""What every page shares: templates, style and script, sections in order, the security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from wbcval.bundle import results_file
from wbcval.machine.resources import root
from wbcval.render import _numbers, _words
from wbcval.values.wording import unit_text

# what the script is told where no picture has samples; tables answer all the same
NO_POINTS = Markup(
    '{"ids":[],"strata":{"names":[],"of":[]},"measurands":{},"columns":[],"figures":[]}'
)
_UNIT = re.compile(r"(?<=\d) (?=%|points?\b|×10)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A section as it stands in its page; of the list of contents where ``short`` is not empty."""

    id: str
    short: str
    title: str
    body: Markup


def section_names(folder: str) -> list[str]:
    """Templates of the sections in a folder of ``reports/templates``, in order."""
    return sorted(path.name for path in (_folder() / folder).glob("[0-9][0-9][0-9]_*.html.j2"))


def word_of(name: str) -> str:
    """The name of a section, from that of its template."""
    return name.removesuffix(".html.j2")[4:]


def rendered(folder: str, name: str, context: Mapping[str, Any]) -> Rendered:
    """One section; the ``title`` and ``short`` its template sets are its headings."""
    module = _environment().get_template(f"{folder}/{name}").make_module(dict(context))
    title, short = module.title, module.short  # type: ignore[attr-defined]
    identity = word_of(name).replace("_", "-")
    body = _tied(str(module).strip())
    return Rendered(identity, short, title, Markup(body))  # noqa: S704 (autoescaped)


def _tied(html: str) -> str:
    """The same with each number tied to its unit; names and files, set as code, stay as given."""
    parts = re.split(r"(<(?:code|pre)\b.*?</(?:code|pre)>|<[^>]*>)", html, flags=re.S)
    parts[::2] = (_UNIT.sub("\N{NO-BREAK SPACE}", text) for text in parts[::2])
    return "".join(parts)


def assemble(
    sections: Sequence[Rendered],
    title: str,
    data: Markup,
    evidence: str,
    *sheets: str,
    beside: str = f"results.json version {results_file.VERSION}",
) -> str:
    """The whole page.

    Args:
        sections: in order; the first has no heading of its own.
        title: of the window.
        data: JSON for the page's script, in which nothing can end a script element.
        evidence: id at the foot of each printed page.
        sheets: style sheets that this page alone needs, after the common one.
        beside: the file that holds the same as data, and the version of its format.
    """
    style = "\n".join(map(_sheet, ("style.css", *sheets))).replace("EVIDENCE", evidence)
    script = _script()
    body = _environment().get_template("report.html.j2").render(
        sections=sections,
        page_title=title,
        data=data,
        style=style,
        script=script,
        policy=_policy(style, script, sections),
        beside=beside,
    )  # fmt: skip
    return body + "\n"


@cache
def _folder() -> Path:
    return root() / "reports" / "templates"


@cache
def _sheet(name: str) -> str:
    text = (_folder() / name).read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S).strip()


@cache
def _script() -> str:
    return (_folder() / "report.js").read_text(encoding="utf-8").strip()


def _policy(style: str, script: str, sections: Sequence[Rendered]) -> str:
    """Nothing may load; our one sheet and one script, and pictures in the page if there are any."""
    rules = [
        "default-src 'none'",
        f"style-src 'sha256-{_digest(style)}'",
        f"script-src 'sha256-{_digest(script)}'",
    ]
    if any("data:image/png" in section.body for section in sections):
        rules.append("img-src data:")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _numbers.FILTERS | _words.FILTERS
    environment.filters |= {"unit": unit_text}
    return environment
