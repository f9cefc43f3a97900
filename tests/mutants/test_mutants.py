"""Damaged inputs through the road: refused with what to do, or read whole; never anything else.

20 000 mutants in the slow lane, some hundreds by default, by number: ``mutant(n)`` is the same file
each time. They run in a process of their own, so that an abort has a number too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.simulated import repeats


def faults(start: int, stop: int) -> tuple[int, list[object]]:
    """How many were tried, and what was found; a mutant that ends the process is a fault."""
    tried, found = 0, []
    while start < stop:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "tests.mutants.tried", str(start), str(stop)],
            capture_output=True, text=True, encoding="utf-8", check=False,
            env=os.environ | {"PYTHONUTF8": "1"},
        )  # fmt: skip
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        ended = [line for line in lines if isinstance(line, list)]
        tried += len(ended)
        found += [line for line in ended if line[2]]
        begun = [line for line in lines if isinstance(line, int)]
        assert begun, done.stderr
        if done.returncode == 0:
            break
        found.append([begun[-1], f"ended the process: {done.returncode}", done.stderr[-2000:]])
        start = begun[-1] + 1
    return tried, found


def test_some_hundred_mutants() -> None:
    tried, found = faults(0, 200)

    assert found == []
    assert tried == 200


@pytest.mark.slow
def test_twenty_thousand_mutants() -> None:
    wanted = repeats(20_000, 200)

    tried, found = faults(1000, 1000 + wanted)

    assert found == []
    assert tried == wanted
