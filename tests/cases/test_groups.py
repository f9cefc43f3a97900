"""A bias of one part of the samples that another makes up for is told beside the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Judged, Report

N = 80
IDS = [f"{'AB'[i % 2]}-{i:03d}" for i in range(N)]
PLAIN = [f"S{i:03d}" for i in range(N)]
rng = np.random.default_rng(5)
WBC = np.exp(rng.normal(2, 0.4, N))
NOISE = rng.normal(0, 0.015, N)
SITE, SEX = rng.integers(0, 2, N), rng.integers(0, 2, N)
ORDER = rng.permutation(N)
ASKED = within(name="wbc")


def judged(report: Report, ids: list[str], sign: np.ndarray, *, order: np.ndarray | None = None,
           size: float = 0.06, samples: bool = False) -> Judged:  # fmt: skip
    """A model that is off by so much, either way, as the sign says."""
    model = WBC * (1 + size * sign + NOISE)
    rows = range(N) if order is None else order
    head = "sample_id,WBC(10^9/L)"
    p = "\n".join([head, *(f"{ids[i]},{model[i]:.2f}" for i in rows), ""])
    r = "\n".join([head, *(f"{ids[i]},{WBC[i]:.2f}" for i in rows), ""])
    if not samples:
        return report(p_csv=p, r_csv=r, protocol_toml=protocol(ASKED))
    table = ["sample_id,site,sex", *(f"{ids[i]},{'AB'[SITE[i]]},{'FM'[SEX[i]]}" for i in range(N))]
    asked = protocol(ASKED, samples="s.csv")
    return report(p_csv=p, r_csv=r, s_csv="\n".join([*table, ""]), protocol_toml=asked)


def seen(found: Judged) -> str:
    assert found.code == 0, found.console
    return "; ".join(found.results["scope"]["seen"])


def test_by_what_the_ids_begin_with(report: Report) -> None:
    sign = np.where(np.arange(N) % 2 == 0, 1, -1)
    found = seen(judged(report, IDS, sign))
    assert "WBC: bias +" in found
    assert "whose ids begin with 'A'" in found
    assert "40 others" in found


def test_by_two_columns_together(report: Report) -> None:
    sign = np.where((SITE == 0) & (SEX == 0), 1, -0.4)
    found = seen(judged(report, PLAIN, sign, samples=True))
    assert "of site=A and sex=F" in found


def test_by_a_level_of_one_column(report: Report) -> None:
    found = seen(judged(report, PLAIN, np.where(SITE == 0, 1, -1), samples=True))
    assert "of site=A" in found or "of site=B" in found
    assert " and sex" not in found


def test_by_the_order_of_the_ids(report: Report) -> None:
    assert "with the later ids" in seen(judged(report, PLAIN, np.where(np.arange(N) < 40, 1, -1)))


def test_by_the_order_of_the_rows(report: Report) -> None:
    sign = np.empty(N)
    sign[ORDER] = np.where(np.arange(N) < 40, 1, -1)
    assert "of the later rows" in seen(judged(report, PLAIN, sign, order=ORDER))


def test_by_the_number_of_cells(report: Report) -> None:
    cells = rng.integers(300, 3000, N)
    true = 100 * rng.beta(12, 8, N)
    shares = true + np.where(cells > np.median(cells), 3, -3)
    model = 100 * np.round(shares * cells / 100) / cells
    p = [
        "sample_id,NEUT%,n_cells",
        *(f"{i},{v:.4f},{n}" for i, v, n in zip(PLAIN, model, cells, strict=True)),
    ]
    r = ["sample_id,NEUT%(%)", *(f"{i},{v:.1f}" for i, v in zip(PLAIN, true, strict=True))]
    asked = protocol(within("NEUT%", "15", name="c", min=0.9))
    found = report(p_csv="\n".join([*p, ""]), r_csv="\n".join([*r, ""]), protocol_toml=asked)
    assert "NEUT%: bias +" in found.console
    assert "with more cells" in found.console


@pytest.mark.parametrize("size", [0.0, 0.02])
def test_what_is_less_than_half_a_limit_is_not_told(report: Report, size: float) -> None:
    sign = np.where(SITE == 0, 1, -1)
    assert "bias" not in seen(judged(report, IDS, sign, size=size, samples=True))


def test_one_bias_of_all_samples_is_none_of_a_part(report: Report) -> None:
    assert "bias" not in seen(judged(report, IDS, np.ones(N), samples=True))
