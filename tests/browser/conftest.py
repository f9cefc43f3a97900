"""One Chromium for all browser tests; without one they are skipped, or fail where one is asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("WBCVAL_REQUIRE_CHROMIUM") == "1":
            pytest.fail("WBCVAL_REQUIRE_CHROMIUM=1, but there is no chromium on the path")
        pytest.skip("no chromium on the path")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def sample_report(sample_bundle: Path) -> Path:
    """The report of the sample data."""
    return sample_bundle / "report.html"
