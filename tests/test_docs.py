"""The documentation names every key, and its examples are read by the program."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from wbcval import figures, stats
from wbcval.machine import plugins
from wbcval.protocol.protocol_file import load
from wbcval.protocol.types import Criterion, Protocol

ROOT = Path(__file__).resolve().parents[1]
_ELSEWHERE = {"predictions", "reference", "samples", "columns", "units", "exclusions", "criteria",
              "accepted"}  # fmt: skip


@pytest.mark.parametrize(
    "key",
    [f.name for f in fields(Criterion)]
    + [f.name for f in fields(Protocol) if f.name not in _ELSEWHERE | {"signers", "source"}],
)
def test_every_key_is_documented(key: str) -> None:
    text = (ROOT / "docs/reference/protocol.md").read_text(encoding="utf-8")
    assert f"`{key}`" in text or f"`[{key}]`" in text


def test_the_protocol_of_the_readme_is_read(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.findall(r"```toml\n(.*?)```", text, re.S)
    assert len(example) == 1
    (tmp_path / "protocol.toml").write_text(example[0], encoding="utf-8")
    assert len(load(tmp_path / "protocol.toml").criteria) == 2


def test_links_of_the_papers_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("sample_data/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_nothing_is_installed_by_a_name_that_no_index_has() -> None:
    by_name = re.compile(r"""pip install (?:-\S+ |\S+\.txt )*['"]?wbcval(?:[\['"`\s]|$)""")
    assert by_name.search("- run: python -m pip install -q " + "wbcval")
    texts = [p for folder in ("docs", "ci", "wbcval", "tests") for p in (ROOT / folder).rglob("*")]
    for path in [*texts, ROOT / "README.md", ROOT / "Makefile"]:
        if path.suffix in (".md", ".py", ".yml", ".ipynb", "") and path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                assert not by_name.search(line), f"{path}: {line}"


@pytest.mark.parametrize("page", ["how-to/from-*.md", "reference/python.md"])
def test_calls_in_tables_are_calls_that_there_are(page: str) -> None:
    called = re.compile(r"\b(stats|figures)\.([a-z_]+)(?:\(([^`()]*(?:\([^`()]*\))?[^`()]*)\))?")
    tables = [
        line
        for path in (ROOT / "docs").glob(page)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    found = [match for line in tables for match in called.finditer(line)]
    assert len(found) > 10
    for module, name, given in (match.groups() for match in found):
        function = getattr({"stats": stats, "figures": figures}[module], name)
        options = re.findall(r"\b([a-z_]+)=", given or "")
        assert {*options} <= {*signature(function).parameters}, f"{name}({given})"


HEADINGS = ("Formula", "When to use it, and when not", "Edge cases", "Example", "Coverage")


def test_each_measure_has_a_page_that_says_all_of_it() -> None:
    pages = {p: p.read_text("utf-8") for p in (ROOT / "docs/reference/statistics").glob("*.md")}
    named = [m for text in pages.values() for m in re.findall(r"generated: facts (\w+) -->", text)]
    metrics: Iterable[Any] = plugins.load("wbcval.stats.functions", "METRIC")

    measures = {m for metric in metrics for m in metric.measures}
    assert len(named) == len({*named})
    assert measures <= {*named} <= measures | {*stats.__all__}
    for page, text in pages.items():
        found = [line for line in HEADINGS if f"\n## {line}\n" in text]
        assert found == list(HEADINGS), page.name
        assert re.search(
            r"## Example\n\n(?:[^\n#`]+\n\n)?```python\n.+?```\n\n```text\n.+?\n```", text, re.S
        ), page.name
    listed = re.findall(
        r"^statistics/(\w+)$", (ROOT / "docs/reference/statistics.md").read_text(), re.M
    )
    assert sorted(listed) == sorted(page.stem for page in pages)
