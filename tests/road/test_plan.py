"""``wbcval plan``: before there are data, what a protocol needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.build.commands import wbcval
from tests.build.protocols import criterion, within
from tests.build.protocols import protocol as build_protocol
from wbcval.protocol.protocol_file import parse
from wbcval.stats import attainability
from wbcval.stats.acceptance import chance_to_pass, k_min
from wbcval.values.classes import FIVE, SHORT
from wbcval.verbs.planning import chance_within, plan

DEMONSTRATED = within("WBC", rule="demonstrated")


# LAB.md §5: a perfect classifier within 10 % of a noise-free truth, in percent
@pytest.mark.parametrize(
    ("p", "chances"),
    [(0.01, (37, 27, 20, 37, 57)), (0.05, (18, 37, 43, 58, 90)), (0.1, (38, 44, 55, 73, 98)),
     (0.3, (55, 68, 83, 96, 100)), (0.6, (82, 93, 99, 100, 100))],
)  # fmt: skip
def test_the_noise_floor_is_the_published_one(p: float, chances: tuple[int, ...]) -> None:
    found = [round(100 * chance_within(p, n, 10)) for n in (100, 200, 400, 1000, 5000)]

    assert tuple(found) == chances


def test_a_share_is_planned_and_what_noise_forbids_is_told(tmp_path: Path) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text(
        build_protocol(DEMONSTRATED, within("BASO%", name="b"), predictions="not-there.csv")
    )

    ended = wbcval("plan", path)

    assert ended.returncode == 0
    assert "286 samples" in ended.stdout
    assert "unattainable: a perfect classifier of 200 cells" in ended.stdout
    told = json.loads(wbcval("plan", path, "--json", "--true-share", "0.99").stdout)
    assert [row["samples"] for row in told] == [124, None]
    assert [row["attainable"] for row in told] == [True, False]


def test_what_is_hoped_for_decides() -> None:
    asked = parse(build_protocol(DEMONSTRATED), "protocol.toml")

    numbers = [plan(asked, true_share=p)[0].samples for p in (0.97, 0.98, 0.99)]
    assert numbers == [694, 286, 124]
    (hopeless,) = plan(asked, true_share=0.95)
    assert not hopeless.attainable
    assert hopeless.samples is None


def test_the_observed_rule_says_whom_it_would_let_through() -> None:
    """At twenty samples it takes a model with 90 % within in 39 % of the studies (§3)."""
    (found,) = plan(parse(build_protocol(within("WBC")), "protocol.toml"))

    assert found.samples == 20
    assert "a model with 90 % within would pass in 39 % with 20" in found.said


def test_more_cells_make_attainable_what_few_do_not() -> None:
    asked = parse(build_protocol(within("NEUT%")), "protocol.toml")

    assert not plan(asked, cells=200)[0].attainable
    assert plan(asked, cells=400)[0].attainable


MIX = dict(zip(FIVE, (0.6, 0.3, 0.06, 0.03, 0.005), strict=True))
DRAWN = 20_000


@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
@pytest.mark.parametrize("cells", [300, 400])
def test_drawn_perfect_counts_pass_with_the_power_that_was_told(cells: int, rule: str) -> None:
    """No model is within more often than a perfect one: 300 cells allow 97 %, whatever is hoped."""
    asked = parse(build_protocol(within("NEUT%", rule=rule)), "protocol.toml")
    (found,) = plan(asked, cells=cells, true_share=0.999)
    assert found.samples is not None
    hits = np.random.default_rng(7).binomial(cells, 0.6, (DRAWN, found.samples))

    inside = (np.abs(hits - 0.6 * cells) <= 0.06 * cells + 1e-9).sum(axis=1)
    passed = float((inside >= k_min(found.samples, 0.95, rule)).mean())

    assert passed >= 0.8 - 0.012
    assert passed == pytest.approx(dict(found.chances)[found.samples], abs=0.012)


def test_what_is_planned_for_is_no_more_than_counting_allows(tmp_path: Path) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text(build_protocol(within("NEUT%", rule="demonstrated")))

    told = {
        cells: json.loads(wbcval("plan", path, "--json", "--cells", str(cells)).stdout)[0]
        for cells in (260, 300, 400)
    }

    assert {cells: row["samples"] for cells, row in told.items()} == {260: None, 300: 624, 400: 286}
    assert told[400]["true_share"] == 0.98
    assert told[300]["true_share"] == pytest.approx(0.9709, abs=1e-4)
    assert "97 % is planned for" in told[300]["said"]


@pytest.mark.parametrize("floor", [0.0, 1.0, 4.5])
@pytest.mark.parametrize("name", FIVE)
def test_a_perfect_classifier_is_the_one_of_the_report(name: str, floor: float) -> None:
    measurand = f"{SHORT[name]}%"
    known = attainability(
        [100 * MIX[name]] * 20, 200, measurand=measurand, limit=10, share=0.95, floor=floor
    )

    assert known.within is not None
    found = chance_within(MIX[name], 200, 10, floor=floor)
    assert found == pytest.approx(known.within[0], rel=1e-9)


@pytest.mark.parametrize(
    ("subject", "keys"), [("BASO#", {}), ("NEUT%", {"or_within": 1}), ("MONO#", {})]
)
def test_counts_and_floors_are_held_against_counting_too(
    subject: str, keys: dict[str, int]
) -> None:
    asked = parse(build_protocol(within(subject, rule="demonstrated", **keys)), "protocol.toml")
    (found,) = plan(asked)

    assert found.samples is None
    assert not found.attainable


@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
def test_all_within_is_planned_for_a_faultless_model_alone(rule: str) -> None:
    asked = parse(build_protocol(within("WBC", rule=rule, min=1)), "protocol.toml")
    (found,), (faultless,) = plan(asked), plan(asked, true_share=1)

    assert found.samples is None
    assert not found.attainable
    assert "ask for less" in found.said
    passes = {n: chance_to_pass(n, k_min(n, 1.0, rule), 1.0) for n in (20, 1000)}
    assert faultless.samples == (20 if passes == {20: 1.0, 1000: 1.0} else None)


def test_what_is_not_planned_yet_says_why() -> None:
    bias = criterion("bland_altman", "NEUT%", "bias", name="b", min=-2, max=2)
    (found,) = plan(parse(build_protocol(bias), "protocol.toml"))

    assert found.samples is None
    assert found.attainable
    assert "takes the spread" in found.said


@pytest.mark.parametrize(
    "words",
    [("--power", "1"), ("--power", "nan"), ("--true-share", "98"), ("--cells", "0")],
)
def test_what_is_no_share_is_an_error(tmp_path: Path, words: tuple[str, str]) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text(build_protocol(DEMONSTRATED))

    ended = wbcval("plan", path, *words)

    assert ended.returncode == 2
    assert words[0] in ended.stderr


def test_a_protocol_without_criteria_has_nothing_to_plan(tmp_path: Path) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text('schema_version = 1\nmode = "different-aliquot"\n')

    assert wbcval("plan", path).returncode == 2
