"""The wheel holds the package, its schemas and its templates, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACES = {"wbcval/": "wbcval/", "schemas/": "wbcval/schemas/",
          "reports/": "wbcval/reports/"}  # fmt: skip


def sources() -> set[str]:
    """The files git knows or would add, under the names they have in the wheel."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git checkout: what belongs in the wheel is not known")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PLACES]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    return {
        inside + name.removeprefix(outside)
        for name in found
        for outside, inside in PLACES.items()
        if name.startswith(outside)
    }


def test_the_wheel_holds_the_sources_and_nothing_else(tmp_path: Path) -> None:
    expected = sources()

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (about,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        entries = archive.read(f"{about}/entry_points.txt").decode()
    parts = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert names == expected | {f"{about}/{part}" for part in parts}
    assert {"wbcval/py.typed", "wbcval/schemas/cells.yaml"} <= names
    assert any(name.startswith("wbcval/reports/templates/sections/") for name in names)
    assert "wbcval = wbcval.cli:main" in entries
