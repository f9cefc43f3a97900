"""JUnit, Markdown and annotations say one thing, well-formed, whatever the data hold."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.compare.make_comparison import change, good, make_comparison, mixed, rows_of
from tests.simulated import repeats
from wbcval.gating.ci_outputs import annotations, junit, markdown
from wbcval.gating.compare.types import Comparison, Flips, Moved
from wbcval.judge.outcomes import Status
from wbcval.judge.tally import named, tally
from wbcval.values.one_line import one_line

CASES = {
    "rejected": mixed,
    "accepted": lambda: make_comparison(good(), judged_before=0),
    "inconclusive": lambda: make_comparison([*good(), change("eosinophil", half=0.1)]),
    "identical": lambda: make_comparison(good(), identical=True),
    "nothing required": lambda: make_comparison([change("other")], optional=("other",)),
}
HOSTILE = (
    "a|b", "`x", "``", "<img src=x onerror=alert(1)>", "@team", "#12", "!3", "a\nb", "&amp;", "]]>",
    "\r\n::error::x", "::set-output name=a::b", "%0A", "\x00\x0b\x1b[31m", "\ufffe", "\ud800",
    "\u202eabc", "\\|", "\\", "*a*", "_b_", "[x](http://y.example)", "www.y.example", "a:smile:b",
    "$x$", "~~s~~", "", " ", "S1", "-", "1. x", "> q", "# h", "--- | ---", "a, b: c", "z" * 2_000,
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=()), max_size=12),
    st.text("|`\\<>&@#:%,\n\r*_[]() ab", max_size=12),
)


class Page(HTMLParser):
    """What a host makes of the Markdown: its tags, and the cells of its tables as read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def suite(comparison: Comparison) -> ET.Element:
    found = ET.fromstring(junit(comparison).encode()).find("testsuite")  # noqa: S314
    assert found is not None
    return found


@pytest.mark.parametrize("name", CASES)
def test_all_outputs_say_the_same(name: str) -> None:
    comparison = CASES[name]()
    rows, verdict = rows_of(comparison), comparison.verdict
    count = tally(verdict)
    required = [r["status"] for r in rows if not r["optional"]]
    assert count.failed == required.count("fail")
    assert count.passed == required.count("pass")
    assert count.undecided == len(required) - count.failed - count.passed
    names = named(verdict.outcomes)
    for row, told in zip(rows, names, strict=True):
        assert told.startswith(row["criterion"])

    made = suite(comparison)
    cases = {c.get("name"): c for c in made.iter("testcase") if c.get("classname") != "wbcval.gate"}
    assert [*cases] == list(names)
    for row, case in zip(rows, cases.values(), strict=True):
        assert case.get("classname") == f"wbcval.{row['measure']}"
        expected = {"fail": ["failure"], "pass": []}.get(row["status"], ["error"])
        assert [child.tag for child in case] == (["skipped"] if row["optional"] else expected)
        assert all(row["message"] in str(child.get("message")) for child in case)
    value = made.find("properties/property[@name='verdict']")
    assert value is not None
    assert value.get("value") == str(verdict.decision)

    text = markdown(comparison)
    assert text.splitlines()[0] == f"### wbcval gate: {verdict.decision.written}"
    assert f"Of {len(rows)} criteria: {count}." in text
    listed = [r for r in Page(text).rows if r[0][:1] in set("✓✗?–") and r[1] in names]
    assert sorted(r[1] for r in listed) == sorted(names)
    symbols = dict(zip(names, (Status(r["status"]).written[0] for r in rows), strict=True))
    assert all(row[0].startswith(symbols[row[1]]) for row in listed)

    first, *others = annotations(comparison).splitlines()
    accepted = verdict.decision == "accepted"
    assert first.startswith(
        f"::{'notice' if accepted else 'error'} title=wbcval gate%3A {verdict.decision}::"
    )
    assert f": {count}. " in first.replace("%25", "%")
    assert sum(line.startswith("::error ") for line in others) == count.failed
    assert sum(line.startswith("::warning ") for line in others) == count.undecided


@pytest.mark.parametrize("name", CASES)
def test_the_suite_counts_its_cases_and_is_red_unless_accepted(name: str) -> None:
    comparison = CASES[name]()
    made = suite(comparison)
    kinds = Counter(child.tag for case in made.iter("testcase") for child in case)
    counted = [int(str(made.get(k))) for k in ("tests", "failures", "errors", "skipped")]
    assert counted == [
        len(list(made.iter("testcase"))), kinds["failure"], kinds["error"], kinds["skipped"]
    ]  # fmt: skip
    red = kinds["failure"] + kinds["error"] > 0
    assert red == (comparison.verdict.exit_code != 0)
    assert (kinds["failure"] > 0) == (comparison.verdict.exit_code == 1)


