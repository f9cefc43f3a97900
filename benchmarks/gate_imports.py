"""What ``wbcval gate`` imports, and that torch is not among it."""

import sys

import wbcval.commands._gate

if "torch" in sys.modules:
    raise SystemExit(f"{wbcval.commands._gate.__name__} imports torch")
