"""Five percentages that are no parts of one whole: told beside the verdict, or no pass."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build.protocols import accept, protocol, within
from tests.cases.conftest import Report
from wbcval.values.measurands import PERCENT

N = 40
NEUT = within("NEUT%", "20", min=0.9)


def table(factor: np.ndarray, *, seed: int, more: str = "", rest: np.ndarray | None = None) -> str:
    """A row per sample: its WBC, the five times a factor, and a column of the rest."""
    mixes = np.random.default_rng(7).dirichlet([6, 3.5, 1, 0.5, 0.3], N)  # a constant would fail
    rng = np.random.default_rng(seed)
    rows = [",".join(("sample_id", "WBC", *PERCENT, *[more] * bool(more)))]
    for i, mix in enumerate(mixes):
        shares = rng.multinomial(4000, mix) / 40 * factor[i]
        last = [] if rest is None else [f"{rest[i]:.2f}"]
        cells = [
            f"S{i:02}",
            f"{(3 + i / 3) * rng.normal(1, 0.02):.2f}",
            *(f"{share:.2f}" for share in shares),
            *last,
        ]
        rows.append(",".join(cells))
    return "\n".join(rows) + "\n"


def times(factor: float, samples: int) -> np.ndarray:
    return np.where(np.arange(N) < samples, factor, 1.0)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("factor", "code", "told"),
    [
        (times(1.085, N), 3, "more than 100 in 40 of 40 samples (median there 108.5)"),
        (times(1.085, 3), 3, "more than 100 in 3 of 40 samples (median there 108.5)"),
        (times(1.085, 2), 0, ""),  # 5 % are not more than 5 %
        (times(1.004, N), 0, ""),  # rounding, as the table says it
        (times(0.97, N), 0, "less than 100 in 40 of 40 samples (median there 97.0)"),
    ],
)
def test_a_model_of_more_than_all_leukocytes_does_not_pass(
    factor: np.ndarray, code: int, told: str, report: Report
) -> None:
    files = {"m_csv": table(factor, seed=1), "r_csv": table(times(1, 0), seed=2)}

    found = report(protocol_toml=protocol(NEUT, predictions="m.csv"), **files)

    assert found.code == code, found.console
    sentence = f"the five percentages of the predictions add up to {told}"
    assert (sentence in found.console) is bool(told)
    assert (sentence in found.first_screen) is bool(told)
    assert bool(found.results["scope"]["seen"]) is bool(told)
    assert ("five percentages add up to more than 100, or" in found.console) is (code == 3)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("subject", "code"), [("NEUT%", 3), ("NEUT#", 3), ("WBC", 0)]
)  # counts are made of them
def test_what_is_made_of_these_percentages_does_not_pass(
    subject: str, code: int, report: Report
) -> None:
    files = {"m_csv": table(times(1.06, N), seed=1), "r_csv": table(times(1, 0), seed=2)}
    judged = within(subject, "20", min=0.9)
    planned = accept("more_than_all", subject)

    found = report(protocol_toml=protocol(judged, predictions="m.csv"), **files)
    accepted = report(protocol_toml=protocol(judged, planned, predictions="m.csv"), **files)

    assert (found.code, accepted.code) == (code, 0)


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("more", "told"), [("", True), ("Immature cells %", True), ("Metamyelocytes %", False)]
)
def test_a_reference_with_more_classes_than_the_five_is_told_of_those_nobody_knows(
    more: str, told: bool, report: Report
) -> None:
    rest = np.where(np.arange(N) < 8, 8.0, 0.0)
    truth = table(1 - rest / 100, seed=2, more=more, rest=rest if more else None)

    found = report(
        protocol_toml=protocol(NEUT, predictions="m.csv"),
        m_csv=table(times(1, 0), seed=1),
        r_csv=truth,
    )

    sentence = "the five percentages of the reference add up to less than 100 in 8 of 40 samples"
    assert (sentence in found.console) is told


FIVE_COUNTS = ("NEUT#", "LYMPH#", "MONO#", "EO#", "BASO#")


def counts(factor: np.ndarray, *, seed: int, drop: bool = False) -> str:
    """A row per sample: WBC, and the five counts, which are its shares times a factor."""
    mixes = np.random.default_rng(7).dirichlet([6, 3.5, 1, 0.5, 0.3], N)
    rng = np.random.default_rng(seed)
    rows = [",".join(("sample_id", *(() if drop else ("WBC(10^9/L)",)),
                      *(f"{name}(10^9/L)" for name in FIVE_COUNTS)))]  # fmt: skip
    for i, mix in enumerate(mixes):
        wbc = round((3 + i / 3) * rng.normal(1, 0.02), 2)
        shares = rng.multinomial(4000, mix) / 4000 * factor[i]
        rows.append(",".join((f"S{i:02}", *(() if drop else (str(wbc),)),
                              *(f"{wbc * share:.2f}" for share in shares))))  # fmt: skip
    return "\n".join(rows) + "\n"


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("factor", "code"),
    [
        (times(1.06, N), 3),
        (times(1.06, 3), 3),
        (times(1.06, 2), 0),  # 5 % are not more than 5 %
        (times(1.0, N), 0),  # rounding to hundredths alone
        (times(0.95, N), 0),  # room for classes beside the five
    ],
)
def test_five_counts_of_more_than_the_wbc_do_not_pass(
    factor: np.ndarray, code: int, report: Report
) -> None:
    files = {"m_csv": counts(factor, seed=1), "r_csv": counts(times(1, 0), seed=2)}
    asked = protocol(within("NEUT#", "20", min=0.9), predictions="m.csv")
    found = report(protocol_toml=asked, **files)
    assert found.code == code, found.console
    seen = "; ".join(found.results["scope"]["seen"])
    assert ("the five counts of the predictions add up to more than WBC" in seen) is (code == 3)


def test_five_counts_of_the_reference_are_told(report: Report) -> None:
    files = {"m_csv": counts(times(1, 0), seed=1), "r_csv": counts(times(1.03, N), seed=2)}
    asked = protocol(within("NEUT#", "20", min=0.9), predictions="m.csv")
    found = report(protocol_toml=asked, **files)
    assert found.code == 0, found.console
    assert "the five counts of the reference add up to more than WBC in 40 of 40" in found.console
