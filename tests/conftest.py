"""Shared fixtures: where the trial data lie, and the check values."""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import settings

import wbcval
from tests import relatives

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_DAY = "1767323045"
# a deadline measures the machine; in CI one commit is judged by the same examples each time
settings.register_profile("wbcval", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("wbcval")
if storage := os.environ.get("WBCVAL_STRING_STORAGE"):  # set by .ci/lane
    pd.set_option("mode.string_storage", storage)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """No test file holds examples in its docstrings: it is not searched for them."""
    return [found for found in (yield) if type(found) is pytest.Module]


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest tests first, so that none is left over at the end for one core alone."""
    relatives.mark(items)
    if out := set(relatives.left_out(items, relatives.TURN)):
        config.hook.pytest_deselected(items=[*out])
        items[:] = [item for item in items if item not in out]
    items.sort(key=lambda item: "test_docs_run" not in item.nodeid)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


def shared_folder() -> Path:
    return Path(os.environ.get("WBCVAL_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of trial data; the test is skipped where it is absent."""
    folder = shared_folder()
    if not (folder / "data").is_dir():
        pytest.skip(f"trial data absent: no {folder} (set WBCVAL_SHARED)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; without one the test is skipped, or fails where one is asked for."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("WBCVAL_REQUIRE_CHROMIUM") == "1":
            pytest.fail("WBCVAL_REQUIRE_CHROMIUM=1, but there is no chromium on the path")
        pytest.skip("no chromium on this machine (WBCVAL_REQUIRE_CHROMIUM=1 makes it a failure)")
    return program


@pytest.fixture(scope="session")
def golden(shared: Path) -> dict[str, dict[str, Any]]:
    """Check values by data set id; each entry has ``stat``, ``by`` and ``values``."""
    text = (shared / "reference" / "golden.json").read_text(encoding="utf-8")
    return {data["id"]: data for data in json.loads(text)["datasets"]}


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[], str]], str]:
    """A text that takes seconds: made by the first process that asks, read by the others."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def text(make: Callable[[], str]) -> str:
        path = folder / f"{make.__module__}.{make.__name__}"
        if not path.exists():
            own = path.with_suffix(f".{os.getpid()}")
            own.write_text(make(), encoding="utf-8", newline="")
            own.replace(path)  # whole, or not there
        return path.read_bytes().decode()

    return text


@pytest.fixture(scope="session")
def sample_made() -> wbcval.Report:
    """The report of the sample data, as ``make report`` makes it, on a fixed day."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", SAMPLE_DAY)
        return wbcval.report(wbcval.load(ROOT / "sample_data" / "protocol.toml"))


@pytest.fixture(scope="session")
def sample_bundle(sample_made: wbcval.Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its bundle; who changes it takes a copy."""
    out = tmp_path_factory.mktemp("sample") / "bundle"
    sample_made.write(out)
    return out
