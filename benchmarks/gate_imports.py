"""What ``wbcval gate`` imports, and that torch is not among it."""

import sys

import wbcval.commands.gate

if "torch" in sys.modules:
    raise SystemExit(f"{wbcval.commands.gate.__name__} imports torch")
