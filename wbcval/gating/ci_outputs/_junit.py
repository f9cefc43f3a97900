"""JUnit XML, as CI servers read it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from wbcval.gating.ci_outputs._announced import Announced
from wbcval.gating.ci_outputs._order import headline
from wbcval.judge.outcomes import Outcome, Status
from wbcval.judge.tally import named, tally
from wbcval.values.one_line import one_line
from wbcval.values.told import LONGEST


def junit(comparison: Announced) -> str:
    """The verdict as one test suite: a test case per criterion × class × stratum.

    - *worse*, or an absolute criterion missed: ``<failure>``. It was measured and does not hold.
    - *inconclusive*, not estimable: ``<error>``. As of a test that could not be carried out, it is
      not known whether it holds. Servers turn red on either and count the two apart, as the exit
      codes 1 and 3 do.
    - optional, whatever became of it: ``<skipped>`` with the outcome as its message. It decides
      nothing, and neither a red case in a green build nor a pass that nobody counted should look
      as if it did.

    Where nothing required was judged, a case of its own is the ``<error>``, for such a verdict is
    inconclusive. The sentence is both attribute and text, since servers show one or the other.
    Names are unique; ``classname`` is the measure. What passed stands in the suite's
    ``<system-out>``. Valid by the schemas of Ant (windyroad/JUnit-Schema) and of Jenkins
    (xunit-plugin, junit-10).
    """
    verdict, count = comparison.verdict, tally(comparison.verdict)
    scope = verdict.covered
    root = ET.Element("testsuites")
    nothing = count.optional == len(verdict.outcomes)
    suite = ET.SubElement(
        root, "testsuite", id="0", name="gate", package="wbcval", hostname="localhost",
        timestamp=str(comparison.candidate.provenance["created"]).removesuffix("Z"), time="0",
        tests=str(len(verdict.outcomes) + nothing), failures=str(count.failed),
        errors=str(count.undecided + nothing), skipped=str(count.optional),
    )  # fmt: skip
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="verdict", value=str(verdict.decision))
    ET.SubElement(properties, "property", name="scope", value=one_line(scope, LONGEST))
    for said in comparison.aloud:
        ET.SubElement(properties, "property", name="aloud", value=one_line(said, LONGEST))
    log = [f"{headline(comparison)}. {one_line(f'{verdict.reason} {scope}', LONGEST)}"]
    for name, outcome in zip(named(verdict.outcomes), verdict.outcomes, strict=True):
        measure = one_line(outcome.criterion.measure)
        case = ET.SubElement(suite, "testcase", classname=f"wbcval.{measure}", name=name, time="0")
        said = one_line(f"{comparison.word(outcome)}: {outcome.message}", LONGEST)
        kind = _kind(outcome)
        if kind:
            ET.SubElement(case, kind, type=str(outcome.status), message=said).text = said
        else:
            log.append(said)
    if nothing:
        case = ET.SubElement(suite, "testcase", classname="wbcval.gate", name="verdict", time="0")
        ET.SubElement(case, "error", type=str(verdict.decision), message=verdict.reason)
    ET.SubElement(suite, "system-out").text = "\n".join(log)
    ET.SubElement(suite, "system-err")
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _kind(outcome: Outcome) -> str:
    if outcome.criterion.optional:
        return "skipped"
    return {Status.PASS: "", Status.FAIL: "failure"}.get(outcome.status, "error")
