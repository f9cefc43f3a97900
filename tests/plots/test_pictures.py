"""The pictures: what must be seen on each, and inputs that have broken plots before."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.build.pairs import pairs
from wbcval.plots import agreement, distribution, forest, verification
from wbcval.plots.pictures.agreement import Line
from wbcval.plots.pictures.cloud import MOST_DOTS
from wbcval.plots.pictures.forest import ForestRow
from wbcval.plots.pictures.verification import NAMED, Funnel
from wbcval.plots.scene import BLUE, FAINT, VERMILLION
from wbcval.plots.svg import svg as written
from wbcval.stats.functions.bland_altman import bland_altman
from wbcval.stats.functions.error import error
from wbcval.stats.metric import Context, Pairs
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason


def draw(given: Pairs, key: str = "10", **options: object) -> str:
    statistic = f"share_within:{key}"
    detail = error(given, Context(requested=(statistic,))).detail
    drawn = verification(
        detail, detail.acceptances[key], title="errors", unit="%", limit_label="limit", **options
    )
    return written(drawn.scene)


def paths(svg: str, colour: str) -> list[str]:
    tree = ElementTree.fromstring(svg)  # noqa: S314 (our own)
    return [e.attrib["d"] for e in tree if e.attrib.get("stroke") == colour and "d" in e.attrib]


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg) if e.tag == "text"]  # noqa: S314


def test_each_sample_outside_is_ringed_and_named() -> None:
    svg = draw(pairs([10, 20, 30, 40], [10, 20, 40, 20], sample_ids=("ok", "fine", "high", "low")))
    rings = [d for d in paths(svg, VERMILLION) if "h0" in d]
    assert [d.count("h0") for d in rings] == [2]
    assert {"high", "low"} <= set(texts(svg))
    assert not {"ok", "fine"} & set(texts(svg))


def test_only_the_worst_are_named() -> None:
    n = 40
    svg = draw(pairs(np.full(n, 10.0), np.linspace(12, 30, n)))
    named = {t for t in texts(svg) if re.fullmatch(r"S\d+", t)}
    assert named == {f"S{i}" for i in range(n - NAMED, n)}


def test_an_infinite_error_is_a_triangle_at_the_upper_edge() -> None:
    svg = draw(pairs([0, 10, 20], [1, 10, 20]))
    triangles = re.findall(r'd="(M[^"]*l5 9h-10z)"', svg)
    assert len(triangles) == 1
    assert "nan" not in svg.lower()
    assert "inf" not in svg.lower()


def test_the_limit_line_bends_where_a_floor_allows_more() -> None:
    flat = [d for d in paths(draw(pairs([1, 50], [1, 50])), VERMILLION) if "h0" not in d]
    bent = draw(pairs([1, 50], [1, 50]), "10:or_within=1")
    curves = [d for d in paths(bent, VERMILLION) if "h0" not in d]
    assert [d.count("L") for d in flat] == [1, 1]
    assert [d.count("L") > 50 for d in curves] == [True, True]


def test_the_covering_error_is_drawn_on_both_sides_unless_infinite() -> None:
    given = pairs([10, 20], [10, 21])
    drawn = draw(given, covering=5.0, covering_label="95 % within ±5.0 %")
    assert drawn.count('stroke-dasharray="2 4"') == 2
    assert "95 % within ±5.0 %" in texts(drawn)
    assert 'stroke-dasharray="2 4"' not in draw(given, covering=float("inf"))


def test_the_funnel_is_drawn_where_it_lies_within_the_axis() -> None:
    funnel = Funnel(np.array([-5.0, -1e9]), np.array([5.0, np.inf]))
    dashes = [d for d in paths(draw(pairs([10, 20], [10, 21]), funnel=funnel), FAINT) if "h6" in d]
    assert [d.count("h6") for d in dashes] == [1, 1]


def test_large_errors_compress_the_axis_beyond_the_limit_and_say_so() -> None:
    assert any("compressed" in t for t in texts(draw(pairs([1, 10], [9, 10]))))
    assert not any("compressed" in t for t in texts(draw(pairs([10, 10], [12, 10]))))


@pytest.mark.parametrize(
    ("reference", "model"),
    [([], []), ([5], [5]), ([0], [0]), ([0], [3]), ([0, 0], [3, 4]), ([1e-9, 1e9], [1e9, 1e-9])],
)
def test_odd_data_are_drawn(reference: list[float], model: list[float]) -> None:
    given = pairs(np.array(reference), np.array(model))
    if reference:
        ElementTree.fromstring(draw(given))  # noqa: S314
    detail = error(given, Context()).detail
    svg = written(distribution(detail, 10, title="errors").scene)
    ElementTree.fromstring(svg)  # noqa: S314
    assert "nan" not in svg


def test_a_very_large_study_is_a_picture_with_its_worst_on_top() -> None:
    rng = np.random.default_rng(3)
    reference = rng.uniform(1, 10, MOST_DOTS + 500)
    svg = draw(pairs(reference, reference * rng.normal(1, 0.2, len(reference))))
    assert svg.count("<image") == 1
    assert [d.count("h0") for d in paths(svg, VERMILLION) if "h0" in d] == [300]
    assert len(svg) < 300_000


def test_distribution_ends_below_all_where_errors_are_infinite() -> None:
    detail = error(pairs([0, 0, 10, 20], [1, 1, 10, 20]), Context()).detail
    svg = written(distribution(detail, 10, title="errors").scene)
    curve = max(paths(svg, BLUE), key=len)
    top = min(float(y) for y in re.findall(r"V([\d.]+)", curve))
    assert top == pytest.approx((34 + 222) / 2, abs=0.1)  # half of the samples, half the height


def test_agreement_draws_bias_limits_and_their_bands() -> None:
    rng = np.random.default_rng(1)
    r = rng.uniform(40, 70, 50)
    found = bland_altman(r, r + rng.normal(1, 2, 50))
    limits = [Line(found.lower, "lower"), Line(found.upper, "upper")]
    drawn = agreement(found, Line(found.bias, "bias"), limits, title="d", x_title="x", y_title="y")
    svg = written(drawn.scene)
    assert svg.count("<rect") == 3
    assert {"bias", "lower", "upper"} <= set(texts(svg))


def test_agreement_without_reliable_limits_draws_the_bias_alone() -> None:
    found = bland_altman([10.0], [11.0])
    drawn = agreement(found, Line(found.bias, "bias"), [], title="d", x_title="x", y_title="y")
    svg = written(drawn.scene)
    assert svg.count("<rect") == 0
    assert "bias" in texts(svg)


def test_forest_marks_what_stands_apart_by_sign_and_colour_and_bears_missing_values() -> None:
    rows = [
        ForestRow("site=A", Estimate(0.9, 0.8, 0.95), "90"),
        ForestRow("site=B", Estimate(0.5, 0.4, 0.6), "50", marked=True),
        ForestRow("site=C", Estimate.missing(Reason.told("no sample")), "not estimable"),
        ForestRow("site=D", Estimate(0.7, reason=Reason.told("no interval")), "70"),
    ]
    svg = written(forest(rows, title="shares", axis="share, %", at=0.85, percent=True))
    assert len(paths(svg, VERMILLION)) == 2
    assert "≠ site=B" in texts(svg)
    assert "not estimable" in texts(svg)
    assert {"40", "60", "80"} <= set(texts(svg))


def test_forest_of_nothing() -> None:
    ElementTree.fromstring(written(forest([], title="nothing", axis="%")))  # noqa: S314
