"""How a study, results and a verdict are written for a notebook: HTML that brings its own look.

A notebook's page has its own styles, light or dark; so colours follow the text, and a status is a
word with a symbol. Every text is escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from wbcval.values.estimate import Estimate
from wbcval.values.wording import numerals, with_unit

MOST_ROWS = 20


def block(title: str, *parts: str) -> str:
    """A titled block of parts that are HTML already."""
    return f"<div><strong>{escape(title)}</strong>{''.join(parts)}</div>"


def paragraph(text: str) -> str:
    """A sentence or two, escaped; nothing for none."""
    return f"<p>{escape(text)}</p>" if text else ""


def table(header: Sequence[str], rows: Sequence[Sequence[str | int]], rest: str) -> str:
    """A table of texts and counts, escaped; at most ``MOST_ROWS`` rows.

    Args:
        header: names of the columns.
        rows: texts are set to the left, counts to the right.
        rest: where the rows are that are not shown.
    """
    head = "".join(f'<th scope="col" style="text-align:left">{escape(h)}</th>' for h in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:MOST_ROWS])
    more = f"{MOST_ROWS} of {len(rows)} rows; all: {rest}." if len(rows) > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{paragraph(more)}"


def _cell(value: str | int) -> str:
    side = "left" if isinstance(value, str) else "right"
    return f'<td style="text-align:{side}">{escape(str(value))}</td>'


def number(e: Estimate | None, *bounds: float, percent: bool = False, unit: str = "") -> str:
    r"""An estimate with its interval and unit, as precise as that supports, or why there is none.

    Args:
        e: the estimate; ``None`` where nothing was measured.
        bounds: what the reader compares it with; written, it lies on the same side.
        percent: write a fraction as percent.
        unit: as in the results.

    >>> number(Estimate(0.95, 0.92, 0.97), percent=True), number(Estimate(-1.8), unit="pp")
    ('95.0\xa0% (92.0 to 97.0)', '−1.80\xa0points')
    >>> from wbcval.values.reasons import Reason
    >>> number(Estimate.missing(Reason("no_pair"))), number(None)
    ('not estimable: no pair', 'not measured')
    """
    if e is None:
        return "not measured"
    if e.value is None:
        return f"not estimable: {e.reason}" if e.reason else "not estimable"
    value, low, high = numerals(e, percent, *bounds)
    text = with_unit(value, "%" if percent else unit)
    return text if e.low is None and e.high is None else f"{text} ({low} to {high})"
