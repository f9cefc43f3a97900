"""Whether the files of a folder tell the verdict of its ``results.json``, each in its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from wbcval import __version__
from wbcval.bundle.evidence._told import on_page
from wbcval.bundle.results_file import ResultsFile
from wbcval.judge.outcomes import Verdict
from wbcval.judge.tally import MAY, named, tally

_PAGE, _JUNIT, _SUMMARY = "report.html", "junit.xml", "summary.md"
TELLING = (_PAGE, _JUNIT, _SUMMARY)  # files, where a folder holds them
_VERSION = re.compile(rb'<meta name="generator" content="wbcval, results.json version (\d+)">')
_SCOPE = "thing beside the verdict"  # what was seen, declared, assumed and not judged
_TOLD = 3  # since this version of results.json a page tells which one it stands beside
_BOX = re.compile(rb'<div class="verdict (\w+)">')


def disagreements(told: ResultsFile, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Files that tell another verdict, other outcomes or another version, and which of them.

    What stands beside the verdict is compared too, where this version wrote it: another may have
    had other words. Who edits every file alike is found by a rerun alone.

    Args:
        told: by ``results.json``.
        files: those of :data:`TELLING` that the folder holds.
    """
    verdict, said = told.verdict, told.verdict.decision
    if _PAGE in files and _VERSION.findall(files[_PAGE]) != _of_page(told.version):
        yield _PAGE, "version"
    if _PAGE in files and boxes(files[_PAGE]) != [said.value]:
        yield _PAGE, "verdict"
    if _SUMMARY in files and _words(files[_SUMMARY]) != MAY[said]:
        yield _SUMMARY, "verdict"
    if _JUNIT in files and not _tells(files[_JUNIT], verdict):
        yield _JUNIT, "verdict"
    elif told.provenance.get("wbcval_version") == __version__:
        yield from _beside(told, files)


def _beside(told: ResultsFile, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    verdict, of_gate = told.verdict, told.comparison is not None
    if _PAGE in files and not on_page(files[_PAGE], verdict, of_gate=of_gate):
        yield _PAGE, _SCOPE


def boxes(page: bytes) -> list[str]:
    """Verdicts that a page tells in colour; of a whole page one."""
    return [found.decode() for found in _BOX.findall(page)]


def _of_page(version: int) -> list[bytes]:
    return [b"%d" % version] if version >= _TOLD else []


def _words(summary: bytes) -> str:
    """Of all verdicts in words, the one that stands first."""
    text = summary.decode("utf-8", "replace")
    found = {words: text.find(f" {words} ") for words in MAY.values()}
    return min((w for w, at in found.items() if at >= 0), key=found.__getitem__, default="")


def _tells(junit: bytes, verdict: Verdict) -> bool:
    try:
        suite = ET.fromstring(junit).find("testsuite")  # noqa: S314 (expat bounds what it expands)
    except ET.ParseError:
        return False
    if suite is None:
        return False
    value = suite.find("properties/property[@name='verdict']")
    cases = [case.get("name") for case in suite.iter("testcase")]
    count, names = tally(verdict), [*named(verdict.outcomes)]
    nothing = count.optional == len(verdict.outcomes)
    numbers = (count.failed, count.undecided + nothing, count.optional)
    return (
        value is not None
        and value.get("value") == verdict.decision.value
        and cases == names + ["verdict"] * nothing
        and [suite.get(key) for key in ("failures", "errors", "skipped")] == [*map(str, numbers)]
    )
