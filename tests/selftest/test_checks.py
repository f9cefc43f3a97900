"""The checks that are shipped: each has a source, and a broken statistic or judge fails them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Decision, Verdict
from wbcval.protocol.types import Criterion
from wbcval.selftest import run
from wbcval.selftest.types import Check, Family, Recomputed, recomputed

FAMILIES = {family.title: family for family in run.families()}
STUDY = "A study from files to verdict"
CHECKS = [
    pytest.param(title, check, id=f"{title}: {check.name}")
    for title, family in FAMILIES.items()
    for check in family.checks
    if title != STUDY  # run once, by the command
]


def missed(title: str, first: int | None = None) -> list[Recomputed]:
    checks = FAMILIES[title].checks[:first]
    return [f for check in checks for f in recomputed(title, check) if not f.passed]


@pytest.mark.parametrize(("title", "check"), CHECKS)
def test_what_is_computed_is_what_is_published(title: str, check: Check) -> None:
    found = recomputed(title, check)

    assert [f.figure for f in found if not f.passed] == []
    assert check.compute().keys() >= check.expected.keys()


def test_every_check_has_a_source_and_a_name_of_its_own() -> None:
    checks = [check for family in FAMILIES.values() for check in family.checks]

    assert len(checks) > 30
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert len(check.source) > 15
        assert not check.source.endswith(".")  # a full stop is set after it
        assert check.expected


def test_a_figure_printed_to_full_precision_is_asked_for_as_such() -> None:
    figures = [
        figure
        for family in FAMILIES.values()
        for check in family.checks
        for figure in check.expected.values()
    ]

    assert all(f.needed >= min(f.printed, 6) for f in figures)
    assert sum(f.needed >= 9 for f in figures) > 50


def test_a_sd_of_n_instead_of_n_minus_1_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_n(values: Any) -> tuple[float, float]:
        return float(np.mean(values)), float(np.std(values))

    monkeypatch.setattr("wbcval.stats.functions.bland_altman.mean_sd", with_n)

    assert ("NumAcc1, 3 values", "SD") in [
        (f.check, f.figure) for f in missed("Mean and standard deviation")
    ]
    assert "SD" in [f.figure for f in missed("Limits of agreement")]


@pytest.mark.parametrize(
    ("name", "value", "title", "check"),
    [
        ("functions.limits_of_agreement.Z", 2.0, "Limits of agreement", "systolic"),
        ("acceptance.EDGE", 0.5, "The acceptance criterion", "verification"),
    ],
)
def test_a_constant_that_is_off_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object, title: str, check: str
) -> None:
    monkeypatch.setattr(f"wbcval.stats.{name}", value)

    assert [f for f in missed(title) if check in f.check]


def test_a_judge_that_accepts_everything_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(*given: Any) -> Verdict:
        return replace(judge(*given), decision=Decision.ACCEPTED)

    monkeypatch.setattr("wbcval.verbs.road.judge", lenient)

    found = [f for check in FAMILIES[STUDY].checks[1:3] for f in recomputed(STUDY, check)]
    assert [f.figure for f in found if not f.passed] == ["verdict", "verdict"]


@pytest.mark.parametrize(("share", "place"), [(0.93, 4), (0.96, 0)])
def test_a_required_share_that_is_a_little_off_is_found(
    monkeypatch: pytest.MonkeyPatch, share: float, place: int
) -> None:
    def off(criteria: Sequence[Criterion], *given: Any) -> Verdict:
        return judge([replace(c, min=share) if c.min == 0.95 else c for c in criteria], *given)

    monkeypatch.setattr("wbcval.verbs.road.judge", off)

    found = recomputed(STUDY, FAMILIES[STUDY].checks[place])
    assert "verdict" in [f.figure for f in found if not f.passed]


def test_a_verification_that_notices_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbcval.verbs.road.verify", lambda _: [])

    (found,) = missed(STUDY, 1)
    assert (found.figure, found.said) == ("after one digit in results.json", "not noticed")


@pytest.mark.parametrize("families", [(), (Family("empty", ()),)])
def test_nothing_run_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, families: Sequence[Family]
) -> None:
    monkeypatch.setattr(run, "families", lambda: families)

    assert not run.run().passed
