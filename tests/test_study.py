"""A study is made in one place, and cut in one place: all of it, or none."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.render.make_study import make_study
from wbcval.study import paired_values
from wbcval.study.paired_values import Values
from wbcval.study.types import Study


@pytest.fixture(scope="module")
def study() -> Study:
    made = make_study(sites=2, lost=1)
    noise = {name: replace(v, noise=v.model > v.reference) for name, v in made.values.items()}
    return replace(made, values=noise, unlisted={"lot=1": np.arange(len(made.sample_ids)) < 3})


def test_every_array_of_both_sides_is_cut() -> None:
    arrays = {f.name for f in fields(Values) if "Floats" in str(f.type) or "Mask" in str(f.type)}
    assert arrays == {*paired_values._BY_SAMPLE}


def equal(one: Study, other: Study) -> None:
    for f in fields(Study):
        if f.name not in ("values", "counts"):
            np.testing.assert_equal(getattr(one, f.name), getattr(other, f.name), f.name)
    for name, values in one.values.items():
        for part in fields(Values):
            np.testing.assert_equal(
                getattr(values, part.name), getattr(other.values[name], part.name), part.name
            )
    assert one.counts is not None
    assert other.counts is not None
    for part in fields(type(one.counts)):
        np.testing.assert_equal(getattr(one.counts, part.name), getattr(other.counts, part.name))


def test_cut_and_put_back_it_is_the_same(study: Study) -> None:
    ids = study.sample_ids
    shuffled = study.at([ids[i] for i in np.random.default_rng(1).permutation(len(ids))])
    assert shuffled.sample_ids != ids
    equal(shuffled.at(ids), study)
    equal(study.at(ids), study)


def test_a_cut_study_says_of_its_samples_what_it_said(study: Study) -> None:
    ids = study.sample_ids[5:12]
    cut = study.at(ids)
    for name in study.measurands:
        whole, part = study.pairs(name), cut.pairs(name)
        take = [i for i, s in enumerate(whole.sample_ids) if s in ids]
        assert part.sample_ids == tuple(whole.sample_ids[i] for i in take)
        np.testing.assert_array_equal(part.reference, whole.reference[take])
        np.testing.assert_array_equal(part.model, whole.model[take])
    cells, all_cells = cut.cells(), study.cells()
    assert cells is not None
    assert all_cells is not None
    take = [all_cells.sample_ids.index(s) for s in cells.sample_ids]
    np.testing.assert_array_equal(cells.counts, all_cells.counts[take])


def test_an_absent_sample_has_nothing(study: Study) -> None:
    found = study.at(["nobody", *study.sample_ids], absent=True)
    assert found.sample_ids[0] == "nobody"
    assert not any(v.listed[0] for v in found.values.values())
    assert {name for name, mask in found.strata.items() if mask[0]} == {"all"}
    assert not any(mask[0] for mask in found.unlisted.values())
    assert found.counts is not None
    assert not found.counts.confusion[0].any()
    assert found.cluster[0] not in found.cluster[1:]
    equal(found.at(study.sample_ids), study)


def test_a_sample_that_is_not_under_study_is_an_error(study: Study) -> None:
    with pytest.raises(KeyError, match="nobody"):
        study.at(["nobody"])


@pytest.mark.parametrize("part", ["cluster", "reference_cells", "reference_shares"])
def test_parts_of_other_samples_make_no_study(study: Study, part: str) -> None:
    with pytest.raises(ValueError, match="not of the same samples"):
        replace(study, **{part: getattr(study, part)[:-1]})
    with pytest.raises(ValueError, match="not of the same samples"):
        replace(study, sample_ids=study.sample_ids[::-1])


@pytest.mark.parametrize("part", ["model", "resolution", "noise"])
def test_parts_of_other_samples_make_no_pair_of_sides(study: Study, part: str) -> None:
    values = study.values["WBC"]
    with pytest.raises(ValueError, match="not of the same samples"):
        replace(values, **{part: getattr(values, part)[:-1]})


def test_a_frame_says_which_samples_lie_inside_noise(study: Study) -> None:
    """As ``samples.csv`` does: a baseline keeps the frame, and the gate reads the marks."""
    for name, values in study.values.items():
        marks = [set(text.split(";")) for text in study.to_frame(name)["flags"]]
        take = np.flatnonzero(values.listed)
        assert values.noise is not None
        for i, found in zip(take, marks, strict=True):
            told = found & {"inside_noise", "beyond_noise"}
            expected = {"inside_noise" if values.noise[i] else "beyond_noise"}
            assert told == (set() if values.lost[i] else expected)
