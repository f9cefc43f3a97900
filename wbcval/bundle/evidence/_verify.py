"""Whether a bundle is as it was written, and says the same in all its files."""

from __future__ import annotations

import hashlib
import itertools
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import study_record
from wbcval.bundle._form import MANIFEST
from wbcval.bundle.booked import TABLES, booked
from wbcval.bundle.evidence import _outcomes, _tables
from wbcval.bundle.evidence._agree import TELLING, boxes, disagreements
from wbcval.bundle.recheck import recheck
from wbcval.bundle.results_file import NAME, ResultsFile, read
from wbcval.bundle.tables import figures_csv
from wbcval.machine import folders, input_files, input_json
from wbcval.values.errors import InputError

_ADVICE = "give the folder that `wbcval report` wrote"
SIGNED = "signed"  # a folder of the reader's own in a bundle
_FIGURES, _RECHECK = "figures.csv", "recheck.R"
_BESIDE = frozenset(
    {"report.pdf", _FIGURES, _RECHECK, study_record.NAME}
)  # a bundle is whole without them
_PAGE, _RECORD = "selftest.html", "selftest.json"  # of a self-test
_REPORT = frozenset({
    "report.html", "results.json", "samples.csv", "confusion.csv", "strata.csv", "exclusions.csv",
    "import-log.csv", "protocol.toml",
})  # fmt: skip
_GATE = frozenset({"report.html", "results.json", "junit.xml", "summary.md", "annotations.txt"})
_SELFTEST = frozenset({_PAGE, _RECORD})


@dataclass(frozen=True, slots=True)
class Difference:
    """One file of a bundle that is not what the manifest says, or what its inputs give.

    Attributes:
        compared: whether that is certain; ``False``: it could not be compared whole.
        foreign: the manifest does not name it.
        lost: it is not there.
    """

    name: str
    what: str
    compared: bool = True
    foreign: bool = False
    lost: bool = False


def seal(bundle: Path) -> str:
    """sha256 of the manifest: noted elsewhere, it shows that nobody rewrote the manifest too."""
    return hashlib.sha256((bundle / folders.MANIFEST).read_bytes()).hexdigest()


def verify(bundle: Path) -> list[Difference]:
    """Every file that was altered, is missing, or came in since, and every contradiction.

    Empty where all is as written. What another version wrote is held against the rest as far as
    its form is known, and is said not to be compared whole. The folder ``signed/`` is the reader's
    own and not looked at.

    Raises:
        InputError: where the bundle or its manifest cannot be read, or another format's is there.
    """
    folders.restore(folders.real(bundle))
    about = folders.manifest_of(bundle)
    if about.get("format") != folders.BUNDLE:
        raise InputError(
            str(bundle),
            f"is of the format {str(about.get('format'))[:40]!r}, and {folders.BUNDLE!r} is known",
            "verify it with the wbcval that wrote it",
        )  # fmt: skip
    return [
        *(Difference(folders.MANIFEST, what) for what in _shape(about)),
        *altered(bundle),
    ] or [*(_of_selftest if is_selftest(bundle) else _contradictions)(bundle, about)]


def refuted(bundle: Path) -> list[Difference]:
    """Of what :func:`verify` finds, that which is certain: another version's pages are not judged.

    Raises:
        InputError: as :func:`verify`.
    """
    return [difference for difference in verify(bundle) if difference.compared]


def is_selftest(bundle: Path) -> bool:
    """Whether a folder with a manifest holds the record of a self-test."""
    return _RECORD in (folders.manifest_of(bundle).get("outputs") or ())


def altered(bundle: Path) -> list[Difference]:
    """Files that are not those of the manifest.

    Raises:
        InputError: where the bundle or its manifest cannot be read.
    """
    outputs = folders.manifest_of(bundle).get("outputs")
    if not isinstance(outputs, dict):
        raise InputError(str(bundle), "has a manifest without outputs", "give an evidence bundle")
    found = []
    with input_files.system(str(bundle), "read", "check its permissions"):
        for name, recorded in outputs.items():
            path = bundle / name
            if Path(name).name != name or not path.exists():
                found.append(Difference(name, "is missing", lost=True))
            elif not stat.S_ISREG(path.lstat().st_mode):
                found.append(Difference(name, "is not a file but a link or a folder"))
            elif input_files.sha256_of(path) != recorded:
                found.append(Difference(name, "was altered: its sha256 differs"))
        known = {*outputs, folders.MANIFEST}
        extra = sorted(p.name for p in bundle.iterdir() if p.name not in known and not _own(p))
    return found + [Difference(name, "is not in the manifest", foreign=True) for name in extra]


def _own(path: Path) -> bool:
    return path.name == SIGNED and path.is_dir()


def _shape(about: Mapping[str, Any]) -> Iterator[str]:
    """What of a manifest is not as it is written: its form, the list of files."""
    yield from MANIFEST.misfits(about)
    outputs = about.get("outputs")
    if isinstance(outputs, dict) and {*outputs} - _BESIDE not in (_REPORT, _GATE, _SELFTEST):
        of = (names for names, mark in ((_GATE, "junit.xml"), (_SELFTEST, _RECORD))
              if mark in outputs)  # fmt: skip
        names = next(of, _REPORT)
        for name in sorted(({*outputs} - _BESIDE) ^ names):
            yield f"does not name {name}" if name in names else f"names {name[:40]!r} too"


