"""What each command of the command line does: options to verbs, results to words."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from wbcval import baseline as baselines
from wbcval import evidence, exports, verbs
from wbcval.errors import InputError
from wbcval.findings import Finding, Severity
from wbcval.inputs import Inputs
from wbcval.protocol import Protocol
from wbcval.protocol_file import load

ACCEPTED, DIFFERS, INPUT = 0, 1, 2
_MOST = 20  # findings, and exclusions, that are printed


def init(args: argparse.Namespace) -> int:
    """``wbcval init``: a protocol drafted from the files at hand."""
    reference, samples, out = _path(args.reference), _path(args.samples), Path(args.out)
    predictions = [Path(p) for p in args.predictions]
    with _progress() as progress:
        made = verbs.draft(predictions, reference, samples, args.mode, out, progress)
        made.write(out)
    errors = _say_inputs(made.inputs)
    if made.problem is not None:
        print(f"wbcval: error: {made.problem}", file=sys.stderr)
    print(f"{out}: drafted; nothing was judged")
    name = shlex.quote(str(out))
    choice = "" if args.mode else "the mode, "
    print(
        f"next: finish it by hand ({choice}criteria, bounds, signers) before anyone sees a result"
    )
    print(f"      wbcval validate {name}\n      wbcval report {name}")
    return INPUT if errors or made.problem else ACCEPTED


def report(args: argparse.Namespace) -> int:
    """``wbcval report``: the whole road, to an evidence bundle."""
    protocol, out = _protocol(args), Path(args.out)
    evidence.check_target(out.absolute())  # before the work, not after it
    with _progress() as progress:
        made = verbs.report(protocol, progress, pdf=args.pdf)
        progress("writing the bundle")
        made.write(out)
    _say_findings(made.study.findings)
    print(f"{made.verdict.decision.upper()}: {made.verdict.reason}")
    print(f"report: {out / 'report.html'}")
    return made.verdict.exit_code


def validate(args: argparse.Namespace) -> int:
    """``wbcval validate``: the input check alone."""
    with _progress() as progress:
        inputs = verbs.validate(_protocol(args), progress)
    if args.out is not None:
        out = Path(args.out)
        out.mkdir(parents=True, exist_ok=True)
        text = exports.import_log_csv(inputs.log)
        (out / "import-log.csv").write_text(text, encoding="utf-8", newline="\n")
    return INPUT if _say_inputs(inputs) else ACCEPTED


def gate(args: argparse.Namespace) -> int:
    """``wbcval gate``: a candidate against the accepted model."""
    from wbcval.gating import gate, record

    out, accepted = Path(args.out), Path(args.baseline)
    evidence.check_target(out.absolute())
    if args.record and not baselines.is_store(accepted):
        raise InputError("--record", f"{accepted} is not a folder of `wbcval baseline`",
                         "leave it out, or keep the baseline in such a folder")  # fmt: skip
    with _progress() as progress:
        made = gate(
            Path(args.candidate),
            accepted,
            progress,
            mode=args.mode,
            reference=_path(args.reference),
            samples=_path(args.samples),
            allow=args.allow,
            paired=not args.unpaired,
        )
        progress("writing the result")
        made.write(out)
        if args.record:
            record(accepted, made)
    found = made.comparison
    for waived in found.waived:
        print(f"let pass: {waived.what}: {waived.said}")
    for outcome in found.verdict.outcomes:
        if not outcome.criterion.optional:
            print(f"{found.word(outcome)}: {outcome.message}")
    for note in found.notes:
        print(note)
    print(f"{found.verdict.decision.upper()}: {found.verdict.reason}")
    print(f"comparison: {out / 'report.html'}")
    return found.verdict.exit_code


def verify(args: argparse.Namespace) -> int:
    """``wbcval verify``: is a bundle, or a baseline, as it was written?"""
    path = Path(args.bundle)
    differences = verbs.verify(path, rerun=args.rerun)
    if differences:
        return _say_differences(differences)
    if baselines.is_store(path):
        return _say_chain(path)
    how = "every number came out again" if args.rerun else "every file as the manifest says"
    print(f"{path}: {how}")
    seal = evidence.seal(path)
    print(f"sha256 of manifest.json, to compare with the one noted when it was signed: {seal}")
    return ACCEPTED


def baseline(args: argparse.Namespace) -> int:
    """``wbcval baseline accept|show|log``."""
    steps = {"accept": _accept, "show": _show, "log": _log}
    return steps[args.step](args)


def _accept(args: argparse.Namespace) -> int:
    made = baselines.accept(
        Path(args.bundle),
        Path(args.to),
        args.by,
        args.why,
        although_rejected=args.although_rejected,
        new_anchor=args.new_anchor,
    )
    for note in made.notes:
        print(f"note: {baselines.plain(note)}", file=sys.stderr)
    entry = made.store.accepted
    place = ", the anchor" if entry.anchor else ""
    print(f"baseline: {baselines.model(entry)} (entry {entry.number}{place})")
    print(f"{args.to}: {baselines.size(made.store)}, to be committed")
    return ACCEPTED


def _show(args: argparse.Namespace) -> int:
    print(baselines.shown(baselines.open_store(Path(args.folder))))
    return ACCEPTED


def _log(args: argparse.Namespace) -> int:
    path = Path(args.folder)
    print(baselines.logged(baselines.entries(path)))
    differences = baselines.verify(path)
    return _say_differences(differences) if differences else _say_chain(path)


def _say_differences(differences: list[evidence.Difference]) -> int:
    for difference in differences:
        print(baselines.plain(f"{difference.name} {difference.what}"))
    return DIFFERS


def _say_chain(path: Path) -> int:
    last = baselines.entries(path)[-1]
    count = "1 entry" if last.number == 1 else f"{last.number} entries"
    print(f"{path}: the chain of {count} holds, and every file is as it says")
    print(f"sha256 of entry {last.number}, to compare with one noted elsewhere: {last.sha256}")
    return ACCEPTED


def _protocol(args: argparse.Namespace) -> Protocol:
    reference, samples = _path(args.reference), _path(args.samples)
    predictions = [Path(p) for p in args.predictions]
    if args.protocol is None:
        return verbs.protocol_of(predictions, reference, samples, args.mode)
    if any((predictions, reference, samples, args.mode)):
        raise InputError(
            "usage", "a protocol and input options together", "write the inputs into the protocol"
        )
    return load(Path(args.protocol))


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What is being done, on a terminal; nothing in a pipe."""
    layout = "{desc} {elapsed}"
    with tqdm(bar_format=layout, disable=None, leave=False, file=sys.stderr) as bar:
        yield lambda text: bar.set_description_str(f"wbcval: {text}")


def _say_inputs(inputs: Inputs) -> int:
    """What was read, left out and found; returns how many findings are errors."""
    for file in inputs.files:
        print(f"{file.role}: {file.file}, {file.dialect}, {file.rows} rows")
    for exclusion in inputs.exclusions[:_MOST]:
        print(f"left out: {exclusion.sample_id} {exclusion.subject}: {exclusion.reason}")
    if len(inputs.exclusions) > _MOST:
        print(f"… and {len(inputs.exclusions) - _MOST} more left out")
    _say_findings(inputs.findings)
    errors = sum(f.severity is Severity.ERROR for f in inputs.findings)
    print(f"{errors} errors, {len(inputs.findings) - errors} other findings")
    return errors


def _say_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings[:_MOST]:
        print(f"{finding.severity}: {finding.text()}", file=sys.stderr)
    if len(findings) > _MOST:
        print(f"… and {len(findings) - _MOST} more in import-log.csv", file=sys.stderr)
