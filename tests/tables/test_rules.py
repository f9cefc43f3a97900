"""The rules of schemas/: complete, loadable, and known to the code that speaks of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wbcval.door.tables import _rules
from wbcval.machine import resources
from wbcval.values.findings import Severity

TABLES = ("cells", "labels", "counts", "reference", "samples")
CODE = Path(_rules.__file__).parent
SAID = re.compile(r'(?:ledger\.(?:say|value)\(\s*|Odd\(|self\.say\()"([a-z-]+)"')


@pytest.mark.parametrize("table", TABLES)
def test_every_rule_of_the_schema_has_severity_and_advice(table: str) -> None:
    known = _rules.findings(table)
    checks = [
        check.error
        for column in _rules.schema(table).columns.values()
        for check in column.checks
    ]  # fmt: skip

    assert checks
    assert set(checks) <= set(known)
    for rule, said in known.items():
        assert isinstance(said.severity, Severity)
        assert said.advice, rule
        assert len(said.advice) < 120


def test_every_rule_of_the_code_is_in_a_schema() -> None:
    said = {
        rule
        for path in CODE.glob("*.py")
        for rule in SAID.findall(path.read_text(encoding="utf-8"))
    }
    known = {rule for table in TABLES for rule in _rules.findings(table)}

    assert len(said) > 25
    assert said <= known


def test_both_sides_keep_the_same_rules() -> None:
    counts, reference = _rules.findings("counts"), _rules.findings("reference")

    assert {rule: said.severity for rule, said in counts.items()} == {
        rule: said.severity for rule, said in reference.items()
    }


def test_no_rule_is_written_twice() -> None:
    # a text that two tables have stands in shared.yaml, or in what both include
    folder = resources.root() / "schemas"
    rows = [
        line.strip()
        for path in sorted(folder.glob("*.yaml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "severity:" in line
    ]
    roles = re.compile(r"\.(?:predictions|reference|samples)\]")

    assert len(rows) > 100
    assert len({roles.sub(".{role}]", row) for row in rows}) == len(rows)


def test_every_shared_text_is_used() -> None:
    unwritten = {
        line.strip().removesuffix(":")
        for path in (resources.root() / "schemas").glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.fullmatch(r"  [a-z0-9-]+:", line)
    }

    assert {*_rules._loaded("shared")["findings"]} <= unwritten


def test_severities_are_those_of_the_contract() -> None:
    # DESIGN.md, "Severities"
    cells, reference = _rules.findings("cells"), _rules.findings("reference")

    for rule in ("missing-column", "integer-class", "unknown-class", "duplicate-cell"):
        assert cells[rule].severity is Severity.ERROR
    for rule in ("duplicate-id", "unit-contradiction", "swapped-files"):
        assert reference[rule].severity is Severity.ERROR
    for rule in ("probability-sum", "not-argmax"):
        assert cells[rule].severity is Severity.EXCLUDE
    for rule in ("masked", "negative", "infinite", "missing"):
        assert reference[rule].severity is Severity.EXCLUDE
    for rule in ("unit-unstated", "percent-sum", "extra-column", "mark"):
        assert reference[rule].severity is Severity.WARN
