"""No width, or a slope that noise can make, decides nothing (STATISTICS.md §3, §5)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import accept
from tests.cases.conftest import Report
from tests.cases.test_doubts import protocol, table

IDS = [f"S{i:02d}" for i in range(60)]
REFERENCE = [round(3 + 0.13 * i, 2) for i in range(60)]


COPY = accept("equal_but_for_a_line", "WBC")


def sides(model: list[str], header: str = "WBC(10^9/L)") -> dict[str, str]:
    return {
        "p_csv": table({"sample_id": IDS, header: model}),
        "r_csv": table({"sample_id": IDS, header: [f"{r:.2f}" for r in REFERENCE]}),
    }


@pytest.mark.representatives(3)
@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
@pytest.mark.parametrize(("measure", "statistic"), [
    ("error", "mean"), ("error", "sd"), ("bland_altman_percent", "bias"),
    ("deming", "slope"), ("deming", "intercept"), ("deming", "bias_at:7"),
])  # fmt: skip
def test_a_constant_factor_leaves_no_spread_but_for_rounding(
    report: Report, measure: str, statistic: str, rule: str
) -> None:
    asked = protocol(measure, "WBC", statistic, -50, 50, rule, more="error_ratio = 1.0")
    model = [f"{1.02 * r:.4f}" for r in REFERENCE]  # 1.02 · r, written whole
    found = report(protocol_toml=asked + COPY, **sides(model))
    assert found.code == 3
    assert "width" in found.console or "normal" in found.console


def test_the_covering_error_of_a_constant_factor_is_still_what_it_is(
    report: Report,
) -> None:
    asked = protocol("error", "WBC", "covering_error:0.95", 0, 10)
    model = [f"{1.02 * r:.4f}" for r in REFERENCE]
    found = report(protocol_toml=asked + COPY, **sides(model))
    assert found.code == 0  # as a share within 10 % of 100 %: one statement


@pytest.mark.parametrize("statistic", ["observed", "explained"])
def test_shares_that_never_differ_show_nothing(report: Report, statistic: str) -> None:
    rows = [
        f"S{i:02d},{j},{label},{label if i else 'artefact'}"  # one sample missed whole
        for i in range(30)
        for j, label in enumerate(["neutrophil"] * 6 + ["lymphocyte"] * (3 + i % 3))
    ]
    cells = "sample_id,cell_id,true_class,predicted_class\n" + "\n".join(rows) + "\n"
    asked = protocol("attribution", "neutrophil", statistic, -5, 5)
    asked = asked.replace("different-aliquot", "same-cells").replace('reference = "r.csv"', "")
    found = report(protocol_toml=asked, p_csv=cells)
    assert found.code == 3
    assert "no spread was seen" in found.console


@pytest.mark.representatives(2)
@pytest.mark.parametrize("rule", ["observed", "demonstrated"])
@pytest.mark.parametrize(("measure", "header"), [
    ("bland_altman", "WBC(10^9/L)"), ("bland_altman", "MONO%(%)"),
    ("bland_altman_percent", "MONO%(%)"),
])  # fmt: skip
def test_noise_that_makes_up_for_a_slope_is_no_agreement(
    report: Report, measure: str, header: str, rule: str
) -> None:
    """True slope 0.80; the model's noise gives both sides one variance: cov(d, a) = 0."""
    rng = np.random.default_rng(2)
    reference = np.array(REFERENCE)
    noise = rng.normal(0, reference.std() * np.sqrt(1 - 0.8**2), 60)
    model = [f"{m:.2f}" for m in np.maximum(0.8 * reference + noise, 0.01)]
    asked = protocol(measure, header.split("(")[0], "proportional_slope", -30, 30, rule)
    found = report(protocol_toml=asked, **sides(model, header))
    assert found.code == 3
    assert "ask for Deming's slope" in found.console


def test_a_measure_that_does_not_apply_is_not_said_to_lack_a_side(
    report: Report,
) -> None:
    rows = [
        f"S{i:02d},{j},{label},{label}"
        for i in range(30)
        for j, label in enumerate(["neutrophil"] * 6 + ["lymphocyte"] * (3 + i % 3))
    ]
    cells = "sample_id,cell_id,true_class,predicted_class\n" + "\n".join(rows) + "\n"
    asked = protocol("counting_noise", "NEUT%", "share_within_noise", 0.5, 1)
    asked = asked.replace("different-aliquot", "same-cells").replace('reference = "r.csv"', "")
    found = report(protocol_toml=asked, p_csv=cells)
    assert found.code == 3
    assert "counting_noise does not apply to these data" in found.console
    assert "a side lacks it" not in found.console


def test_sides_that_are_equal_in_one_stratum_prove_nothing_there(
    report: Report,
) -> None:
    site = ["AB"[i % 2] for i in range(60)]
    model = [r if s == "A" else 1.03 * r for r, s in zip(REFERENCE, site, strict=True)]
    asked = protocol(
        "error", "WBC", "share_within:10", 0.9, 1, more='strata = ["site"]', samples="s.csv",
        stratum="site=A",
    )  # fmt: skip
    found = report(
        protocol_toml=asked, s_csv=table({"sample_id": IDS, "site": site}),
        **sides([f"{m:.4f}" for m in model]),
    )  # fmt: skip
    assert found.code == 3
    assert "both sides are equal in every sample" in found.console
