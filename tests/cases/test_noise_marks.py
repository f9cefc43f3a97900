"""Marks of counting noise in a bundle that was sealed anew: the values beside them tell (§18)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import protocol, within
from tests.cases.conftest import Report
from tests.cases.test_forged_bundles import results, sealed
from tests.simulated import repeats
from wbcval.bundle.again import judged_again
from wbcval.bundle.noise_marks import denied
from wbcval.bundle.read import FILES, Side, side_of
from wbcval.cli import main
from wbcval.stats.or_noise import BEYOND, INSIDE
from wbcval.values.errors import InputError

FIVE = ("NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
N = 40
PROTOCOL = protocol(within("MONO%", "10:or_noise", name="m", min=0.5)) + "{}"


def drawn(seed: int, step: float = 0.1, cells: int = 200) -> tuple[str, str]:
    """A model that errs as models do, in some patients much; and patients differ."""
    rng = np.random.default_rng(seed)
    called = 0.93 * np.eye(5) + 0.07 * rng.dirichlet(np.ones(5), 5)
    mixes = rng.dirichlet([6, 3.5, 1, 0.5, 0.3], N)
    much = called.copy()
    much[0] = 0.75 * called[0] + 0.25 * np.eye(5)[2]
    model = [100 * rng.multinomial(cells, p @ (much if i < 8 else called)) / cells
             for i, p in enumerate(mixes)]  # fmt: skip
    reference = np.round(100 * mixes / step) * step
    heads = ("sample_id,n_cells," + ",".join(FIVE), "sample_id," + ",".join(FIVE))
    rows = [[heads[0]], [heads[1]]]
    for i in range(N):
        rows[0].append(f"S{i:02},{cells}," + ",".join(f"{x:g}" for x in model[i]))
        rows[1].append(f"S{i:02}," + ",".join(f"{x:.10g}" for x in reference[i]))
    return "\n".join(rows[0]) + "\n", "\n".join(rows[1]) + "\n"


def bundle_of(report: Report, seed: int, more: str = "", **how: float) -> Path:
    model, reference = drawn(seed, **how)  # type: ignore[arg-type]
    return report(p_csv=model, r_csv=reference, protocol_toml=PROTOCOL.format(more)).bundle


def side(bundle: Path) -> Side:
    return side_of("a bundle", {name: (bundle / name).read_bytes() for name in FILES})


@pytest.mark.representatives(1)
@pytest.mark.drawn
@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_no_honest_bundle_is_denied(step: float, report: Report) -> None:
    for seed in range(repeats(30, 6)):
        of = side(bundle_of(report, seed, step=step))
        noise = of.study.values["MONO%"].noise
        assert noise is not None
        assert 0 < noise.sum() < N
        assert [*denied(of.study)] == []
        judged_again(of)


def test_a_stated_resolution_or_imprecision_is_taken_as_it_is(report: Report) -> None:
    for more in ('[resolution]\n"MONO%" = 0.1\n', '[reference_cv]\n"MONO%" = 5.0\n'):
        assert [*denied(side(bundle_of(report, 1, more)).study)] == []


def edited(bundle: Path, change: Callable[[str, float], str], subject: str = "MONO%") -> Path:
    """Marks of the rows of a measurand, by mark and how far the sides are apart."""
    path = bundle / "samples.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    mine = table["measurand"] == subject
    far = table["difference"][mine].astype(float).abs()
    table.loc[mine, "flags"] = [
        change(mark, x) for mark, x in zip(table["flags"][mine], far, strict=True)
    ]
    table.to_csv(path, index=False)
    right = (table["flags"] == INSIDE) | (pd.to_numeric(table["error_percent"]).abs() <= 10)
    inside = int(right[mine].sum())
    results(bundle, lambda r: r["outcomes"][0].update(observed=inside / N, hits=[inside, N]))
    sealed(bundle)
    return bundle


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda mark, far: BEYOND if mark == INSIDE and far < 0.4 else mark, "marked beyond"),
        (lambda mark, far: INSIDE if mark == BEYOND and far > 6.0 else mark, "marked inside"),
        (lambda mark, far: "" if far < 1.0 else mark, "marks some samples"),
    ],
)
def test_marks_that_were_changed_are_found_without_the_inputs(
    change: Callable[[str, float], str], said: str, report: Report
) -> None:
    bundle = edited(bundle_of(report, 3), change)
    assert main(["verify", str(bundle)]) in (1, 2)
    with pytest.raises(InputError, match=said):
        judged_again(side(bundle))


def test_marks_dropped_whole_leave_a_number_that_no_table_gives(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = bundle_of(report, 3)
    stated = json.loads((bundle / "results.json").read_text(encoding="utf-8"))["outcomes"][0]
    edited(bundle, lambda mark, far: "")
    results(bundle, lambda r: r["outcomes"][0].update(observed=stated["observed"]))
    sealed(bundle)
    assert main(["verify", str(bundle)]) == 1
    assert "samples.csv says of a sample of MONO%" in capsys.readouterr().out
