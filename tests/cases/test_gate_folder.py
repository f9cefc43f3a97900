"""The outputs in a gate's folder are those that its ``results.json`` gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cases.test_forged_bundles import Forge, results, sealed
from tests.cases.test_past_the_gate import HEADER, IDS, cells, table
from wbcval.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate that is worse in some samples, against a baseline: rejected, and told aloud."""
    found = tmp_path_factory.mktemp("gate")
    for name, wrong in (("old", lambda _: 0.05), ("new", lambda s: 0.5 if s in IDS[:20] else 0.05)):
        table(found / f"{name}.csv", HEADER, cells(wrong))
        report = ["report", "--predictions", str(found / f"{name}.csv"), "--mode", "same-cells"]
        assert main([*report, "--out", str(found / name)]) in (0, 1, 3)
    sides = [str(found / "new"), "--baseline", str(found / "old")]
    assert main(["gate", *sides, "--out", str(found / "gate")]) == 1
    return found / "gate"


def edit(name: str, old: str, new: str) -> Forge:
    def forge(gate: Path) -> None:
        text = (gate / name).read_text(encoding="utf-8")
        assert old in text
        (gate / name).write_text(text.replace(old, new), encoding="utf-8")

    return forge


def cut(name: str, start: str, end: str) -> Forge:
    """All from the first mark to the next other one."""

    def forge(gate: Path) -> None:
        before, mark, rest = (gate / name).read_text(encoding="utf-8").partition(start)
        assert mark
        (gate / name).write_text(before + rest.partition(end)[2], encoding="utf-8")

    return forge


def accepted(gate: Path) -> None:
    text = "::notice title=wbcval gate::new may replace old: accepted\n"
    (gate / "annotations.txt").write_text(text, encoding="utf-8")


@pytest.mark.representatives(4)
@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (accepted, "annotations.txt is not what results.json gives"),
        (edit("report.html", "</style>", ".covers{display:none}</style>"), "is not framed"),
        (edit("report.html", "</body>", "<script>document.title=''</script></body>"), "not framed"),
        (edit("report.html", "default-src &#39;none&#39;", "default-src *"), "is not framed"),
        (edit("report.html", "<thead>", "<thead hidden>"), "is not framed"),
        (edit("report.html", "<tr><th", '<tr class="filtered"><th'), "is not framed"),
        (edit("report.html", '<section id="limitations">', '<section id="end">'), "not framed"),
        (edit("report.html", "<h2>", "<!--<h2>"), "is not framed"),
        (cut("junit.xml", "<failure ", "</failure>"), "junit.xml is not what"),
        (edit("junit.xml", "worse: ", "not worse: "), "junit.xml is not what"),
        (edit("summary.md", "gate: ✗ rejected", "gate: ✓ accepted"), "summary.md opens otherwise"),
        (edit("summary.md", " criteria failed: ", " criteria passed: "), "summary.md opens"),
        (cut("summary.md", "**Aloud**", "\n\n**Note**"), "summary.md opens otherwise"),
        (lambda b: results(b, lambda r: r["comparison"].update(aloud=[])), "is not what results"),
        (lambda b: results(b, lambda r: r["provenance"]["sides"]["candidate"].pop("name")),
         "results.json does not tell what its outputs do"),
        (lambda b: results(b, lambda r: r["outcomes"][0].update(word="not worse")), "is not what"),
    ],
    ids=["annotations", "style", "script", "policy", "hidden", "filtered",
         "a section", "a comment", "no failure", "a word", "a heading", "a reason", "nothing aloud",
         "results alone", "no name", "a row's word"],
)  # fmt: skip
def test_an_output_that_tells_another_thing_is_found(
    folder: Path, tmp_path: Path, forge: Forge, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = Path(shutil.copytree(folder, tmp_path / "gate"))
    assert main(["verify", str(gate)]) == 0
    forge(gate)
    sealed(gate)

    assert main(["verify", str(gate)]) == 1
    assert said in capsys.readouterr().out
