"""Whether the files of a folder tell the verdict of its ``results.json``, each in its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from wbcval.judge.outcomes import Verdict
from wbcval.judge.tally import MAY, named, tally

_PAGE, _JUNIT, _SUMMARY = "report.html", "junit.xml", "summary.md"
TELLING = (_PAGE, _JUNIT, _SUMMARY)  # files, where a folder holds them
_BOX = re.compile(rb'<div class="verdict (\w+)">')


def disagreements(verdict: Verdict, files: Mapping[str, bytes]) -> Iterator[str]:
    """Names of the files that tell another verdict or other outcomes.

    What they say in words is not read: who edits every file alike is found by a rerun alone.

    Args:
        verdict: of ``results.json``.
        files: those of :data:`TELLING` that the folder holds.
    """
    said = verdict.decision
    if _PAGE in files and _BOX.findall(files[_PAGE]) != [said.value.encode()]:
        yield _PAGE
    if _SUMMARY in files and _words(files[_SUMMARY]) != MAY[said]:
        yield _SUMMARY
    if _JUNIT in files and not _tells(files[_JUNIT], verdict):
        yield _JUNIT


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
