"""The commands of the command line, a file each: what it takes, how it helps, what it runs.

A file defines ``HELP`` (a line), ``EPILOG`` (examples, exit codes), ``arguments(parser)`` and
``run(args)``, which returns the exit code. All are read for ``wbcval --help``: what costs time is
imported where it is used, and none pays for what another needs.
"""

from __future__ import annotations

VERBS = (
    "init", "plan", "predict", "model", "report", "validate", "gate", "verify", "baseline",
    "selftest",
)  # fmt: skip
ACCEPTED, DIFFERS, INPUT, INTERNAL, UNWRITTEN, STOPPED = 0, 1, 2, 70, 74, 130
EXIT_CODES = (
    "exit codes: 0 accepted · 1 rejected · 2 input or usage error · 3 inconclusive · "
    "70 internal error · 74 the words could not be written · 130 stopped by Ctrl-C"
)
