"""How a study, results and a verdict are written for a notebook: HTML that brings its own look.

A notebook's page has its own styles, light or dark; so colours follow the text, and a status is a
word with a symbol. Every text is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from wbcval.values.estimate import Estimate
from wbcval.values.wording import numerals, with_unit

if TYPE_CHECKING:
    import pandas as pd

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


class Shown:
    """A frozen result: its estimates as a table, in a notebook and as a frame."""

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """A row per estimate.

        Returns:
            ``statistic``, ``value``, ``low``, ``high``, ``level``, ``n``, ``method``, ``reason``,
            ``flags`` joined by ``;``; what is not estimable is missing, with its reason.
        """
        import pandas as pd

        rows = [
            (name, e.value, e.low, e.high, e.level, e.n, e.method, str(e.reason), ";".join(e.flags))
            for name, e in _estimates(self)
        ]
        frame = pd.DataFrame(
            rows,
            columns=[
                "statistic", "value", "low", "high", "level", "n", "method", "reason", "flags",
            ],
        )  # fmt: skip
        types = dict.fromkeys(("value", "low", "high", "level"), "float64") | {"n": "Int64"}
        return frame.astype(types)

    def _repr_html_(self) -> str:
        """For a notebook: each estimate with its interval, and why one is missing."""
        rows = [
            (name, number(e), "" if e.n is None else e.n, e.method, ", ".join(e.flags))
            for name, e in _estimates(self)
        ]
        header = ("statistic", "estimate", "n", "method", "flags")
        return block(type(self).__name__, table(header, rows, ".to_frame()"))


def _estimates(result: Any, prefix: str = "") -> Iterator[tuple[str, Estimate]]:
    """Every estimate of a result by the name of its attribute; of its parts by theirs."""
    for field in fields(result):
        held = getattr(result, field.name)
        if isinstance(held, Estimate):
            yield prefix + field.name, held
        elif isinstance(held, Mapping):
            yield from ((prefix + str(k), e) for k, e in held.items() if isinstance(e, Estimate))
        elif isinstance(held, tuple):
            for i, part in enumerate(held):
                if isinstance(part, Estimate):
                    yield f"{prefix}{field.name}[{i}]", part
                elif is_dataclass(part) and hasattr(part, "name"):
                    yield from _estimates(part, f"{prefix}{part.name}: ")
