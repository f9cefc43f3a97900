"""One Chromium for all browser tests; without one they are skipped, or fail where one is asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wbcval
from tests.conftest import ROOT

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
def sample_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample data, as ``make report`` writes it, made on a fixed day."""
    path = tmp_path_factory.mktemp("sample") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1767323045")
        made = wbcval.report(wbcval.load(ROOT / "sample_data" / "protocol.toml"))
    path.write_bytes(made.files["report.html"])
    return path
