"""Whatever holds the numbers, the result is the same; what is no number is refused in words."""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval import stats
from wbcval.stats.arrays import counts, labels, numbers
from wbcval.stats.functions.paired_change import absolute_bias

RNG = np.random.default_rng(13)
X = np.round(RNG.uniform(2, 40, 40), 1)
Y = np.round(X * RNG.normal(1.02, 0.05, 40), 1)
PATIENT = np.arange(40) // 2


def _masked(x: Any) -> Any:
    return np.ma.masked_array(x, np.zeros(len(x), dtype=bool))


def _strided(x: Any) -> Any:
    return np.stack([x, x[::-1]], axis=1)[:, 0]


def _frozen(x: Any) -> Any:
    found = np.array(x)
    found.flags.writeable = False
    return found


def _unaligned(x: Any) -> Any:
    return np.frombuffer(b"\0" + x.tobytes(), dtype=np.uint8)[1:].view(x.dtype)


def _polars(x: Any) -> Any:
    return pytest.importorskip("polars").Series(x)


CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "list": lambda x: x.tolist(),
    "tuple": lambda x: tuple(x.tolist()),
    "list of NumPy scalars": list,
    "read-only": _frozen,
    "not contiguous": _strided,
    "reversed twice": lambda x: x[::-1].copy()[::-1],
    "not aligned": _unaligned,
    "other byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "objects": lambda x: x.astype(object),
    "masked array": _masked,
    "Series": pd.Series,
    "Series, index of another frame": lambda x: pd.Series(x, index=range(100, 100 + len(x))),
    "nullable": lambda x: pd.Series(x).convert_dtypes(),
    "of Arrow": lambda x: pd.Series(x).convert_dtypes(dtype_backend="pyarrow"),
    "column of a frame": lambda x: pd.DataFrame({"a": x, "b": x[::-1]})["a"],
    "Arrow": pa.array,
    "Arrow, chunked": lambda x: pa.chunked_array([x[:7], x[7:]]),
    "polars": _polars,
}
TOTAL = np.round(X * 40)
HITS = np.round(X * 20)
NAMES = np.array(["NEUT", "LYMPH", "MONO"])[PATIENT % 3]
CALLED = np.roll(NAMES, 1)
SHARES = np.linspace(0.01, 0.5, 40)


def _rng() -> np.random.Generator:
    return np.random.default_rng(3)


