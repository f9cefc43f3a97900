"""A protocol that judges strata alone still looks at every other level, and at all of the range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.simulated import counted, labelled, repeats, sides, slack
from wbcval.judge import ends, mixes
from wbcval.judge.unlisted import failing
from wbcval.protocol.types import Criterion
from wbcval.study.types import Study
from wbcval.values.classes import FIVE

N = 80
SEX = np.arange(N) % 2 == 0
BAD = np.arange(N) >= N - 4  # a site of two men and two women


def studied(failed: np.ndarray, *, listed: bool = False, seed: int = 1) -> Study:
    """WBC with an imprecision of 3 %; those that fail are half of what they should be."""
    rng = np.random.default_rng(seed)
    reference = rng.lognormal(2.0, 0.4, N).round(2)
    model = reference * rng.normal(1.0, 0.03, N).clip(0.92, 1.08)
    model[failed] *= 0.5
    found = counted({"WBC": sides(reference, model)})
    sexes = {"sex=M": SEX, "sex=F": ~SEX}
    sites = {"site=A": ~BAD, "site=C": BAD}
    strata = {**found.strata, **sexes, **(sites if listed else {})}
    return replace(found, strata=strata, unlisted={} if listed else sites)


def by_sex(statistic: str = "share_within:10", **bounds: float) -> list[Criterion]:
    bounds = bounds or {"min": 0.95}
    return [
        Criterion(f"c{i}", "error", "WBC", statistic, stratum=stratum, **bounds)  # type: ignore[arg-type]
        for i, stratum in enumerate(("sex=M", "sex=F"))
    ]


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    "asked",
    [
        by_sex(),
        by_sex("covering_error:0.95", max=10.0),
        by_sex("n_outside:10", max=2.0),
        by_sex()[:1] + by_sex("share_within:10", min=0.9)[1:],
    ],
)
def test_a_site_that_fails_is_named_where_each_sex_is_judged(
    listed: bool, asked: list[Criterion]
) -> None:
    why = "no criterion judges" if listed else "strata do not list"
    told = failing(studied(BAD, listed=listed), asked)
    assert told == (f"site=C, which {why}: WBC 0 of 4 samples pass",)
    assert failing(studied(np.zeros(N, bool), listed=listed), asked) == ()


def test_what_a_criterion_on_all_says_of_a_site_is_said_once() -> None:
    of_all = Criterion("a", "error", "WBC", "share_within:10", min=0.95)
    study = studied(BAD)
    assert failing(study, [of_all]) == failing(study, [*by_sex(), of_all]) != ()


def test_the_stratum_that_is_judged_itself_is_not_told_again() -> None:
    """Those of one sex fail, which fails its own criterion."""
    failed = SEX & (np.arange(N) < 20)
    assert not any(said.startswith("sex=") for said in failing(studied(failed), by_sex()))


def test_a_sex_that_nobody_judges_is_a_level() -> None:
    study = studied(~SEX & (np.arange(N) < 30))
    told = failing(study, by_sex()[:1])
    assert any(said.startswith("sex=F, which no criterion judges") for said in told)


def test_failures_at_an_end_are_told_there_too() -> None:
    study = studied(np.zeros(N, bool))
    values = study.values["WBC"]
    high = values.reference >= np.sort(values.reference)[-4]
    given = replace(values, model=np.where(high, 0.5 * values.reference, values.model))
    study = replace(study, values={"WBC": given})
    assert ends.lines(study, by_sex(min=0.9)) == (
        "the 4 of 80 samples of WBC that fail are the 4 highest",
    )


def test_a_mix_is_looked_at_there_too() -> None:
    called = np.eye(5)
    called[0] = [0.94, 0, 0, 0, 0.06]
    study = labelled(called, samples=N)
    mix = dict(zip(FIVE, (0.75, 0.2, 0.04, 0.008, 0.002), strict=True))
    study = replace(
        study, protocol=replace(study.protocol, clinical_mix=mix),
        strata={**study.strata, "sex=M": SEX, "sex=F": ~SEX},
    )  # fmt: skip
    asked = [
        Criterion(f"p{i}", "classification", "basophil", "ppv", stratum=stratum, min=0.2)
        for i, stratum in enumerate(("sex=M", "sex=F"))
    ]
    of_all = [Criterion("p", "classification", "basophil", "ppv", min=0.2)]
    assert mixes.lines(study, asked) == mixes.lines(study, of_all) != ()


@pytest.mark.drawn
def test_of_an_honest_model_no_site_is_named() -> None:
    many = repeats(400, 100)
    told = sum(bool(failing(honest(seed), by_sex())) for seed in range(many))
    assert told / many <= 0.03 + slack(0.03, many, many + 1)


def honest(seed: int) -> Study:
    """Some 4 % of the samples lie outside, wherever they are; sites of 40, 20, 12 and 8."""
    rng = np.random.default_rng(seed)
    study = studied(rng.random(N) < 0.04, seed=seed)
    site = np.repeat([0, 1, 2, 3], [40, 20, 12, 8])
    return replace(study, unlisted={f"site={i}": site == i for i in range(4)})
