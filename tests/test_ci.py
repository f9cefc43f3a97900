"""The files for CI: what they run is run here, as the runners run it."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import forked
from wbcval import cli

ROOT = Path(__file__).resolve().parents[1]
ACTION = ROOT / "ci/github/action.yml"
TEMPLATE = ROOT / "ci/gitlab/wbcval-gate.yml"
PAGES = {"github": ROOT / "docs/how-to/gate-in-github.md",
         "gitlab": ROOT / "docs/how-to/gate-in-gitlab.md"}  # fmt: skip
FOLDER = {"report.html", "results.json", "junit.xml", "summary.md", "annotations.txt",
          "manifest.json"}  # fmt: skip
CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")


@dataclass(frozen=True)
class Ran:
    """What a runner would keep of a job."""

    code: int
    log: str
    summary: str


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return found


def template() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))[".wbcval-gate"]
    return found


def scripts() -> list[str]:
    return [s["run"] for s in action()["runs"]["steps"] if "run" in s] + template()["script"]


def blocks(page: Path) -> list[Any]:
    text = page.read_text(encoding="utf-8")
    return [yaml.safe_load(b) for b in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)]


def shell(script: str, folder: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, [forked.command().parent, os.environ["PATH"]]))
    return subprocess.run(
        [*command, script],
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONUTF8": "1"} | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def on_github(folder: Path, candidate: str) -> Ran:
    """The action's steps in turn, with the expressions filled in as GitHub would."""
    out, page = folder / "output", folder / "page.md"
    out.unlink(missing_ok=True)
    page.write_text("", encoding="utf-8")
    first, _, last = action()["runs"]["steps"]
    bash = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
    files = {"GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(page)}
    done = shell(first["run"], folder, *bash, CANDIDATE=candidate, BASELINE="baseline", **files)
    code = done.returncode
    if code == 0:
        outputs = dict(line.split("=") for line in out.read_text(encoding="utf-8").splitlines())
        code = shell(last["run"], folder, *bash, CODE=outputs["exit-code"]).returncode
    return Ran(code, done.stdout, page.read_text(encoding="utf-8"))


def on_gitlab(folder: Path, candidate: str) -> Ran:
    """The template's script, in the plainest shell that a runner may have."""
    (script,) = template()["script"]
    env = {"WBCVAL_CANDIDATE": candidate, "WBCVAL_BASELINE": "baseline"}
    done = shell(script, folder, "sh", "-ec", **env)
    return Ran(done.returncode, done.stdout, "")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundles of a model, of the same again, of one with a broken class, and of a noisy one."""
    folder = tmp_path_factory.mktemp("models")
    for name, wrong in (
        ("baseline", lambda i, true: i % 17 == 0),
        ("same", lambda i, true: i % 17 == 0),
        ("broken", lambda i, true: i % 17 == 0 or (true == 2 and i % 2 == 0)),
        ("noisy", lambda i, true: i % 17 == 0 or i in (5, 700)),
    ):
        rows = ["sample_id,cell_id,true_class,predicted_class"]
        for i in range(20 * 60):
            true = (0, 0, 0, 1, 1, 2, 3, 4)[(7 * i + i // 60) % 8]
            called = (true + 1) % 5 if wrong(i, true) else true
            rows.append(f"S{i // 60:02d},{i % 60},{CLASSES[true]},{CLASSES[called]}")
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        arguments = ["report", "--predictions", str(folder / f"{name}.csv"), "--mode",
                     "same-cells", "--out", str(folder / name)]  # fmt: skip
        assert cli.main(arguments) in (0, 1, 3)
    return folder


@pytest.mark.parametrize("script", scripts())
def test_scripts_are_bash_and_hold_no_expression(script: str) -> None:
    # an expression inside a script is a way to run what a pull request's author writes
    assert "${{" not in script
    done = subprocess.run(["bash", "-n", "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_folder_is_kept_whatever_the_verdict() -> None:
    first, upload, last = action()["runs"]["steps"]
    assert upload["if"] == "${{ always() }}"
    assert upload["with"]["path"] == "wbcval-gate/"
    assert "continue-on-error" not in first
    assert "if" not in last
    kept = template()["artifacts"]
    assert kept["when"] == "always"
    assert kept["paths"] == ["wbcval-gate/"]
    assert kept["reports"] == {"junit": "wbcval-gate/junit.xml"}


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_what_cannot_be_judged_ends_with_2_and_shows_no_older_result(
    models: Path, host: str
) -> None:
    old = models / "wbcval-gate"
    old.mkdir(exist_ok=True)
    (old / "summary.md").write_text("accepted, long ago", encoding="utf-8")
    if host == "github":
        ran = on_github(models, "absent")
        assert ran.summary == "### wbcval gate: nothing was judged (exit code 2)\n"
        assert ran.log.splitlines()[-1].startswith("::error title=wbcval gate::Nothing was judged")
    else:
        ran = on_gitlab(models, "absent")
        assert ran.log.endswith("wbcval gate: nothing was judged (exit code 2)\n")
    assert ran.code == 2
    assert not old.exists()


@pytest.mark.parametrize(
    ("candidate", "code", "verdict", "level"),
    [
        ("same", 0, "accepted", "notice"),
        ("broken", 1, "rejected", "error"),
        ("noisy", 3, "inconclusive", "error"),
    ],
)
def test_a_verdict_ends_the_job_and_is_shown(
    models: Path, candidate: str, code: int, verdict: str, level: str
) -> None:
    ran = on_github(models, candidate)
    assert ran.code == code, ran.log
    assert re.match(rf"### wbcval gate: . {verdict}\n", ran.summary)
    assert {path.name for path in (models / "wbcval-gate").iterdir()} == FOLDER
    token = re.match(r"::stop-commands::(wbcval-\d+)\n", ran.log)
    assert token is not None
    said, _, told = ran.log.partition(f"\n::{token[1]}::\n")
    assert verdict.upper() in said
    lines = told.splitlines()
    assert lines[0].startswith(f"::{level} title=wbcval gate%3A {verdict}::")
    assert len(lines) <= 10
    if candidate == "broken":
        assert any(line.startswith("::error title=worse%3A monocyte") for line in lines)
    assert on_gitlab(models, candidate).code == code


@pytest.mark.parametrize("host", ["github", "gitlab"])
@pytest.mark.parametrize("candidate", ["-h", "--help", "--version", "--", ""])
def test_a_candidate_that_is_an_option_ends_no_job_with_0(
    models: Path, host: str, candidate: str
) -> None:
    ran = (on_github if host == "github" else on_gitlab)(models, candidate)
    assert ran.code == 2, ran.log
    assert "nothing was judged" in ran.log + ran.summary


@pytest.mark.parametrize("host", ["github", "gitlab"])
@pytest.mark.parametrize("left", ["", "rejected", "inconclusive"])
def test_no_job_ends_with_0_without_a_result_that_says_accepted(
    tmp_path: Path, host: str, left: str
) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "wbcval"
    wrote = f'mkdir -p wbcval-gate; printf \' "verdict": "{left}",\\n\' >wbcval-gate/results.json'
    program.write_text(f"#!/bin/sh\n{wrote if left else ':'}\nexit 0\n", encoding="utf-8")
    program.chmod(0o755)
    script = scripts()[0] if host == "github" else scripts()[-1]
    env = {"CANDIDATE": "c", "BASELINE": "b", "WBCVAL_CANDIDATE": "c", "WBCVAL_BASELINE": "b",
           "GITHUB_OUTPUT": str(tmp_path / "o"), "GITHUB_STEP_SUMMARY": str(tmp_path / "s"),
           "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}  # fmt: skip
    done = shell(script, tmp_path, "bash", "-eo", "pipefail", "-c", **env)
    if host == "github":
        assert "exit-code=70" in (tmp_path / "o").read_text(encoding="utf-8")
    else:
        assert done.returncode == 70


@pytest.mark.parametrize("host", PAGES)
def test_the_report_before_the_gate_stops_the_job_only_where_nothing_was_judged(
    tmp_path: Path, host: str
) -> None:
    text = PAGES[host].read_text(encoding="utf-8")
    (line,) = re.findall(
        r"^ +- (?:run: )?wbcval report protocol.toml --out candidate (.*)$", text, re.M
    )
    for code, ends in ((0, 0), (1, 0), (3, 0), (2, 2), (70, 2)):
        done = shell(f"(exit {code}) {line}", tmp_path, "bash", "-eo", "pipefail", "-c")
        assert done.returncode == ends, code


def test_the_pages_use_what_there_is() -> None:
    workflow, comment = blocks(PAGES["github"])
    *_, use = workflow["jobs"]["gate"]["steps"]
    assert use["uses"] == "./.github/actions/wbcval-gate"
    assert set(use["with"]) <= set(action()["inputs"])
    needed = {k for k, v in action()["inputs"].items() if v.get("required")}
    assert needed <= set(use["with"])
    assert comment[0]["run"].endswith("wbcval-gate/summary.md")
    job, lenient = blocks(PAGES["gitlab"])
    assert job["include"] == [{"local": "ci/wbcval-gate.yml"}]
    assert job["model-gate"]["extends"] == ".wbcval-gate"
    assert lenient["model-gate"]["allow_failure"] == {"exit_codes": 3}
    for page, file in ((PAGES["github"], ACTION), (PAGES["gitlab"], TEMPLATE)):
        assert str(file.relative_to(ROOT)) in page.read_text(encoding="utf-8")
    for variable in template()["variables"]:
        assert f"`{variable}`" in PAGES["gitlab"].read_text(encoding="utf-8")
