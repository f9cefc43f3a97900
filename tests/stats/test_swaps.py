"""Pairs of a permutation that stand the other way round: in arrays and compiled."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.stats import _swaps
from wbcval.stats._swaps import Swaps

WAYS = ["arrays", "compiled"]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    if request.param == "compiled":
        pytest.importorskip("numba", reason="numba (extra fast) is not installed")
        monkeypatch.setattr(_swaps, "WORTH_LOADING", 0)
    else:
        monkeypatch.setattr(_swaps, "_compiled", lambda n: None)


def _check(order):
    swaps = Swaps(np.array(order, np.int64))
    expected = {(b, a) for a, b in itertools.combinations(order, 2) if a > b}
    assert swaps.count == len(expected)
    smaller, larger = swaps.pairs(np.arange(swaps.count))
    found = list(zip(smaller.tolist(), larger.tolist(), strict=True))
    assert len(found) == len(expected)
    assert set(found) == expected
    some = np.arange(0, swaps.count, 3)
    assert list(zip(*(side.tolist() for side in swaps.pairs(some)), strict=True)) == found[::3]


@pytest.mark.representatives(3)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 63, 64, 65, 127, 128, 129, 300, 517])
def test_every_pair_is_counted_and_found_once(way, n):
    rng = np.random.default_rng(n)
    _check(rng.permutation(n).tolist())
    _check(list(range(n)))
    _check(list(range(n))[::-1])
    # nearly in order, as two orders are whose slopes lie close together
    near = np.argsort(np.arange(n) + rng.normal(0, 2, n))
    _check(near.tolist())


@pytest.mark.parametrize("way", WAYS, indirect=True)
def test_any_order_of_few(way):
    @given(st.integers(0, 12).flatmap(lambda n: st.permutations(range(n))))
    def holds(order):
        _check(order)

    holds()


def test_where_nothing_can_be_kept_on_disk_it_is_compiled_all_the_same():
    """numba refuses to cache what has no folder; so it does on a read-only file system."""
    numba = pytest.importorskip("numba", reason="numba (extra fast) is not installed")
    from wbcval.stats._swaps_compiled import compiled

    made = {}
    exec("def length(a, b, c, d):\n    return len(a)", made)  # noqa: S102 (of no file)
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(made["length"])
    none = np.empty(0, np.int32)
    assert compiled(made["length"])(np.arange(3, dtype=np.int32), np.arange(2), none, none) == 3


def test_few_points_load_nothing_compiled():
    """numba takes half a second to load: a report of a usual study must not pay for it."""
    program = (
        "import sys, numpy as np\nfrom wbcval.stats import passing_bablok\n"
        "x = np.arange(300) % 97 + 1.0\npassing_bablok(x, x + np.arange(300) % 5)\n"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
