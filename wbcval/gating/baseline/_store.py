"""A baseline on disk: the accepted model, the first accepted one, and the log that says how.

``anchor/`` holds the first accepted side, ``current/`` the last one where it is another, and
``log.jsonl`` is the truth: a folder holds when its log does and its files are those of the log. The
folder is replaced whole, as a bundle is, so that a killed run leaves the old one or the new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wbcval import __version__
from wbcval.bundle import evidence
from wbcval.bundle.evidence import Difference
from wbcval.bundle.read import Side
from wbcval.gating.baseline._kept import FILES, kept_side
from wbcval.gating.baseline._log import Accepted, Entry, Judged, appended, read
from wbcval.machine import folders, input_files
from wbcval.values.errors import InputError

LOG, ANCHOR, CURRENT, ATTRIBUTES = folders.LOG, folders.ANCHOR, folders.CURRENT, folders.ATTRIBUTES
# line ends stay as they are, and no merge puts two baselines together line by line
FOR_GIT = b"* -text -merge\n"
UNSIGNED = (
    "not signed: entries cut off at the end, and a log written anew with its files, hold as well"
)
_NAMES = (ATTRIBUTES, *(f"{slot}/{name}" for slot in (ANCHOR, CURRENT) for name in FILES), LOG)


@dataclass(frozen=True)
class Store:
    """A baseline that holds.

    Attributes:
        path: the folder, as given.
        entries: of the log, oldest first.
        current: the side a candidate is judged against.
        anchor: the first accepted one; the same object where there is but one.
        size: of all files, bytes.
    """

    path: Path
    entries: tuple[Entry, ...]
    current: Side
    anchor: Side
    size: int

    @property
    def accepted(self) -> Accepted:
        """The entry of ``current``."""
        return _last(self.entries)

    @property
    def anchored(self) -> Accepted:
        """The entry of ``anchor``."""
        return _last(self.entries, anchor=True)

    @property
    def judged(self) -> int:
        """How often the log says that a candidate was judged on the current reference set.

        Sets that share more than half of their cells are one.
        """
        sets = {e.digests["reference"]: e.set for e in self.entries if isinstance(e, Accepted)}

        def of(reference: str) -> str:
            return sets.get(reference) or reference

        now = of(self.current.digests["reference"])
        return sum(isinstance(e, Judged) and of(e.reference) == now for e in self.entries)

    @property
    def reference_set(self) -> str:
        """Digest of the reference set that the current one continues, or its own."""
        return self.accepted.set or self.accepted.digests["reference"]

    @property
    def story(self) -> str:
        """Since when the anchor stands, and why the one before it ended."""
        first = self.anchored
        said = f"The anchor stands since {first.time} (entry {first.number})."
        return f"{said} The one before {first.ended}." if first.ended else said

    def rejections(self, predictions: str, tables: str) -> tuple[Judged, ...]:
        """Entries in which a candidate of these predictions was rejected."""
        return tuple(
            e
            for e in self.entries
            if isinstance(e, Judged)
            and e.verdict == "rejected"
            and (e.candidate == predictions or (tables != "" and e.tables == tables))
        )


def is_store(path: Path) -> bool:
    """Whether a folder is a baseline, sound or not."""
    folders.restore(folders.real(path))  # a killed run may have moved it aside
    return (path / LOG).is_file() or (path / ANCHOR / FILES[0]).is_file()


def open_store(path: Path) -> Store:
    """Read a baseline.

    Raises:
        InputError: where there is none, or it does not hold; the first flaw is named.
    """
    if not is_store(path):
        raise InputError(str(path), "is not a baseline",
                         "make one with `wbcval baseline accept`")  # fmt: skip
    files, others = contents(path)
    return store_of(path, files, others)


def entries(path: Path) -> tuple[Entry, ...]:
    """The entries of a log that can be read, whether or not it holds.

    Raises:
        InputError: where there is no log.
    """
    files, _ = contents(path)
    if LOG not in files:
        raise InputError(str(path), f"holds no {LOG}", "give the folder of a baseline")
    return read(files[LOG])[0]


def verify(path: Path) -> list[Difference]:
    """What of a baseline does not hold; empty where the log does, and the files are those it names.

    What an unsigned log cannot notice is said in ``UNSIGNED``.

    Raises:
        InputError: where the folder cannot be read.
    """
    return _flaws(*contents(path))


def record_judgement(path: Path, candidate: str, verdict: str, tables: str = "") -> None:
    """Note that a candidate was judged against the current baseline.

    Args:
        path: of the baseline.
        candidate: digest of its predictions.
        verdict: of the gate.
        tables: digest of its tables; "": not known.

    Raises:
        InputError: where the baseline does not hold or cannot be written.
    """
    store = open_store(path)
    files, _ = contents(path)
    said = {
        "time": evidence.created(),
        "wbcval_version": __version__,
        "candidate": candidate,
        "reference": store.current.digests["reference"],
        "verdict": verdict,
        **({"tables": tables} if tables else {}),
    }
    write(path, {**files, LOG: appended(files[LOG], "judged", said)})


def store_of(path: Path, files: Mapping[str, bytes], others: tuple[str, ...] = ()) -> Store:
    """The store that these files are.

    Args:
        path: where it lies or will lie.
        files: name → content.
        others: names that do not belong there.

    Raises:
        InputError: where it does not hold.
    """
    flaws = _flaws(files, others)
    if flaws:
        raise InputError(str(path / flaws[0].name), flaws[0].what,
                         "see `wbcval verify`; take the folder from the history again")  # fmt: skip
    known, _ = read(files[LOG])
    anchor = _side(path, ANCHOR, files)
    current = anchor if _last(known).anchor else _side(path, CURRENT, files)
    return Store(path, known, current, anchor, sum(map(len, files.values())))


def contents(path: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Content of each file that belongs to a baseline, and the names of what else lies there."""
    with input_files.system(str(path), "read", "give a folder"):
        folders.restore(folders.real(path))
        files = {name: input_files.read(path / name) for name in _NAMES if (path / name).is_file()}
        parts = [f for f in (path, path / ANCHOR, path / CURRENT) if f.is_dir()]
        found = {p.relative_to(path).as_posix() for folder in parts for p in folder.iterdir()}
    return files, tuple(sorted(found - {ANCHOR, CURRENT, *files}))


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a baseline in place of the older one, log last.

    Raises:
        InputError: where the folder is none and is not empty, or cannot be written.
    """
    ordered = {name: files[name] for name in _NAMES if name in files}
    folders.put(path, ordered, check_target)


def check_target(path: Path) -> None:
    """Refuse a folder that holds other things.

    Raises:
        InputError: where it is a file, lies in a bundle, or is neither empty nor a baseline.
    """
    folders.refuse_inside(path)
    if path.exists() and not is_store(path) and not (path.is_dir() and not any(path.iterdir())):
        raise InputError(
            str(path), "is not a baseline, so it is not written to", "name another --to"
        )


def _side(path: Path, slot: str, files: Mapping[str, bytes]) -> Side:
    return kept_side(f"{path.name}/{slot}", {name: files[f"{slot}/{name}"] for name in FILES})


def _last(known: tuple[Entry, ...], *, anchor: bool = False) -> Accepted:
    return next(e for e in reversed(known) if isinstance(e, Accepted) and (e.anchor or not anchor))


def _flaws(files: Mapping[str, bytes], others: tuple[str, ...]) -> list[Difference]:
    if LOG not in files:
        return [Difference(LOG, "is missing")]
    known, flaws = read(files[LOG])
    found = [Difference(LOG, f"line {flaw.line} {flaw.what}") for flaw in flaws]
    found += [
        Difference(LOG, f"line {e.number} names other files than a baseline holds")
        for e in known
        if isinstance(e, Accepted) and set(e.files) != set(FILES)
    ]
    if not found:  # else it is not known which files are right
        found = _altered(_expected(known), files)
    return found + [Difference(name, "does not belong to a baseline") for name in others]


def _expected(known: tuple[Entry, ...]) -> dict[str, str]:
    """Name → sha256 of every file of a baseline but the log: those it speaks of, and git's rules.

    A line more in these could change the bytes of the others on checkout.
    """
    anchor, last = _last(known, anchor=True), _last(known)
    slots = {ANCHOR: anchor} if last.anchor else {ANCHOR: anchor, CURRENT: last}
    named = {f"{slot}/{name}": sha for slot, e in slots.items() for name, sha in e.files.items()}
    return named | {ATTRIBUTES: hashlib.sha256(FOR_GIT).hexdigest()}


def _altered(expected: Mapping[str, str], files: Mapping[str, bytes]) -> list[Difference]:
    found = []
    for name, sha in expected.items():
        if name not in files:
            found.append(Difference(name, "is missing"))
        elif hashlib.sha256(files[name]).hexdigest() != sha:
            plain = hashlib.sha256(files[name].replace(b"\r\n", b"\n")).hexdigest()
            how = "line ends were changed to CR LF" if plain == sha else "its sha256 differs"
            whose = "as it was written" if name == ATTRIBUTES else "the file of the log"
            found.append(Difference(name, f"is not {whose}: {how}"))
    unknown = [n for n in files if n not in expected and n != LOG]
    return found + [Difference(name, "is not in the log") for name in unknown]
