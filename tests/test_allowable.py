"""Allowable errors of published schemes, named by a criterion."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.build.commands import wbcval
from wbcval.protocol import protocol_file
from wbcval.protocol.types import Criterion, Protocol
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.allowable import SCHEMES
from wbcval.values.errors import InputError
from wbcval.values.measurands import MEASURANDS


def parsed(*lines: str) -> tuple[Criterion, ...]:
    text = 'schema_version = 1\nmode = "different-aliquot"\n'
    for i, line in enumerate(lines):
        text += f'[[criterion]]\nid = "c{i}"\n' + line.replace("; ", "\n") + "\n"
    return protocol_file.parse(text, "protocol.toml").criteria


SHARE = (
    'measure = "error"; subject = "{}"; statistic = "share_within"; min = 0.95; allowable = "{}"'
)
END = 'measure = "total_error"; subject = "{}"; statistic = "{}"; allowable = "{}"'
BIAS = 'measure = "{}"; subject = "WBC"; statistic = "{}"; allowable = "{}"'


# LAB.md §4: desirable total error and bias, from the same CVs
@pytest.mark.parametrize(
    ("subject", "total", "bias"),
    [("WBC", 14.2, 5.1), ("NEUT#", 17.5, 7.2), ("LYMPH#", 14.9, 6.3), ("MONO#", 18.3, 6.7),
     ("EO#", 29.7, 17.3), ("BASO#", 18.2, 7.8)],
)  # fmt: skip
def test_desirable_limits_are_the_published_ones(subject: str, total: float, bias: float) -> None:
    scheme = SCHEMES["eflm-desirable"]

    assert (scheme.total[subject], scheme.bias[subject]) == (total, bias)


def test_every_scheme_is_cited_and_bounds_what_is_measured() -> None:
    for name, scheme in SCHEMES.items():
        assert scheme.name == name
        assert scheme.source
        assert set(scheme.total) | set(scheme.bias) <= set(MEASURANDS)
        assert all(limit > 0 for limit in (*scheme.total.values(), *scheme.bias.values()))


@pytest.mark.parametrize(
    ("scheme", "limit"),
    [("clia-2025", "10"), ("clia-1992", "15"), ("rilibaek", "6.5"), ("eflm-desirable", "14.2")],
)
def test_a_scheme_fills_in_the_limit_of_a_share(scheme: str, limit: str) -> None:
    (found,) = parsed(SHARE.format("WBC", scheme))

    assert found.statistic == f"share_within:{limit}"
    assert found.allowable == scheme
    assert SCHEMES[scheme].source in found.cited


def test_a_scheme_fills_in_the_ends_of_the_total_error_and_the_bias() -> None:
    lower, upper = parsed(*(END.format("WBC", end, "clia-2025") for end in ("lower", "upper")))
    assert (lower.min, lower.max, upper.min, upper.max) == (-10.0, None, None, 10.0)

    asked = 'measure = "bland_altman_percent"; subject = "EO#"; statistic = "bias"; '
    (bias,) = parsed(asked + 'allowable = "eflm-minimum"')
    assert (bias.min, bias.max) == (-25.9, 25.9)  # 1.5 × 0.25 × √(15.1² + 67.4²)


def test_what_a_protocol_states_comes_back_as_it_was() -> None:
    criteria = parsed(
        SHARE.format("WBC", "clia-2025"),
        *(END.format("WBC", end, "rilibaek") for end in ("lower", "upper")),
    )
    protocol = Protocol("different-aliquot", criteria=criteria)

    assert protocol_file.parse(protocol_file.write(protocol), "again").criteria == criteria
    for found in criteria:
        row = found.to_json() | {"statistic": str(found.measured_as)}
        assert Criterion.from_json(json.loads(json.dumps(row))) == found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (SHARE.format("WBC", "clia-2052"), "clia-2025"),
        (SHARE.format("MONO%", "clia-2025"), "it has WBC"),
        (SHARE.format("NEUT%", "eflm-desirable"), "NEUT#"),
        (SHARE.format("BASO%", "noklus"), "100 % off"),
        (SHARE.replace("within", "within:25").format("WBC", "clia-2025"), "share_within:10"),
        (END.format("WBC", "upper", "clia-2025") + "; max = 30.0", "delete this line"),
        (BIAS.format("bland_altman_percent", "bias", "rilibaek"), "no allowable bias"),
        (BIAS.format("deming", "slope", "rilibaek"), "it goes with"),
    ],
)  # fmt: skip
def test_what_a_scheme_does_not_say_is_refused(line: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(line)

    assert said in str(error.value)


def test_another_number_under_the_name_of_a_scheme_is_refused() -> None:
    """In memory, as in a file: the name would cite what the number is not."""
    (found,) = parsed(SHARE.format("WBC", "clia-2025"))
    wide = Criterion(
        "c", "error", "WBC", StatisticName("share_within:30"), min=0.95, allowable="clia-2025"
    )

    assert protocol_file.as_file(Protocol("different-aliquot", criteria=(found,)))
    with pytest.raises(InputError, match="share_within:10"):
        protocol_file.as_file(Protocol("different-aliquot", criteria=(wide,)))


@pytest.mark.parametrize(("scheme", "code"), [("clia-2025", 0), ("rilibaek", 1)])
def test_the_scheme_decides_and_the_report_cites_it(tmp_path: Path, scheme: str, code: int) -> None:
    draw = np.random.default_rng(5)
    reference = np.round(draw.uniform(2, 20, 80), 2)
    model = np.round(reference * (1 + draw.uniform(-0.09, 0.09, 80)), 2)
    for name, values in (("model", model), ("reference", reference)):
        rows = [f"P{i},{value}" for i, value in enumerate(values)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["sample_id,WBC(10^9/L)", *rows]))
    (tmp_path / "protocol.toml").write_text(
        'schema_version = 1\nmode = "different-aliquot"\n[inputs]\npredictions = "model.csv"\n'
        'reference = "reference.csv"\n[[criterion]]\nid = "wbc"\n'
        + SHARE.format("WBC", scheme).replace("; ", "\n")
    )

    ended = wbcval("report", tmp_path / "protocol.toml", "--out", tmp_path / "out")

    assert ended.returncode == code, ended.stderr
    (outcome,) = json.loads((tmp_path / "out" / "results.json").read_text())["outcomes"]
    assert outcome["asked"]["allowable"] == scheme
    assert any(SCHEMES[scheme].source in note for note in outcome["notes"])
    assert SCHEMES[scheme].title in (tmp_path / "out" / "report.html").read_text()
    assert wbcval("verify", tmp_path / "out").returncode == 0
