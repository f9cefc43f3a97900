"""``wbcval plan``: before there are data, what a protocol needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.build.commands import wbcval
from tests.build.protocols import criterion, within
from tests.build.protocols import protocol as build_protocol
from wbcval.protocol.protocol_file import parse
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