# each function and the columns it is given
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "attainability": (
        lambda x, n: stats.attainability(x, n, measurand="EO%", limit=60, share=0.5),
        (X, TOTAL.astype(np.int64)),
    ),
    "bland_altman": (stats.bland_altman, (X, Y)),
    "bland_altman, patients": (
        lambda x, y, p: stats.bland_altman(x, y, cluster=p), (X, Y, PATIENT),
    ),
    "classification": (
        lambda t, p, s: stats.classification(t, p, sample=s), (NAMES, CALLED, PATIENT),
    ),
    "concordance_correlation": (stats.concordance_correlation, (X, Y)),
    "correlation": (stats.correlation, (X, Y)),
    "deming": (lambda x, y, p: stats.deming(x, y, cluster=p), (X, Y, PATIENT)),
    "equivalence": (
        lambda x, y, p: stats.equivalence(x, y, margin=2.0, cluster=p), (X, Y, PATIENT),
    ),
    "equivariant_passing_bablok": (
        lambda x, y, p: stats.equivariant_passing_bablok(
            x, y, cluster=p, rng=_rng(), replicates=49
        ), (X, Y, PATIENT),
    ),
    "error": (lambda x, y, p: stats.error(x, y, cluster=p), (X, Y, PATIENT)),
    "extreme_deviates": (stats.extreme_deviates, (X,)),
    "fall_together": (stats.fall_together, (PATIENT % 3, PATIENT % 2)),
    "holm": (stats.holm, (SHARES,)),
    "krippendorff_alpha": (
        lambda r, s: stats.krippendorff_alpha(r, s, rng=_rng(), replicates=49), (NAMES, PATIENT),
    ),
    "krippendorff_alpha, numbers": (
        lambda r, s: stats.krippendorff_alpha(
            r, s, scale="interval", rng=_rng(), replicates=49
        ), (X, PATIENT),
    ),
    "least_squares": (stats.least_squares, (X, Y)),
    "mean_difference": (stats.mean_difference, (Y - X, PATIENT)),
    "nonparametric_limits": (
        lambda d, p: stats.nonparametric_limits(d, p, 0.95), (Y - X, PATIENT),
    ),
    "one_source": (
        lambda x, y, step, share, n: stats.one_source(x, y, step, 0.1, share, n, share),
        (X, Y, np.full(40, 0.1), SHARES, TOTAL),
    ),
    "paired_change": (
        lambda new, old, p: stats.paired_change(
            new, old, p, absolute_bias, generator=_rng(), replicates=49
        ), (X, Y, PATIENT),
    ),
    "paired_difference": (
        lambda new, old, n, p: stats.paired_difference(new, old, n, p, generator=_rng()),
        (HITS, np.roll(HITS, 1).clip(0, TOTAL), TOTAL, PATIENT),
    ),
    "passing_bablok": (lambda x, y, p: stats.passing_bablok(x, y, cluster=p), (X, Y, PATIENT)),
    "precision": (
        lambda x, s, d: stats.precision(x, s, day=d), (X, PATIENT, PATIENT % 3),
    ),
    "proportional_bias": (
        lambda d, a, x, y, p: stats.proportional_bias(d, a, (x, y), cluster=p),
        (Y - X, (X + Y) / 2, X, Y, PATIENT),
    ),
    "regression_limits": (stats.regression_limits, (Y - X, (X + Y) / 2)),
    "repeated_limits": (lambda d, p: stats.repeated_limits(d, p, 0.95), (Y - X, PATIENT)),
    "replicate_limits": (
        lambda x, y, s: stats.replicate_limits(x, y, subject=s), (X, Y, PATIENT),
    ),
    "shape": (lambda d: stats.shape(d, 0.0, 1.0), (Y - X,)),
    "signed_rank": (stats.signed_rank, (X, Y)),
    "total_error": (lambda x, y, p: stats.total_error(x, y, cluster=p), (X, Y, PATIENT)),
    "variance_components": (stats.variance_components, (X, PATIENT // 2, PATIENT)),
    "weighted_deming": (
        lambda x, y, p: stats.weighted_deming(x, y, cluster=p), (X, Y, PATIENT),
    ),
}  # fmt: skip
CONFUSION = np.zeros((40, 2, 2), dtype=np.int64)
CONFUSION[:, 0, 0], CONFUSION[:, 1, 0] = 60 + PATIENT, 5
TABLES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "equal_errors": (stats.equal_errors, (CONFUSION,)),
    "intraclass_correlation": (stats.intraclass_correlation, (np.stack([X, Y], axis=1),)),
    "mcnemar": (stats.mcnemar, (np.array([[9, 4], [1, 7]]),)),
    "repeated_cells": (stats.repeated_cells, (np.stack([PATIENT, PATIENT], axis=1), CONFUSION)),
    "stands_apart": (
        lambda d, n: stats.stands_apart(
            d, n, [(PATIENT % 2).tolist(), pd.Series(PATIENT % 3)], PATIENT.tolist(), _rng(), 99
        ),
        (np.stack([X, Y], axis=1), np.ones((40, 2))),
    ),
    "two_raters": (stats.two_raters, (np.array([[9, 4], [1, 7]]),)),
}
TABLE_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "list": lambda t: t.tolist(),
    "tuple": lambda t: tuple(map(tuple, t)) if t.ndim == 2 else tuple(t.tolist()),
    "by columns": np.asfortranarray,
    "objects": lambda t: t.astype(object),
    "masked array": lambda t: np.ma.masked_array(t, np.zeros(t.shape, dtype=bool)),
    "frame": lambda t: pd.DataFrame(t) if t.ndim == 2 else t.tolist(),
    "nullable": lambda t: pd.DataFrame(t).convert_dtypes() if t.ndim == 2 else t.tolist(),
}
OF_THE_PACKAGE = r"\b(Pairs|Cells|Context|Estimate|Column|Printed)\b"  # no arrays: its own types


