"""What is installed: versions, platform, and the package's files by their hashes."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import wbcval
from wbcval.bundle import evidence
from wbcval.machine import input_files, resources

_DATA = ("reports", "schemas")  # inside the package in a wheel, beside it in a checkout


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation of wbcval.

    Attributes:
        versions: of Python and the packages that numbers and pages depend on.
        platform: system, its version and machine.
        files: name → sha256 of each file of the package, one name in a wheel and in a checkout.
    """

    versions: Mapping[str, str]
    platform: str
    files: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """Of names and hashes: one number, equal where every file is."""
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()


def installation() -> Installation:
    """The one that runs."""
    files = {name: input_files.sha256_of(path) for name, path in sorted(_files())}
    return Installation(evidence.versions(workbooks=True), platform.platform(), files)


def _files() -> Iterator[tuple[str, Path]]:
    """Code and data that a wheel holds."""
    code, data = Path(wbcval.__file__).parent, resources.root()
    for path in code.rglob("*"):
        inside = path.relative_to(code)
        if inside.parts[0] not in _DATA and "__pycache__" not in inside.parts and path.is_file():
            yield f"wbcval/{inside.as_posix()}", path
    for folder in _DATA:
        for path in (data / folder).rglob("*"):
            if path.is_file():
                yield path.relative_to(data).as_posix(), path
