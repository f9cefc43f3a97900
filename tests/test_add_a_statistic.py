"""The page for contributors is followed word for word, in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/how-to/add-a-statistic.md"
_BLOCK = re.compile(
    r"^```\{code-block\} \S+\n:caption: ([^\s,]+)(?:, below the line: ([^\n]+))?\n\n(.*?)^```$",
    re.M | re.S,
)
_FOLDERS = ("wbcval", "reports", "schemas", "tests")


def blocks() -> Iterator[tuple[str, str, str]]:
    """File, the line below which to write ("": a new file), and what."""
    for m in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield m[1], m[2] or "", m[3]


def follow(root: Path) -> None:
    for name, below, text in blocks():
        path = root / name
        if not below:
            assert not path.exists(), f"{name} is there already: the page needs another example"
            path.write_text(text, encoding="utf-8")
            continue
        before = path.read_text(encoding="utf-8")
        assert before.count(f"\n{below}\n") == 1, f"{name} has no line {below!r}"
        path.write_text(before.replace(f"\n{below}\n", f"\n{below}\n{text}"), encoding="utf-8")


def test_every_block_says_its_file() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = [name for name, _, _ in blocks()]

    assert len(files) == page.count("{code-block}")
    for name in dict.fromkeys(files):
        assert page.partition("## 1.")[0].count(f"`{name}`") == 1, f"no row for {name}"


@pytest.mark.slow
def test_a_statistic_with_picture_section_and_test_is_added_from_the_page_alone(
    tmp_path: Path,
) -> None:
    pytest.importorskip("ruff", reason="the lint group is not installed")
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    follow(tmp_path)
    (asked,) = re.findall(r"-m pytest -q (tests/.*)", PAGE.read_text(encoding="utf-8"))

    for command in (
        "ruff check -q --fix --no-cache .",
        "ruff format -q --check --no-cache .",
        f"pytest -q -x -n0 -p no:cacheprovider {asked}",
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, command + done.stdout[-4000:] + done.stderr
