"""The report as a reader and a browser meet it: all of it there, nothing foreign, nothing false."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.render.make_study import (
    PROVENANCE,
    crowd_page,
    large,
    large_page,
    make_study,
    measured,
    page_of,
    text_of,
    within,
)
from tests.simulated import repeats
from wbcval.judge.outcomes import Outcome
from wbcval.machine.resources import root
from wbcval.protocol.types import Criterion, Signer
from wbcval.render import render
from wbcval.render._basis import Basis
from wbcval.render._numbers import Footnotes
from wbcval.render.sections.criteria import Criteria
from wbcval.values.findings import Exclusion
from wbcval.values.measurands import PERCENT

# each template in its place; of stages there is nothing to say without a cascade
TEMPLATES = sorted(path.name for path in (root() / "reports/templates/sections").iterdir())
SECTIONS = [
    name[4:].removesuffix(".html.j2").replace("_", "-")
    for name in TEMPLATES
    # nothing is left for these, and nothing is repeated
    if not any(absent in name for absent in ("stages", "other", "precision"))
]
ALL_PERCENT = [within(name) for name in PERCENT]


def data_of(page: str) -> Any:
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page)[1])


@pytest.fixture(scope="module")
def usual() -> str:
    return page_of(make_study(sites=2, criteria=[within("WBC"), *ALL_PERCENT]))


def attributes_of(page: str) -> set[str]:
    """Names of all attributes, as a parser of HTML reads them."""
    found: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.update(name for name, _ in attributes)
    parser.handle_startendtag = parser.handle_starttag
    parser.feed(page)
    return found


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


STUDIES: dict[str, dict[str, Any]] = {
    "usual": {},
    "same cells": {"mode": "same-cells", "criteria": ALL_PERCENT},
    "same slide": {"mode": "same-slide", "criteria": ALL_PERCENT},
    "no cells": {"with_cells": False},
    "no truth": {"truth": False},
    "no criterion": {"criteria": []},
    "no sample": {"samples": 0, "sites": 2},
    "one sample": {"samples": 1, "sites": 2, "criteria": [within("WBC"), *ALL_PERCENT]},
    "two samples": {"samples": 2, "criteria": ALL_PERCENT},
    "one cell each": {"cells": 1, "criteria": ALL_PERCENT, "sites": 3},
    "all lost": {"samples": 5, "lost": 5},
    "some lost": {"samples": 30, "lost": 2},
    "reference of zero": {"zero_reference": True, "criteria": ALL_PERCENT},
    "absolute counts": {"absolute": True, "criteria": [within("NEUT%"), within("NEUT#")]},
    "many strata": {"sites": 8},
    "a floor": {"criteria": [within("WBC", or_within=0.5), within("BASO%", or_within=0.5)]},
    "a criterion in a stratum": {"sites": 2, "criteria": [within("WBC", stratum="site=A")]},
    "a criterion on another statistic": {
        "criteria": [
            Criterion("bias", "bland_altman", "NEUT%", "bias", min=-1, max=1, rule="demonstrated"),
            Criterion("sens", "classification", "monocyte", "sensitivity", min=0.9),
            Criterion("q", "error", "WBC", "covering_error:0.9", max=10, optional=True),
            Criterion("absent", "error", "MONO#", "share_within:10", min=0.95),
            Criterion("nowhere", "error", "WBC", "share_within:10", min=0.9, stratum="site=Z"),
        ]
    },
}


@cache
def page_named(name: str) -> str:
    return page_of(make_study(**STUDIES[name]))


@pytest.mark.representatives(9)
@pytest.mark.parametrize("name", STUDIES)
def test_any_study_has_every_section_with_one_finding_and_no_bare_nothing(name: str) -> None:
    page = page_named(name)

    assert re.findall(r'<section id="([\w-]+)">', page) == SECTIONS
    bodies = re.split(r"<section id=", page)[2:]
    assert [body.count('class="lead"') for body in bodies] == [1] * len(bodies)
    words = re.findall(
        r"\b(nan|None|inf|Infinity|undefined|False|Estimate|True(?! c))\b", text_of(page)
    )
    assert not words
    for lead in re.findall(r'class="lead">(.*?)</p>', page, re.S):
        assert re.search(r"[.]\s*$", lead), lead


@pytest.mark.representatives(9)
@pytest.mark.parametrize("name", STUDIES)
def test_the_page_holds_nothing_that_its_policy_forbids(name: str) -> None:
    page = page_named(name)

    assert not {name for name in attributes_of(page) if re.match("style|on", name)}
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S)
    assert [kind for kind, _ in scripts] == [' type="application/json" id="points"', ""]
    assert page.count("<script") == 2
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert html.unescape(policy) == (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(scripts[1][1])}'; base-uri 'none'; form-action 'none'"
    )


def test_pictures_in_the_page_are_allowed_only_where_there_are_any(
    made_once: Callable[[Callable[[], str]], str],
) -> None:
    page = made_once(crowd_page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert "img-src data:;" in policy
    assert "data:image/png;base64," in page
    assert len(page) < 2_000_000
    assert "strata and counting noise are not drawn" in page
    assert "Grey dashes" not in page


def test_same_study_same_bytes(usual: str) -> None:
    again = page_of(make_study(sites=2, criteria=[within("WBC"), *ALL_PERCENT]))
    assert again == usual


def test_hostile_names_stay_text() -> None:
    evil = "<script>alert('x')</script>"
    ids = [evil, '" onmouseover="x', "a&b", "$x$", "中文", "x" * 300, "{{ 7*7 }}"]
    study = make_study(ids=ids, criteria=ALL_PERCENT, title=evil, sites=2)
    study = replace(
        study,
        exclusions=(Exclusion(evil, "all", evil),),
        protocol=replace(study.protocol, source=f"# {evil}", signers=(Signer(evil, evil, evil),)),
        strata={**study.strata, f"site={evil}": study.strata["site=A"]},
    )
    page = page_of(study)
    assert page.count("<script") == page.count("</script") == 2
    assert "&lt;script&gt;" in page
    assert data_of(page)["ids"] == ids
    assert not {name for name in attributes_of(page) if name.startswith("on")}
    assert "{{ 7*7 }}" in page
    assert len(re.findall(r"<h1>", page)) == 1


def test_pass_and_fail_are_sign_and_word() -> None:
    page = page_of(make_study(criteria=[within("WBC"), within("BASO%")]))
    assert re.search(r'status pass"><span aria-hidden="true">✓</span> pass', page)
    assert re.search(r'status fail"><span aria-hidden="true">✗</span> fail', page)
    assert "✗ Rejected" in text_of(page)


def test_the_first_section_names_model_analyzer_mode_and_counts(usual: str) -> None:
    first = text_of("<body " + usual.split("<section")[1])
    for said in ("LeukoNet 2.1", "XN-1000", "another aliquot", "40 samples", "40 of 40"):
        assert said in first


def test_a_criterion_out_of_reach_is_said_so_on_page_one_with_what_to_ask_instead() -> None:
    page = page_of(make_study(criteria=[within("LYMPH%")]))
    first, second = page.split("<section")[1:3]
    assert "Read with care." in first
    assert "even a perfect classifier" in text_of("<body " + first)
    assert "Ask instead for" in text_of("<body " + second)


def test_outside_samples_are_listed_worst_first_and_the_rest_counted() -> None:
    page = page_of(make_study(300, criteria=[within("BASO%")]))
    table = page[page.index("Samples outside") :]
    table = table[: table.index("</table>")]
    errors = [
        float(e.replace("−", "-").replace("+", ""))
        for e in re.findall(r'<td class="num">([+−][\d.]+)</td>', table)
    ]
    assert len(re.findall("<tr data-sample=", table)) == 200
    assert [abs(e) for e in errors] == sorted((abs(e) for e in errors), reverse=True)
    assert "the rest in samples.csv" in table


def test_infinite_errors_and_technical_failures_are_said_in_words() -> None:
    page = text_of(page_of(make_study(zero_reference=True, criteria=[within("BASO%")])))
    assert re.search(r"\d samples? with a reference of 0 and a model result above it", page)
    page = text_of(page_of(make_study(30, lost=2)))
    assert "2 samples have a reference but no model result and count as outside: 28 of 30" in page
    assert "Among the 28 measured alone: 28 (100.0 %)" in page
    assert "2 samples without a model result: outside, not drawn." in page
    assert "no model result" in page


def test_a_bad_site_stands_first() -> None:
    study = make_study(60, sites=3, criteria=[within("WBC")])
    values = study.values["WBC"]
    bad = study.strata["site=B"]
    model = values.model.copy()
    model[bad] *= 1.12
    study = replace(study, values={**study.values, "WBC": replace(values, model=model)})
    page = page_of(study)
    section = text_of("<body " + page[page.index('<section id="strata"') :])
    assert section.index("Worse than the rest of the samples: site=B.") < 300
    assert "≠ site=B" in section
    first = text_of("<body " + page.split("<section")[1])
    assert "Worse than the rest of the samples: site=B" in first


def test_strata_rows_of_one_measurand_share_one_limit() -> None:
    page = page_of(make_study(sites=2, criteria=[Criterion(
        "neut-15", "error", "NEUT%", "share_within:15", min=0.95)]))  # fmt: skip
    section = page[page.index('<section id="strata"') : page.index('<section id="noise"')]
    limits = re.findall(r"<td>±(\d+)\s%</td>", section)
    assert len(limits) == 3
    assert len(set(limits)) == 1


def test_abstentions_are_counted_against_the_class_and_shown_apart() -> None:
    page = text_of(page_of(make_study(abstained=True)))
    assert "Cells that the model called no leukocyte" in page
    assert "unclassified" in page
    assert "Cells that the model called no leukocyte" not in text_of(page_of(make_study()))


def test_the_clinical_mix_adds_a_column() -> None:
    study = make_study()
    mix = {"neutrophil": 0.6, "lymphocyte": 0.3, "monocyte": 0.08, "eosinophil": 0.02}
    study = replace(study, protocol=replace(study.protocol, clinical_mix=mix))
    assert "PPV at the clinical mix" in text_of(page_of(study))


def test_no_measure_is_left_out() -> None:
    study = make_study()
    results, verdict = measured(study)
    extra = replace(results.measurements[0], measure="weighted_kappa", statistic="value")
    more = replace(results, measurements=(*results.measurements, extra))
    page = text_of(render(study, more, verdict, PROVENANCE))
    assert "Also measured, beside the sections above: Weighted kappa." in page


def test_counting_noise_is_never_printed_for_the_same_cells() -> None:
    page = text_of(page_of(make_study(mode="same-cells", criteria=ALL_PERCENT)))
    assert "Not applicable: both sides labelled the very same cells" in page
    assert "Expected by chance alone" not in page
    assert "Remainder" not in page


def test_a_shared_total_is_drawn_once() -> None:
    page = page_of(make_study(absolute=True, criteria=[within("NEUT%"), within("NEUT#")]))
    assert page.count("Error of each sample against the reference") == 1
    assert "The relative errors are those of NEUT%" in text_of(page)


def test_every_table_has_a_container_of_its_own_and_a_caption(usual: str) -> None:
    assert usual.count("<table") == usual.count("<caption>")
    assert len(re.findall(r'<div class="scroll[^>]*>\s*<table', usual)) == usual.count("<table")


@pytest.mark.further
def test_a_large_study_stays_within_two_megabytes_with_every_picture(
    made_once: Callable[[Callable[[], str]], str],
) -> None:
    page = made_once(large_page)
    assert page.count("<figure") >= 11 * 4  # verification, distribution, agreement, strata
    assert len(page.encode()) < 2_000_000


@pytest.mark.slow
def test_a_very_large_study_stays_within_three_megabytes() -> None:
    page = page_of(large(repeats(100_000, 24_000), cells=50))  # clouds are pictures
    assert page.count("<image") == 33
    assert len(page.encode()) < 3_000_000


def test_the_reporting_items_of_agreement_are_answered_from_the_study() -> None:
    bias = Criterion("neut-bias", "bland_altman", "NEUT%", "bias", min=-1, max=1)
    section = text_of("<body " + page_of(make_study(criteria=[bias])))
    assert "1 Acceptable limits, set beforehand The criterion neut-bias." in section
    assert "one sample per patient is assumed" in section
    assert "16 Conflicts of interest" in section
    section = text_of("<body " + page_of(make_study(criteria=[])))
    assert "No criterion asks for agreement." in section


def test_observed_is_the_bias_under_agreement_number_for_number() -> None:
    study = make_study(criteria=ALL_PERCENT)
    results, verdict = measured(study)
    page = render(study, results, verdict, PROVENANCE)
    basis = Basis(study, results, verdict)
    for label, measurand in (("neutrophil", "NEUT%"), ("monocyte", "MONO%")):
        observed = results.get("attribution", label, "observed")
        bias = results.get("bland_altman", measurand, "bias")
        assert observed is not None
        assert bias is not None
        for end in ("value", "low", "high"):
            ours, theirs = (getattr(m.estimate, end) for m in (observed, bias))
            assert ours == pytest.approx(theirs, rel=1e-9)
        cells = [basis.cell(Footnotes(), m.measure, m.subject, m.statistic)
                 for m in (observed, bias)]  # fmt: skip
        assert cells[0] == cells[1]
        assert page.count(cells[0]) >= 2


def test_a_headline_lists_and_claims_nothing_of_one_beside_another() -> None:
    page = text_of(page_of(make_study(criteria=ALL_PERCENT)))
    assert "Samples within the limit: NEUT% " in page
    assert "Recognised of the true cells: " in page
    for claim in ("recognised least", "most frequent", "Fewest samples"):
        assert claim not in page


def test_a_floor_read_back_from_a_bundle_is_a_floor_and_no_counting_noise() -> None:
    study = make_study(criteria=[within("EO%", or_within=0.3)])
    (said,) = measured(study)[1].outcomes
    words = Criteria(Basis.__new__(Basis))  # the words need no study

    read = Outcome.from_json(said.to_json())

    assert words.required_text(read) == words.required_text(said)
    assert "0.3" in words.required_text(read)
    assert "noise" not in words.required_text(read)
