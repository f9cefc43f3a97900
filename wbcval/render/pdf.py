"""The report as PDF, printed by a Chromium that is on the machine: nothing is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from wbcval.values.errors import InputError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",  # bookmarks; tags are Chromium's default
)
_SECONDS = 180


def browser() -> str:
    """Path of a Chromium to print with; ``WBCVAL_CHROMIUM`` names another.

    Raises:
        InputError: where there is none.
    """
    named = os.environ.get("WBCVAL_CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise InputError(
            "--pdf",
            f"{named} cannot be run" if named else "no Chromium or Chrome is installed here",
            "install one, or print report.html from any browser; WBCVAL_CHROMIUM names its path",
        )
    return found


def print_pdf(html: str) -> bytes:
    """The page as a tagged PDF with bookmarks.

    Raises:
        InputError: where no Chromium is installed, or it prints nothing.
    """
    command = [browser(), *_FLAGS]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # Chromium refuses to run as root otherwise
    with tempfile.TemporaryDirectory() as folder:
        page, out = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, encoding="utf-8")
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={out}", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as why:
            raise InputError("--pdf", f"{command[0]} failed ({why})", _INSTEAD) from None
        if not out.is_file():
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
            raise InputError("--pdf", f"{command[0]} printed nothing: {last}", _INSTEAD)
        return out.read_bytes()


_INSTEAD = "print report.html from a browser"
