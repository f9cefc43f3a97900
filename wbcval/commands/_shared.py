"""What several commands say and take alike."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbcval.machine.progress import Extent, Progress, silent
from wbcval.protocol.roles import ROLES
from wbcval.values.findings import Finding

if TYPE_CHECKING:
    from tqdm import tqdm

    from wbcval.judge.outcomes import Verdict  # the statistics: a second, and predict needs none

_UNCOUNTED = "{desc} {elapsed}"
MOST = 20  # findings, and exclusions, that are printed


def path_of(text: str | None) -> Path | None:
    """A path, where one is given."""
    return None if text is None else Path(text)


def given(args: argparse.Namespace) -> dict[str, tuple[Path, ...]]:
    """Role → paths, of the inputs that the options name."""
    found = {}
    for name, role in ROLES.items():
        if (named := getattr(args, name, None)) not in (None, []):
            found[name] = tuple(map(Path, named if role.many else [named]))
    return found


@contextmanager
def progress() -> Iterator[Progress]:
    """What is being done, on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield silent
        return
    from tqdm import tqdm

    with tqdm(bar_format=_UNCOUNTED, unit_scale=True, leave=False, file=sys.stderr) as bar:
        yield partial(_show, bar)


def _show(bar: tqdm[Any], step: str, extent: Extent | None = None, /) -> None:
    """One line: the step; where its extent is known, tqdm counts rate and time left."""
    if bar.desc != (desc := f"wbcval: {step}"):
        bar.desc, bar.total, bar.bar_format = desc, None, _UNCOUNTED
        bar.reset()
    if extent is not None:
        bar.n, bar.total, bar.unit = extent.done, extent.total, f" {extent.unit}"
        bar.bar_format = None
        bar.refresh()


def stated(verdict: Verdict) -> str:
    """A verdict on one line: the decision and what it is on, why, and what it does not cover."""
    opening = str(verdict.decision).upper() + verdict.on
    return " ".join(filter(None, (f"{opening}: {verdict.reason}", verdict.covers)))


def say_findings(findings: tuple[Finding, ...]) -> None:
    """The first findings, on stderr."""
    for finding in findings[:MOST]:
        print(f"{finding.severity}: {finding.text()}", file=sys.stderr)
    if len(findings) > MOST:
        print(f"… and {len(findings) - MOST} more in import-log.csv", file=sys.stderr)
