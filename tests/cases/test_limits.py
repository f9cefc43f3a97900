"""Limits of agreement, spreads and means that rest on too little (STATISTICS.md §2, §5)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.build import protocols
from tests.cases.conftest import Report
from wbcval.protocol.protocol_file import parse
from wbcval.values.errors import InputError


def criterion(
    statistic: str, bounds: str, *, name: str = "c", measure: str = "bland_altman",
    subject: str = "WBC", rule: str = "demonstrated", more: str = "",
) -> str:  # fmt: skip
    asked = protocols.criterion(measure, subject, statistic, name=name, rule=rule)
    return f"{asked}{bounds}\n{more}\n"


def limits(most: float, least: float = -1.0, more: str = "") -> str:
    """Both limits of agreement; one alone is held by a model that is far too low."""
    return criterion("upper", f"max = {most}", more=more) + criterion(
        "lower", f"min = {least}", name="low", more=more
    )


def files(
    reference: object, model: object, *criteria: str, column: str = "WBC(10^9/L)",
    samples: str = "", cells: int | None = None,
) -> dict[str, str]:  # fmt: skip
    def table(values: object, counted: bool) -> str:
        more = f",{cells}" if counted and cells else ""
        head = f"sample_id{',n_cells' if more else ''},{column}"
        rows = (f"S{i:03d}{more},{v}" for i, v in enumerate(values))  # type: ignore[call-overload]
        return "\n".join([head, *rows]) + "\n"

    return {
        "protocol_toml": protocols.protocol(samples, "\n", *criteria),
        "p_csv": table(model, counted=True),
        "r_csv": table(reference, counted=False),
    }


def counts(n: int, cv: float = 0.0, sd: float = 0.0, seed: int = 4) -> tuple[object, object]:
    """Totals from 2 to 30, and a model whose errors grow with them, or do not."""
    rng = np.random.default_rng(seed)
    reference = np.exp(rng.uniform(np.log(2), np.log(30), n)).round(2)
    model = reference * (1 + cv * rng.standard_normal(n)) + sd * rng.standard_normal(n)
    return reference, np.maximum(model, 0.05).round(2)


# --- which limits decide ---


@pytest.mark.representatives(2)
@pytest.mark.parametrize("n", [25, 80, 118])
def test_few_differences_demonstrate_no_limits_however_good(report: Report, n: int) -> None:
    # the model errs by 0.1 where 5 are allowed
    asked = [criterion("upper", "max = 5", name="up"), criterion("lower", "min = -5", name="lo")]

    found = report(**files(*counts(n, sd=0.1), *asked))

    assert found.code == 3
    said = f"needs n ≥ 119, got {n}" if n >= 39 else "nonparametric limits need 39 pairs, got 25"
    assert said in found.outcome("up")["message"]


def test_from_119_on_the_outer_percentile_bound_decides(report: Report) -> None:
    reference, model = counts(119, sd=0.1)
    farthest = float(np.max(np.asarray(model) - np.asarray(reference)))
    asked = [
        criterion("upper", f"min = -99\nmax = {farthest + 0.01:.3f}", name="beyond it"),
        criterion("upper", f"min = -99\nmax = {farthest - 0.01:.3f}", name="inside it"),
        criterion("upper", "min = -99\nmax = 0.01", name="far inside"),
    ]

    found = report(**files(reference, model, *asked))

    status = [found.outcome(name)["status"] for name in ("beyond it", "inside it", "far inside")]
    assert status == ["pass", "inconclusive", "fail"]
    assert found.outcome("beyond it")["high"] == pytest.approx(farthest)


@pytest.mark.parametrize(("patients", "status"), [(19, "inconclusive"), (380, "pass")])
def test_many_samples_of_few_patients_demonstrate_no_limits(
    report: Report, patients: int, status: str
) -> None:
    asked = limits(1)
    given = files(*counts(380, sd=0.1), asked, samples='samples = "s.csv"')
    listed = "".join(f"S{i:03d},P{i % patients:03d}\n" for i in range(380))

    found = report(**given, s_csv=f"sample_id,patient_id\n{listed}")

    assert found.outcome("c")["status"] == status
    assert ("too few independent samples" in found.console) == (status == "inconclusive")


def test_under_observed_the_percentile_itself_decides(report: Report) -> None:
    # spread that grows, n = 80: what presumes normal differences of one spread lies elsewhere
    reference, model = counts(80, cv=0.06)
    percentile = float(np.quantile(np.asarray(model) - reference, 0.975, method="weibull"))
    asked = [
        criterion("upper", f"min = -99\nmax = {percentile + step:.6f}", rule="observed", name=name)
        for name, step in (("beyond", 0.001), ("inside", -0.001))
    ]

    found = report(**files(reference, model, *asked))

    assert found.code == 1
    assert [found.outcome(name)["status"] for name in ("beyond", "inside")] == ["pass", "fail"]
    assert found.outcome("beyond")["observed"] == pytest.approx(percentile)


def test_limits_named_by_a_method_decide_nothing(report: Report) -> None:
    named = [
        (method, rule)
        for method in ("exact", "approximate", "exact_pair", "mover")
        for rule in ("observed", "demonstrated")
    ]
    asked = [
        criterion(f"upper:{m}", "min = -99\nmax = 5", rule=r, name=f"{m}-{r}") for m, r in named
    ]

    found = report(**files(*counts(200, sd=0.1), *asked))

    assert found.code == 3
    for outcome in found.results["outcomes"]:
        assert outcome["status"] == "inconclusive"
        assert "limits named by a method decide nothing" in outcome["message"]


# --- declared to be normal ---


def test_declared_normal_decides_and_says_what_it_took_for_granted(report: Report) -> None:
    asked = limits(1, more='limits = "normal"')

    found = report(**files(*counts(60, sd=0.1), asked))

    assert found.outcome("c")["status"] == "pass"
    said = "assumes normal differences, else a false pass has a chance of up to 22 %"
    assert said in found.console
    assert found.outcome("c")["statistic"] == "upper:normal"


def test_declared_normal_the_most_extreme_difference_is_no_less_than_it_is(report: Report) -> None:
    reference, model = counts(60, sd=0.1)
    differences = np.asarray(model) - np.asarray(reference)
    far = np.asarray(model).copy()
    far[7] = float(np.asarray(reference)[7]) + 0.29  # beyond the exact bound of 0.26
    asked = limits(0.288, more='limits = "normal"')

    before = report(**files(reference, model, asked))
    after = report(**files(reference, far, asked))

    assert differences.max() < 0.288
    assert before.outcome("c")["status"] == "pass"
    assert after.outcome("c")["status"] == "inconclusive"
    assert after.outcome("c")["high"] == pytest.approx(0.29)


@pytest.mark.parametrize(
    ("kind", "said"), [("spread", "change of the spread p"), ("skew", "Shapiro–Wilk p < 0.001")]
)
def test_declared_normal_and_refuted_decides_nothing(report: Report, kind: str, said: str) -> None:
    reference, model = counts(80, cv=0.06)
    if kind == "skew":
        rng = np.random.default_rng(5)
        model = np.asarray(reference) + rng.exponential(0.1, 80).round(2)
    asked = criterion("upper", "min = -99\nmax = 9", more='limits = "normal"')

    found = report(**files(reference, model, asked))

    assert found.code == 3
    assert "normal differences were declared, and these do not look so" in found.console
    assert said in found.console


def test_declared_normal_holds_for_one_sample_per_patient(report: Report) -> None:
    asked = criterion("upper", "min = -99\nmax = 5", more='limits = "normal"')
    given = files(*counts(60, sd=0.1), asked, samples='samples = "s.csv"')
    patients = "".join(f"S{i:03d},P{i // 2}\n" for i in range(60))

    found = report(**given, s_csv="sample_id,patient_id\n" + patients)

    assert found.code == 3
    assert "one sample per patient" in found.console


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"statistic": "upper", "rule": "observed"}, 'write rule = "demonstrated"'),
        ({"statistic": "bias"}, "goes with lower and upper"),
        ({"statistic": "median", "measure": "error"}, "goes with lower and upper"),
        ({"statistic": "upper:exact"}, "goes with lower and upper"),
        ({"statistic": "upper:normal"}, 'statistic = "upper" and limits = "normal"'),
    ],
)
def test_limits_stand_where_they_mean_something(more: dict[str, str], said: str) -> None:
    asked = criterion(more.pop("statistic"), "max = 1", more='limits = "normal"', **more)

    with pytest.raises(InputError) as refused:
        parse(protocols.protocol(asked), "p")

    assert said in str(refused.value)


@pytest.mark.parametrize("n", [4, 19])
def test_declared_normal_needs_enough_to_deny_it(report: Report, n: int) -> None:
    asked = criterion("upper", "min = -99\nmax = 50", more='limits = "normal"')

    assert report(**files(*counts(n, sd=0.1), asked)).code == 3


# --- spreads ---


@pytest.mark.parametrize("patients", [False, True])
def test_an_sd_demonstrates_nothing_unless_normal_values_are_accepted(
    report: Report, patients: bool
) -> None:
    accept = protocols.accept("normal_assumed", "WBC", "shown in a pilot")
    measures = ("error", "bland_altman", "bland_altman_percent")
    rules = ("demonstrated", "observed")
    asked = [
        criterion("sd", "max = 90", measure=m, rule=rule, name=f"{rule} {m}")
        for rule in rules
        for m in measures
    ]
    listed = "".join(f"S{i:03d},P{i // 2}\n" for i in range(60)) if patients else ""
    listed = f"sample_id,patient_id\n{listed}" if patients else "sample_id,site\nS000,A\n"
    given = files(*counts(60, sd=0.1), *asked, samples='samples = "s.csv"') | {"s_csv": listed}

    found = report(**given)
    accepted = report(**given | {"protocol_toml": given["protocol_toml"] + accept})

    statuses = [outcome["status"] for outcome in found.results["outcomes"]]
    assert statuses == ["inconclusive"] * 3 + ["pass"] * 3
    assert {outcome["status"] for outcome in accepted.results["outcomes"]} == {"pass"}
    assert "unless values are normal (“shown in a pilot”)" in accepted.console


# --- infinite errors ---


@pytest.mark.representatives(2)
@pytest.mark.parametrize("patients", [False, True])
@pytest.mark.parametrize(
    ("column", "subject"),
    [("BASO%(%)", "BASO%"), ("EO#(10^9/L)", "EO#")],
)
def test_infinite_errors_leave_no_mean_and_no_sd(
    report: Report, column: str, subject: str, patients: bool
) -> None:
    # 20 of 25 references are 0 and the model says 2; the five others agree within 5 %
    reference = [0.0] * 20 + [1.0, 1.1, 0.9, 1.2, 1.0]
    model = [2.0] * 20 + [1.0, 1.1, 0.9, 1.2, 1.05]
    asked = [
        criterion(name, bounds, measure="error", subject=subject, rule="observed", name=name)
        for name, bounds in (("mean", "min = -10\nmax = 10"), ("sd", "max = 10"))
    ]
    given = files(reference, model, *asked, column=column,
                  samples='samples = "s.csv"' if patients else "")  # fmt: skip
    listed = "".join(f"S{i:03d},P{i // 2}\n" for i in range(25))

    found = report(**given, **({"s_csv": f"sample_id,patient_id\n{listed}"} if patients else {}))

    assert found.code == 3
    assert "20 of 25 errors are infinite" in found.console
    rows = [m for m in found.results["measurements"]
            if m["measure"] == "error" and m["statistic"] in ("mean", "sd")]  # fmt: skip
    assert [(row["value"], row["n"]) for row in rows] == [(None, 25)] * 2


def test_the_median_takes_infinite_errors(report: Report) -> None:
    reference, model = [0.0] * 20 + [1.0] * 10, [2.0] * 20 + [1.0] * 10
    asked = criterion("median", "min = -10\nmax = 10", measure="error", subject="BASO%",
                      rule="observed")  # fmt: skip

    assert report(**files(reference, model, asked, column="BASO%(%)")).code == 1


# --- percent differences ---


def shares(percent: float, n: int = 60, cells: int = 200) -> tuple[object, object]:
    """A perfect classifier at so many cells; references to two decimals."""
    rng = np.random.default_rng(8)
    reference = rng.uniform(0.5 * percent, 1.5 * percent, n).round(2)
    return reference, (100 * rng.binomial(cells, reference / 100) / cells).round(2)


@pytest.mark.parametrize("zero", ["both", "model", "reference"])
def test_a_zero_takes_percent_differences_away(report: Report, zero: str) -> None:
    reference, model = (np.asarray(x).copy() for x in shares(60))
    if zero != "reference":
        model[3] = 0.0
    if zero != "model":
        reference[3] = 0.0
    asked = [
        criterion(name, "min = -300\nmax = 300", measure="bland_altman_percent", subject="NEUT%",
                  rule="observed", name=name)
        for name in ("bias", "upper", "sd")
    ]  # fmt: skip

    found = report(**files(reference, model, *asked, column="NEUT%(%)", cells=200))

    for outcome in found.results["outcomes"]:
        assert outcome["status"] == "inconclusive"
        assert "a value is 0 on one side or both" in outcome["message"]


@pytest.mark.parametrize(
    ("column", "percent", "status"),
    # noise alone: about −50·(1 − p)/(N·p): −0.17 % at 60 % of 200 cells, −6 % at 4 %
    [("NEUT%(%)", 60.0, "pass"), ("MONO%(%)", 8.0, "inconclusive")],
)
def test_a_bias_of_noise_alone_takes_percent_differences_away(
    report: Report, column: str, percent: float, status: str
) -> None:
    subject = column.partition("(")[0]
    asked = criterion("bias", "min = -20\nmax = 20", measure="bland_altman_percent",
                      subject=subject, rule="observed")  # fmt: skip

    found = report(**files(*shares(percent), asked, column=column, cells=200))

    assert found.outcome("c")["status"] == status
    told = "counting noise alone biases these percent differences" in found.console
    assert told == (status == "inconclusive")
    noise = next(m for m in found.results["measurements"] if m["statistic"] == "expected_bias")
    assert noise["value"] == pytest.approx(-50 * (1 - percent / 100) / (2 * percent), rel=0.5)


@pytest.mark.parametrize(
    ("measure", "statistic", "instead"),
    [
        ("bland_altman_percent", "expected_bias", "bias"),
        ("counting_noise", "expected_share_within_noise", "share_within_noise"),
    ],
)
def test_what_chance_alone_gives_is_no_criterion(
    measure: str, statistic: str, instead: str
) -> None:
    asked = criterion(statistic, "max = 1", measure=measure, subject="NEUT%")

    with pytest.raises(InputError) as refused:
        parse(protocols.protocol(asked), "p")

    assert instead in str(refused.value)


# --- total error ---


def total_error(most: float, subject: str = "WBC", rule: str = "demonstrated") -> str:
    low = criterion("lower", f"min = {-most}", name="low", measure="total_error", subject=subject,
                    rule=rule)  # fmt: skip
    return low + criterion("upper", f"max = {most}", measure="total_error", subject=subject,
                           rule=rule)  # fmt: skip


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("n", "factor", "most", "status"),
    [
        (150, 1.0, 14, "pass"),  # CV 3 %: 97.5 % lie below 6, and the bound stays below 14
        (150, 1.4, 14, "fail"),
        (150, 1.0, 6, "inconclusive"),
        (80, 1.0, 14, "inconclusive"),
        (30, 1.0, 14, "not_estimable"),
    ],
)
def test_a_total_error_is_demonstrated_by_the_bounds_of_its_ends(
    report: Report, n: int, factor: float, most: float, status: str
) -> None:
    reference, model = counts(n, cv=0.03)

    found = report(**files(reference, np.round(factor * np.asarray(model), 2), total_error(most)))

    assert found.outcome("c")["status"] == status


def test_agreement_on_absence_is_no_total_error(report: Report) -> None:
    reference = np.r_[np.zeros(180), np.full(15, 4.0)]
    model = np.r_[np.zeros(180), np.linspace(3.8, 4.2, 15).round(2)]

    found = report(**files(reference, model, total_error(14, "BASO%"),
                           column="BASO%(%)", cells=5000))  # fmt: skip

    assert found.outcome("c")["status"] == "inconclusive", found.outcome("c")["message"]
    assert "fewer than 20 samples have the class" in found.outcome("c")["message"]


@pytest.mark.parametrize("measure", ["total_error", "error"])
def test_normal_limits_are_declared_of_agreement_alone(measure: str) -> None:
    asked = criterion("lower" if measure == "total_error" else "median", "min = -9\nmax = 9",
                      measure=measure, more='limits = "normal"')  # fmt: skip

    with pytest.raises(InputError, match="goes with lower and upper of bland_altman"):
        parse(protocols.protocol(asked), "p")