def _of_selftest(bundle: Path, about: Mapping[str, Any]) -> Iterator[Difference]:
    """Where manifest and record of a self-test say different things of one run."""
    path = bundle / _RECORD
    record = input_json.loads(input_files.read(path, _ADVICE), str(path), _ADVICE)
    found = record if isinstance(record, dict) else {}
    for key in ("created", "wbcval_version"):
        if found.get(key) != about[key]:
            yield Difference(_RECORD, f"{key} is not that of the manifest")
    figures = found.get("figures")
    passes = [isinstance(f, dict) and f.get("passed") is True
              for f in (figures if isinstance(figures, list) else ())]  # fmt: skip
    if not passes:
        yield Difference(_RECORD, "holds no figure")
    passed = bool(passes) and all(passes)
    if found.get("passed") is not passed:
        yield Difference(_RECORD, "does not say of the whole what its figures say")
    if boxes(input_files.read(bundle / _PAGE, _ADVICE)) != ["accepted" if passed else "rejected"]:
        yield Difference(_PAGE, f"tells another result than {_RECORD}")
    yield from _of_another(_PAGE, about["wbcval_version"])


def _of_another(name: str, version: str) -> Iterator[Difference]:
    """That a page was written by a version whose pages are not known here."""
    if version != __version__:
        yield Difference(
            name,
            f"cannot be compared whole: it was written by wbcval {version[:20]} (here "
            f"{__version__}); install that version and verify again",
            compared=False,
        )


def _contradictions(bundle: Path, about: Mapping[str, Any]) -> Iterator[Difference]:
    """Where manifest, results and protocol say different things of one run."""
    results = results_of(bundle)
    try:
        told = ResultsFile.of(results)
    except (KeyError, TypeError, ValueError) as why:
        yield Difference(NAME, f"holds no verdict: {why}")
        return
    origin = told.provenance
    for key in ("created", "inputs", "versions", "wbcval_version", "seed"):
        if origin.get(key) != about[key]:
            yield Difference(folders.MANIFEST, f"{key} is not that of results.json")
    for key in ("created", "wbcval_version"):
        if results.get(key) != about[key]:
            yield Difference("results.json", f"{key} is not that of the manifest")
    sealed = origin.get("protocol_sha256")
    if sealed is not None and about["outputs"].get("protocol.toml", sealed) != sealed:
        yield Difference("protocol.toml", "is not the protocol that results.json names")
    if {*TABLES} <= {*about["outputs"]}:
        yield from _booked(bundle, told)
        files = {name: input_files.read(bundle / name, _ADVICE) for name in _tables.TABLES}
        yield from itertools.starmap(Difference, _tables.contradictions(told, files))
    if told.version > 1:  # which did not tell what a criterion asked
        for said in _outcomes.contradictions(told):
            yield Difference(NAME, f"contradicts itself: {said}")
    yield from _figures(bundle, about, told)
    files = input_files.read_known(bundle, about["outputs"], TELLING)
    for name, what in disagreements(told, files):
        yield Difference(name, f"tells another {what} than results.json")
    yield from _of_another("report.html", about["wbcval_version"])


def _figures(bundle: Path, about: Mapping[str, Any], told: ResultsFile) -> Iterator[Difference]:
    """Where figures.csv tells other numbers, or recheck.R is another script."""
    if _FIGURES in about["outputs"]:
        expected = figures_csv(told.measurements, told.verdict.outcomes)
        if input_files.read(bundle / _FIGURES, _ADVICE) != expected.encode():
            yield Difference(_FIGURES, "tells other numbers than results.json")
    ours = about["wbcval_version"] == __version__ and _RECHECK in about["outputs"]
    if ours and input_files.read(bundle / _RECHECK, _ADVICE) != recheck().encode():
        yield Difference(_RECHECK, "is not the script of this version")


def _booked(bundle: Path, told: ResultsFile) -> Iterator[Difference]:
    """Where the ledger does not add up, or the tables of the bundle hold something else."""
    try:
        booked(told, {name: input_files.read(bundle / name, _ADVICE) for name in TABLES})
    except (KeyError, TypeError, ValueError) as why:
        said = str(why) if isinstance(why, ValueError) else "holds no ledger of samples and cells"
        yield Difference(NAME, said)


def results_of(bundle: Path) -> dict[str, Any]:
    """``results.json`` of a bundle.

    Raises:
        InputError: where it is no JSON object.
    """
    path = bundle / NAME
    found = input_json.loads(input_files.read(path, _ADVICE), str(path), _ADVICE)
    if not isinstance(found, dict):
        raise InputError(str(path), "is not an object", _ADVICE)
    return found


def told_of(bundle: Path) -> ResultsFile:
    """What ``results.json`` of a bundle tells.

    Raises:
        InputError: where it is none.
    """
    path = bundle / NAME
    return read(input_files.read(path, _ADVICE), str(path), _ADVICE)
