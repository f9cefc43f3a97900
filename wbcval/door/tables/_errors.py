"""When findings stop the run."""

from __future__ import annotations

from collections.abc import Iterable

from wbcval.values.errors import InputError
from wbcval.values.findings import Finding, Severity

_LISTED = 20


def raise_on_errors(findings: Iterable[Finding]) -> None:
    """Stop where any finding is an error.

    Raises:
        InputError: listing at most 20 of them as where · rule · got · what to do.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    lines = [finding.text() for finding in errors[1:_LISTED]]
    if len(errors) > _LISTED:
        lines.append(
            f"{len(errors) - _LISTED} more: wbcval validate with --out lists them in import-log.csv"
        )
    first = errors[0]
    where, _, rest = first.text().partition(" · ")
    raise InputError(where, rest, "\n  ".join(lines))