def test_the_suite_holds_what_both_schemas_ask_for() -> None:
    # windyroad/JUnit-Schema JUnit.xsd: required attributes, the order of a suite's children, no
    # other attribute of <testsuites> or child of <testcase>; xunit-plugin's junit-10.xsd is laxer
    made = suite(mixed())
    assert {"id", "name", "package", "hostname", "timestamp", "time", "tests", "failures",
            "errors"} <= set(made.keys())  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(made.get("timestamp")))
    tags = [child.tag for child in made]
    assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
    for case in made.iter("testcase"):
        assert set(case.keys()) == {"name", "classname", "time"}
        assert len(case) <= 1
        assert all(set(child.keys()) == {"type", "message"} for child in case)


def test_inconclusive_and_failed_cases_are_told_apart() -> None:
    cases = {c.get("name"): c for c in suite(mixed()).iter("testcase")}
    assert [c.tag for c in cases["lymphocyte sensitivity"]] == ["failure"]
    (undecided,) = cases["eosinophil sensitivity"]
    assert (undecided.tag, undecided.get("type")) == ("error", "inconclusive")
    (missing,) = cases["basophil sensitivity"]
    assert (missing.tag, missing.get("type")) == ("error", "not_estimable")
    (optional,) = cases["other sensitivity"]
    assert optional.tag == "skipped"
    assert str(optional.get("message")).startswith("worse: ")


def test_markdown_says_it_in_the_order_a_reviewer_asks() -> None:
    text = markdown(mixed())
    order = [
        "✗ rejected", "may not replace", "lymphocyte: sensitivity", "Overridden", "been judged 7",
        "Against the baseline", "Against the anchor", "The candidate by itself",
        "Changes that did not pass", "Samples that crossed the limit", "Samples that lost most",
        "Sites and other strata",
    ]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_a_change_is_written_with_interval_margin_and_what_was_detectable() -> None:
    rows = {row[1]: row for row in Page(markdown(mixed())).rows if len(row) == 7}
    assert rows["monocyte sensitivity"] == [
        "✓ not worse, measurably lower", "monocyte sensitivity", "96.0 % → 94.8 %",
        "−1.2 points (−1.8 to −0.6)", "−1.8 / −3.6 points (6 %)", "2 points", "3.1 points",
    ]  # fmt: skip
    assert rows["lymphocyte sensitivity"][6] == "–"
    assert "not estimable: the candidate has no trial of it" in rows["basophil sensitivity"][3]
    assert rows["neutrophil sensitivity"][3] == "+0.4 points (−0.6 to 1.4)"


def test_a_bound_at_the_margin_is_written_on_its_side() -> None:
    close = change("lymphocyte", value=-0.015, half=0.005004)  # low −0.020004: not shown
    (row,) = (
        r for r in Page(markdown(make_comparison([close]))).rows if len(r) == 7 and r[0][:1] == "?"
    )
    assert "(−2.0004 to" in row[3]


def test_samples_are_named_once_and_strata_that_did_not_move_are_counted() -> None:
    text = markdown(mixed())
    rows = Page(text).rows
    assert [r[1] for r in rows if r[0] == "✗ outside now"] == ["S0003", "S0007"]
    assert ["S0003", "lymphocyte sensitivity", "38 → 29 of 40 cells"] in rows
    assert [r[1] for r in rows if r[0].startswith("measurably")] == ["site=B"]
    assert "1 of 2 changes within strata" in text


def test_what_is_not_recorded_is_said() -> None:
    assert "judged before is not recorded" in markdown(make_comparison(good()))
    assert "not recorded" not in markdown(mixed())
    assert "same of every cell" in markdown(make_comparison(good(), identical=True))


@pytest.mark.representatives(1)
@pytest.mark.parametrize("limit", [4_000, 8_000, 64_000, 1_048_576])
def test_markdown_is_cut_at_a_row_and_says_how_many_are_missing(limit: int) -> None:
    ids = tuple(f"S{i:05d}" for i in range(3_000))
    flips = (Flips("WBC", "share_within:10", ids, ()),)
    text = markdown(replace(mixed(), flips=flips), limit)
    assert len(text.encode()) <= limit
    shown = sum(row[0] == "✗ outside now" for row in Page(text).rows)
    said = re.search(r"\*(\d+) more samples are left out here", text)
    assert shown + (int(said[1]) if said else 0) == len(ids)
    assert (shown == len(ids)) == (limit > 500_000)
    assert "### wbcval gate: ✗ rejected" in text


