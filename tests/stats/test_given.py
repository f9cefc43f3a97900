"""Statistics that a study measures, on arrays: the same numbers, and nothing taken for granted."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from tests.build.pairs import cells, pairs
from wbcval import stats
from wbcval.stats.metric import Context
from wbcval.values.notebook import Shown

RNG = np.random.default_rng(13)
SAMPLE = np.repeat(np.arange(30), 40)
TRUE = RNG.choice(["neutrophil", "lymphocyte", "platelet"], len(SAMPLE), p=[0.6, 0.35, 0.05])
SAID = np.where(RNG.random(len(SAMPLE)) < 0.9, TRUE, RNG.permutation(TRUE))
REFERENCE = np.round(RNG.uniform(0, 12, 60), 1)
MODEL = np.round(REFERENCE * RNG.normal(1, 0.06, 60), 1)


def _counts() -> np.ndarray:
    names = ["neutrophil", "lymphocyte", "platelet"]
    found = np.zeros((30, 3, 3), dtype=np.int64)
    for s, t, p in zip(SAMPLE, TRUE, SAID, strict=True):
        found[s, names.index(t), names.index(p)] += 1
    return found


def test_cells_in_arrays_give_what_counted_cells_give() -> None:
    counted = cells(_counts(), ("neutrophil", "lymphocyte", "platelet"), 2)
    found = stats.classification(TRUE, SAID, sample=SAMPLE)
    assert repr(found) == repr(stats.classification(counted, Context()))
    order = RNG.permutation(len(SAMPLE))
    frame = pd.DataFrame({"t": TRUE, "p": SAID, "s": [f"{s:03}" for s in SAMPLE]}).iloc[order]
    again = stats.classification(frame["t"].astype("category"), frame["p"], sample=frame["s"])
    assert again.accuracy == found.accuracy
    assert again.kappa == found.kappa


def test_spellings_are_one_class_and_what_is_no_leukocyte_is_not_counted() -> None:
    spelt = np.where(TRUE == "neutrophil", "Neutrophils", np.where(TRUE == "platelet", "PLT", "Ly"))
    found = stats.classification(spelt, SAID, sample=SAMPLE)
    assert found.labels == ("neutrophil", "lymphocyte", "platelet")
    assert found.n_classes == 2
    assert found.accuracy == stats.classification(TRUE, SAID, sample=SAMPLE).accuracy
    numbered = stats.classification([1, 2, 1, 2] * 5, [1, 2, 2, 2] * 5, sample=[*range(5)] * 4)
    assert numbered.labels == ("1", "2")


def test_cells_without_samples_or_of_two_patients_are_refused() -> None:
    with pytest.raises(TypeError, match="sample is missing"):
        stats.classification(TRUE, SAID)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="0 has several"):
        stats.classification(TRUE, SAID, sample=SAMPLE, cluster=np.arange(len(SAMPLE)))
    with pytest.raises(ValueError, match="true must hold no missing values"):
        stats.classification([None, *TRUE[1:]], SAID, sample=SAMPLE)
    with pytest.raises(ValueError, match="of one length"):
        stats.classification(TRUE[1:], SAID, sample=SAMPLE)
    with pytest.raises(ValueError, match="different indexes"):
        stats.classification(pd.Series(TRUE), pd.Series(SAID).iloc[::-1], sample=SAMPLE)
    by_patient = stats.classification(TRUE, SAID, sample=SAMPLE, cluster=SAMPLE // 2)
    merged = stats.classification(TRUE, SAID, sample=SAMPLE // 2)
    assert by_patient.accuracy == merged.accuracy


def test_errors_of_arrays_are_those_of_pairs() -> None:
    found = stats.error(REFERENCE, MODEL, measurand="EO%")
    assert found.estimates == stats.error(pairs(REFERENCE, MODEL, "EO%"), Context()).estimates
    plain = stats.error(REFERENCE, MODEL, limit=15, share=0.9, floor=0.2)
    assert {"share_within:15:or_within=0.2", "covering_error:0.9:or_within=0.2:limit=15"} <= {
        *plain.estimates
    }
    patient = np.arange(60) // 2
    clustered = stats.error(REFERENCE, MODEL, cluster=[f"P{i}" for i in patient])
    given = pairs(REFERENCE, MODEL, cluster=patient)
    assert clustered.estimates["median"] == stats.error(given, Context()).estimates["median"]


def test_a_percentage_that_nobody_has_is_flagged_where_it_is_named() -> None:
    reference = np.zeros(60)
    named = stats.error(reference, reference, measurand="EO%").estimates["share_within:10"]
    assert "class_rare" in named.flags


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limit": 0}, "limit must be above 0"),
        ({"share": 95}, "share a fraction"),
        ({"measurand": "NEUT"}, "must be WBC, or end in"),
        ({"cluster": [1, 2]}, "one code for each of 60 pairs"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        stats.error(REFERENCE, MODEL, **options)  # type: ignore[call-overload]


def test_negative_values_are_no_counts() -> None:
    with pytest.raises(ValueError, match="model must be at least 0, got -1"):
        stats.error([5.0, 6.0], [-1.0, 6.0])


def test_what_is_attainable_needs_the_reference_and_the_cells() -> None:
    reference = np.round(RNG.uniform(50, 70, 40), 1)
    asked = {"limit": 10, "share": 0.9}
    found = stats.attainability(reference, 200, measurand="NEUT%", **asked)
    given = pairs(reference, reference, "NEUT%", model_cells=np.full(40, 200.0))
    assert repr(found) == repr(stats.attainability(given, **asked))
    each = stats.attainability(pd.Series(reference), [200] * 40, measurand="NEUT%", **asked)
    assert repr(each) == repr(found)
    with pytest.raises(TypeError, match="cells=200"):
        stats.attainability(reference, 200, **asked)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="one for each of 40"):
        stats.attainability(reference, [200], measurand="NEUT%", **asked)


def test_every_result_that_holds_estimates_is_a_table() -> None:
    types = [getattr(stats, name) for name in stats.__all__ if name[0].isupper()]
    for found in (t for t in types if hasattr(t, "__dataclass_fields__")):
        if any("Estimate" in str(f.type) for f in fields(found)):
            assert issubclass(found, Shown), found


def test_a_table_has_every_estimate_with_its_interval() -> None:
    found = stats.bland_altman(REFERENCE, MODEL)
    frame = found.to_frame().set_index("statistic")
    assert frame.loc["bias", "value"] == found.bias.value
    assert frame.loc["bias", "high"] == found.bias.high
    assert "bias" in found._repr_html_()
    by_class = stats.classification(TRUE, SAID, sample=SAMPLE).to_frame()
    assert {"kappa", "neutrophil: sensitivity", "lymphocyte: ppv"} <= {*by_class["statistic"]}
    errors = stats.error(REFERENCE, MODEL)
    assert {*errors.to_frame()["statistic"]} == {*errors.estimates}
    assert "share_within:10" in errors._repr_html_()


def test_what_is_not_estimable_stands_in_the_table_with_its_reason() -> None:
    found = stats.classification(["eosinophil", "basophil"], ["basophil"] * 2, sample=[1, 2])
    row = found.to_frame().set_index("statistic").loc["eosinophil: ppv"]
    assert pd.isna(row["value"])
    assert row["reason"]
