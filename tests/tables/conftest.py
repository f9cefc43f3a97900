"""A table on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.tables import Write, writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writer(tmp_path / "table.csv")
