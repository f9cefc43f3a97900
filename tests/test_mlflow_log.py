"""A bundle in a real MLflow, on a local database. Skipped where MLflow is not installed.

It is not among the test packages, for it brings some sixty others. To run this file, in a virtual
environment of its own::

    pip install . pytest "mlflow>=2.17"
    MLFLOW_DISABLE_TELEMETRY=true pytest tests/test_mlflow_log.py

The whole ``mlflow`` and not the ``mlflow-skinny`` of the extra, for the local store of tracking and
model registry is a database, which the small package leaves to a server.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wbcval
from tests.build.protocols import protocol, within
from wbcval.mlflow_log import _names, log_report
from wbcval.values.errors import InputError

_ROW = {"stratum": "all", "measure": "error", "subject": "WBC", "statistic": "mean", "value": 1.0}


@pytest.fixture(scope="module")
def mlflow() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own packages
        found = pytest.importorskip("mlflow", reason="MLflow is not installed; see the first lines")
        pytest.importorskip("sqlalchemy", reason="mlflow-skinny keeps no local database")
    return found


@pytest.fixture
def client(mlflow: Any, tmp_path: Path) -> Iterator[Any]:
    store = f"sqlite:///{(tmp_path / 'store.db').as_posix()}"
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(None)


@pytest.fixture
def run(client: Any, tmp_path: Path) -> str:
    experiment = client.create_experiment("leukocytes", (tmp_path / "artefacts").as_uri())
    found: str = client.create_run(experiment).info.run_id
    return found


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    for file, factor in (("reference.csv", 1.0), ("model.csv", 1.2)):
        rows = "".join(f"S{i},{factor * (5 + i):.2f},{40 + factor + i}\n" for i in range(30))
        text = f"sample_id,WBC(10^9/L),NEUT%(%)\n{rows}"
        (folder / file).write_text(text, encoding="utf-8")
    path = folder / "protocol.toml"
    path.write_text(
        protocol(within(name="wbc"), predictions=["model.csv"], reference="reference.csv"),
        encoding="utf-8",
    )
    wbcval.report(wbcval.load(path)).write(folder / "bundle")
    return folder / "bundle"


pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def test_measurements_files_and_verdict_stand_in_the_run(
    client: Any, run: str, bundle: Path, tmp_path: Path
) -> None:
    log_report(bundle, run=run)
    data = client.get_run(run).data
    results = json.loads((bundle / "results.json").read_text(encoding="utf-8"))
    told = json.loads(
        Path(client.download_artifacts(run, "wbcval/metrics.json")).read_text("utf-8")
    )
    measured = {
        tuple(m[k] for k in ("stratum", "measure", "subject", "statistic", "unit")): m["value"]
        for m in results["measurements"] if m["value"] is not None
    }  # fmt: skip
    assert {tuple(told[name].values()): value for name, value in data.metrics.items()} == measured
    assert data.metrics["all/error/WBC/share_within_10"] == 0.0
    assert "all/bland_altman/NEUT_percent/bias" in data.metrics
    assert data.tags["wbcval.verdict"] == "rejected"
    for name in ("report.html", "results.json", "manifest.json"):
        kept = Path(client.download_artifacts(run, f"wbcval/{name}"))
        assert kept.read_bytes() == (bundle / name).read_bytes()
    report = hashlib.sha256((bundle / "report.html").read_bytes()).hexdigest()
    assert data.tags["wbcval.report_sha256"] == report


def test_a_model_version_bears_the_verdict(client: Any, run: str, bundle: Path) -> None:
    client.create_registered_model("leukonet")
    for _ in range(2):
        client.create_model_version("leukonet", f"runs:/{run}/model", run)
    log_report(bundle, run=run, model="models:/leukonet/2")
    tags = client.get_model_version("leukonet", "2").tags
    assert tags["wbcval.verdict"] == "rejected"
    assert tags == {k: v for k, v in client.get_run(run).data.tags.items() if "wbcval." in k}
    assert client.get_model_version("leukonet", "1").tags == {}


def test_the_active_run_is_taken_and_none_is_refused(
    mlflow: Any, client: Any, run: str, bundle: Path
) -> None:
    with pytest.raises(InputError, match="none is active"):
        log_report(bundle)
    with mlflow.start_run(run_id=run):
        log_report(bundle)
    assert client.get_run(run).data.tags["wbcval.verdict"] == "rejected"


@pytest.mark.parametrize("model", ["leukonet", "models:/leukonet@accepted", "models:/leukonet/7"])
def test_nothing_is_logged_for_a_model_version_that_is_not_there(
    mlflow: Any, client: Any, run: str, bundle: Path, model: str
) -> None:
    with pytest.raises((InputError, mlflow.exceptions.MlflowException)):
        log_report(bundle, run=run, model=model)
    data = client.get_run(run).data
    assert data.metrics == {}
    assert not any("wbcval." in key for key in data.tags)


def test_an_altered_bundle_is_not_logged(client: Any, run: str, bundle: Path) -> None:
    results = bundle / "results.json"
    was = results.read_bytes()
    results.write_bytes(was.replace(b'"rejected"', b'"accepted"'))
    try:
        with pytest.raises(InputError, match=r"results\.json was altered"):
            log_report(bundle, run=run)
    finally:
        results.write_bytes(was)
    assert client.get_run(run).data.metrics == {}


def test_names_are_ones_that_mlflow_takes_and_no_two_alike(client: Any, run: str) -> None:
    from mlflow.entities import Metric

    strata = ["site=A+B", "site=A&B", "..", "a/../b", "site=" + "x" * 300, "site=" + "x" * 301, "é"]
    names = list(_names([_ROW | {"stratum": s, "subject": "NEUT#"} for s in strata]))
    assert len(set(names)) == len(strata)
    client.log_batch(run, metrics=[Metric(name, 1.0, 0, 0) for name in names])
    assert set(client.get_run(run).data.metrics) == set(names)


def test_without_mlflow_it_says_what_to_install(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(InputError, match=r"\.\[mlflow\]"):
        log_report(bundle)
