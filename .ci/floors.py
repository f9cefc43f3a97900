"""Prints pip constraints: each dependency at its floor in pyproject.toml, the rest as pinned."""

import re
import sys
import tomllib
from pathlib import Path

INSTALLED = ("torch", "onnx", "fields", "fast")  # the extras that make test installs
ROOT = Path(__file__).resolve().parents[1]


def name(requirement: str) -> str:
    """The package of a requirement, spelt as an index spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
asked = [*project["dependencies"], *(one for extra in INSTALLED for one in extras[extra])]
floors = {name(one): one.replace(">=", "==") for one in asked}
pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
# each numba asks for the one llvmlite of its time
lines = [*floors.values(), *(pin for pin in pins if name(pin) not in {*floors, "llvmlite"})]
sys.stdout.write("\n".join(lines) + "\n")
