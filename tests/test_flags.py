"""What is known beside a number reaches the judge (STATISTICS.md §15)."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.build import pairs as build
from tests.build.protocols import protocol
from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import Decision, Outcome, Status
from wbcval.measure.results import Measurement, Results
from wbcval.measure.running import _counts_in
from wbcval.protocol.protocol_file import parse
from wbcval.protocol.types import NON_INFERIOR, AcceptedFlag, Criterion
from wbcval.stats.bootstrap import bca
from wbcval.stats.metric import Better, Context, Stage
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.values.estimate import Estimate
from wbcval.values.flags import FLAGS, Consequence, Flag

RULES = ("observed", "demonstrated")
FLAGGED = sorted(FLAGS.values(), key=lambda flag: flag.name)


def outcome(
    flag: str, value: float, rule: str = "observed", *accepted: AcceptedFlag, bounds: bool = False
) -> Outcome:
    """A slope between 0.9 and 1.1 that carries a flag, on its value or on its bounds alone."""
    criterion = Criterion("c", "deming", "MONO%", "slope", min=0.9, max=1.1, rule=rule)
    plain = Estimate(value, value - 0.05, value + 0.05, 0.95, "jackknife", 60)
    marked = plain.with_flags(flag)
    row = Measurement(
        "deming", "MONO%", "all", "slope", plain if bounds else marked, "1", Better.ONE
    )
    found = Results((row,), {}, {(row.key, 0.9): marked})
    return judge([criterion], found, accepted).outcomes[0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("flag", FLAGGED, ids=lambda flag: flag.name)
def test_every_flag_has_its_consequence(flag: Flag, rule: str) -> None:
    good, bad = (outcome(flag.name, value, rule).status for value in (1.0, 2.0))
    here = flag.under(rule)
    assert good is (Status.INCONCLUSIVE if flag.passes and here else Status.PASS)
    assert bad is (Status.INCONCLUSIVE if flag.fails and here else Status.FAIL)


@pytest.mark.parametrize("flag", [f for f in FLAGGED if f.passes], ids=lambda flag: flag.name)
def test_both_rules_on_the_page_say_what_the_verdict_says(flag: Flag) -> None:
    found = outcome(flag.name, 1.0, flag.rule or "observed")
    assert found.both_rules == {
        rule: Status.INCONCLUSIVE if flag.under(rule) else Status.PASS for rule in RULES
    }
    assert flag.words in found.message


def test_a_flag_of_the_bounds_that_decide_is_read_too() -> None:
    found = outcome("assumed_error_ratio", 1.0, "demonstrated", bounds=True)
    assert found.status is Status.INCONCLUSIVE


@pytest.mark.parametrize("flag", [f for f in FLAGGED if f.passes], ids=lambda flag: flag.name)
def test_what_a_protocol_accepts_by_name_stands_on_the_verdict_line(flag: Flag) -> None:
    asked = AcceptedFlag(flag.name, "MONO%", "the maker measured it")
    rule = flag.rule or "observed"
    found = outcome(flag.name, 1.0, rule, asked)
    if flag.consequence is Consequence.TAKES_AWAY:
        assert found.status is Status.INCONCLUSIVE
        return
    assert found.status is Status.PASS
    assert found.to_json()["accepted_flags"] == [flag.name]
    other = outcome(flag.name, 1.0, rule, AcceptedFlag(flag.name, "EO%", "another class"))
    assert other.status is Status.INCONCLUSIVE


def test_the_reason_says_what_was_accepted_and_what_was_for_nothing() -> None:
    asked = AcceptedFlag("assumed_error_ratio", "MONO%", "the maker measured it")
    idle = AcceptedFlag("few_samples", "MONO%", "pilot")
    criterion = Criterion("c", "deming", "MONO%", "slope", min=0.9, max=1.1)
    value = Estimate(1.0, 0.95, 1.05, 0.95, "jackknife", 60, flags=("assumed_error_ratio",))
    row = Measurement("deming", "MONO%", "all", "slope", value, "1", Better.ONE)
    verdict = judge([criterion], Results((row,), {}), [asked, idle])
    assert verdict.decision is Decision.ACCEPTED
    assert verdict.accepted == (asked,)
    quoted = "\N{LEFT DOUBLE QUOTATION MARK}the maker measured it\N{RIGHT DOUBLE QUOTATION MARK}"
    assert verdict.told[-1].said == (
        "Accepted by the protocol: MONO%: the ratio of the errors of both sides is assumed, not "
        f"known ({quoted})."
    )
    assert any("few_samples of MONO% changed nothing" in note for note in verdict.notes)


def test_a_flag_takes_nothing_from_a_change_that_the_gate_decides_otherwise() -> None:
    criterion = Criterion("c", "error_change", "WBC", "share_within:10", min=-0.02,
                          rule=NON_INFERIOR)  # fmt: skip
    statuses = {}
    for flag in ("not_after_holm", "few_samples"):
        for low, high in ((-0.01, 0.01), (-0.2, -0.1)):
            change = Estimate((low + high) / 2, low, high, 0.95, "Tango", 60, flags=(flag,))
            row = Measurement("error_change", "WBC", "all", "share_within:10", change, "1",
                              Better.HIGHER)  # fmt: skip
            statuses[flag, low] = judge([criterion], Results((row,), {})).outcomes[0].status
    assert statuses == {
        ("not_after_holm", -0.01): Status.PASS,
        ("not_after_holm", -0.2): Status.INCONCLUSIVE,
        ("few_samples", -0.01): Status.INCONCLUSIVE,
        ("few_samples", -0.2): Status.FAIL,
    }


def test_a_flag_that_no_judge_reads_cannot_be_raised() -> None:
    with pytest.raises(ValueError, match="'new_doubt' has no row"):
        Estimate(1.0, n=3, flags=("new_doubt",))
    with pytest.raises(ValueError, match="'new_doubt' has no row"):
        Estimate(1.0, n=3).with_flags("new_doubt")


def test_every_flag_stands_in_the_documentation() -> None:
    page = (Path(__file__).parents[1] / "docs" / "explanation" / "statistics.md").read_text(
        encoding="utf-8"
    )
    for flag in FLAGGED:
        row = f"| `{flag.name}` | {flag.consequence} |"
        assert row in page, f"docs/explanation/statistics.md lacks the row {row}"


def test_the_page_of_accept_names_every_flag_that_it_lifts_and_no_other() -> None:
    root = Path(__file__).parents[1] / "docs"
    page = (root / "reference" / "protocol.md").read_text(encoding="utf-8")
    text = page.partition("## `[[accept]]`")[2].partition("\n## ")[0]
    made = (root / "generated.py").resolve()
    spec = importlib.util.spec_from_file_location("generated", made)
    assert spec is not None
    assert spec.loader is not None
    generated = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generated)
    (name,) = re.findall(r"<!-- generated: (\w+) -->", text)
    listed = re.findall(r"^\| `(\w+)` \|", getattr(generated, name)(), re.MULTILINE)

    assert listed == [flag.name for flag in FLAGGED if flag.acceptable]


def test_a_measurement_without_its_own_n_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="does not say what it rests on"):
        Measurement("error", "WBC", "all", "mean", Estimate(1.0), "%", Better.ZERO)


def test_a_bootstrap_says_what_it_rests_on() -> None:
    rows = np.column_stack([np.ones(7), np.arange(7.0)])
    found = bca(rows, lambda t: t[:, 1:] / t[:, :1], np.arange(7), np.random.default_rng(1))
    assert found[0].n == 7


ACCEPT = protocol() + '[[accept]]\nflag = "{flag}"\nsubject = "{subject}"\nreason = "{reason}"\n'


def test_a_protocol_states_what_it_accepts() -> None:
    text = ACCEPT.format(flag="few_samples", subject="monocyte", reason="a pilot")
    assert parse(text, "p").accepted == (AcceptedFlag("few_samples", "monocyte", "a pilot"),)


@pytest.mark.parametrize(
    ("flag", "subject", "reason", "said"),
    [
        ("few_sample", "monocyte", "a pilot", "did you mean 'few_samples'"),
        ("infinite_errors", "WBC", "they agree", "which no protocol can accept"),
        ("assumed_deff", "WBC", "harmless", "which no protocol can accept"),
        ("few_samples", "monocytes", "a pilot", "did you mean 'monocyte'"),
        ("few_samples", "monocyte", " ", "say why it does no harm"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    flag: str, subject: str, reason: str, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        parse(ACCEPT.format(flag=flag, subject=subject, reason=reason), "p")
    assert said in str(refused.value)


def test_accepted_twice_is_refused() -> None:
    once = ACCEPT.format(flag="few_samples", subject="monocyte", reason="a pilot")
    with pytest.raises(InputError, match="stands twice"):
        parse(once + once[once.index("[[accept]]") :], "p")


def test_an_abstention_is_a_miss_of_each_statistic_that_is_spared_the_flag() -> None:
    """The others do not see it: removing those cells leaves them as they were, or better."""
    labels = (*FIVE, "artefact")
    rng = np.random.default_rng(3)
    true = rng.multinomial(60, [0.5, 0.25, 0.12, 0.08, 0.05], 30)
    counts = np.zeros((30, 6, 6), dtype=np.int64)
    for i in range(5):
        spread = np.full(6, 0.02)
        spread[[i, 5]] = 0.72, 0.2  # one leukocyte in five is called an artefact
        counts[:, i] = rng.multinomial(true[:, i], spread)
    counts[:, 5, 5] = 10
    stages = (
        Stage("identify", ("artefact",), {"wbc": "differentiate"}),
        Stage("differentiate", FIVE),
    )
    shares = true / true.sum(axis=1, keepdims=True)
    unsure = np.zeros((30, 2, 6), np.int64)
    cells = build.cells(counts, labels, 5, shares, stages=stages, abstained=unsure)
    kept = counts.copy()
    kept[:, :5, 5] = 0
    context = Context(replicates=0)
    for name in ("classification", "cascade"):
        metric = importlib.import_module(f"wbcval.stats.functions.{name}").METRIC
        for with_, without in zip(
            metric.measure(cells, context),
            metric.measure(replace(cells, counts=kept), context),
            strict=True,
        ):
            for statistic, estimate in with_.estimates.items():
                better = without.estimates[statistic].value
                if estimate.value is not None and better is not None:
                    about = metric.measures[with_.measure][StatisticName(statistic).base]
                    spared = _counts_in(cells, about, estimate, "abstained")
                    assert not spared or estimate.value < better, statistic
                    if name == "_cascade" and "differentiat" in statistic:
                        assert not spared
                        assert estimate.value == pytest.approx(better)
