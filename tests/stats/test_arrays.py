"""Whatever holds the numbers, the result is the same; what is no number is refused in words."""

from __future__ import annotations

import importlib.util
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

RNG = np.random.default_rng(13)
X = np.round(RNG.uniform(2, 40, 40), 1)
Y = np.round(X * RNG.normal(1.02, 0.05, 40), 1)
PATIENT = np.arange(40) // 2


def _masked(x: Any) -> Any:
    return np.ma.masked_array(x, np.zeros(len(x), dtype=bool))


def _strided(x: Any) -> Any:
    return np.stack([x, -x], axis=1)[:, 0]


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
    "column of a frame": lambda x: pd.DataFrame({"a": x, "b": -x})["a"],
    "Arrow": pa.array,
    "Arrow, chunked": lambda x: pa.chunked_array([x[:7], x[7:]]),
    "polars": _polars,
}
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "bland_altman": stats.bland_altman,
    "bland_altman, patients": lambda x, y: stats.bland_altman(x, y, cluster=PATIENT),
    "concordance_correlation": stats.concordance_correlation,
    "correlation": stats.correlation,
    "deming": stats.deming,
    "least_squares": stats.least_squares,
    "passing_bablok": stats.passing_bablok,
    "weighted_deming": stats.weighted_deming,
    "extreme_deviates": lambda x, _: stats.extreme_deviates(x),
    "signed_rank": stats.signed_rank,
    "variance_components": lambda x, _: stats.variance_components(x, PATIENT // 2, PATIENT),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_container_of_the_same_numbers_gives_the_same_result(name: str, container: str) -> None:
    for x, y in ((X, Y), (np.rint(X).astype(np.int64) + PATIENT, np.rint(Y).astype(np.int64))):
        held = CONTAINERS[container](x), CONTAINERS[container](y)
        assert repr(FUNCTIONS[name](*held)) == repr(FUNCTIONS[name](x, y))


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
