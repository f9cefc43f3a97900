"""Reasons are codes with values: their words stand in one table, and nobody reads those."""

from __future__ import annotations

import ast
import json
import pickle
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wbcval
from wbcval.measure.results import Measurement
from wbcval.stats.metric import Better
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import NO_REASON, REASONS, Reason

ROOT = Path(wbcval.__file__).parent
TABLE = "values/_reason_table.py"


@cache
def sources() -> list[tuple[str, ast.AST]]:
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(ROOT.rglob("*.py"))
    ]


def filled(code: str) -> Reason:
    return Reason(code, **dict.fromkeys(REASONS[code].fields, 2))


def test_a_reason_is_its_sentence_and_its_values() -> None:
    why = Reason("too_few", needed=3, units="pairs", got=2)

    assert why == "needs 3 pairs, got 2"
    assert (why.code, dict(why.values)) == ("too_few", {"needed": 3, "units": "pairs", "got": 2})
    assert not NO_REASON


@pytest.mark.parametrize(
    ("code", "values"),
    [("nothing_like_it", {}), ("too_few", {"needed": 3}), ("no_pair", {"got": 1})],
)
def test_a_code_without_a_row_or_other_values_is_an_error(code: str, values: dict) -> None:
    with pytest.raises(ValueError, match=code):
        Reason(code, **values)


def test_free_words_are_no_reason() -> None:
    with pytest.raises(TypeError, match="free words"):
        Estimate(None, reason="free words", n=3)

    assert Estimate.missing(Reason.told("free words"), n=3).reason == "free words"
    assert Reason.told("") is NO_REASON


def test_every_row_is_used_and_says_what_to_do() -> None:
    used = {
        node.value
        for name, tree in sources()
        if name != TABLE
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert {*REASONS} - used <= {"told"}  # made by the class itself
    for row in REASONS.values():
        assert row.help.endswith((".", "`.")), row.code
        named = row.help.removeprefix("As `").partition("`")[0]
        assert not row.help.startswith("As `") or named in REASONS, row.code


def test_calls_name_codes_and_values_that_the_table_has() -> None:
    found = 0
    for name, tree in sources():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"):
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant):
                found += 1
                assert code.value in REASONS, f"{name}:{node.lineno}"
                given_ = {k.arg for k in node.keywords}
                if None not in given_:
                    assert given_ == REASONS[code.value].fields, f"{name}:{node.lineno}"

    assert found > 80


def reasons() -> st.SearchStrategy[Reason]:
    plain = st.sampled_from(sorted({*REASONS} - {"told", "side_missing"})).map(
        lambda code: Reason(
            code,
            **{
                name: 0.25 if name in {"most", "cv", "margin", "ratio", "level"} else 7
                for name in REASONS[code].fields
            },
        )
    )
    told = st.text(min_size=1).map(Reason.told)
    nested = st.builds(
        lambda side, why: Reason("side_missing", side=side, why=why), st.text(), plain | told
    )
    several = st.lists(plain | told | nested, min_size=2, max_size=3).map(Reason.all)
    return plain | told | nested | several


def same(one: Reason, other: Reason) -> bool:
    if (one, one.code) != (other, other.code) or {*one.values} != {*other.values}:
        return False
    pairs = ((value, other.values[key]) for key, value in one.values.items())
    return all(
        all(map(same, a, b)) if isinstance(a, tuple)
        else same(a, b) if isinstance(a, Reason)
        else a == b
        for a, b in pairs
    )  # fmt: skip


@given(reasons())
def test_a_reason_survives_json_and_another_process(why: Reason) -> None:
    assert same(Reason.from_json(json.loads(json.dumps(why.to_json()))), why)
    assert same(pickle.loads(pickle.dumps(why)), why)  # noqa: S301


@given(reasons())
def test_a_measurement_keeps_its_reason_through_the_file(why: Reason) -> None:
    row = Measurement(
        "error", "NEUT%", "all", StatisticName("mean"), Estimate.missing(why, n=4), "%", Better.ZERO
    )
    read = Measurement.from_json(json.loads(json.dumps(row.to_json())))

    if why.code != "infinite":  # of a value that is infinite it is what the file says by itself
        assert same(read.estimate.reason, why)


def test_a_file_without_codes_tells_its_sentence() -> None:
    read = Reason.from_json({"reason": "as an earlier version wrote it"})

    assert (read, read.code) == ("as an earlier version wrote it", "told")
    assert Reason.from_json({"reason": None}) is NO_REASON


def test_the_reason_of_an_error_is_the_reason_of_the_number() -> None:
    why = filled("no_subject")

    assert NotEstimable(why).reason is why


_APART = {"partition", "rpartition", "startswith", "endswith", "strip", "lstrip", "rstrip",
          "removeprefix", "removesuffix", "split", "rsplit", "splitlines"}  # fmt: skip
_SPEAK = ("judge", "render", "gating/compare", "gating/ci_outputs", "measure", "commands")
# what is taken apart there is no sentence of ours, or only set in type
_TYPE = {
    "judge/mixes.py": "a number without a unit",
    "judge/beyond.py": "a number without a unit",
    "judge/tally.py": "names of others, for XML",
    "judge/assumed.py": "marks as the laboratory's file has them",
    "render/_words.py": "clauses set as sentences",
    "render/sections/glossary.py": "an anchor",
    "render/sections/attribution.py": "the sign of a number, said in words",
    "render/_frame.py": "the markup of a page",
    "render/_shell.py": "templates, styles and scripts",
    "render/pdf.py": "what Chromium says",
    "gating/ci_outputs/_markdown.py": "a summary that is held against its lines",
    "gating/ci_outputs/_markdown_text.py": "white space at the ends",
    "gating/ci_outputs/_junit.py": "a time",
    "gating/compare/_gate.py": "name and version; clauses added to a sentence",
    "measure/results.py": "the name of a measure of change, at its home",
    "commands/_inspect.py": "a number as people write it",
}


def test_no_room_takes_a_sentence_apart() -> None:
    found: dict[str, int] = {}
    for name, tree in sources():
        if not name.startswith(_SPEAK):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _APART:
                found[name] = found.get(name, 0) + 1

    assert {*found} == {*_TYPE}, "give the code, or the parts, to whoever asks"
    assert sum(found.values()) <= 30  # of these, as they stand
