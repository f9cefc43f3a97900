"""What every mutant must satisfy, tried in this process: ``python -m tests.mutants.tried 0 300``.

A line of JSON before each mutant and one after it, so that whoever reads knows which one ended the
process, or did not end.
"""

from __future__ import annotations

import contextlib
import csv
import faulthandler
import io
import json
import os
import re
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl

from tests.mutants.material import ROLES, Mutant, bundle, mutant, rehashed, write_study
from wbcval.bundle.read import side_of
from wbcval.cli import main
from wbcval.door.importers import Raw, Request, open_table
from wbcval.door.tables import Checked, read
from wbcval.predict import cards
from wbcval.values.errors import InputError
from wbcval.values.measurands import MEASURANDS

SECONDS = 180  # a mutant that takes longer hangs, be the machine ever so busy
_CELL_TYPES = {b"b", b"d", b"e", b"inlineStr", b"n", b"s", b"str"}
_ON_THE_ROAD = 9  # one of so many tables and bundles goes the whole road besides
_ERROR = re.compile(r"wbcval: error: [^\n]+\n(  [^\n]*\n?){0,22}\Z")


def faults(one: Mutant, folder: Path) -> tuple[str, list[str]]:
    """What became of a mutant, and what of it is not as it must be."""
    tell = {"table": _table, "protocol": _protocol, "card": _card, "bundle": _bundle}
    try:
        return tell[one.kind](one, folder)
    except Exception as why:  # each would end with 70
        import traceback

        where = traceback.extract_tb(why.__traceback__)[-1]
        return "crash", [
            f"{type(why).__name__}: {why} ({Path(where.filename).name}:{where.lineno})"
        ]


def _said(why: InputError) -> list[str]:
    """Whether an error says where, what and what to do, in three lines that can be printed."""
    lines = str(why).split("\n")
    good = why.where and why.got and why.advice and len(lines) <= 3
    shown = all(line.isprintable() for line in lines) and max(map(len, lines)) <= 600
    return [] if good and shown else [f"says {str(why)!r}"]


def _table(one: Mutant, folder: Path) -> tuple[str, list[str]]:
    path = folder / one.name
    path.write_bytes(one.data)
    name = path.stem
    role = ROLES.get(name, name)
    found: list[str] = []
    if one.number % _ON_THE_ROAD == 0 and name != "cells" and path.suffix == ".csv":
        write_study(folder, **{name: one.data})
        found += _run("validate", str(folder / "protocol.toml"))[1]
        path.write_bytes(one.data)
    try:
        checked = read(path, role)
    except InputError as why:
        return "refused", found + _said(why)
    raws = list(open_table(path, Request()))
    if any(f.severity == "error" for f in checked.findings):
        return "error", found
    return "read", found + _accounted(checked, raws) + _numbers(checked) + _cells(one, raws)


def _span(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _accounted(checked: Checked, raws: list[Raw]) -> list[str]:
    """Rows of the file against rows that the log names, and those kept against the frame."""
    named = {row for line in checked.log for row in _span(line.row)}
    rows = {int(row) for raw in raws for row in raw.rows}
    rows |= {skipped.row for skipped in raws[0].skipped}  # above the first record, with a reason
    kept = sum(len(_span(line.row)) for line in checked.log if line.action == "kept")
    found = []
    if named != rows:
        found.append(f"rows unaccounted: {sorted(rows ^ named)[:5]}")
    if not len(checked.frame) <= kept:
        found.append(f"{len(checked.frame)} rows read, {kept} said to be kept")
    return found


def _numbers(checked: Checked) -> list[str]:
    """No NaN that nobody told of, no infinity at all."""
    told = {row for line in checked.log if line.action != "kept" for row in _span(line.row)}
    found = []
    columns = [c for c in checked.frame if c in MEASURANDS or str(c).startswith("probability_")]
    for column in columns:
        values = checked.frame[column].to_numpy(float)
        if np.isinf(values).any():
            found.append(f"infinite {column}")
        if np.isnan(values).sum() > len(told):
            found.append(f"NaN in {column} that no line of the log names")
    return found


def _cells(one: Mutant, raws: list[Raw]) -> list[str]:
    """The cells as a plain reader has them, where there is one: none changed, none lost."""
    if one.name.endswith(".xlsx"):
        return _of_workbook(one, raws[0])
    if one.text is None or not one.name.endswith(".csv"):
        return []
    lines = one.text.removeprefix("\ufeff")
    texts = [t for raw in raws for c in raw.table.columns for t in c.to_pylist()]
    width = len(raws[0].header)
    below = int(raws[0].rows[0]) - 1 if len(raws[0].rows) else 0
    for delimiter in (",", ";", "\t", "|"):
        rows = [
            row or [""] for row in csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)
        ]
        rows = [row[:width] + [""] * (width - len(row)) for row in rows[below:]]
        plain = [row[at] for at in range(width) for row in rows]
        if sorted(plain) == sorted(str(t).replace("\r\n", "\n") for t in texts):
            return []
    return ["cells differ from a plain reader's"]


