"""What every case needs: a protocol and tables on disk, judged by the command line in process."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wbcval.cli import main


@dataclass(frozen=True)
class Judged:
    """What a run of ``wbcval report`` ended with.

    ``console`` is stdout and stderr; ``results`` is empty where no bundle was written.
    """

    code: int
    console: str
    results: Mapping[str, Any]
    bundle: Path

    def outcome(self, criterion: str) -> Mapping[str, Any]:
        """The row of one criterion in ``results.json``."""
        return next(o for o in self.results["outcomes"] if o["criterion"] == criterion)

    def account(self, subject: str, of: str = "samples") -> Mapping[str, Any]:
        """Where what was listed of a subject went."""
        (row,) = (
            a for a in self.results["scope"]["ledger"]["accounts"]
            if (a["subject"], a["of"]) == (subject, of)
        )  # fmt: skip
        return row

    @property
    def first_screen(self) -> str:
        """Words of the page above the required criteria."""
        page = (self.bundle / "report.html").read_text(encoding="utf-8")
        page = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
        page = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
        return page.partition("Required criteria:")[0]


Report = Callable[..., Judged]


@pytest.fixture
def report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Report:
    """Write files by name, run ``wbcval report`` with arguments beside them, and read the result.

    With ``protocol.toml`` among the files and no arguments, it is what is judged.
    """

    def run(*arguments: str, **files: str) -> Judged:
        monkeypatch.chdir(tmp_path)
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (tmp_path / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
        code = main(["report", *(arguments or ("protocol.toml",)), "--out", "out", "--replace"])
        told = capsys.readouterr()
        found = tmp_path / "out" / "results.json"
        results = json.loads(found.read_text(encoding="utf-8")) if code in (0, 1, 3) else {}
        return Judged(code, told.out + told.err, results, tmp_path / "out")

    return run
