"""``allowable = "clia-2025"`` of a criterion: the number of a published scheme, filled in.

The scheme says how large an error may be, and the criterion which number is held against it: the
share of samples within it, an end of the total error, or the bias.
"""

from __future__ import annotations

from wbcval.machine.toml_tables import Table, nearest
from wbcval.protocol import bounds
from wbcval.stats.statistic_name import SHARE_WITHIN, StatisticName
from wbcval.values.allowable import SCHEMES, Scheme

_KEY = "allowable"
_GOES = "it goes with share_within of error, lower and upper of total_error, and bias of "
_GOES += "bland_altman_percent"


def filled(
    table: Table, measure: str, subject: str
) -> tuple[str | None, str, float | None, float | None]:
    """Scheme, statistic, ``min`` and ``max`` of a criterion; without a scheme as they stand.

    Args:
        table: the criterion, whose ``measure`` and ``subject`` are read already.
        measure, subject: these.

    Raises:
        InputError: for a scheme that is not known or says nothing of the subject, a statistic that
            it does not bound, and a number beside the scheme's own that differs from it.
    """
    name = table.take(_KEY, str)
    statistic = table.need("statistic", str)
    low, high = table.number("min"), table.number("max")
    if name is None:
        return None, statistic, low, high
    if name not in SCHEMES:
        table.refuse(_KEY, f"got {name!r}", nearest(name, (*SCHEMES,)))
    scheme, asked = SCHEMES[name], (measure, StatisticName(statistic).base)
    if asked == ("error", SHARE_WITHIN):
        own = f"{SHARE_WITHIN}:{_of(scheme, subject, table, bias=False):g}"
        if statistic not in (SHARE_WITHIN, own):
            table.refuse("statistic", f"got {statistic!r}", f"{scheme.title} says {own!r}")
        return name, own, low, high
    if asked in (("total_error", "lower"), ("total_error", "upper")):
        most = _of(scheme, subject, table, bias=False)
        own_low, own_high = (-most, None) if asked[1] == "lower" else (None, most)
    elif asked == ("bland_altman_percent", "bias"):
        most = _of(scheme, subject, table, bias=True)
        own_low, own_high = -most, most
    else:
        table.refuse(_KEY, f"stands with {' '.join(asked)!r}", _GOES)
    for key, given, right in (("min", low, own_low), ("max", high, own_high)):
        if given is not None and given != right:
            table.refuse(key, f"got {given:g} beside {_KEY}", "it brings its own: delete this line")
    return name, statistic, own_low, own_high


def _of(scheme: Scheme, subject: str, table: Table, *, bias: bool) -> float:
    known = scheme.bias if bias else scheme.total
    if subject not in known:
        of = "bias" if bias else "error"
        has = f"it has {', '.join(known)}" if known else f"it has no allowable {of} at all"
        table.refuse(_KEY, f"{scheme.title} says no allowable {of} of {subject!r}", has)
    if known[subject] > bounds.MOST_PERCENT:
        table.refuse(
            _KEY,
            f"{scheme.title} allows {known[subject]:g} % of {subject!r}: a model that says 0 is "
            "100 % off",
            "ask for another number of it",
        )
    return known[subject]
