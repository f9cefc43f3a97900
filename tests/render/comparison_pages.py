"""Pages of comparisons of every kind, and how the tests read them."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from typing import Any

from tests.render.make_comparison import GATE_PROVENANCE, make_comparison
from tests.render.make_study import text_of
from wbcval.gating.compare.types import BASELINE, Change, Comparison
from wbcval.render import render_comparison
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

SECTIONS = [
    "verdict", "changes", "picture", "samples", "strata", "criteria", "compared", "limitations",
    "provenance",
]  # fmt: skip
ABSENT = Change(
    "classification", "blast", "all", "sensitivity", BASELINE, None, 0.9,
    Estimate.missing(Reason.told("the baseline has no true cell of it"), n=0), "sensitivity",
)  # fmt: skip
COVERING = Change(
    "error", "NEUT%", "all", "covering_error:0.95", BASELINE, 8.0, 11.5,
    Estimate(-3.5, -5.2, -1.4, 0.95, "BCa", 40), "error that covers",
)  # fmt: skip
ENDLESS = replace(
    COVERING,
    subject="BASO%",
    after=math.inf,
    change=Estimate(-math.inf, n=40, reason=Reason.told("a reference of 0")),
)
CASES: dict[str, dict[str, Any]] = {
    "usual": {"sites": 3, "anchor": True},
    "broken a little": {"share": 0.003, "samples": 300, "broken": "neutrophil", "least": 0.5,
                        "subjects": ("NEUT%",), "margin": 0.05},
    "identical": {"identical": True, "sites": 2},
    "unpaired": {"paired": False},
    "counts alone": {"with_cells": False},
    "nothing asked": {"with_cells": False, "subjects": ()},
    "two samples": {"samples": 2, "sites": 2, "anchor": True},
    "one cell each": {"cells": 1, "sites": 2},
    "class on one side": {"extra": [ABSENT]},
    "an error": {"extra": [COVERING]},
    "an error without end": {"extra": [ENDLESS]},
}  # fmt: skip


@cache
def made(name: str) -> tuple[Comparison, str]:
    comparison = make_comparison(**CASES[name])
    return comparison, render_comparison(comparison, GATE_PROVENANCE)


_CELL = r"<t[hd][^>]*>(.*?)</t[hd]>"


def section(page: str, name: str) -> str:
    start = page.index(f'<section id="{name}">')
    return text_of("<body " + page[start : page.index("</section>", start)])


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def rows(page: str, name: str, against: str = "Against the baseline") -> list[list[str]]:
    """Cells of the table of changes, as text."""
    start = page.index(against, page.index(f'<section id="{name}">'))
    body = page[page.index("<tbody>", start) : page.index("</tbody>", start)]
    return [
        [plain(text_of("<body>" + cell)).strip() for cell in re.findall(_CELL, row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)
    ]


def number(text: str) -> float:
    found = re.search(r"[+−-]?([\d.]+|∞)", text)[0]
    return float(found.replace("−", "-").replace("∞", "inf"))
