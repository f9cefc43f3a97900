"""``[gate]`` of a protocol, read strictly: how much worse a candidate may be."""

from __future__ import annotations

import math

from wbcval.machine.toml_tables import Table
from wbcval.protocol import criterion_file
from wbcval.protocol.types import LOSSES, MOST_MARGIN, SILENT_MARGIN, Gate, Margin
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.measurands import subject_unit


def gate(table: Table) -> Gate:
    """What the release gate asks of a candidate.

    Args:
        table: ``[gate]`` of a protocol.

    Raises:
        InputError: where a key or value is not right.
    """
    default, reason = Gate(), table.take("reason", str, "").strip()
    found = Gate(
        margin=_margin(table, table.number("margin", default.margin), 1.0, reason),
        reason=reason,
        losses=str(table.choice("losses", LOSSES, default.losses)),
        losses_correlation=_correlation(table, default.losses_correlation),
        samples_apart=table.number("samples_apart") or default.samples_apart,
        margins=tuple(_gate_row(row) for row in table.tables("criterion")),
    )
    if not 0 <= found.samples_apart < 1:
        table.refuse(
            "samples_apart", f"got {found.samples_apart:g}", "write a share such as 0.02, below 1"
        )
    table.done()
    return found


def _correlation(table: Table, default: float) -> float:
    found = table.number("losses_correlation")
    if found is not None and not 0 <= found <= 1:
        table.refuse("losses_correlation", f"got {found:g}", "write a number from 0 to 1")
    return default if found is None else found


def _gate_row(table: Table) -> Margin:
    measure, subject = table.need("measure", str), table.need("subject", str)
    statistic, reason = table.need("statistic", str), table.take("reason", str, "").strip()
    whole = _WHOLE.get(_unit(measure, statistic, subject), math.inf)
    found = Margin(
        measure,
        subject,
        statistic,
        _margin(table, table.number("margin"), whole, reason),
        table.take("stratum", str, "all"),
        table.take("optional", bool, False),
        reason,
    )
    table.done()
    return found


_WHOLE = {"1": 1.0, "%": 100.0, "pp": 100.0}  # of a unit: what there is to lose


def _unit(measure: str, statistic: str, subject: str) -> str:
    """Of a change of the statistic; "" where there is none, which the gate says."""
    about = criterion_file.measures().get(measure, {}).get(StatisticName(statistic).base)
    return about.difference(subject_unit(subject)).stored if about else ""


def _margin(table: Table, margin: float | None, whole: float, reason: str) -> float:
    """A loss that may be: of more than a fifth the protocol says why, of half it is none."""
    if margin is None:
        table.refuse("margin", "is missing", "say how much worse the candidate may be")
    if margin <= 0:
        table.refuse("margin", f"got {margin:g}", "write a number above 0")
    most = MOST_MARGIN if reason else SILENT_MARGIN
    if margin > most * whole or (not reason and margin == most * whole):
        percent = whole == 1 and 1 <= margin <= 100 * most
        instead = f"write {margin / 100:g} for {margin:g} %" if percent else "write one such as"
        instead += "" if percent else f" {0.02 * whole:g}"
        more = "" if reason else f'; for up to {MOST_MARGIN * whole:g} add reason = "why"'
        table.refuse("margin", f"got {margin:g}: a candidate may lose that much", instead + more)
    return margin
