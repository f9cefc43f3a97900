"""A level that fails what all samples keep to is told, whichever statistic judges (§18)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.simulated import repeats
from wbcval.door.tables import read
from wbcval.judge.unlisted import failing
from wbcval.protocol.protocol_file import parse
from wbcval.study.inputs import read_inputs
from wbcval.study.pairing import build
from wbcval.values.classes import FIVE
from wbcval.values.measurands import PERCENT

MIX = np.array([0.55, 0.30, 0.09, 0.04, 0.02])
SITES = np.repeat(["A", "B", "C"], [30, 24, 6])
N = len(SITES)
Told = Callable[..., tuple[str, ...]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """What is said of the levels: of tables, criteria and whether the site is a stratum."""

    def say(
        p: pd.DataFrame,
        r: pd.DataFrame | None,
        *asked: str,
        listed: bool = True,
        site: np.ndarray = SITES,
    ) -> tuple[str, ...]:
        p.to_csv(tmp_path / "p.csv", index=False)
        sites = pd.DataFrame({"sample_id": [f"S{i:03d}" for i in range(N)], "site": site})
        sites.to_csv(tmp_path / "s.csv", index=False)
        text = f'mode = "{"same-cells" if r is None else "different-aliquot"}"\n'
        text += 'strata = ["site"]\n' if listed else ""
        text += '[inputs]\npredictions = "p.csv"\nsamples = "s.csv"\n'
        if r is not None:
            r.to_csv(tmp_path / "r.csv", index=False)
            text += 'reference = "r.csv"\n'
        rows = (f'[[criterion]]\nid = "c{i}"\n{each}\n' for i, each in enumerate(asked))
        protocol = parse(text + "".join(rows), "p.toml", tmp_path)
        study = build(read_inputs(protocol))
        return failing(study, protocol.criteria)

    return say


def asked(measure: str, subject: str, statistic: str, more: str = "") -> str:
    return f'measure = "{measure}"\nsubject = "{subject}"\nstatistic = "{statistic}"\n{more}'


def counted(
    seed: int = 5, cells: int = 400, excess: float = 1.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A model that counts right, or too many of all but neutrophils, and the analyzer."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(25 * MIX, N)
    tables = []
    for of, n in (("model", cells), ("reference", 10_000)):
        seen = true.copy()
        if of == "model":
            seen[:, 1:] *= excess
            seen[:, 0] = np.maximum(1 - seen[:, 1:].sum(axis=1), 0)
            seen /= seen.sum(axis=1, keepdims=True)
        hits = np.array([rng.multinomial(n, p) for p in seen])
        table = pd.DataFrame({"sample_id": [f"S{i:03d}" for i in range(N)]})
        table["WBC(10^9/L)"] = np.round(np.exp(rng.normal(2, 0.02, N)) + np.arange(N) / 10, 2)
        for name, share in zip(PERCENT, 100 * hits.T / n, strict=True):
            table[f"{name[:-1]}(%)"] = share.round(2)
        tables.append(table if of == "reference" else table.assign(n_cells=n))
    tables[0]["WBC(10^9/L)"] = tables[1]["WBC(10^9/L)"] * rng.normal(1, 0.01, N).round(3)
    return tables[0], tables[1]


def labelled(wrong: np.ndarray, seed: int = 5) -> pd.DataFrame:
    """100 cells of each sample, of which so many are called a class drawn from all."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(N):
        true = rng.choice(5, 100, p=MIX)
        called = np.where(rng.random(100) < wrong[i], rng.integers(0, 5, 100), true)
        rows += [
            (f"S{i:03d}", k, FIVE[c], FIVE[t])
            for k, (c, t) in enumerate(zip(called, true, strict=True))
        ]
    return pd.DataFrame(rows, columns=["sample_id", "cell_id", "predicted_class", "true_class"])


SMALL = asked("bland_altman", "LYMPH%", "bias:10:or_noise")


@pytest.mark.parametrize("listed", [True, False])
def test_biases_that_cancel_are_told_of_each_site(told: Told, listed: bool) -> None:
    p, r = counted()
    way = np.select([SITES == "A", SITES == "B"], [4.0, -5.0], 0.0)
    moved = np.clip(way, -p["LYMPH(%)"], p["NEUT(%)"])
    q = p.assign(**{"LYMPH(%)": p["LYMPH(%)"] + moved, "NEUT(%)": p["NEUT(%)"] - moved})

    said = told(q, r, SMALL, listed=listed)

    assert len(said) == 2
    why = "no criterion judges" if listed else "strata do not list"
    assert said[0].startswith(f"site=A, which {why}: bias of LYMPH% 3.")
    assert "points (at most 2.7" in said[0]
    assert said[1].startswith(f"site=B, which {why}: bias of LYMPH% \N{MINUS SIGN}")
    assert "points (at least \N{MINUS SIGN}" in said[1]
    assert told(p, r, SMALL, listed=listed) == ()
    # judged there by the same statistic it needs no sentence
    assert len(told(q, r, SMALL, SMALL + '\nstratum = "site=A"\n')) == 1


