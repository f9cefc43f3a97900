"""What the files are and how they were understood: inputs, columns, units, labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wbcval.door.importers import Request, names, open_table
from wbcval.door.tables import Checked, kind_of
from wbcval.machine.toml_tables import quoted, setting
from wbcval.protocol.roles import PREDICTIONS, ROLES, Role
from wbcval.study.inputs import Inputs
from wbcval.values.classes import SHORT, canonical
from wbcval.values.findings import Finding, Severity
from wbcval.values.measurands import MEASURANDS, subject_unit
from wbcval.verbs.drafting._text import note, off, relative

_LISTED = 12  # unused columns named
_BESIDE = ("", "mark", "personal", "probability", "date", "time", "mode", "ordered")
_LABEL_RULES = ("integer-class", "unknown-class")


def sections(inputs: Inputs, folder: Path) -> list[str]:
    """The tables ``[inputs]``, ``[columns.*]``, ``[units.*]`` and, where needed, ``[class_map]``.

    Args:
        inputs: as read.
        folder: where the protocol will stand.

    Raises:
        InputError: for a file name that is no text.
    """
    protocol = inputs.protocol
    given = {ROLES[name]: paths for name, paths in protocol.inputs.items() if paths}
    lines = ["[inputs]"]
    for role, paths in given.items():
        named = [relative(path, folder) for path in paths]
        lines.append(setting(role.name, named if role.many else named[0]))
    for role, paths in given.items():
        files = [(path, _measured(inputs, role, path)) for path in paths]
        lines += ["", *_role(role, files, inputs.findings)]
    return lines + _class_map(inputs.findings)


def _measured(inputs: Inputs, role: Role, path: Path) -> Checked | None:
    """The table of measurands that a file holds."""
    if role.name == PREDICTIONS:
        return None if kind_of(path) == "cells" else inputs.counts
    return inputs.beside.get(role.name) if role.measured else None


@dataclass(frozen=True, slots=True)
class _FileColumn:
    """One column: its name in the file, what it was understood as ("": not used), its unit.

    ``bare``: named after a class alone, so that the name leaves # or % open.
    """

    text: str
    ours: str
    unit: str = ""
    bare: bool = False


def _role(
    role: Role, files: list[tuple[Path, Checked | None]], findings: tuple[Finding, ...]
) -> list[str]:
    lines: list[str] = []
    unstated: list[str] = []
    for path, checked in files:
        columns = _columns(next(open_table(path, Request(batch_rows=1))).header, checked)
        lines += note(f"{path.name} holds: {', '.join(_understood(columns, checked))}.")
        if role.measured:
            lines += _unused(columns)
        if checked is not None:
            unstated += _unstated(columns, checked.units)
    lines.append(f"[columns.{role.name}]")
    lines += note(
        'ours = theirs, where a column is not understood, or wrongly: "sample_id" = "Tube"'
    )
    lines += off(_missing([path.name for path, _ in files], findings))
    if unstated:
        lines += ["", f"[units.{role.name}]"]
        lines += note(
            "not stated in the file and read as below: delete the # where right, correct it where "
            "not (10*9/L, /uL, %, cells …)"
        )
        lines += off(dict.fromkeys(unstated))
    return lines


def _missing(files: list[str], findings: tuple[Finding, ...]) -> Iterator[str]:
    """Columns that no file has, to be named."""
    for finding in findings:
        if finding.rule == "missing-column" and finding.file in files:
            yield setting(finding.column or "WBC", "…")


def _columns(header: tuple[str, ...], checked: Checked | None) -> list[_FileColumn]:
    meant = [names.meaning(text) for text in header]
    # columns named after a class alone are what no other column is, of what was read
    present = set() if checked is None else set(checked.measurands) - {m.subject for m in meant}
    weak_id = all(said.kind != "sample_id" for said in meant)
    found = []
    for text, said in zip(header, meant, strict=True):
        if said.kind == "class":
            short = SHORT[said.subject]
            either = [short + sign for sign in "#%" if short + sign in present]
            ours = either[0] if either else f"{short}# or {short}%"
            found.append(_FileColumn(text, ours, said.unit, bare=True))
        elif said.kind in ("measurand", "part", "letter"):
            found.append(_FileColumn(text, said.subject, said.unit))
        elif weak_id and names.fold(text) == "id":
            found.append(_FileColumn(text, "sample_id"))
        else:
            found.append(_FileColumn(text, said.kind))
    return found


def _understood(columns: list[_FileColumn], checked: Checked | None) -> Iterator[str]:
    kinds = [column.ours for column in columns]
    for column in columns:
        if column.ours not in _BESIDE:
            spelt = "" if column.ours == column.text else f" from {quoted(column.text)}"
            yield column.ours + spelt + (f" in {column.unit}" if column.unit else "")
    labels = [names.meaning(c.text).subject for c in columns if c.ours == "probability"]
    if "stage" in kinds:  # the others are what one stage said
        labels = [label for label in labels if canonical(label)]
    if labels:
        yield f"probabilities of {len(labels)} classes"
    if checked is not None and "parameter" in kinds:
        yield f"in its rows {', '.join(checked.measurands) or 'no measurand'}"


def _unused(columns: list[_FileColumn]) -> list[str]:
    unused = [quoted(column.text) for column in columns if column.text and not column.ours]
    more = f" and {len(unused) - _LISTED} more" if len(unused) > _LISTED else ""
    return note(f"Not used: {', '.join(unused[:_LISTED])}{more}.") if unused else []


def _unstated(columns: list[_FileColumn], read: Mapping[str, str]) -> Iterator[str]:
    """A setting for every column whose unit the file does not state, with the one it was read in.

    A bare column goes by its own name: ours would say whether it is # or %.
    """
    for column in columns:
        if column.unit:
            continue
        if column.bare:
            unit = read.get(column.ours) or subject_unit(column.ours) or "…"
            yield setting(column.text, unit)
        elif column.ours in MEASURANDS:
            yield setting(column.ours, subject_unit(column.ours))
    if "parameter" in (column.ours for column in columns):
        for measurand, unit in read.items():
            if not unit:
                yield setting(measurand, subject_unit(measurand))


def _class_map(findings: tuple[Finding, ...]) -> list[str]:
    found = [f for f in findings if f.rule in _LABEL_RULES and f.severity is Severity.ERROR]
    if not found:
        return []
    lines = ["", "[class_map]"]
    for finding in found:
        lines += note(f"{finding.file} {finding.column}: no class is known for {finding.got}")
    return [*lines, *note("a line for each such label:"), *off(['"0" = "…"'])]