def _of_workbook(one: Mutant, raw: Raw) -> list[str]:
    """Against openpyxl, where it can read the workbook."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheets = openpyxl.load_workbook(io.BytesIO(one.data), data_only=True).worksheets
        rows = [list(row) for row in sheets[0].iter_rows(values_only=True)]
    except Exception:  # it has bounds of its own
        return []
    if not rows or len(sheets) > 1 or _types(one.data) - _CELL_TYPES:
        return []
    ours = [raw.table.column(i).to_pylist() for i in range(raw.table.num_columns)]
    for at, row in enumerate(raw.rows.tolist()):
        theirs = [*(rows[row - 1] if row <= len(rows) else []), *[None] * len(ours)]
        for i, column in enumerate(ours):
            if not _same(column[at], theirs[i]):
                return [
                    f"row {row} column {i + 1} is {column[at]!r}, and {theirs[i]!r} by openpyxl"
                ]
    return []


def _types(workbook: bytes) -> set[bytes]:
    """What the cells say they are; of a type that the standard has not, each reader thinks its own.

    ECMA-376 part 1, 18.18.11 (ST_CellType).
    """
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "/worksheets/" in name]
    return {found for sheet in sheets for found in re.findall(rb'<c [^>]*?\bt="([^"]*)"', sheet)}


def _same(ours: str, theirs: object) -> bool:
    if theirs is None:
        return ours == ""
    if isinstance(theirs, int | float) and not isinstance(theirs, bool):
        return ours == f"{theirs:.12g}" or float(ours) == theirs
    return ours == str(theirs) or ours.split() == str(theirs).split()


def _run(*args: str) -> tuple[int, list[str]]:
    """A command: its exit code is a verdict or 2, and an error says what to do."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(args))
    said = err.getvalue()
    found = []
    if code not in (0, 1, 2, 3):
        found.append(f"{args[0]} ends with {code}: {said[-300:]}")
    if "Traceback" in said or "wbcval: internal" in said:
        found.append(f"{args[0]} says {said[-300:]!r}")
    if "wbcval: error" in said and not _ERROR.search(said):
        found.append(f"{args[0]} says {said[-300:]!r}")
    return code, found


def _protocol(one: Mutant, folder: Path) -> tuple[str, list[str]]:
    write_study(folder)
    (folder / one.name).write_bytes(one.data)
    code, found = _run("validate", str(folder / one.name))
    if code == 0 and one.number % 3 == 0:
        more, said = _run("report", str(folder / one.name), "--out", str(folder / "out"))
        return f"report {more}", found + said
    return f"validate {code}", found


def _card(one: Mutant, _: Path) -> tuple[str, list[str]]:
    try:
        cards.read(one.data.decode("utf-8-sig"), one.name)
    except UnicodeDecodeError:
        return "no text", []
    except InputError as why:
        return "refused", _said(why)
    return "read", []


def _bundle(one: Mutant, folder: Path) -> tuple[str, list[str]]:
    sound = bundle(folder.parent)
    path = folder / "bundle"
    path.mkdir(exist_ok=True)
    for name, data in rehashed(sound, one.name, one.data).items():
        (path / name).write_bytes(data)
    base = str(folder.parent / "whole")
    if one.number // 10 % _ON_THE_ROAD:
        code, found = _run("verify", str(path))
        try:
            side_of("bundle", rehashed(sound, one.name, one.data))
        except InputError as why:
            return "refused", found + _said(why)
        return f"side, verify {code}", found
    commands: tuple[tuple[str, ...], ...] = (
        ("gate", str(path), "--baseline", base, "--out", str(folder / "gated")),
        ("gate", base, "--baseline", str(path), "--out", str(folder / "gated")),
        ("verify", str(path)),
        ("baseline", "accept", str(path), "--to", str(folder / "kept"), "--by", "x", "--why", "y"),
        ("verify", str(path), "--rerun"),
    )
    args = commands[one.number // (10 * _ON_THE_ROAD) % len(commands)]
    code, found = _run(*args)
    return f"{args[0]} {code}", found


def tried(start: int, stop: int, step: int = 1) -> Iterator[tuple[int, str, list[str]]]:
    """Each mutant's number, what became of it, and its faults."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        for number in range(start, stop, step):
            _say(number)
            folder = root / str(number)
            folder.mkdir()
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            came, found = faults(mutant(number, root), folder)
            faulthandler.cancel_dump_traceback_later()
            _remove(folder)
            yield number, came, found


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    for number, came, found in tried(*map(int, sys.argv[1:])):
        _say([number, came, found])
