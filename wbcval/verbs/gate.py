"""The release gate as a verb: two models in, one verdict and its files out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import evidence
from wbcval.bundle.again import digest_of, judged_again, told_of
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.gating import baseline, ci_outputs
from wbcval.gating.compare import Comparison, compare
from wbcval.judge.outcomes import Verdict
from wbcval.machine import input_files
from wbcval.machine.progress import Progress, silent
from wbcval.protocol.roles import PREDICTIONS
from wbcval.render import render_comparison
from wbcval.values.errors import InputError


@dataclass(frozen=True)
class Gated:
    """Everything one run of the gate made, before it is written.

    Attributes:
        files: name → content of each file but the manifest.
        manifest: what ``manifest.json`` will say.
    """

    comparison: Comparison
    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]

    @property
    def verdict(self) -> Verdict:
        """On the changes and the candidate's own criteria."""
        return self.comparison.verdict

    def write(self, out: Path, *, replace: bool = False) -> None:
        """Write the result's folder, as a bundle is written; see :meth:`wbcval.Report.write`."""
        evidence.write(out, self.files, self.manifest, replace=replace)


def gate(
    candidate: Path | str,
    accepted: Path | str,
    progress: Progress = silent,
    *,
    mode: str | None = None,
    inputs: Mapping[str, Sequence[Path]] | None = None,
    allow: Sequence[str] = (),
    paired: bool = True,
) -> Gated:
    """Judge a candidate model against an accepted one (STATISTICS.md §12).

    Args:
        candidate: an evidence bundle, or a table of predictions.
        accepted: likewise, or the folder of a baseline, whose anchor is compared with too.
        progress: told what is being done.
        mode, inputs: of a side that is a table of predictions; role → paths of its other inputs.
        allow: differences to let pass, recorded in the result (``protocol``).
        paired: sample by sample; ``False`` is weaker.

    Raises:
        InputError: where a side cannot be read, was altered or contradicts its own tables, or both
            are not comparable; where ``inputs`` names predictions, which are the two sides.
    """
    candidate, accepted = Path(candidate), Path(accepted)
    if PREDICTIONS in (inputs or {}):
        raise InputError("inputs", f"got {PREDICTIONS!r}", "give them as candidate and baseline")
    start = time.monotonic()

    def side(path: Path) -> Side:
        progress(f"reading {path.name}")
        return _side(path, mode, inputs or {})

    new, anchor, judged = side(candidate), None, None
    told: tuple[str, ...] = ()
    story = ""
    if baseline.is_store(accepted):
        store = baseline.open_store(accepted)
        old, judged = store.current, store.judged
        anchor = None if store.anchor is old else store.anchor
        story = store.story
        told = (story,) if store.anchored.ended else ()
    else:
        old = side(accepted)
    told += tuple(said for each in (new, old, anchor) if each for said in told_of(each))
    progress("comparing")
    found = compare(new, old, anchor, allow=allow, paired=paired, judged_before=judged, told=told)
    found = replace(found, anchored=story)
    origin = _provenance(found, evidence.created())
    progress("drawing the comparison")
    files = {
        "report.html": render_comparison(found, origin),
        "results.json": ci_outputs.results_json(found, origin),
        "junit.xml": ci_outputs.junit(found),
        "summary.md": ci_outputs.markdown(found),
        "annotations.txt": ci_outputs.annotations(found),
    }
    contents = {name: text.encode() for name, text in files.items()}
    about = evidence.manifest(contents, origin, [candidate, accepted], time.monotonic() - start)
    return Gated(found, contents, about)


def record(accepted: Path, made: Gated) -> None:
    """Note the judgement in the baseline's log.

    Raises:
        InputError: where ``accepted`` is not a baseline, or cannot be written.
    """
    side = made.comparison.candidate
    verdict = made.comparison.verdict.decision
    baseline.record_judgement(accepted, side.digests["predictions"], str(verdict), digest_of(side))


def _side(path: Path, mode: str | None, inputs: Mapping[str, Sequence[Path]]) -> Side:
    if path.is_dir():
        return judged_again(side_of(path.name, _bundle(path)))
    if not path.exists():
        raise InputError(str(path), "is not there", "give an evidence bundle or predictions")
    from wbcval.verbs import road  # two bundles need none of the road

    made = road.report(road.protocol_of({**inputs, PREDICTIONS: [path]}, mode))
    return side_of(path.name, made.files)


def _bundle(path: Path) -> dict[str, bytes]:
    altered = evidence.refuted(path)
    if altered:
        raise InputError(
            str(path),
            f"is not as it was written: {altered[0].name} {altered[0].what}",
            "make the bundle again, or look who changed it",
        )
    return input_files.read_known(path, evidence.read_manifest(path)["outputs"], FILES)


def _provenance(comparison: Comparison, when: str) -> dict[str, Any]:
    """Where a comparison's numbers come from: the candidate's origin, and who the others are."""
    sides = {"candidate": comparison.candidate, "baseline": comparison.baseline}
    if comparison.anchor is not None:
        sides["anchor"] = comparison.anchor
    candidate = comparison.candidate.provenance
    return {
        "wbcval_version": __version__,
        "created": when,
        **{key: candidate[key] for key in ("mode", "rollup", "seed", "digests")},
        "protocol_sha256": candidate["protocol_sha256"],
        "inputs": [
            {**entry, "role": f"{name}: {entry['role']}"}
            for name, side in sides.items()
            for entry in side.provenance["inputs"]
        ],
        "sides": {
            name: {
                "name": side.name,
                "created": side.provenance["created"],
                "model": {"name": side.protocol.model.name, "version": side.protocol.model.version},
                "digests": side.digests,
                "wbcval_version": side.provenance["wbcval_version"],
            }
            for name, side in sides.items()
        },
        "versions": evidence.versions(tables=False),
    }
