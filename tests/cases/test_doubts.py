"""Numbers that rest on what is not known decide nothing (STATISTICS.md §5, §6, §15)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import accept, criterion
from tests.build.protocols import protocol as build_protocol
from tests.cases.conftest import Report
from wbcval.cli import main

# with it no dummy passes: a slope alone is blind to what is off by one amount
BIAS = criterion("bland_altman", "MONO%", "bias", name="bias", min=-1.0, max=1.0)


def protocol(
    measure: str, subject: str, statistic: str, low: float, high: float, rule: str = "observed",
    more: str = "", samples: str | None = None, after: str = "", **keys: str,
) -> str:  # fmt: skip
    asked = criterion(measure, subject, statistic, min=low, max=high, rule=rule, **keys)
    return build_protocol(asked, after, top=more, samples=samples)


def table(columns: dict[str, object]) -> str:
    rows = zip(*columns.values(), strict=True)  # type: ignore[call-overload]
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n"


def monocytes(cells: bool = False, slope: float = 0.80) -> dict[str, str]:
    """200 samples with a true slope of 0.80; both sides with errors of the same size.

    Drawn; with λ = 1 the line comes out steeper, for part of the scatter is taken for the truth.
    """
    rng = np.random.default_rng(23)
    truth = rng.gamma(9.0, 0.7, 200)
    reference = np.maximum(truth + rng.normal(0, 0.4, 200), 0.1).round(1)
    model = np.maximum(slope * truth + 1.0 + rng.normal(0, 1.6, 200), 0.0).round(1)
    ids = [f"S{i:03d}" for i in range(200)]
    counted = {"n_cells": [200] * 200} if cells else {}
    return {
        "p_csv": table({"sample_id": ids, **counted, "MONO%(%)": model}),
        "r_csv": table({"sample_id": ids, "MONO%(%)": reference}),
    }


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("statistic", "low", "high", "rule"), [
    ("slope", 0.5, 2.0, "observed"), ("slope", 0.5, 2.0, "demonstrated"),
    ("intercept", -9, 9, "observed"), ("bias_at:6", -9, 9, "demonstrated"),
])  # fmt: skip
def test_a_line_whose_error_ratio_is_assumed_decides_nothing(
    report: Report, statistic: str, low: float, high: float, rule: str
) -> None:
    asked = protocol("deming", "MONO%", statistic, low, high, rule)
    found = report(protocol_toml=asked, **monocytes())
    assert found.code == 3
    assert "the ratio of the errors of both sides is assumed, not known" in found.console
    assert found.outcome("c")["status"] == "inconclusive"


def test_nor_does_it_refuse(report: Report) -> None:
    asked = protocol("deming", "MONO%", "slope", 0.999, 1.001)
    assert report(protocol_toml=asked, **monocytes()).code == 3


def test_nor_one_whose_analyzer_is_of_unknown_imprecision(report: Report) -> None:
    asked = protocol("deming", "MONO%", "slope", 0.2, 3.0)
    found = report(protocol_toml=asked, **monocytes(cells=True))
    assert found.code == 3
    assert "the imprecision of the analyzer is not stated" in found.console
    stated = protocol(
        "deming", "MONO%", "slope", 0.2, 3.0, after=f"{BIAS}[reference_cv]\n'MONO%' = 6\n"
    )
    assert report(protocol_toml=stated, **monocytes(cells=True)).code == 0


def test_what_the_protocol_states_or_accepts_is_known(report: Report) -> None:
    stated = protocol("deming", "MONO%", "slope", 0.7, 1.7, more="error_ratio = 0.06", after=BIAS)
    assert report(protocol_toml=stated, **monocytes()).code == 0
    accepted = protocol("deming", "MONO%", "slope", 0.7, 1.7,
                        after=BIAS + accept("assumed_error_ratio", "MONO%"))  # fmt: skip
    found = report(protocol_toml=accepted, **monocytes())
    assert found.code == 0
    assert "Accepted by the protocol: MONO%: the ratio of the errors" in found.console
    assert found.results["accepted_flags"] == [
        {"flag": "assumed_error_ratio", "subject": "MONO%", "reason": "planned so"}
    ]


CLOSE = "\N{RIGHT DOUBLE QUOTATION MARK}"
FORGED = f'known). Judged: all{CLOSE}). Nothing else was seen."\n\nACCEPTED (a'


@pytest.mark.representatives(2)
@pytest.mark.parametrize("reason", [FORGED, "x" * 3000])
@pytest.mark.parametrize("criteria", ["", BIAS])
def test_a_reason_is_a_quotation_that_cannot_end_itself_and_stands_last(
    reason: str, criteria: str, report: Report
) -> None:
    more = accept("assumed_error_ratio", "MONO%", reason)
    found = report(
        protocol_toml=protocol("deming", "MONO%", "slope", 0.7, 1.7, after=criteria + more),
        **monocytes(),
    )

    assert found.results["accepted_flags"][0]["reason"] == reason  # kept as it was written
    (line,) = (each for each in found.console.splitlines() if "Accepted by the protocol" in each)
    screen = found.first_screen
    for said in (line, screen[: screen.index(" Model ")]):
        own, _, others = said.partition("Accepted by the protocol: ")
        assert "Taken for granted" in own
        assert reason[:5] not in own
        before, _, rest = others.partition("\N{LEFT DOUBLE QUOTATION MARK}")
        words, _, after = rest.partition(CLOSE)
        assert before.startswith("MONO%: the ratio of the errors")
        own = after.partition(" \N{CHECK MARK} pass ")[0]  # then the criteria, by name
        assert own.strip() == ")."
        assert words == (f"{reason[:199]}…" if len(reason) > 200 else
                         "known). Judged: all'). Nothing else was seen.' ACCEPTED (a")  # fmt: skip
    assert main(["verify", str(found.bundle)]) == 0


def test_a_level_outside_the_measured_values_decides_nothing(report: Report) -> None:
    asked = protocol("deming", "MONO%", "bias_at:80", -99, 99, more="error_ratio = 0.06")
    found = report(protocol_toml=asked, **monocytes())
    assert (found.code, "the level lies outside" in found.console) == (3, True)


def test_differences_that_are_all_equal_decide_nothing(report: Report) -> None:
    ids, values = [f"S{i}" for i in range(30)], np.arange(30) + 40.0
    files = {
        "p_csv": table({"sample_id": ids, "NEUT%(%)": values + 1}),
        "r_csv": table({"sample_id": ids, "NEUT%(%)": values}),
    }
    for statistic, rule in (("bias", "observed"), ("bias", "demonstrated"), ("sd", "observed")):
        asked = protocol("bland_altman", "NEUT%", statistic, -2, 2, rule)
        assert report(protocol_toml=asked, **files).code == 3


@pytest.mark.parametrize(("measure", "statistic"), [
    ("error", "share_within:10"), ("bland_altman", "bias"), ("error", "median"),
])  # fmt: skip
def test_a_count_on_the_references_own_total_decides_nothing(
    report: Report, measure: str, statistic: str
) -> None:
    rng = np.random.default_rng(5)
    ids, wbc = [f"S{i}" for i in range(40)], rng.uniform(4, 11, 40).round(2)
    share = rng.uniform(40, 70, 40).round(1)
    files = {
        "p_csv": table({"sample_id": ids, "NEUT%(%)": (share + rng.normal(0, 1, 40)).round(1)}),
        "r_csv": table({"sample_id": ids, "WBC(10^9/L)": wbc,
                        "NEUT#(10^9/L)": (wbc * share / 100).round(2)}),
    }  # fmt: skip
    low, high = (0.9, 1) if statistic.startswith("share") else (-5, 5)
    found = report(protocol_toml=protocol(measure, "NEUT#", statistic, low, high), **files)
    assert found.code == 3
    assert "judge the percentage" in found.console


def test_patients_who_repeat_among_some_unknown_ones(report: Report) -> None:
    rng = np.random.default_rng(6)
    ids, wbc = [f"S{i}" for i in range(40)], rng.uniform(4, 11, 40).round(2)
    files = {
        "p_csv": table({"sample_id": ids, "WBC(10^9/L)": (wbc * rng.normal(1, 0.02, 40)).round(2)}),
        "r_csv": table({"sample_id": ids, "WBC(10^9/L)": wbc}),
    }
    patients = ["P1", "P1", *(f"P{i}" for i in range(2, 30)), *[""] * 10]
    everyone = patients[:30] + [f"Q{i}" for i in range(10)]
    for named, code in ((patients, 3), (everyone, 0)):
        asked = protocol("error", "WBC", "share_within:10", 0.95, 1, samples="s.csv")
        samples = table({"sample_id": ids, "patient_id": named})
        found = report(protocol_toml=asked, s_csv=samples, **files)
        assert (found.code, "patients repeat" in found.console) == (code, code == 3)
