"""The report: one self-contained page of all a reader must see to sign; the gate's, a self-test's.

Words and numbers come from ``results``; here they are chosen, rounded and set, never computed.
A section is a file in ``sections/``, of the gate's page in ``comparison/``, of a self-test's in
``selftest/``, with a template of that name in ``reports/templates/``; its number gives its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wbcval.gating.compare.types import Comparison
    from wbcval.judge.outcomes import Verdict
    from wbcval.measure.results import Results
    from wbcval.study.types import Study

__all__ = ["comparison_framed", "render", "render_comparison", "render_selftest"]


def render(study: Study, results: Results, verdict: Verdict, provenance: Mapping[str, Any]) -> str:
    """The report as HTML; the same arguments give the same bytes.

    The page fetches nothing and runs no script but its own; its content-security policy forbids
    both. Without that script it is complete, but its pictures and tables do not answer.

    Args:
        study: what was compared.
        results: what was measured.
        verdict: what was decided.
        provenance: ``created``, ``wbcval_version``, ``seed``, ``inputs`` (role, file, sha256,
            rows, dialect), ``versions``, and optionally ``platform`` and ``bundle``.
    """
    from wbcval.render._page import page  # neither page needs what the other one does

    return page(study, results, verdict, provenance)


def render_comparison(comparison: Comparison, provenance: Mapping[str, Any]) -> str:
    """The comparison as one self-contained HTML page; the same arguments give the same bytes.

    It fetches nothing and runs no script but the report's; its content-security policy forbids
    both. Without that script it is complete.

    Args:
        comparison: of the gate.
        provenance: of the gate's own run: ``created``, ``wbcval_version`` and ``versions``. Inputs,
            seeds and protocols are those of the sides.
    """
    from wbcval.render._comparison_page import comparison_page

    return comparison_page(comparison, provenance)


def render_selftest(record: Mapping[str, Any]) -> str:
    """The record of a self-test as one self-contained HTML page; as the others are.

    Args:
        record: what ``selftest.json`` holds.
    """
    from wbcval.render._selftest_page import selftest_page

    return selftest_page(record)


def comparison_framed(page: str) -> bool:
    """Whether the page of a comparison is assembled as this version does, and hides nothing.

    What its sections say takes both sides, and is not looked at.

    Args:
        page: as :func:`render_comparison` gave it.
    """
    from wbcval.render._comparison_page import SHEETS, TEMPLATES
    from wbcval.render._frame import framed

    return framed(page, TEMPLATES, *SHEETS)