def _public() -> dict[str, dict[str, str]]:
    """Every function, and the annotations of what it takes."""
    found = {name: getattr(stats, name) for name in stats.__all__}
    return {
        name: {p.name: p.annotation for p in inspect.signature(function).parameters.values()}
        for name, function in found.items()
        if inspect.isfunction(function)
    }


def test_no_function_is_left_out() -> None:
    tried = {name.partition(",")[0] for name in (*FUNCTIONS, *TABLES)}
    arrays = {
        name for name, taken in _public().items()
        if any("ArrayLike" in annotation for annotation in taken.values())
    }  # fmt: skip

    assert tried == arrays
    for name, taken in _public().items():
        narrow = [
            p for p, a in taken.items() if re.search(r"Floats|Ints|Counts|NDArray|ndarray", a)
        ]
        own = any(re.search(OF_THE_PACKAGE, annotation) for annotation in taken.values())
        assert own or not narrow, f"{name}: {narrow} take arrays alone"
        assert own or name in arrays | {"limits_of_agreement"}, f"{name} takes neither"


@pytest.mark.representatives(60)
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_container_of_the_same_numbers_gives_the_same_result(name: str, container: str) -> None:
    function, columns = FUNCTIONS[name]
    held = [CONTAINERS[container](column) for column in columns]
    assert repr(function(*held)) == repr(function(*columns))


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", ["bland_altman", "correlation", "passing_bablok", "signed_rank"])
def test_whole_numbers_are_numbers_in_any_container(name: str, container: str) -> None:
    function = getattr(stats, name)
    x, y = np.rint(X).astype(np.int64) + PATIENT, np.rint(Y).astype(np.int64)
    held = CONTAINERS[container](x), CONTAINERS[container](y)
    assert repr(function(*held)) == repr(function(x, y))


@pytest.mark.parametrize("container", TABLE_CONTAINERS)
@pytest.mark.parametrize("name", TABLES)
def test_any_container_of_the_same_table_gives_the_same_result(name: str, container: str) -> None:
    function, tables = TABLES[name]
    held = [TABLE_CONTAINERS[container](table) for table in tables]
    assert repr(function(*held)) == repr(function(*tables))


@pytest.mark.representatives(3)
@pytest.mark.parametrize("container", CONTAINERS)
@given(st.lists(st.floats(-1e15, 1e15), min_size=8, max_size=20))  # pandas 2 warns beyond
def test_every_bit_arrives_in_one_layout(container: str, values: list[float]) -> None:
    if container == "polars" and importlib.util.find_spec("polars") is None:
        pytest.skip("polars is not installed")
    array = np.array(values) + 0.0  # nullable integers have no −0
    found = numbers(CONTAINERS[container](array), "x")
    assert found.tobytes() == array.tobytes()
    assert found.flags.c_contiguous
    assert found.flags.aligned


