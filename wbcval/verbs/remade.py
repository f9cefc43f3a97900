"""A bundle made again from what it holds, without its inputs: what it shows is what it rests on.

``study.json`` holds the study, and everything else follows: each file is made again and compared.
Numbers may differ in their last digits, as another processor has them; page and tables are made of
those that the bundle tells, to the byte.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wbcval import __version__
from wbcval.bundle import evidence, study_record, tables
from wbcval.bundle.recheck import recheck
from wbcval.bundle.results_file import NAME, ResultsFile
from wbcval.judge.criteria import judge
from wbcval.judge.defaults import default_criteria
from wbcval.judge.outcomes import Verdict
from wbcval.judge.scope import scope_of
from wbcval.machine import input_files
from wbcval.measure.evaluate import evaluate
from wbcval.measure.results import Results
from wbcval.protocol.types import Criterion
from wbcval.render import render
from wbcval.study.types import Study

BELIEVED = f"{study_record.NAME} is taken as it stands: --rerun makes it again from the inputs"
_CLOSE = 1e-9  # relative: the same numbers, by another processor
_CLAIMED = ("wbcval_version", "versions")
_DOES_NOT = f"is not what {study_record.NAME} gives"


def files_of(
    study: Study,
    results: Results,
    verdict: Verdict,
    origin: Mapping[str, Any],
    criteria: Sequence[Criterion],
) -> dict[str, str]:
    """Name → text of each file of a bundle but the manifest.

    Args:
        study, results, verdict: what was compared, measured and decided.
        origin: the provenance to state.
        criteria: that were judged.
    """
    protocol = study.protocol
    return {
        "report.html": render(study, results, verdict, origin),
        NAME: ResultsFile(verdict, results.measurements, origin, study.exclusions).text(),
        "figures.csv": tables.figures_csv(results.measurements, verdict.outcomes),
        "recheck.R": recheck(),
        "samples.csv": tables.samples_csv(study, results, verdict),
        "confusion.csv": tables.confusion_csv(study),
        "strata.csv": tables.strata_csv(study),
        "exclusions.csv": tables.exclusions_csv(study.exclusions),
        "import-log.csv": tables.import_log_csv(study.log),
        "protocol.toml": protocol.source or tables.protocol_toml(protocol, criteria),
        study_record.NAME: study_record.text(study),
    }


def differences(bundle: Path) -> list[evidence.Difference]:
    """What of a report's bundle its own study does not give.

    Args:
        bundle: one in which no contradiction was found.

    Raises:
        InputError: where its record of the study cannot be read.
    """
    outputs = evidence.read_manifest(bundle)["outputs"]
    if "protocol.toml" not in outputs:  # of a gate
        return []
    if study_record.NAME not in outputs:
        why = f"cannot be compared whole: the bundle holds no {study_record.NAME} to make it of"
        return [evidence.Difference("report.html", why, compared=False)]
    told = evidence.told_of(bundle)
    study = study_record.study_of(told, input_files.read_known(bundle, outputs, study_record.FILES))
    # of the right form, and yet no study that can be judged: values below 0, arrays unlike
    with input_files.border(study_record.NAME, "the record of a study", study_record.ADVICE):
        return _compared(bundle, outputs, told, study)


def _compared(
    bundle: Path, outputs: Mapping[str, Any], told: ResultsFile, study: Study
) -> list[evidence.Difference]:
    protocol = study.protocol
    criteria = protocol.criteria or (() if protocol.source else default_criteria(study))
    results = evaluate(study, criteria)
    verdict = judge(criteria, results, protocol.accepted)
    verdict = verdict.over(scope_of(study, results, criteria, verdict.failing))
    claimed = {key: told.provenance[key] for key in _CLAIMED}
    origin = evidence.provenance(study, told.provenance["created"]) | claimed
    made = ResultsFile(verdict, results.measurements, origin, study.exclusions).text()
    stated = evidence.results_of(bundle)
    if parts := [*_unlike(stated, json.loads(made))]:
        found = [evidence.Difference(NAME, f"{part} {_DOES_NOT}") for part in parts]
    else:
        results = replace(results, measurements=told.measurements)
        files = files_of(study, results, told.verdict, told.provenance, criteria)
        found = [
            evidence.Difference(name, _DOES_NOT)
            for name, text in files.items()
            if name in outputs and name != NAME
            if input_files.read(bundle / name) != text.encode()
        ]
    return [replace(each, compared=_ours(claimed)) for each in found]


def _unlike(stated: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(stated.keys() | made.keys()):
        if not _close(stated.get(key), made.get(key)):
            yield key[:40]


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return type(one) is type(other) and bool(one == other)


def _ours(claimed: Mapping[str, Any]) -> bool:
    """Whether this program and these libraries are said to have made it: others may differ."""
    versions = claimed["versions"]
    same = versions == evidence.versions(workbooks=evidence.WORKBOOKS in versions)
    return same and bool(claimed["wbcval_version"] == __version__)