SCORES = ("kappa", "mcc", "balanced_accuracy", "macro_f1")


@pytest.mark.representatives(1)
@pytest.mark.parametrize("statistic", SCORES)
def test_a_site_of_random_calls_is_told_by_every_score(told: Told, statistic: str) -> None:
    cells = labelled(np.where(SITES == "C", 1.0, 0.02))
    said = told(cells, None, asked("classification", "all", statistic, "min = 0.7"))
    assert len(said) == 1
    assert said[0].startswith("site=C, which no criterion judges: ")
    assert said[0].endswith(" required)")


def test_of_a_good_model_no_score_tells(told: Told) -> None:
    good = labelled(np.full(N, 0.02))
    assert told(good, None, *(asked("classification", "all", s, "min = 0.7") for s in SCORES)) == ()


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "rule",
    [
        asked("error", "WBC", "share_within:10", "min = 0.9"),
        asked("error", "WBC", "covering_error:0.9", "max = 10"),
        asked("error", "WBC", "n_outside:10", "max = 6"),
        asked("error", "WBC", "median", "min = -5\nmax = 5"),  # six samples have no interval
        asked("error", "WBC", "mean", "min = -5\nmax = 5"),
        asked("bland_altman_percent", "WBC", "bias", "min = -5\nmax = 5"),
    ],
)
def test_a_site_that_fails_is_told_by_every_statistic_of_errors(told: Told, rule: str) -> None:
    p, r = counted()
    off = p["WBC(10^9/L)"] * np.where(SITES == "C", 1.3, 1.0)
    said = told(p.assign(**{"WBC(10^9/L)": off.round(2)}), r, rule)
    assert [line.partition(",")[0] for line in said] == ["site=C"]
    assert told(p, r, rule) == ()


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("spelt", "called", "listed"),
    [
        (
            [
                "C",
                "c",
                "C ",
                "\N{CYRILLIC CAPITAL LETTER ES}",
                "\N{FULLWIDTH LATIN CAPITAL LETTER C}",
                "C",
            ],
            "C",
            True,
        ),
        (
            ["Clinic C", "clinic c", "Clinic-C", "Clinic_C", "clinic  C", "Clinic C"],
            "Clinic C",
            False,
        ),
        (["3", "03", "3.0", "\N{FULLWIDTH DIGIT THREE}", "3", "003"], "3", False),
        ([""] * 6, "unknown", True),
    ],
)
def test_a_site_in_several_spellings_is_one(
    told: Told, spelt: list[str], called: str, listed: bool
) -> None:
    p, r = counted()
    off = p["WBC(10^9/L)"] * np.where(SITES == "C", 1.3, 1.0)
    site = np.array([*SITES[:54], *spelt], dtype=object)

    rule = asked("error", "WBC", "share_within:10", "min = 0.9")
    said = told(p.assign(**{"WBC(10^9/L)": off.round(2)}), r, rule, listed=listed, site=site)

    assert len(said) == 1
    assert said[0].startswith(f"site={called}, which ")
    assert said[0].endswith(": WBC 0 of 6 samples pass")


def test_levels_in_several_spellings_are_said(tmp_path: Path) -> None:
    sites = ["A"] * 12 + ["a"] * 3 + ["B"] * 5 + ["A+", "A-"] * 2
    table = pd.DataFrame({"sample_id": range(24), "\N{CYRILLIC SMALL LETTER DZE}ite": sites})
    table.to_csv(tmp_path / "s.csv", index=False)
    found = read(tmp_path / "s.csv", "samples")
    assert {*found.frame[found.frame.columns[1]]} == {"A", "B", "A+", "A-"}
    (finding,) = [f for f in found.findings if f.rule == "levels-alike"]
    assert (finding.got, finding.rows) == ("'A' and 'a' are taken as 'A'", 3)


@pytest.mark.slow
@pytest.mark.parametrize("excess", [1.0, 1.09])
def test_sites_of_one_model_are_seldom_told(told: Told, excess: float) -> None:
    """A perfect model, and one whose bias of every class is nearly what is allowed."""
    rules = [asked("bland_altman", name, "bias:10:or_noise") for name in PERCENT]
    rules += [asked("error", n, "share_within:10:or_noise", "min = 0.95") for n in PERCENT]
    many, wrong = repeats(40, 8), 0
    for seed in range(many):
        wrong += bool(told(*counted(seed, excess=excess), *rules))
    assert wrong <= 0.05 * many + 2 * (0.05 * many) ** 0.5


def test_decimals_of_a_lot_are_not_taken_for_leading_zeros() -> None:
    from wbcval.values.by_eye import folded, folded_level

    for one, other in (("1.1", "1.01"), ("7.5", "7.05"), ("1.1.1", "1.1.01"), ("0,5", "0,05")):
        assert folded_level(one) != folded_level(other)
        assert folded(one) != folded(other)
    for one, other in (("03", "3"), ("3.0", "3"), ("Lot.03", "lot 3"), ("S.007", "s7")):
        assert folded_level(one) == folded_level(other)
