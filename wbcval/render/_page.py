"""From the templates to the page: sections in order, contents, and the security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from wbcval._format import difference_unit, unit_text
from wbcval._resources import root
from wbcval.classes import UNITS
from wbcval.criteria import Verdict
from wbcval.render import _numbers, _words
from wbcval.render._agreements import Agreements
from wbcval.render._attributions import Attributions
from wbcval.render._classes import Classes
from wbcval.render._criteria import Criteria
from wbcval.render._evidence import evidence_id
from wbcval.render._exclusions import Exclusions
from wbcval.render._figures import Figures
from wbcval.render._glossary import Glossary
from wbcval.render._noise import Noise
from wbcval.render._others import Others
from wbcval.render._points import Points
from wbcval.render._scope import Scope
from wbcval.render._strata import Strata
from wbcval.render._verifications import Verifications
from wbcval.results import Results
from wbcval.study import Study

_UNIT = re.compile(r"(?<=\d) (?=%|points?\b|×10)")
_GLOSSARY = "14_glossary.html.j2"  # made last, from the words of the others


@dataclass(frozen=True, slots=True)
class Section:
    """A rendered section of the report."""

    id: str
    short: str
    title: str
    body: Markup


def page(study: Study, results: Results, verdict: Verdict, provenance: Mapping[str, Any]) -> str:
    """See :func:`wbcval.render.render`."""
    environment = _environment()
    scope = Scope(study, results, verdict)
    limits = Verifications(scope)
    points = Points(limits)
    context = {
        "study": study,
        "protocol": study.protocol,
        "results": results,
        "verdict": verdict,
        "provenance": provenance,
        "evidence_id": evidence_id(provenance),
        "figures": Figures(points),
        "points": points,
        "scope": scope,
        "criteria": Criteria(scope),
        "limits": limits,
        "classes": Classes(scope),
        "agreements": Agreements(scope),
        "attributions": Attributions(scope),
        "strata": Strata(scope, limits),
        "noise": Noise(scope),
        "others": Others(scope),
        "exclusions": Exclusions(scope),
        "words": _words,
        "units": UNITS,
        "Footnotes": _numbers.Footnotes,
    }
    made = {n: _section(environment, n, context) for n in _section_names() if n != _GLOSSARY}
    glossary = Glossary([section.body for section in made.values()])
    made[_GLOSSARY] = _section(environment, _GLOSSARY, context | {"glossary": glossary})
    sections = [made[n] for n in sorted(made) if made[n].body]  # nothing to say: no section
    style, script = _style().replace("EVIDENCE", evidence_id(provenance)), _script()
    body = environment.get_template("report.html.j2").render(
        sections=sections,
        style=style,
        script=script,
        policy=_policy(style, script, sections),
        **context,
    )
    return body + "\n"


@cache
def _folder() -> Path:
    return root() / "reports" / "templates"


@cache
def _style() -> str:
    text = (_folder() / "style.css").read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S).strip()


@cache
def _script() -> str:
    return (_folder() / "report.js").read_text(encoding="utf-8").strip()


def _section_names() -> list[str]:
    return sorted(path.name for path in (_folder() / "sections").glob("[0-9][0-9]_*.html.j2"))


def _section(environment: Environment, name: str, context: Mapping[str, Any]) -> Section:
    module = environment.get_template(f"sections/{name}").make_module(dict(context))
    title, short = module.title, module.short  # type: ignore[attr-defined]
    identity = name.removesuffix(".html.j2")[3:].replace("_", "-")
    body = _tied(str(module).strip())
    return Section(identity, short, title, Markup(body))  # noqa: S704 (autoescaped)


def _tied(html: str) -> str:
    """The same with each number tied to its unit; names and files, set as code, stay as given."""
    parts = re.split(r"(<(?:code|pre)\b.*?</(?:code|pre)>|<[^>]*>)", html, flags=re.S)
    parts[::2] = (_UNIT.sub("\N{NO-BREAK SPACE}", text) for text in parts[::2])
    return "".join(parts)


def _policy(style: str, script: str, sections: list[Section]) -> str:
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
    environment.filters |= {"unit": unit_text, "difference_unit": difference_unit}
    return environment
