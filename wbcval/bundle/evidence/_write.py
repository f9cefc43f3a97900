"""Writing a bundle, and which folder it may take the place of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wbcval.bundle.evidence._verify import SIGNED, altered
from wbcval.machine import folders
from wbcval.values.errors import InputError

_ELSEWHERE = "name another --out"
_INPUTS = "inputs"


def write(
    out: Path, files: Mapping[str, bytes], about: Mapping[str, Any], *, replace: bool = False
) -> None:
    """Put a bundle where ``out`` says, in place of an older one of the same study.

    Args:
        out: a link is followed.
        files: name → content of each file but the manifest.
        about: the manifest.
        replace: the bundle that stands there may be another study's, or altered by hand.

    Raises:
        InputError: of :func:`check_target`, or where nothing can be written.
    """
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    inputs = [Path(path) for path in about.get("input_paths", ())]

    def check(target: Path) -> None:
        check_target(target, inputs, about, replace=replace)

    folders.put(out, {**files, folders.MANIFEST: text.encode()}, check, keep=(SIGNED,))


def check_target(
    out: Path,
    inputs: Sequence[Path] = (),
    about: Mapping[str, Any] | None = None,
    *,
    replace: bool = False,
) -> None:
    """Refuse a folder with anything in it that the run did not make itself.

    Args:
        out: where a bundle shall stand.
        inputs: files and folders that the run reads.
        about: the manifest to come; ``None``: not known yet.
        replace: let another study's bundle go, and files of a bundle that were altered by hand.

    Raises:
        InputError: where ``out`` is a file, lies in a bundle, or holds an input, a file that no
            manifest names, or, without ``replace``, a file that was altered or another study.
    """
    out = folders.real(out)
    folders.refuse_inside(out)
    for path in inputs:
        if out in (real := folders.real(path), *real.parents):
            raise InputError(str(out), f"holds an input of this run, {path.name}", _ELSEWHERE)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not folders.is_bundle(out):
        raise InputError(
            str(out), "is not an evidence bundle, so it is not overwritten", _ELSEWHERE
        )
    for difference in altered(out):
        if difference.foreign:
            raise InputError(
                str(out / difference.name), "is not of the bundle there, and would be lost",
                f"move it into {SIGNED}/ there, which stays; or {_ELSEWHERE}",
            )  # fmt: skip
        if not difference.lost and not replace:
            raise InputError(
                str(out / difference.name), "was altered since it was written, and would be lost",
                f"{_ELSEWHERE}; or let it go with --replace",
            )  # fmt: skip
    if about is not None and not replace:
        _refuse_another(out, about)


def _refuse_another(out: Path, about: Mapping[str, Any]) -> None:
    there = dict(_study(folders.manifest_of(out)))
    for what, value in _study(about):
        if there[what] != value:
            which = _which(folders.manifest_of(out), about) if what == _INPUTS else ""
            raise InputError(
                str(out), f"holds the evidence of another study: its {what} differ{which}",
                "what is there stays and tells nothing of these files: if it is the same study, "
                f"corrected, run this again with --replace; else {_ELSEWHERE}",
            )  # fmt: skip


def _which(there: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Which files differ, in brackets."""
    before, now = (
        {(i["role"], i["file"]): i["sha256"] for i in of.get("inputs", ())} for of in (there, about)
    )
    both = [key for key in now if before.get(key, now[key]) != now[key]]
    said = [
        *(f"the content of {file} has changed" for _, file in both),
        *(f"{file} ({role}) was not read then" for role, file in now if (role, file) not in before),
        *(f"{file} ({role}) is not read now" for role, file in before if (role, file) not in now),
    ]
    return f" ({', '.join(said)})" if said else ""


def _study(about: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What makes a bundle one of a study: its kind, its protocol, and what it was made from."""
    outputs: Mapping[str, str] = about.get("outputs", {})
    yield "kinds of files", {*outputs} - {"report.pdf"}
    yield "protocols", outputs.get("protocol.toml")
    yield _INPUTS, sorted((i["role"], i["sha256"]) for i in about.get("inputs", ()))
