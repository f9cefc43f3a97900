"""Sections by plug-in: each has a file and a template, and each measure has one home."""

from __future__ import annotations

import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from jinja2 import UndefinedError, meta

from tests.render.make_study import PROVENANCE, make_study, measured, within
from wbcval.machine import plugins
from wbcval.measure.results import Results
from wbcval.render import _shell, render
from wbcval.render._section import Section, sections
from wbcval.stats.metric import Metric, Replicates, Stage
from wbcval.study.types import Study
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import PERCENT
from wbcval.values.reasons import Reason

PAGES = pytest.mark.parametrize("page", ["sections", "comparison", "selftest"])
METRICS: Iterable[Any] = plugins.load("wbcval.stats.functions", "METRIC")
MEASURES = sorted(name for metric in METRICS for name in metric.measures)
STAGES = (
    Stage("first", ("lymphocyte", "monocyte"), {"granulocyte": "second"}),
    Stage("second", ("neutrophil", "eosinophil", "basophil")),
)


def homes(found: Mapping[str, Section[Any]]) -> dict[str, list[str]]:
    """Measure → the sections that are its home."""
    at = defaultdict(list)
    for name, section in found.items():
        for measure in section.measures:
            at[measure].append(_shell.word_of(name))
    return dict(at)


def without_one_home(measures: Iterable[str], found: Mapping[str, Section[Any]]) -> list[str]:
    """What to write for each measure that has no home in the report, or several."""
    at = homes(found)
    return [
        f'no section is the home of {m}: write SECTION = Section(…, measures=("{m}",)) into '
        f"wbcval/render/sections/{m}.py beside a template NNN_{m}.html.j2; or only show it under "
        f'Further statistics: a line "{m}" in _NAMES of wbcval/render/sections/other.py'
        if m not in at
        else f"{m} has {len(at[m])} homes, keep one: {', '.join(at[m])}"
        for m in measures
        if len(at.get(m, ())) != 1
    ]


def test_each_measure_has_one_home_in_the_report() -> None:
    found = sections("sections")

    assert not without_one_home(MEASURES, found)
    assert sorted(homes(found)) == MEASURES, "homes of measures that nothing measures"


def test_a_measure_without_a_home_is_told_what_to_write() -> None:
    (said,) = without_one_home([*MEASURES, "theil_sen"], sections("sections"))

    assert 'measures=("theil_sen",)' in said
    followed = {"095_theil_sen.html.j2": Section(measures=("theil_sen",))}
    assert not without_one_home([*MEASURES, "theil_sen"], sections("sections") | followed)


def test_a_measure_with_two_homes_is_told_which() -> None:
    second: Section[Any] = Section(measures=("error",))

    (said,) = without_one_home(MEASURES, sections("sections") | {"095_new.html.j2": second})

    assert said == "error has 2 homes, keep one: errors, new"


@cache
def study_of_everything() -> tuple[Study, Results, Any]:
    """A study in which every measure is measured: with cells, another aliquot, and stages."""
    study = make_study(criteria=[within("WBC"), *map(within, PERCENT)])
    assert study.counts is not None
    abstained = study.counts.predicted[:, None, :].repeat(2, axis=1) * 0
    study = replace(study, counts=replace(study.counts, stages=STAGES, abstained=abstained))
    repeated = Replicates(("A",) * 4, np.array([7.0, 7.2, 6.9, 7.1]))
    study = replace(study, repeats={"WBC": repeated})
    return study, *measured(study)


def bodies(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section id="([\w-]+)">(.*?)</section>', page, re.S))


@cache
def sections_of_everything() -> set[str]:
    return set(bodies(render(*study_of_everything(), PROVENANCE)))


@pytest.mark.parametrize("measure", MEASURES)
def test_its_home_shows_what_was_measured_of_it(measure: str) -> None:
    study, results, verdict = study_of_everything()
    rows = results.measurements
    assert any(m.measure == measure for m in rows)
    why = Reason.told("made missing by hand")

    hidden = tuple(
        replace(m, estimate=Estimate.missing(why, n=m.n)) if m.measure == measure else m
        for m in rows
    )
    page = bodies(render(study, replace(results, measurements=hidden), verdict, PROVENANCE))

    (home,) = homes(sections("sections"))[measure]
    assert why in page[home.replace("_", "-")]  # the anchor
    assert page.keys() == sections_of_everything()


@PAGES
def test_every_template_has_its_file_and_every_file_its_template(page: str) -> None:
    package = import_module(f"wbcval.render.{page}")
    files = {info.name for info in pkgutil.iter_modules(package.__path__)}

    assert [*files] != []
    assert files == {_shell.word_of(name) for name in sections(page)}


@PAGES
def test_a_section_asks_for_what_its_template_uses(page: str) -> None:
    environment = _shell._environment()
    unused = {}
    for name, section in sections(page).items():
        source, _, _ = environment.loader.get_source(environment, f"{page}/{name}")  # type: ignore[union-attr]
        used = meta.find_undeclared_variables(environment.parse(source))
        unused[name] = section.context.keys() - used
        assert section.of_others == ("bodies" in used)

    assert not {name: words for name, words in unused.items() if words}


def test_what_is_not_asked_for_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {"120_noise.html.j2": replace(sections("sections")["120_noise.html.j2"], context={})}
    monkeypatch.setattr("wbcval.render._section.sections", lambda folder: bare)

    with pytest.raises(UndefinedError, match="'noise' is undefined"):
        render(*study_of_everything(), PROVENANCE)


def test_the_metrics_are_there_to_be_asked() -> None:
    assert len(MEASURES) == len({*MEASURES}) >= 8
    assert all(isinstance(metric, Metric) for metric in METRICS)