def test_the_worst_rows_are_the_last_to_be_cut() -> None:
    changes = [change(f"class {i}", half=0.01) for i in range(400)]
    changes.append(change("lymphocyte", value=-0.1))
    text = markdown(make_comparison(changes), 12_000)
    assert "✗ worse | <code>lymphocyte sensitivity</code>" in text
    assert re.search(r"\*\d+ more changes are left out here", text)


def test_a_limit_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="hold no summary"):
        markdown(mixed(), 500)


def test_at_most_nine_annotations_the_greatest_loss_first() -> None:
    losses = [change(f"class {i}", value=-0.05 - i / 1000) for i in range(14)]
    first, *lines = annotations(make_comparison(losses)).splitlines()
    assert len(lines) == 9
    assert "9 of 14 are shown here" in first
    assert [re.search(r"class (\d+)", line)[1] for line in lines] == [
        str(i) for i in range(13, 4, -1)
    ]  # type: ignore[index]


def test_an_accepted_candidate_has_one_notice_alone() -> None:
    (line,) = annotations(make_comparison(good())).splitlines()
    assert line.startswith(
        "::notice title=wbcval gate%3A accepted::candidate may replace baseline: "
    )


def test_names_stay_apart_where_ids_do_not() -> None:
    first, second = make_comparison(good()).verdict.outcomes[:2]
    same = [replace(o, criterion=replace(first.criterion, id="a  b")) for o in (first, second)]
    third = replace(first, criterion=replace(first.criterion, id="a b"))
    names = named([*same, third])
    assert names == tuple(f"a b (accuracy){more}" for more in ("", " #2", " #3"))


def _hostile(name: str, other: str) -> Comparison:
    moved = (Moved(name, 7, f"9 → 2 of {other}"), Moved(other, 3, name))
    base = mixed()
    changes = {
        key: replace(c, moved=moved, subject=name) if key == "lymphocyte sensitivity" else c
        for key, c in base.change_of.items()
    }
    outcomes = tuple(
        replace(o, criterion=replace(o.criterion, subject=name, stratum=f"{name}={other}"),
                message=f"{name}: {o.message} {other}")
        for o in base.verdict.outcomes
    )  # fmt: skip
    return replace(
        base,
        candidate=replace(base.candidate, name=name),
        change_of=changes,
        changes=tuple(replace(c, stratum=f"{name}={other}") for c in base.changes),
        flips=(Flips(name, f"share_within:{other}", (name, other), (other,)),),
        notes=(f"{name} {other}",),
        waived=(replace(base.waived[0], said=name),),
        verdict=replace(base.verdict, outcomes=outcomes, reason=f"{name} {other}"),
    )


@cache
def _tame() -> Page:
    return Page(markdown(_hostile("S1", "S2")))


@pytest.mark.drawn
@settings(
    deadline=None, max_examples=repeats(150, 30), suppress_health_check=[HealthCheck.too_slow]
)
@given(texts, texts)
def test_hostile_names_break_nothing(name: str, other: str) -> None:
    comparison = _hostile(name, other)
    tame = _tame()

    made = suite(comparison)  # well-formed
    names = [case.get("name") for case in made.iter("testcase")]
    assert len(set(names)) == len(names) == len(comparison.verdict.outcomes)

    text = markdown(comparison)
    found = Page(text)
    assert found.tags == tame.tags  # no tag, row or link that tame names do not have
    assert [len(row) for row in found.rows] == [len(row) for row in tame.rows]
    flipped = [row[1] for row in found.rows if row[0] == "✗ outside now"]
    assert [f.split() for f in flipped] == [one_line(n).split() for n in (name, other)]
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.count("|") in (4, 5, 6, 8)
        assert not line.lstrip().startswith("::")

    told = annotations(comparison)
    lines = told.split("\n")
    assert lines.pop() == ""
    assert len(lines) <= 10
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,\r\n]*::[^\r\n]*", line)
        assert re.fullmatch(r"(?:[^%]|%25|%3A|%2C)*", line)
    for output in (text, told, junit(comparison)):
        output.encode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", output)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("@team", "&#64;&#8203;team"),
        ("#12", "&#35;&#8203;12"),
        ("a:smile:b", ":&#8203;smile:&#8203;b"),
        ("www.y.example", "www.&#8203;y"),
        ("http://y", "http:&#8203;//y"),
    ],
)
def test_nothing_in_a_sentence_calls_a_person_or_an_issue(name: str, written: str) -> None:
    # hosts look for these in the finished page, so that escaping alone does not help
    text = markdown(replace(mixed(), notes=(name,)))
    assert written in text
