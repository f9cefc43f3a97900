"""The verbs: the whole road, callable from Python as from the command line."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import again, evidence, tables
from wbcval.bundle.read import FILES, side_of
from wbcval.judge.criteria import judge
from wbcval.judge.defaults import default_criteria
from wbcval.judge.outcomes import Verdict
from wbcval.judge.scope import scope_of
from wbcval.machine import input_files
from wbcval.machine.progress import Progress, silent
from wbcval.measure.evaluate import evaluate
from wbcval.measure.results import Results
from wbcval.protocol.protocol_file import as_file, load, parse
from wbcval.protocol.types import Criterion, Protocol
from wbcval.render import comparison_framed
from wbcval.render.pdf import browser, print_pdf
from wbcval.study.inputs import Inputs, expanded, read_inputs
from wbcval.study.ledger import SAMPLES
from wbcval.study.pairing import build
from wbcval.study.types import Study
from wbcval.values.errors import InputError
from wbcval.values.findings import Finding, Severity
from wbcval.verbs import remade
from wbcval.verbs.remade import files_of

_PAGE = "report.html"


@dataclass(frozen=True)
class Report:
    """Everything one run of the road made, before it is written.

    Attributes:
        files: name → content of each file of the bundle but the manifest.
        manifest: what ``manifest.json`` will say.
    """

    study: Study
    results: Results
    verdict: Verdict
    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]

    def write(self, out: Path | str, *, replace: bool = False) -> None:
        """Write the evidence bundle.

        Args:
            out: its folder.
            replace: let the bundle of another study that stands there go.

        Raises:
            InputError: where ``out`` is refused, see :func:`wbcval.bundle.evidence.check_target`,
                or cannot be written.
        """
        evidence.write(Path(out), self.files, self.manifest, replace=replace)


@dataclass(frozen=True)
class Judgement:
    """What a run of the road decided, before anything is drawn or written."""

    study: Study
    criteria: tuple[Criterion, ...]
    results: Results
    verdict: Verdict


def validate(
    protocol: Protocol, progress: Progress = silent, *, executor: Executor | None = None
) -> Inputs:
    """The input check alone: read and pair everything, judge nothing. Findings are in the result.

    Args:
        protocol: of :func:`wbcval.load`, or made in Python.
        progress: told what is being done.
        executor: where files of predictions are read, see :func:`report`.

    Raises:
        InputError: where a file cannot be read at all.
    """
    inputs = read_inputs(protocol, progress, executor)
    if any(f.severity is Severity.ERROR for f in inputs.findings):
        return inputs
    try:
        study = build(inputs)
    except InputError as why:  # what cannot be compared would stop the report
        problem = Finding(
            "counts", why.where, "not-comparable", Severity.ERROR, got=why.got, advice=why.advice
        )
        return replace(inputs, findings=(problem, *inputs.findings))
    left_out = tuple(dict.fromkeys((*inputs.exclusions, *study.exclusions)))
    return replace(inputs, findings=study.findings, exclusions=left_out)


def report(
    protocol: Protocol | Study,
    progress: Progress = silent,
    *,
    pdf: bool = False,
    executor: Executor | None = None,
) -> Report:
    """Run the whole road, from files to verdict and evidence.

    Args:
        protocol: of :func:`wbcval.load`, or made in Python. Without a source text and
            criteria, the industry rule is judged. Or a study of :func:`wbcval.study_of`.
        progress: told what is being done.
        pdf: print ``report.pdf`` too, with a Chromium that is installed.
        executor: where files of predictions are read and reduced, such as a
            ``ProcessPoolExecutor``; ``None``: here, one by one. Every byte is the same.

    Raises:
        InputError: on any finding of severity error; for ``pdf`` without a Chromium.
    """
    if pdf:
        browser()  # missing, it is said before the work
    return _made(protocol, progress, evidence.created(), pdf=pdf, executor=executor)


def decided(
    asked: Protocol | Study, progress: Progress = silent, executor: Executor | None = None
) -> Judgement:
    """The road as far as the verdict: what :func:`report` says, without its page and files.

    Args:
        asked, progress, executor: as of :func:`report`.

    Raises:
        InputError: on any finding of severity error.
    """
    if isinstance(asked, Study):
        _whole(asked)
        study, protocol = asked, asked.protocol
    else:
        protocol = _as_stated(asked)
        study = build(read_inputs(protocol, progress, executor))
    criteria = protocol.criteria
    if not criteria and not protocol.source:
        criteria = default_criteria(study)
    results = evaluate(study, criteria, progress)
    verdict = judge(criteria, results, protocol.accepted)
    scope = scope_of(study, results, criteria, verdict.failing)
    return Judgement(study, criteria, results, verdict.over(scope))


def _as_stated(protocol: Protocol) -> Protocol:
    """The protocol, without its text where it was changed since: a bundle would state another."""
    return protocol if _states(protocol) else as_file(replace(protocol, source=""))


def _states(protocol: Protocol) -> bool:
    """Whether the text of a protocol is its own, files by their names."""
    try:
        stated = parse(protocol.source, "protocol.toml")
    except InputError:
        return False
    named = all(
        any(fnmatchcase(path.name, asked.name) for asked in stated.inputs.get(role, ()))
        for role, paths in protocol.inputs.items()
        for path in paths
    )
    return named and replace(stated, inputs=protocol.inputs) == protocol


def _whole(study: Study) -> None:
    """Refuse some samples of a study: nothing would say what became of the others."""
    for account in study.ledger.accounts:
        held, told = len(study.sample_ids), account.judged + account.lost
        if (account.subject, account.of) == ("all", SAMPLES) and held != told:
            raise InputError(
                "study", f"{held} of the {told} samples that its ledger tells",
                "report the whole study, and judge a part of it as a stratum",
            )  # fmt: skip


def _made(
    asked: Protocol | Study,
    progress: Progress,
    when: str,
    *,
    pdf: bool = False,
    claimed: Mapping[str, Any] | None = None,
    executor: Executor | None = None,
) -> Report:
    """The road; ``claimed`` takes the place of the versions that run it."""
    start = time.monotonic()
    found = decided(asked, progress, executor)
    study, results, verdict = found.study, found.results, found.verdict
    origin = evidence.provenance(study, when) | dict(claimed or {})
    progress("drawing the report")
    files = files_of(study, results, verdict, origin, found.criteria)
    contents = {name: text.encode() for name, text in files.items()}
    if pdf:
        progress("printing the PDF")
        contents["report.pdf"] = print_pdf(files["report.html"])
    about = evidence.manifest(contents, origin, study.protocol.paths, time.monotonic() - start)
    return Report(study, results, verdict, contents, about)


def verify(bundle: Path | str, *, rerun: bool = False) -> list[evidence.Difference]:
    """What of a bundle, or of a baseline, is not as it was written; empty when all is.

    Args:
        bundle: a folder that :func:`report` wrote, or one of ``wbcval baseline accept`` or
            ``wbcval selftest``.
        rerun: recompute from the inputs, found where the manifest says, and compare every byte of
            every file. What was made by other versions than these is never the same.

    Raises:
        InputError: where bundle or inputs cannot be read, or the inputs are not the same; for
            ``rerun`` of a baseline or a self-test, which have no inputs.
    """
    from wbcval.gating import baseline  # a report needs none of the gate

    bundle = Path(bundle)
    if baseline.is_store(bundle):
        if rerun:
            raise InputError("--rerun", f"{bundle} is a baseline, which names no inputs",
                             "rerun the bundle that was accepted")  # fmt: skip
        return baseline.verify(bundle)
    differences = evidence.verify(bundle)
    if any(difference.compared for difference in differences):
        return differences
    if evidence.is_selftest(bundle):
        if rerun:
            raise InputError("--rerun", f"{bundle} is a self-test's record, which has no inputs",
                             "run `wbcval selftest` again")  # fmt: skip
        return differences
    # a rerun compares every byte, and says itself what it cannot
    if rerun:
        return _rerun(bundle)
    found = _contradictions(bundle)
    return [*(found or remade.differences(bundle)), *differences]


def believed(bundle: Path) -> str:
    """What a plain :func:`verify` of a bundle took from it unproven, in a sentence; "" if nothing.

    Raises:
        InputError: where the bundle cannot be read.
    """
    outputs = evidence.read_manifest(bundle)["outputs"]
    if evidence.is_selftest(bundle):
        return "the figures are not computed again: run `wbcval selftest` for that"
    if FILES[1] not in outputs:
        return "the numbers of a gate are not made again from both bundles: run the gate for that"
    written = input_files.read_known(bundle, outputs, FILES[1:2])[FILES[1]].decode()
    python = tables.written_for(written) == tables.FROM_PYTHON
    return remade.BELIEVED + f"; {again.IN_PYTHON}" * python


def _contradictions(bundle: Path) -> list[evidence.Difference]:
    """What ``results.json`` says and the tables of the bundle, or its own rows, do not give."""
    outputs = evidence.read_manifest(bundle)["outputs"]
    more: list[evidence.Difference] = []
    if FILES[1] in outputs:
        side = side_of(bundle.name, input_files.read_known(bundle, outputs, FILES))
        found = again.contradictions(side)
    else:
        from wbcval.gating import ci_outputs  # likewise

        told = evidence.told_of(bundle)
        found = again.of_a_gate(told)
        if told.provenance["wbcval_version"] == __version__:
            files = input_files.read_known(bundle, outputs, ci_outputs.FILES)
            more = [evidence.Difference(*each) for each in ci_outputs.contradictions(told, files)]
            if not comparison_framed(input_files.read(bundle / _PAGE).decode("utf-8", "replace")):
                more.append(evidence.Difference(_PAGE, "is not framed as this version's pages are"))
    return [evidence.Difference(FILES[0], f"contradicts itself: {said}") for said in found] + more


def _rerun(bundle: Path) -> list[evidence.Difference]:
    asked = evidence.rerun_of(bundle)
    protocol = load(bundle / "protocol.toml")
    protocol = replace(protocol, inputs=asked.inputs_of(protocol, str(bundle)))
    if asked.from_options:
        default = tables.written_for(protocol.source) == tables.FROM_OPTIONS
        protocol = replace(protocol, source="", criteria=() if default else protocol.criteria)
    pdf = asked.pdf and _can_print()
    made = _made(protocol, silent, asked.created, pdf=pdf, claimed=asked.claimed)
    return evidence.compared(bundle, made.files, made.manifest)


def _can_print() -> bool:
    try:
        return bool(browser())
    except InputError:
        return False


def check_out(out: Path, protocol: Protocol, source: Path | None, *, replace: bool) -> None:
    """Refuse, before the work, a folder that a report of this protocol may not take.

    Args:
        out: where the bundle shall stand.
        source: file of the protocol, an input as well.
        replace: let another study's bundle go.

    Raises:
        InputError: as :func:`wbcval.bundle.evidence.check_target`.
    """
    evidence.check_target(
        out, [*expanded(protocol).paths, *filter(None, [source])], replace=replace
    )


def protocol_of(inputs: Mapping[str, Sequence[Path]], mode: str | None) -> Protocol:
    """A protocol from options alone: the default criteria apply.

    Args:
        inputs: role → paths.
        mode: of the comparison.

    Raises:
        InputError: without a mode or predictions.
    """
    if mode is None:
        raise InputError(
            "--mode",
            "is missing, and it decides what an error can mean",
            "same-cells (both sides labelled the very same cells), same-slide (re-counted), "
            "or different-aliquot (an analyzer)",
        )
    return Protocol(mode, inputs=inputs)
