"""``wbcval`` in this process: the start of a new one costs more than a small study."""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from wbcval.cli import main


def wbcval(*args: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """One command in a folder, its words and exit code; warnings are errors."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        if cwd is not None:
            patch.chdir(cwd)
        for name, value in env.items():
            patch.setenv(name, value)
        try:
            code = main([*map(str, args)])
        except SystemExit as end:  # of the parser
            code = int(end.code or 0)
    said = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(args, code, *said)
