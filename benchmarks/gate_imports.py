"""What ``wbcval gate`` imports, and that torch is not among it."""

import sys

import wbcval.commands._shared
import wbcval.verbs.gate

if "torch" in sys.modules:
    raise SystemExit(f"{wbcval.verbs.gate.__name__} imports torch")
