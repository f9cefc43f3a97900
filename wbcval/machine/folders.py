"""Folders that are replaced whole or not at all, and what may not be replaced.

A folder is built beside its place and then takes it in two renames: whoever looks finds the old one
or the new one, or for an instant neither, and then the next run restores the old one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wbcval.machine import input_files, input_json
from wbcval.values.errors import InputError

BUNDLE, MANIFEST = "wbcval evidence bundle 1", "manifest.json"
LOG, ANCHOR, CURRENT, ATTRIBUTES = "log.jsonl", "anchor", "current", ".gitattributes"  # a baseline


def real(path: Path) -> Path:
    """The path without symbolic links, of a folder to be written.

    Raises:
        InputError: for links that lead nowhere, and for the root of a disk.
    """
    try:
        found = path.resolve()
    except (OSError, RuntimeError, ValueError) as why:  # RuntimeError: a loop, before Python 3.13
        raise InputError(str(path), f"cannot be followed ({why})", "name another folder") from None
    if not found.name:
        raise InputError(str(path), "is the root of a disk", "name another folder")
    return found


def put(
    out: Path,
    files: Mapping[str, bytes],
    check: Callable[[Path], None],
    keep: tuple[str, ...] = (),
) -> None:
    """Put a folder where ``out`` says, replacing an older one whole or not at all.

    Args:
        out: a link is followed.
        files: name → content, written in this order; a name may have one folder in it.
        check: refuses what must not be replaced.
        keep: names in the older folder that the new one takes over.

    Raises:
        InputError: of ``check``, or where nothing can be written; then nothing is left behind.
    """
    out = real(out)
    with input_files.system(str(out), "written", "name another folder"):
        out.parent.mkdir(parents=True, exist_ok=True)
        recover(out)
        check(out)
        _swap(out, files, keep)


def _swap(out: Path, files: Mapping[str, bytes], keep: tuple[str, ...]) -> None:
    old, new = _old(out), out.with_name(f".{out.name}.new-{os.getpid()}")
    if old.exists():
        raise InputError(str(old), "stands where the older folder is put aside", "move it away")
    try:
        new.mkdir()
        for name, data in files.items():
            (new / name).parent.mkdir(exist_ok=True)
            (new / name).write_bytes(data)
        for name in keep:
            _copy(out / name, new / name)
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except BaseException:
            if old.exists():
                old.rename(out)
            raise
        if old.exists():
            old.rename(new)  # a half-deleted folder is never found under the name of the old one
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _copy(source: Path, to: Path) -> None:
    if source.is_symlink():
        to.symlink_to(source.readlink())
    elif source.is_dir():
        shutil.copytree(source, to, symlinks=True)


def restore(out: Path) -> None:
    """Bring back the old folder that a killed run had put aside. Nothing is deleted."""
    old = _old(out)
    if not out.exists() and (is_ours(old) or (old.is_dir() and not any(old.iterdir()))):
        old.rename(out)


def recover(out: Path) -> None:
    """Mend what a killed run left beside ``out``: restore the old folder, drop half-made ones."""
    restore(out)
    old = _old(out)
    if is_ours(old) and _alien(old) <= {p.name for p in out.iterdir()}:
        shutil.rmtree(old, ignore_errors=True)
    for stale in out.parent.glob(f".{_literal(out.name)}.new-*"):
        if not _alive(stale.name.rpartition("-")[2]):
            shutil.rmtree(stale, ignore_errors=True)


def _alien(folder: Path) -> set[str]:
    """Names in a bundle or baseline that no run of ours writes there: a reader's own."""
    named = manifest_of(folder).get("outputs") if is_bundle(folder) else ()
    ours = {MANIFEST, LOG, ANCHOR, CURRENT, ATTRIBUTES, *(named or ())}
    return {p.name for p in folder.iterdir()} - ours


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _alive(pid: str) -> bool:
    """Whether a process may still be writing; what is no number of a process was not ours."""
    if os.name == "nt":  # there, signal 0 is not a question
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        return True
    return int(pid) != os.getpid()


def manifest_of(folder: Path) -> dict[str, Any]:
    """``manifest.json`` of a folder.

    Raises:
        InputError: where there is none, or it is no JSON object with each key once.
    """
    path, advice = folder / MANIFEST, "give the folder that `wbcval report` wrote"
    try:
        data = input_files.read(path)
    except InputError as why:
        said = f"holds no readable manifest.json, which {why.got}"
        raise InputError(str(folder), said, advice) from None
    found = input_json.loads(data, str(path), advice)
    if not isinstance(found, dict):
        raise InputError(str(path), "is not a manifest", "give an evidence bundle")
    return found


def is_bundle(folder: Path) -> bool:
    """Whether a folder holds a manifest of ours."""
    try:
        return bool(manifest_of(folder).get("format") == BUNDLE)
    except InputError:
        return False


def is_ours(folder: Path) -> bool:
    """Whether a folder is an evidence bundle or a baseline, sound or not."""
    return is_bundle(folder) or ((folder / LOG).is_file() and (folder / ANCHOR).is_dir())


def refuse_inside(path: Path) -> None:
    """Refuse to write into a bundle or a baseline, at any depth.

    Args:
        path: of what is to be written; whatever stands there itself is not looked at.

    Raises:
        InputError: where a folder above it is one.
    """
    for folder in real(path).parents:
        if is_ours(folder):
            raise InputError(
                str(path), f"lies in {folder}, which `wbcval verify` would then find altered",
                "write elsewhere",
            )  # fmt: skip


def check_file(path: Path, is_own: Callable[[Path], bool]) -> None:
    """Refuse to write a file where another stands that no earlier run wrote.

    Args:
        path: a link is followed.
        is_own: whether the file that stands there is an earlier run's.

    Raises:
        InputError: where it is not, or where a folder above is a bundle or a baseline.
    """
    refuse_inside(path)
    path = real(path)
    with input_files.system(str(path), "read", "name another --out"):
        own = not path.exists() or (path.is_file() and is_own(path))
    if not own:
        raise InputError(str(path), "is not of an earlier run, so it is not overwritten",
                         "name another --out")  # fmt: skip


def replace_file(path: Path, data: bytes, is_own: Callable[[Path], bool]) -> None:
    """Write a file in one rename; see :func:`check_file`.

    Raises:
        InputError: of that check, or where nothing can be written; then nothing is left behind.
    """
    check_file(path, is_own)
    path = real(path)
    fresh = path.with_name(f".{path.name}.new-{os.getpid()}")
    with input_files.system(str(path), "written", "name another --out"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(data)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
