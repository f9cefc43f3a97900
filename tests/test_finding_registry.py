"""Every finding says where it goes: what only the console says protects nobody."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from wbcval.values._finding_table import ROWS, TABLE, FindingRow, Goes
from wbcval.values.findings import Finding, Kind, Severity, told
from wbcval.values.flags import FLAGS

ROOT = Path(__file__).parents[1]


def rules_of_schemas() -> set[str]:
    """Rules of the tables that let a run go on."""
    found = set()
    for path in (ROOT / "schemas").glob("*.yaml"):
        for rule, text in yaml.safe_load(path.read_text(encoding="utf-8"))["findings"].items():
            if text and text["severity"] != "error":
                found.add(rule)
    return found


def rules_in_code() -> set[str]:
    """Rules as written where a finding is made, or handed on to where one is."""
    found = set()
    for path in (ROOT / "wbcval").rglob("*.py"):
        if path.name != "_finding_table.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def test_every_rule_that_lets_a_run_go_on_has_a_row() -> None:
    assert rules_of_schemas() <= ROWS.keys()
    assert len(ROWS) == len(TABLE)


def rules_made() -> dict[str, str]:
    """Rule of each finding that the code makes as anything but an error, and the file."""
    found = {}
    for path in (ROOT / "wbcval").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding":
                told = [ast.unparse(arg) for arg in node.args]
                rule = next((a for a in node.args if isinstance(a, ast.Constant)
                             and isinstance(a.value, str) and "-" in a.value), None)  # fmt: skip
                if "Severity.ERROR" not in told:
                    name = next((names[n] for n in told if n in names), "")
                    found[str(rule.value) if rule else name] = path.name
    return found


def test_every_finding_that_the_code_makes_has_a_row() -> None:
    made = rules_made()
    made.pop("", None)  # of a rule whose name is handed on: its schema, or a constant elsewhere
    assert len(made) > 12
    assert made.keys() <= ROWS.keys(), made


def test_no_row_is_of_a_rule_that_is_not_there() -> None:
    assert ROWS.keys() <= rules_of_schemas() | rules_in_code()


@pytest.mark.parametrize("severity", [Severity.WARN, Severity.EXCLUDE])
def test_a_finding_without_a_row_cannot_be_made(severity: Severity) -> None:
    with pytest.raises(ValueError, match="no row says where it goes"):
        Finding("counts", "p.csv", "of-no-row", severity)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_where_it_goes_is_there(row: FindingRow) -> None:
    if row.goes is Goes.FLAG:
        assert row.by in FLAGS
    elif row.goes is Goes.LEDGER:
        assert row.by in {*Kind}
    else:
        assert bool(row.by) is (row.goes in (Goes.DECIDED, Goes.NOTICE))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_what_is_seen_or_declared_is_a_sentence_beside_the_verdict(row: FindingRow) -> None:
    found = Finding("counts", "p.csv", row.rule, Severity.WARN, rows=7, got="what was got")
    for goes in (Goes.SEEN, Goes.DECLARED):
        said = told([found, found], goes)
        assert len(said) == (row.goes is goes)
        if said:
            assert (row.words or "what was got") in said[0]
            assert ("7 rows" in said[0]) is row.counted
