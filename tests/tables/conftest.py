"""A table on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.tables import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written