@pytest.mark.parametrize(
    "values",
    [
        [5.1, None], [5.1, float("nan")], np.array([5.1, np.nan]), (5.1, pd.NA),
        pd.Series([5.1, None]), pd.Series([5, None], dtype="Int64"),
        pd.Series([5.1, None], dtype="Float64"), pd.Series([5.1, None], dtype="double[pyarrow]"),
        pa.array([5, None]), np.ma.masked_array([5.1, 6.0], [False, True]),
        [5.1, np.ma.masked], [5.1, pd.NaT],
    ],
)  # fmt: skip
def test_what_is_missing_is_refused_with_what_to_do(values: Any) -> None:
    with pytest.raises(
        ValueError, match=r"model must hold no (missing|masked) values: exclude missing"
    ):
        stats.bland_altman([5.0, 6.0], values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["5.1", "6.0"], "must hold numbers, got text"),
        ([5.1, "6.0"], "must hold numbers, got str '6.0'"),
        (pd.Series(["5.1", "6.0"]), "must hold numbers, got str '5.1'"),
        (np.array([b"5", b"6"]), "must hold numbers, got text"),
        (pa.array(["5", "6"]), "must hold numbers"),
        ([True, False], "must hold numbers, got booleans"),
        ([5.1, True], "must hold numbers, got bool True"),
        (pd.Series([True, False], dtype="boolean"), "must hold numbers"),
        ([5 + 1j, 6], "must hold numbers, got complex numbers"),
        (pd.to_datetime(["2026-01-01", "2026-01-02"]), "must hold numbers, got datetime64"),
        ("56", "must be a list or array, got text"),
        ({5.1, 6.0}, "must be a list or array, got set"),
        ([1, 10**400], "must hold numbers below"),
        ([5.1, np.inf], "must be finite: exclude infinite values first"),
        ([[5.1, 6.0]], "must be of shape"),
        ([[5.1], [6.0, 7.0]], "rows of different lengths"),
        (5.1, "must be of shape"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_its_name(values: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^model (has )?{said}"):
        stats.correlation([5.0, 6.0], values)


def test_numbers_of_other_kinds_are_numbers() -> None:
    values = [Decimal("0.1"), Fraction(1, 4), np.float32(0.5), 3, np.int8(4)]
    assert numbers(values, "x").tolist() == [0.1, 0.25, 0.5, 3.0, 4.0]


def test_series_of_two_frames_are_no_pairs() -> None:
    frame = pd.DataFrame({"x": X, "y": Y})
    ranked = frame.sort_values("y")
    with pytest.raises(ValueError, match="different indexes: take both from one frame"):
        stats.deming(frame["x"], ranked["y"])
    assert stats.deming(ranked["x"], ranked["y"]).n == 40
    patient = pd.Series(PATIENT)
    for fit in (stats.bland_altman, stats.passing_bablok, stats.deming, stats.weighted_deming):
        with pytest.raises(ValueError, match="cluster have different indexes"):
            fit(ranked["x"], ranked["y"], cluster=patient)
        assert repr(fit(X, Y, cluster=patient)) == repr(fit(X, Y, cluster=PATIENT))
    found = stats.deming(frame["x"].to_numpy(), frame["y"].to_numpy())  # as the message says
    assert repr(found) == repr(stats.deming(X, Y))


def test_tables_of_two_readers_are_of_one_order() -> None:
    first, second = list("aabbcc"), list("abbbcb")
    table = pd.crosstab(pd.Series(first), pd.Series(second))
    assert stats.two_raters(table) == stats.two_raters(table.to_numpy())
    with pytest.raises(ValueError, match="bring both into one order"):
        stats.two_raters(table[["b", "a", "c"]])
    missing = pd.crosstab(pd.Series(first), pd.Series(list("aabbaa")))
    with pytest.raises(ValueError, match=r"table\.reindex"):
        stats.two_raters(missing)
    names = list("abc")
    whole = missing.reindex(index=names, columns=names, fill_value=0)
    assert counts(whole, "table").sum() == 6
    with pytest.raises(ValueError, match="must hold counts"):
        stats.two_raters([[1.5, 0], [0, 1]])


def test_labels_are_of_one_kind() -> None:
    for values in (list("abca"), pd.Categorical(list("abca")), pd.Series(list("abca"))):
        assert labels(values, "day").tolist() == list("abca")
    assert labels([1.0, 2.0], "day").tolist() == [1, 2]
    days = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02"]))
    assert len(labels(days, "day")) == len(labels(days.dt.date, "day")) == 2
    for values in (["a", None], [1.0, np.nan], pd.Series([1, None], dtype="Int64"), [pd.NaT]):
        with pytest.raises(ValueError, match="day must hold no missing values"):
            labels(values, "day")
    for values in ([1, "a"], [1.5, 2.0]):
        with pytest.raises(ValueError, match="no mixture of them"):
            labels(values, "day")
