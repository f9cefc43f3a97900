"""Samples named like controls or summaries leave no table unseen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.build.protocols import accept, protocol, within
from tests.cases.conftest import Judged, Report

PROTOCOL = protocol(within())
N, BAD = 99, 9
rng = np.random.default_rng(5)
WBC = np.exp(rng.normal(2, 0.5, N)).round(2)
MODEL = (WBC * (1 + rng.normal(0, 0.02, N)) * np.where(np.arange(N) < BAD, 2, 1)).round(2)
IDS = [f"S{i:02d}" for i in range(N)]
HEAD = "sample_id,WBC(10^9/L)"


def table(ids: Sequence[str], values: Sequence[object], *more: str) -> str:
    rows = [f"{name},{value}" for name, value in zip(ids, values, strict=True)]
    return "\n".join([HEAD, *rows, *more]) + "\n"


def judged(report: Report, model: str, reference: str, more: str = "") -> Judged:
    return report(p_csv=model, r_csv=reference, protocol_toml=PROTOCOL + more)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("name", ["QC-{}", "Mean", "Total", "BACKGROUNDCHECK{}"])
def test_samples_named_so_in_both_tables_are_booked(report: Report, name: str) -> None:
    ids = [*(name.format(i) for i in range(5)), *IDS[5:]]
    model, reference = table(ids, MODEL), table(ids, WBC)
    found = judged(report, model, reference)
    assert found.code == 3
    assert found.account("WBC")["left_out"] == {"no_sample": 5}
    assert "WBC (94 of 99 samples)" in found.console
    for text in (found.console, found.first_screen):
        assert "WBC: of 99 samples, 5 named as no sample." in text
    accepted = judged(report, model, reference, accept("no_sample", "WBC"))
    assert accepted.code == 0
    assert "planned so" in accepted.console


def test_few_of_them_are_told(report: Report) -> None:
    ids = [*(f"QC-{i}" for i in range(4)), *IDS[4:]]
    model = np.where(np.arange(N) < 4, MODEL, WBC)
    found = judged(report, table(ids, model), table(ids, WBC))
    assert "WBC: of 99 samples, 4 named as no sample." in found.console
    assert found.account("all")["listed"] == N


def test_a_mode_that_says_so_is_booked_too(report: Report) -> None:
    modes = ["QC" if i < 5 else "WB" for i in range(N)]
    texts = [
        table(IDS, [f"{v},{m}" for v, m in zip(side, modes, strict=True)]) for side in (MODEL, WBC)
    ]
    texts = [text.replace(HEAD, f"{HEAD},type") for text in texts]
    assert judged(report, *texts).account("WBC")["left_out"] == {"no_sample": 5}


def summaries(values: Sequence[float]) -> list[str]:
    found = {"Mean": np.mean(values), "SD": np.std(values, ddof=1), "Min": np.min(values)}
    return [f"{name},{value:.1f}" for name, value in found.items()]


def test_controls_of_the_export_and_summaries_of_both_hurt_nobody(report: Report) -> None:
    good = (WBC * (1 + rng.normal(0, 0.02, N))).round(2)
    controls = [f"QC-{i},{6 + i}" for i in range(8)]
    n = 20  # three rows of so few would be more than 5 %
    model = table(IDS[:n], good[:n], *summaries(good[:n]))
    found = judged(report, model, table(IDS[:n], WBC[:n], *controls, *summaries(WBC[:n])))
    assert found.code == 0, found.console
    assert found.account("WBC")["left_out"] == {}
    assert "no sample" not in found.console.partition("report:")[0]


def test_a_mean_of_one_side_alone_is_booked(report: Report) -> None:
    ids, model = ["Mean", *IDS[1:]], MODEL.copy()
    model[0] = model[1:].mean().round(2)
    found = judged(report, table(ids, model), table(ids, WBC))
    assert found.account("WBC")["left_out"] == {"no_sample": 1}
