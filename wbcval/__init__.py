"""Does a white-cell classifier's count agree with the reference analyzer?

The verbs and the types; each is loaded when it is first asked for::

    import wbcval
    made = wbcval.report(wbcval.load("protocol.toml"))
    made.verdict.decision
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0.dev0"

TYPE_CHECKING = False  # type checkers take it as true; importing typing costs half of --help
if TYPE_CHECKING:
    from wbcval.errors import InputError, NotEstimable, WbcvalError
    from wbcval.estimate import Estimate
    from wbcval.gating import Gated, gate
    from wbcval.outcomes import Outcome, Verdict
    from wbcval.protocol import Criterion, Protocol
    from wbcval.protocol_file import load
    from wbcval.results import Measurement, Results
    from wbcval.study import Study
    from wbcval.verbs import Report, report, validate, verify

_HOMES = {
    "Criterion": "protocol",
    "Estimate": "estimate",
    "Gated": "gating",
    "InputError": "errors",
    "Measurement": "results",
    "NotEstimable": "errors",
    "Outcome": "outcomes",
    "Protocol": "protocol",
    "Report": "verbs",
    "Results": "results",
    "Study": "study",
    "Verdict": "outcomes",
    "WbcvalError": "errors",
    "gate": "gating",
    "load": "protocol_file",
    "report": "verbs",
    "validate": "verbs",
    "verify": "verbs",
}

__all__ = [
    "Criterion",
    "Estimate",
    "Gated",
    "InputError",
    "Measurement",
    "NotEstimable",
    "Outcome",
    "Protocol",
    "Report",
    "Results",
    "Study",
    "Verdict",
    "WbcvalError",
    "gate",
    "load",
    "report",
    "validate",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'wbcval' has no attribute {name!r}")
    return getattr(importlib.import_module(f"wbcval.{_HOMES[name]}"), name)
