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
    from wbcval.judge.outcomes import Outcome, Verdict
    from wbcval.measure.results import Measurement, Results
    from wbcval.protocol.protocol_file import load
    from wbcval.protocol.types import Criterion, Protocol
    from wbcval.study.types import Study
    from wbcval.values.errors import InputError, NotEstimable, WbcvalError
    from wbcval.values.estimate import Estimate
    from wbcval.verbs.frames import study_of
    from wbcval.verbs.gate import Gated, gate
    from wbcval.verbs.road import Report, report, validate, verify

_HOMES = {
    "Criterion": "protocol.types",
    "Estimate": "values.estimate",
    "Gated": "verbs.gate",
    "InputError": "values.errors",
    "Measurement": "measure.results",
    "NotEstimable": "values.errors",
    "Outcome": "judge.outcomes",
    "Protocol": "protocol.types",
    "Report": "verbs.road",
    "Results": "measure.results",
    "Study": "study.types",
    "Verdict": "judge.outcomes",
    "WbcvalError": "values.errors",
    "gate": "verbs.gate",
    "load": "protocol.protocol_file",
    "report": "verbs.road",
    "study_of": "verbs.frames",
    "validate": "verbs.road",
    "verify": "verbs.road",
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
    "study_of",
    "validate",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'wbcval' has no attribute {name!r}")
    return getattr(importlib.import_module(f"wbcval.{_HOMES[name]}"), name)
