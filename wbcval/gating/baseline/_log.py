"""The log of a baseline: one canonical JSON object a line, each sealed and tied to the line before.

A line carries the sha256 of all else it says, and that of the line before it. So the line that was
altered is named, and so is the place where lines were taken out, swapped or merged. Lines cut off
at the end leave a log that holds; whoever wants to see that notes the last sha256 elsewhere.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wbcval.machine import input_json
from wbcval.machine.json_records import Form, FormError
from wbcval.values.errors import InputError

GENESIS = "wbcval baseline 1"  # what the first line follows; names the format too
_MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What every line says.

    Attributes:
        number: its place, from 1.
        time: UTC; ``SOURCE_DATE_EPOCH`` fixes it.
        wbcval_version: that wrote it.
        previous: ``sha256`` of the line before, or ``GENESIS``.
        sha256: of the line's canonical JSON without this key.
    """

    number: int
    time: str
    wbcval_version: str
    previous: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Accepted(Entry):
    """A bundle became the baseline.

    Attributes:
        by, why: as given.
        verdict: of the bundle.
        model: ``name`` and ``version`` of the protocol; empty where it gave none.
        digests: of the ``predictions`` and the ``reference`` side.
        bundle: seal of the bundle, :func:`wbcval.bundle.evidence.seal`.
        files: name → sha256 of each file kept.
        anchor: whether it became the anchor.
        ended: of an anchor that ended another: which, and what was found on what both hold.
        set: digest of the reference set that this one continues, or its own; "": its own.
    """

    by: str
    why: str
    verdict: str
    model: Mapping[str, str]
    digests: Mapping[str, str]
    bundle: str
    files: Mapping[str, str]
    anchor: bool
    ended: str = ""
    set: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged(Entry):
    """A candidate was judged against the baseline of that moment.

    Attributes:
        candidate: digest of its predictions.
        reference: digest of the baseline's reference side.
        verdict: of the gate.
        tables: digest of what its tables say (:func:`wbcval.bundle.again.digest_of`); "": not
            noted.
    """

    candidate: str
    reference: str
    verdict: str
    tables: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where the log does not hold: the line, from 1, and what is wrong with it."""

    line: int
    what: str


_ACTIONS: Mapping[str, type[Accepted] | type[Judged]] = {"accepted": Accepted, "judged": Judged}
_ACTION = Form({"action": Literal["accepted", "judged"]}, more=True)
_FORMS = {kind: Form(kind) for kind in _ACTIONS.values()}


def appended(log: bytes, action: str, said: Mapping[str, Any]) -> bytes:
    """The log with one line more.

    Args:
        log: one that holds.
        action: ``accepted`` or ``judged``.
        said: the attributes of that entry but ``number``, ``previous`` and ``sha256``.
    """
    entries, _ = read(log)
    row = {
        **said,
        "action": action,
        "number": len(entries) + 1,
        "previous": entries[-1].sha256 if entries else GENESIS,
    }
    return log + _canonical({**row, "sha256": _seal(row)}) + b"\n"


def read(log: bytes) -> tuple[tuple[Entry, ...], tuple[Flaw, ...]]:
    """The entries that can be read, and every line that does not hold."""
    lines = log.split(b"\n")
    rest = lines.pop()
    entries: list[Entry] = []
    flaws: list[Flaw] = []
    seals = {GENESIS: 0}
    before: str | None = GENESIS  # None: the line before cannot be read
    for number, line in enumerate(lines, 1):
        entry = _entry(line)
        if isinstance(entry, str):
            flaws.append(Flaw(number, entry))
            before = None
            continue
        entries.append(entry)
        if line != _canonical(_row(entry, sealed=True)) or entry.sha256 != _seal(_row(entry)):
            flaws.append(Flaw(number, "was altered: its sha256 differs"))
        elif before is not None and entry.previous != before:
            flaws.append(Flaw(number, _astray(number, seals.get(entry.previous))))
        before = entry.sha256
        seals.setdefault(before, number)
    if rest:
        flaws.append(Flaw(len(lines) + 1, "is cut short"))
    return tuple(entries), tuple(flaws) or tuple(_told_wrong(entries))


def _told_wrong(entries: Sequence[Entry]) -> Iterator[Flaw]:
    """What only one who seals lines anew can make: a log that is tied, but not one of ours."""
    if not (entries and isinstance(entries[0], Accepted) and entries[0].anchor):
        yield Flaw(1, "does not accept an anchor")
    for number, entry in enumerate(entries, 1):
        if entry.number != number:
            yield Flaw(number, f"says that it is entry {entry.number}")


def _astray(number: int, follows: int | None) -> str:
    after = f"does not follow line {number - 1}" if number > 1 else "is not the first of a log"
    if follows is None:
        return f"{after}: a line between them is gone, or the one before was written anew"
    place = f"line {follows}" if follows else "the beginning"
    return f"{after} but {place}: lines were moved, or two histories were merged"


def _entry(line: bytes) -> Entry | str:
    """The entry a line is, or why it is none."""
    if line.startswith(_MARKERS):
        return "is a mark of a merge conflict: take one side's folder whole, then accept again"
    if line.endswith(b"\r"):
        return "ends with CR LF: line ends were changed, check the folder out again as it was"
    try:
        row = input_json.loads(line, "", "")
        _ACTION.check(row, "entry")
        kind = _ACTIONS[row.pop("action")]
        _FORMS[kind].check(row, "entry")
    except (InputError, FormError) as why:
        said = f"it {why.got}" if isinstance(why, InputError) else why
        return f"is no entry of a baseline's log: {said}"
    return kind(**row)


def _row(entry: Entry, *, sealed: bool = False) -> dict[str, Any]:
    action = next(name for name, kind in _ACTIONS.items() if isinstance(entry, kind))
    row = dataclasses.asdict(entry) | {"action": action}
    for of in dataclasses.fields(entry):
        if of.default == "" and not row[of.name]:
            del row[of.name]
    if not sealed:
        del row["sha256"]
    return row


def _seal(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(row)).hexdigest()


def _canonical(row: Mapping[str, Any]) -> bytes:
    """Keys sorted, no blanks, UTF-8; raises ``UnicodeEncodeError`` for what is no text."""
    return json.dumps(
        row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()
