"""By default some of each kind run, and over the turns of CI every one of the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.relatives import TURNS, drawn, shown

ROOT = Path(__file__).resolve().parents[1]
FILE = """import pytest

@pytest.mark.representatives(2)
@pytest.mark.parametrize("n", range(20))
def test_kind(n): ...

@pytest.mark.further
@pytest.mark.parametrize("n", range(20))
def test_relative(n): ...

def test_by_itself(): ...
"""
DEFAULT = {"test_kind[0]", "test_kind[19]", "test_by_itself"}
FURTHER = {*(f"test_kind[{n}]" for n in range(1, 19)), *(f"test_relative[{n}]" for n in range(20))}


def collected(folder: Path, *arguments: str, turn: str = "") -> set[str]:
    path = folder / "test_kinds.py"
    path.write_text(FILE, encoding="utf-8")
    options = ["-q", "--collect-only", "-n", "0", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *options, path, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | {"WBCVAL_TURN": turn, "PYTEST_ADDOPTS": ""},
        check=False,
    )
    assert not done.stderr, done.stderr
    return {line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line}


def test_a_test_that_does_not_run_by_default_is_a_further_one(tmp_path: Path) -> None:
    assert collected(tmp_path) == DEFAULT
    assert collected(tmp_path, "-m", "slow or drawn or further") == FURTHER


def test_a_turn_takes_some_of_the_further_ones_and_leaves_the_others_alone(tmp_path: Path) -> None:
    some = collected(tmp_path, "-m", "slow or further", turn="1f")
    assert set() < some < FURTHER
    assert collected(tmp_path, turn="1f") == DEFAULT


def test_commits_draw_each_further_one_about_every_eighth_time() -> None:
    commits = [f"{n:040x}" for n in range(400)]
    for name in FURTHER:
        times = sum(drawn(name, commit) for commit in commits)
        assert 0.6 < times * TURNS / len(commits) < 1.5


@pytest.mark.parametrize(("count", "most", "places"), [
    (1, 1, {0}), (1, 3, {0}), (5, 1, {0}), (5, 2, {0, 4}), (9, 3, {0, 4, 8}), (3, 5, {0, 1, 2}),
])  # fmt: skip
def test_representatives_are_spread_evenly(count: int, most: int, places: set[int]) -> None:
    assert shown(count, most) == places
