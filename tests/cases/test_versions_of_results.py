"""What a version of results.json brought is not cut out of a bundle, nor its version lowered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.build.results import as_version_2
from tests.cases.conftest import Judged
from tests.cases.test_label_sources import drawn, judged
from tests.cases.test_past_the_gate import reseal
from tests.test_results_file import as_version_1
from wbcval.bundle.again import contradictions
from wbcval.bundle.evidence import verify
from wbcval.bundle.read import FILES, side_of
from wbcval.cli import main
from wbcval.values.errors import InputError

Report = Callable[..., Judged]
Forge = Callable[[dict[str, Any]], object]


@pytest.fixture
def bundle(report: Report) -> Path:
    """Of labels that a model gave: inconclusive."""
    found = judged(report, drawn("label_source", "model", 0.3))
    assert found.code == 3
    return found.bundle


def cut(key: str) -> Forge:
    def forge(results: dict[str, Any]) -> None:
        *around, name = key.split(".")
        for at in around:
            results = results[at]
        del results[name]

    return forge


def lowered(results: dict[str, Any]) -> None:
    results["schema_version"] = 2


def unmarked(results: dict[str, Any]) -> None:
    """As if no column had called the labels a model's."""
    for row in results["measurements"]:
        row["flags"] = [flag for flag in row["flags"] if flag != "labels_of_model"]
    for row in results["outcomes"]:
        row["status"] = "pass"
    results["verdict"] = "accepted"


def told_of(bundle: Path) -> str:
    """What the gate says of the bundle."""
    try:
        side_of("b", {name: (bundle / name).read_bytes() for name in FILES})
    except InputError as why:
        return str(why)
    return ""


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "key", ["scope.seen", "scope.marks", "scope.ledger.false_findings",
            "scope.ledger.missed_findings", "notes"],
)  # fmt: skip
def test_a_key_of_the_version_is_not_missing(bundle: Path, key: str) -> None:
    assert not told_of(bundle)
    reseal(bundle, cut(key), "results.json")
    said = f"{key} is missing, which version 3 always holds"
    assert [d.what for d in verify(bundle)] == [f"holds no verdict: {said}"]
    assert said in told_of(bundle)


def test_a_version_is_not_lowered_alone(bundle: Path) -> None:
    reseal(bundle, lowered, "results.json")
    said = "schema_version is 2, and scope.seen is there, of version 3"
    assert said in told_of(bundle)
    assert said in verify(bundle)[0].what


@pytest.mark.parametrize("older", [as_version_2, lambda r: r.update(as_version_1(r))])
def test_the_page_tells_its_version(bundle: Path, older: Forge) -> None:
    reseal(bundle, older, "results.json")
    assert [(d.name, d.what) for d in verify(bundle)] == [
        ("report.html", "tells another version than results.json")
    ]


def test_an_older_bundle_is_read(bundle: Path) -> None:
    def older(results: dict[str, Any]) -> None:
        as_version_2(results)
        for key in ("false_findings", "missed_findings"):
            del results["scope"]["ledger"][key]

    page = bundle / "report.html"
    page.write_bytes(page.read_bytes().replace(b'<meta name="generator"', b'<meta name="wrote"'))
    reseal(bundle, older, "results.json")
    assert verify(bundle) == []
    assert not told_of(bundle)


def test_a_mark_is_not_cut_off_the_numbers_alone(bundle: Path) -> None:
    assert json.loads((bundle / "results.json").read_text("utf-8"))["scope"]["marks"] == [
        "labels_of_model"
    ]
    assert main(["verify", str(bundle)]) == 0
    reseal(bundle, unmarked, "results.json")
    assert main(["verify", str(bundle)]) == 1
    side = side_of("b", {name: (bundle / name).read_bytes() for name in FILES})
    (why,) = contradictions(side)
    assert "pass is stated, and the tables give inconclusive" in why
