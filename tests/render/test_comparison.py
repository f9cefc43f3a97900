"""The gate's page as a release engineer meets it: all of it there, each word on the right side."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace

import pytest

from tests.render.comparison_pages import CASES, SECTIONS, made, plain, rows, section
from tests.render.make_comparison import GATE_PROVENANCE, make_comparison
from tests.render.make_study import text_of
from tests.render.test_report import attributes_of, digest
from tests.simulated import repeats
from wbcval.gating.compare.apart import Mismatch
from wbcval.gating.compare.types import Flips
from wbcval.render import render_comparison


@pytest.mark.parametrize("name", CASES)
def test_every_section_stands_in_order_with_one_finding_and_no_bare_nothing(name: str) -> None:
    _, page = made(name)

    assert re.findall(r'<section id="([\w-]+)">', page) == SECTIONS
    assert re.findall(r'<li><a href="#([\w-]+)">', page)[: len(SECTIONS)] == SECTIONS
    bodies = re.split(r"<section id=", page)[2:]
    assert [body.count('class="lead"') for body in bodies] == [1] * len(bodies)
    for lead in re.findall(r'class="lead">(.*?)</p>', page, re.S):
        assert re.search(r"[.]\s*$", lead), lead
    words = r"\b(nan|None|inf|Infinity|undefined|False|True|Estimate|Status)\b"
    assert not re.findall(words, text_of(page))


@pytest.mark.parametrize("name", CASES)
def test_the_page_holds_nothing_that_its_policy_forbids(name: str) -> None:
    _, page = made(name)

    assert not {name for name in attributes_of(page) if re.match("style|on", name)}
    assert not re.search(r"https?:|url\(|data:", page)
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert html.unescape(policy) == (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(scripts[1][1])}'; base-uri 'none'; form-action 'none'"
    )
    assert page.count("<table") == page.count("<caption>")


def test_same_comparison_same_bytes() -> None:
    _, page = made("usual")
    assert render_comparison(make_comparison(**CASES["usual"]), GATE_PROVENANCE) == page


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_says_reason_and_exit_in_words(name: str) -> None:
    comparison, page = made(name)
    said = section(page, "verdict")
    assert comparison.verdict.decision.written.lower() in said.lower()
    verdict = comparison.verdict
    assert (verdict.counted if len(verdict.required) > 1 else verdict.reason) in said
    meaning = {0: "may replace", 1: "must not replace", 3: "not a pass"}
    code = comparison.verdict.exit_code
    assert f"Exit code {code}: " in said
    assert [c for c, words in meaning.items() if words in said.partition("Exit code")[2][:60]] == [
        code
    ]


def test_flipped_samples_are_named_those_outside_first_and_the_rest_counted() -> None:
    comparison = make_comparison(120)
    ids = comparison.candidate.study.sample_ids
    flips = (
        Flips("NEUT%", "share_within:10", ids[:60], ids[60:62]),
        Flips("EO%", "share_within:10:or_within=0.5", (), ()),
    )
    page = render_comparison(replace(comparison, flips=flips), GATE_PROVENANCE)
    said = plain(section(page, "samples"))
    assert "60 samples fell outside the limit and 2 came within it (NEUT%;" in said
    assert said.index("within → outside 60 S0001") < said.index("outside → within 2 S0061")
    assert "S0050 and 10 more in results.json" in said
    assert "EO% ±10" not in said
    first = section(page, "verdict")
    assert re.search(r"Outside now: S0001 , S0002 .* S0008 and 52 more", first)


def test_samples_that_lost_stand_by_class_the_most_lost_first() -> None:
    comparison, page = made("usual")
    start = page.index("Cells lost</h3>")
    body = page[start : page.index("</tbody>", start)]
    wanted = next(c for c in comparison.changes if c.subject == "monocyte").moved[:10]
    found = re.findall(r'<tr data-sample="([^"]+)">', body)[: len(wanted)]
    assert found == [m.sample_id for m in wanted]
    assert [m.said in html.unescape(body) for m in wanted] == [True] * len(wanted)


def test_the_site_that_moved_stands_first_and_the_rest_is_counted() -> None:
    page = render_comparison(make_comparison(400, sites=8), GATE_PROVENANCE)
    said = section(page, "strata")
    assert said.index("Measurably down: site=") < said.index("Changes by site")
    found = rows(page, "strata", "<h3>site</h3>")
    moved = ["measurably lower" in r[2] for r in found]
    assert moved == sorted(moved, reverse=True)
    assert moved[0]
    assert re.search(r"\d+ of 88 changes by site are listed, the rest in results.json", said)


def test_the_candidates_own_criteria_stand_beside_the_baselines() -> None:
    comparison, page = made("usual")
    own = {o.criterion.id: o for o in comparison.candidate.outcomes}
    said = section(page, "criteria")
    assert "passes 0 of 1 required criteria" in said
    for name in own:
        assert name in said
    assert "4 optional ones are shown, not counted" in said


def test_what_was_compared_is_named_with_digests_on_both_sides() -> None:
    comparison, page = made("usual")
    said = section(page, "compared")
    for side in (comparison.candidate, comparison.baseline, comparison.anchor):
        assert side.digests["predictions"][:16] in said
        assert side.protocol.model.version in said
        assert side.digests["predictions"] in section(page, "provenance")
    assert "on the 40 samples both have" in said


def test_overrides_and_reuse_are_said_aloud() -> None:
    waived = (Mismatch("protocol", "criteria of the two protocols differ"),)
    page = render_comparison(make_comparison(waived=waived, judged_before=5), GATE_PROVENANCE)
    said = section(page, "verdict")
    assert "Override." in said
    assert "criteria of the two protocols differ" in said
    assert "Reused reference set. Judged 6 times" in said
    page = render_comparison(make_comparison(judged_before=4), GATE_PROVENANCE)
    assert "Reused" not in section(page, "verdict")
    assert "Override" not in section(page, "verdict")
    page = render_comparison(make_comparison(judged_before=None), GATE_PROVENANCE)
    assert "How often it was judged is not recorded." in section(page, "verdict")


def test_hostile_names_stay_text() -> None:
    evil = "<script>alert('x')</script>"
    ids = [evil, '" onmouseover="x', "a&b", "$x$", "中文", "x" * 300, "{{ 7*7 }}", "EVIDENCE"]
    comparison = make_comparison(ids=ids, share=0.5, waived=(Mismatch(evil, evil),))
    protocol = comparison.candidate.protocol
    study = replace(
        comparison.candidate.study,
        protocol=replace(protocol, model=replace(protocol.model, name=evil, version='"><img>')),
    )
    stratum = replace(comparison.changes[0], stratum=f"site={evil}")
    page = render_comparison(
        replace(
            comparison,
            candidate=replace(comparison.candidate, name=evil, study=study),
            changes=(*comparison.changes, stratum),
            notes=(evil,),
        ),
        GATE_PROVENANCE,
    )
    assert page.count("<script") == page.count("</script") == 2
    assert "<img" not in page
    assert not {name for name in attributes_of(page) if name.startswith("on")}
    for name in ids:
        assert html.escape(name, quote=False)[:20] in page.replace("&#39;", "'").replace(
            "&#34;", '"'
        )


@pytest.mark.slow
def test_a_large_comparison_is_small_and_soon_drawn() -> None:
    comparison = make_comparison(repeats(1000, 400), sites=8, anchor=True)
    render_comparison(comparison, GATE_PROVENANCE)  # the templates are read once
    start = time.process_time()
    page = render_comparison(comparison, GATE_PROVENANCE)
    took = time.process_time() - start
    assert len(page.encode()) < 500_000
    assert took < 2  # 0.5 s is the aim
