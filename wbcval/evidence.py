"""The evidence bundle: written whole or not at all, and verified years later.

Built in a sibling folder, manifest last, then two renames: whoever looks finds the old bundle or
the new one, or for an instant neither, and then the next run restores the old one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from wbcval import __version__, digests
from wbcval.errors import InputError
from wbcval.study import Study

FORMAT = "wbcval evidence bundle 1"
_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "matplotlib",
    "jinja2",
    "pandera",
    "pyarrow",
    "python-calamine",
)


def created() -> str:
    """Creation time in UTC; ``SOURCE_DATE_EPOCH`` fixes it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        seconds = int(epoch) if epoch else int(time.time())
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise InputError("SOURCE_DATE_EPOCH", f"is {epoch!r}", "write seconds since 1970") from None


def provenance(study: Study, when: str) -> dict[str, Any]:
    """What report and results say of their origin: no path, host, command line or duration."""
    protocol = study.protocol
    return {
        "wbcval_version": __version__,
        "created": when,
        "mode": protocol.mode,
        "rollup": protocol.rollup,
        "label_depths": list(study.merged),
        "seed": protocol.seed,
        "digests": _digests(study),
        "protocol_sha256": hashlib.sha256(protocol.source.encode()).hexdigest()
        if protocol.source
        else None,
        "inputs": [
            {
                "role": i.role,
                "file": i.file,
                "sha256": i.sha256,
                "dialect": i.dialect,
                "rows": i.rows,
            }
            for i in study.inputs
        ],
        "predicted_by": [origin.to_json() for origin in study.origins],
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that numbers depend on."""
    packages = {name: metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), **packages}


def _digests(study: Study) -> dict[str, str]:
    """Of each side: equal whatever the order of rows, the format and the names of the files."""
    counts, values = study.counts, study.values
    return {
        "predictions": digests.of_side(
            counts.called if counts else None,
            study.sample_ids,
            {m: v.model for m, v in values.items()},
        ),
        "reference": digests.of_side(
            counts.true if counts else None,
            study.sample_ids,
            {m: v.reference for m, v in values.items()},
        ),
    }


def input_paths(study: Study) -> list[Path]:
    """Where the inputs of a study were, in the order in which they are read again."""
    protocol = study.protocol
    return [*protocol.predictions, *filter(None, (protocol.reference, protocol.samples))]


def manifest(
    files: Mapping[str, bytes], origin: Mapping[str, Any], paths: Sequence[Path], seconds: float
) -> dict[str, Any]:
    """The manifest of a folder: every hash, and what only this run knows.

    Args:
        files: name → content of each file.
        origin: the provenance they state.
        paths: where the inputs were.
        seconds: that it took.
    """
    return {
        "format": FORMAT,
        "created": origin["created"],
        "outputs": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        "inputs": origin["inputs"],
        "input_paths": [str(path.resolve()) for path in paths],
        "versions": origin["versions"],
        "wbcval_version": __version__,
        "platform": platform.platform(),
        "seed": origin["seed"],
        "command_line": sys.argv,
        "seconds": round(seconds, 3),
    }


def write(out: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
    """Put a bundle where ``out`` says, replacing an older bundle whole.

    Raises:
        InputError: where ``out`` holds anything that is not a bundle, or cannot be written.
    """
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    put(out.absolute(), {**files, "manifest.json": text.encode()}, check_target)


def put(out: Path, files: Mapping[str, bytes], check: Callable[[Path], None]) -> None:
    """Put a folder where ``out`` says, replacing an older one whole or not at all.

    Args:
        out: absolute.
        files: name → content, written in this order; a name may have one folder in it.
        check: refuses what must not be replaced.

    Raises:
        InputError: of ``check``, or where nothing can be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        recover(out)
        check(out)
        staging = out.with_name(f".{out.name}.new-{os.getpid()}")
        staging.mkdir()
        for name, data in files.items():
            (staging / name).parent.mkdir(exist_ok=True)
            (staging / name).write_bytes(data)
        old = _old(out)
        if out.exists():
            out.rename(old)
        staging.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as why:
        raise InputError(
            str(out), f"cannot be written ({why.strerror})", "name another folder"
        ) from None


def check_target(out: Path) -> None:
    """Refuse a folder that is not a bundle.

    Raises:
        InputError: where ``out`` is a file, or a folder with other things in it.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not is_bundle(out):
        raise InputError(
            str(out), "is not an evidence bundle, so it is not overwritten", "name another --out"
        )


def is_bundle(folder: Path) -> bool:
    """Whether a folder holds a manifest of ours."""
    try:
        return bool(read_manifest(folder)["format"] == FORMAT)
    except (InputError, KeyError, TypeError):
        return False


def recover(out: Path) -> None:
    """Mend what a killed run left beside ``out``: restore the old bundle, drop half-made ones."""
    old = _old(out)
    if old.exists() and not out.exists():
        old.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    for stale in out.parent.glob(f".{out.name}.new-*"):
        if not _alive(stale.name.rpartition("-")[2]):
            shutil.rmtree(stale, ignore_errors=True)


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")


def _alive(pid: str) -> bool:
    if os.name == "nt":  # there, signal 0 is not a question
        return True
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()


def read_manifest(bundle: Path) -> dict[str, Any]:
    """The manifest of a bundle.

    Raises:
        InputError: where there is none, or it is not JSON.
    """
    path = bundle / "manifest.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as why:
        raise InputError(str(bundle), f"holds no readable manifest.json ({why})",
                         "give the folder that `wbcval report` wrote") from None  # fmt: skip
    if not isinstance(found, dict):
        raise InputError(str(path), "is not a manifest", "give an evidence bundle")
    return found


def seal(bundle: Path) -> str:
    """sha256 of the manifest: noted elsewhere, it shows that nobody rewrote the manifest too."""
    return hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One file of a bundle that is not what the manifest says."""

    name: str
    what: str


def verify(bundle: Path) -> list[Difference]:
    """Every file that was altered, is missing, or came in since; empty when all is as written.

    Raises:
        InputError: where the bundle or its manifest cannot be read.
    """
    recover(bundle.absolute())
    outputs = read_manifest(bundle).get("outputs")
    if not isinstance(outputs, dict):
        raise InputError(str(bundle), "has a manifest without outputs", "give an evidence bundle")
    found = []
    for name, recorded in outputs.items():
        path = bundle / name
        if not path.is_file():
            found.append(Difference(name, "is missing"))
        elif hashlib.sha256(path.read_bytes()).hexdigest() != recorded:
            found.append(Difference(name, "was altered: its sha256 differs"))
    known = {*outputs, "manifest.json"}
    extra = sorted(p.name for p in bundle.iterdir() if p.name not in known)
    return found + [Difference(name, "is not in the manifest") for name in extra]


def inputs_at_hand(about: Mapping[str, Any]) -> list[Path]:
    """The inputs of a bundle, where its manifest found them, unchanged.

    Raises:
        InputError: where one is gone or is not the same file any more.
    """
    known = {(i["file"], i["sha256"]) for i in about["inputs"]}
    paths = [Path(p) for p in about["input_paths"]]
    for path in paths:
        try:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            raise InputError(str(path), "the input is not there any more",
                             "put it back to recompute") from None  # fmt: skip
        if (path.name, found) not in known:
            raise InputError(str(path), "is not the file that was judged: its sha256 differs",
                             "put the judged file back to recompute")  # fmt: skip
    return paths
