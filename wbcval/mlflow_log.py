"""A report in MLflow: numbers as metrics, files as artefacts, the verdict as tags.

Needs the extra ``[mlflow]``. What this module logs goes to the tracking store that MLflow is set
to, and nowhere else; whether MLflow itself reports its use to its makers is set by
``MLFLOW_DISABLE_TELEMETRY``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wbcval.bundle import evidence
from wbcval.judge.scope import Scope
from wbcval.values.errors import InputError, install

FOLDER = "wbcval"  # of the artefacts
FILES = ("report.html", "results.json", "manifest.json")
_AT_ONCE = 1_000  # metrics in one call, and
_LONGEST = 240  # characters of a name: MLflow takes 250
_NAMED = ("stratum", "measure", "subject", "statistic")
_SIGNS = {"%": "_percent", "#": "_absolute"}


def log_report(bundle: Path, *, run: str | None = None, model: str | None = None) -> None:
    """Log a bundle's report to a run and, where one is named, to a version of a registered model.

    - each measurement that has a value, as the metric ``stratum/measure/subject/statistic``, with
      ``_percent`` for ``%``, ``_absolute`` for ``#`` and ``_`` for what else MLflow refuses in a
      name; ``wbcval/metrics.json`` has the true names and the units, results.json the intervals
      and the reason why a value is missing;
    - ``report.html``, ``results.json`` and ``manifest.json`` as artefacts, under ``wbcval/``;
    - ``wbcval.verdict``, ``wbcval.scope`` and ``wbcval.report_sha256`` as tags of the run and of
      the model version.

    Args:
        bundle: folder that ``wbcval report`` or ``wbcval gate`` wrote.
        run: id of the run; ``None``: the active one.
        model: ``models:/NAME/VERSION``.

    Raises:
        InputError: without MLflow; where the bundle is not as it was written, no run is active, or
            ``model`` is written otherwise. Nothing is logged then.
        mlflow.exceptions.MlflowException: where MLflow knows no such run or version, likewise
            before anything is logged, or where its store fails.
    """
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric
    except ModuleNotFoundError:
        raise InputError("mlflow", "is not installed", install("mlflow")) from None
    client = MlflowClient()
    report = _checked(bundle)
    version = _version(model)
    run_id = run if run is not None else _active()
    client.get_run(run_id)
    if version is not None:
        client.get_model_version(*version)

    told = evidence.told_of(bundle)
    rows = [row for m in told.measurements if (row := m.to_json())["value"] is not None]
    names = list(_names(rows))
    now = int(1000 * time.time())
    metrics = [Metric(n, row["value"], now, 0) for n, row in zip(names, rows, strict=True)]
    for start in range(0, len(metrics), _AT_ONCE):
        client.log_batch(run_id, metrics=metrics[start : start + _AT_ONCE])
    about = {n: {key: row[key] for key in (*_NAMED, "unit")}
             for n, row in zip(names, rows, strict=True)}  # fmt: skip
    client.log_dict(run_id, about, f"{FOLDER}/metrics.json")
    for file in FILES:
        client.log_artifact(run_id, str(bundle / file), FOLDER)
    tags = {
        "wbcval.verdict": str(told.verdict.decision),
        "wbcval.scope": _scope(told.verdict.scope),
        "wbcval.report_sha256": report,
    }
    for key, value in tags.items():  # last: whoever sees a verdict finds what it rests on
        client.set_tag(run_id, key, value)
        if version is not None:
            client.set_model_version_tag(*version, key, value)


def _scope(scope: Scope) -> str:
    """What the verdict is on, and what it leaves out, in words."""
    return " ".join(filter(None, (f"Judged: {scope.what or 'nothing'}.", scope.said)))


def _checked(bundle: Path) -> str:
    """The sha256 of a bundle's report, where every file is as written."""
    altered = evidence.refuted(bundle)
    if altered:
        raise InputError(
            str(bundle), f"{altered[0].name} {altered[0].what}", "log a bundle as it was written"
        )
    outputs: Mapping[str, str] = evidence.read_manifest(bundle)["outputs"]
    if not {"report.html", "results.json"} <= set(outputs):
        raise InputError(str(bundle), "holds no report", "give an evidence bundle")
    return outputs["report.html"]


def _active() -> str:
    from mlflow import active_run

    run = active_run()
    if run is None:
        raise InputError("run", "none is active", "call within mlflow.start_run(), or name a run")
    found: str = run.info.run_id
    return found


def _version(model: str | None) -> tuple[str, str] | None:
    if model is None:
        return None
    found = re.fullmatch(r"models:/([^/@]+)/(\d+)", model)
    if found is None:
        raise InputError("model", f"is {model!r}", "write models:/NAME/VERSION")
    return found[1], found[2]


def _names(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A metric's name for each row; no two alike."""
    taken: set[str] = set()
    for row in rows:
        name = base = "/".join(_part(row[key]) for key in _NAMED)[:_LONGEST]
        number = 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        yield name


def _part(text: str) -> str:
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return re.sub(r"[^A-Za-z0-9_.-]|^\.+$", "_", text)
