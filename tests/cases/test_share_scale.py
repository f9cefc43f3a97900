"""Fractions under percent headers, and their kin: refused, and a rare class never mistaken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.build.protocols import criterion, protocol
from wbcval.cli import main
from wbcval.door.tables import Checked, ReadOptions, read
from wbcval.door.tables._share_scale import contradictions
from wbcval.values.measurands import PERCENT

MIX = np.array([0.58, 0.30, 0.07, 0.035, 0.015])


def shares(samples: int = 40, decimals: int = 1, seed: int = 1) -> pd.DataFrame:
    """Five percentages of each sample that add up to 100 but for rounding."""
    drawn = 100 * np.random.default_rng(seed).dirichlet(20 * MIX, samples)
    return pd.DataFrame(np.round(drawn, decimals), columns=list(PERCENT))


def write(folder: Path, frame: pd.DataFrame, name: str = "t.csv") -> Path:
    ids = [f"S{i:02d}" for i in range(len(frame))]
    frame.assign(sample_id=ids).to_csv(folder / name, index=False)
    return folder / name


def refused(checked: Checked) -> set[str]:
    return {f.column for f in checked.findings if f.rule == "unit-contradiction"}


def test_a_bias_of_twenty_points_in_fractions_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = shares()[["NEUT%", "LYMPH%"]] / 100
    model = reference - [0.2, -0.2]
    paths = write(tmp_path, model, "p.csv"), write(tmp_path, reference, "r.csv")
    (tmp_path / "p.toml").write_text(
        protocol(
            criterion("bland_altman", "NEUT%", "bias", min=-1.0, max=1.0),
            top='measurands = ["NEUT%"]',
        ),
        encoding="utf-8",
    )

    code = main(["report", str(tmp_path / "p.toml"), "--out", str(tmp_path / "out")])

    said = capsys.readouterr().err
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert all(f"{path.name} column NEUT%" in said for path in paths)
    assert "fractions?" in said


@pytest.mark.representatives(6)
@pytest.mark.parametrize(
    ("kept", "scaled", "factor"),
    [
        (PERCENT, PERCENT, 0.01),  # all five
        (("NEUT%", "LYMPH%"), ("NEUT%", "LYMPH%"), 0.01),
        (("NEUT%", "LYMPH%"), ("NEUT%",), 0.01),  # one of two
        (("NEUT%",), ("NEUT%",), 0.01),
        (("LYMPH%", "MONO%"), ("LYMPH%",), 0.01),
        (("MONO%",), ("MONO%",), 0.01),
        *((PERCENT, (name,), 0.01) for name in PERCENT),  # one of five
        (PERCENT, ("BASO%",), 10),  # per mille
        (PERCENT, ("EO%",), 10),
        (("NEUT%",), ("NEUT%",), 10),
        (PERCENT, PERCENT, 10),
        (("BASO%",), ("BASO%",), 0.01),
        (("EO%",), ("EO%",), 0.01),
        (("NEUT%", "EO%"), ("EO%",), 0.01),
    ],
)
@pytest.mark.parametrize("form", ["wide", "long"])
def test_a_column_on_another_scale_is_refused(
    form: str, kept: Sequence[str], scaled: Sequence[str], factor: float, tmp_path: Path
) -> None:
    table = shares(decimals=2)[list(kept)]
    table[list(scaled)] = (table[list(scaled)] * factor).round(5)
    if form == "long":
        table = table.assign(sample_id=[f"S{i}" for i in range(len(table))]).melt("sample_id")
        table.columns = pd.Index(["sample_id", "parameter", "value"])
        table.to_csv(tmp_path / "t.csv", index=False)
        path = tmp_path / "t.csv"
    else:
        path = write(tmp_path, table)

    found = refused(read(path, "reference"))

    assert found
    assert set(scaled) == set(PERCENT) or found <= set(scaled)


def test_percent_under_a_header_of_fractions_is_refused(tmp_path: Path) -> None:
    table = shares()[["NEUT%", "LYMPH%"]]
    table.columns = pd.Index(["NEUT%(1)", "LYMPH%(fraction)"])

    assert refused(read(write(tmp_path, table), "predictions")) == set(table.columns)


@pytest.mark.parametrize("kept", [PERCENT, ("NEUT%", "LYMPH%"), ("NEUT%", "MONO%")])
@pytest.mark.parametrize("in_percent", [1, 15])
def test_one_source_in_fractions_is_refused(
    in_percent: int, kept: Sequence[str], tmp_path: Path
) -> None:
    table = shares(decimals=2)[list(kept)]
    table.iloc[in_percent:] = (table.iloc[in_percent:] / 100).round(4)

    assert refused(read(write(tmp_path, table), "reference"))


def test_a_unit_that_the_protocol_states_is_believed_unless_sums_refute_it(tmp_path: Path) -> None:
    stated = ReadOptions(units=dict.fromkeys(PERCENT, "%"))
    low = pd.DataFrame({"NEUT%": [0.5, 1.2, 0.0, 1.5]})

    assert refused(read(write(tmp_path, low), "reference"))
    assert refused(read(write(tmp_path, low), "reference", stated)) == set()
    assert refused(read(write(tmp_path, shares() / 100), "reference", stated))


def test_fractions_that_are_stated_are_read(tmp_path: Path) -> None:
    table = shares() / 100
    stated = ReadOptions(units=dict.fromkeys(PERCENT, "1"))

    checked = read(write(tmp_path, table), "reference", stated)

    assert refused(checked) == set()
    assert checked.frame["NEUT%"].tolist() == pytest.approx(shares()["NEUT%"].tolist())


def test_two_sides_a_hundredfold_apart_in_a_rare_class_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = 5 * shares(decimals=2)[["EO%"]] + 0.5  # of patients with many of them
    write(tmp_path, (reference / 100).round(2), "p.csv")
    write(tmp_path, reference, "r.csv")

    code = main(["report", "--predictions", str(tmp_path / "p.csv"), "--reference",
                 str(tmp_path / "r.csv"), "--mode", "different-aliquot",
                 "--out", str(tmp_path / "out")])  # fmt: skip

    assert code == 2
    assert "medians of EO% differ about 0.01-fold" in capsys.readouterr().err


@pytest.mark.parametrize("kept", [("BASO%",), ("EO%", "BASO%"), ("NEUT%", "BASO%"), PERCENT])
def test_a_rare_class_below_one_and_a_half_percent_is_percent(
    kept: Sequence[str], tmp_path: Path
) -> None:
    table = shares()
    for name in ("EO%", "BASO%"):
        table[name] = (table[name] % 1.5).round(1)
    table["NEUT%"] = (100 - table[["LYMPH%", "MONO%", "EO%", "BASO%"]].sum(axis=1)).round(1)

    checked = read(write(tmp_path, table[list(kept)]), "reference")

    assert refused(checked) == set()
    (said,) = (f for f in checked.findings if f.rule == "unit-unstated")
    assert (said.column.split(",")[0], said.got) == (kept[0], "read as %")


def test_few_neutrophils_beside_many_lymphocytes_are_percent(tmp_path: Path) -> None:
    table = pd.DataFrame({"NEUT%": [0.5, 1.2, 0.0, 1.5], "LYMPH%": [98.0, 97.1, 99.2, 96.0]})

    assert refused(read(write(tmp_path, table), "reference")) == set()


def test_no_false_alarm() -> None:
    """Percentages with other classes beside, in any rounding, whole or in part: 0 of 600."""
    rng = np.random.default_rng(5)
    alarms = []
    for _ in range(600):
        n, decimals = int(rng.choice([3, 5, 10, 20, 60])), int(rng.choice([0, 1, 2]))
        others = rng.beta(1, rng.choice([5, 20, 60, 1e6]), n)[:, None]
        drawn = 100 * rng.dirichlet(MIX * rng.choice([5, 20, 60]), n) * (1 - others)
        frame = pd.DataFrame(drawn.round(decimals), columns=list(PERCENT))
        part = frame[list(rng.choice(PERCENT, rng.integers(1, 6), replace=False))]
        steps = dict.fromkeys(PERCENT, 10.0**-decimals)
        alarms += contradictions(part, steps, frozenset())

    assert alarms == []
