"""Every command, protocol and Python example of the pages is run, and prints what the page shows.

A page is run from top to bottom in one folder that holds a copy of ``sample_data``:

- ``console``: lines after ``$`` are run, the rest is what they must print (``…``: anything; on a
  line of its own, any lines). A command ends with 0, or as the ``$ echo $?`` after it says.
- ``python``: run; a ``text`` block straight after it is what it must print.
- ``{code-block} toml`` with a file name as caption: saved under that name.
- any other block: lines that begin with ``wbcval`` are run, and end as ``_ENDS`` says, or with 0.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forked

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    page
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    if re.search(r"^(\$ )?wbcval |^```python", page.read_text(encoding="utf-8"), re.M)
]
_BY_OPTIONS = "--predictions cells.csv --reference xn.csv --mode different-aliquot"
_ENDS = {  # where the page tells it in words
    ("README.md", f"wbcval report {_BY_OPTIONS}"): 1,
    ("README.md", "wbcval report protocol.toml --out evidence"): 1,
    (
        "README.md",
        "wbcval report --predictions predictions.parquet --mode same-cells --out from-images",
    ): 3,
    ("README.md", "wbcval report protocol.toml --out candidate"): 1,
    ("README.md", "wbcval gate candidate --baseline wbcval-baseline"): 1,
    # the draft leaves the mode open, and the page says that it is refused until it is stated
    ("start-a-protocol.md", "wbcval validate protocol.toml"): 2,
    ("start-a-protocol.md", "wbcval report protocol.toml"): 2,
}
_FENCE = re.compile(r"^(`{3,})([^\n]*)\n(.*?)^\1$(\n*)", re.M | re.S)
_FIRST = ("first-verdict", "start-a-protocol")  # the others in `make slow` and .ci/run
_END = "\x1e"
_BIN = Path(sys.executable).parent
_README = "import numpy as np\nreference, model = np.arange(1.0, 30), np.arange(1.0, 30) * 1.1\n"


@dataclass(frozen=True)
class Step:
    """What a page has done: a line of shell, what it prints (None: not said), how it ends."""

    shell: str
    prints: str | None = None
    ends: int = 0


def steps(page: Path) -> Iterator[Step]:
    found = [(m[2], m[3]) for m in _FENCE.finditer(page.read_text(encoding="utf-8"))]
    for i, (language, text) in enumerate(found):
        if language == "console":
            yield from _console(text)
        elif language == "python":
            after = found[i + 1] if i + 1 < len(found) else ("", "")
            setup = _README if page.name == "README.md" else ""
            yield Step(_here("python -", setup + text), after[1] if after[0] == "text" else None)
        elif saved := _saved(page, language, text):
            yield Step(_here(f"cat > {saved[0]}", saved[1]))
        elif language not in ("text", "toml"):
            for line in text.splitlines():
                command = line.partition(" #")[0].strip()
                if command.startswith("wbcval "):
                    yield Step(command, None, _ENDS.get((page.name, command), 0))


def _console(text: str) -> Iterator[Step]:
    parts = [part.partition("\n") for part in re.split(r"^\$ ", text, flags=re.M)[1:]]
    for i, (command, _, prints) in enumerate(parts):
        asked = i + 1 < len(parts) and parts[i + 1][0] == "echo $?"
        if command != "echo $?":
            yield Step(command, prints, int(parts[i + 1][2]) if asked else 0)


def _saved(page: Path, language: str, text: str) -> tuple[str, str] | None:
    if page.name == "README.md" and language == "toml":
        return "protocol.toml", text
    caption = re.match(r":caption: (\S+)\n\n", text)
    return (caption[1], text[caption.end() :]) if caption else None


def _here(command: str, text: str) -> str:
    return f"{command} <<'END-OF-TEXT'\n{text}END-OF-TEXT"


def run(page: Path, folder: Path) -> list[tuple[Step, str, int]]:
    """Each step with what it printed and its exit code, from one shell."""
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    if page.name == "README.md":  # it speaks of the reader's own files
        shutil.copytree(ROOT / "sample_data", folder, dirs_exist_ok=True)
        (folder / "xn_export.csv").rename(folder / "xn.csv")
    commands = forked.command().parent, forked.python().parent
    script = [f"{{ {s.shell}\n}} 2>&1; printf '{_END}%s{_END}' $?" for s in steps(page)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=os.environ
        | {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
        | {"PATH": os.pathsep.join(map(str, [*commands, _BIN, os.environ["PATH"]]))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert not done.stderr, done.stderr
    parts = done.stdout.split(_END)
    return [(s, parts[2 * i], int(parts[2 * i + 1])) for i, s in enumerate(steps(page))]


def alike(shown: str, printed: str) -> bool:
    lines = shown.strip().splitlines()
    pattern = "".join(
        "(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in lines
    )
    return (
        re.fullmatch(pattern, "".join(f"{line}\n" for line in printed.strip().splitlines()))
        is not None
    )


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=() if p.stem in _FIRST else pytest.mark.slow, id=p.stem) for p in PAGES],
)
def test_a_page_does_what_it_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "--pdf" in "".join(s.shell for s in steps(page)):
        request.getfixturevalue("chromium")
    for step, printed, code in run(page, tmp_path):
        assert code == step.ends, f"{step.shell}\nended with {code}:\n{printed}"
        if step.prints is not None:
            assert alike(step.prints, printed), f"{step.shell}\nprinted:\n{printed}"


def test_no_command_hides_in_a_block_that_is_not_run() -> None:
    for page in PAGES:
        for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
            if match[2] in ("text", "toml", "python"):
                assert not re.search(r"^(\$ )?wbcval ", match[3], re.M), f"{page.name}: {match[3]}"


def test_the_runner_sees_a_wrong_exit_code_and_a_wrong_output(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo a; false\na\n$ echo $?\n1\n$ echo c\nd\n```\n", "utf-8")
    folder = tmp_path / "run"
    folder.mkdir()
    (first, a, one), (second, c, zero) = run(page, folder)
    assert (one, first.ends, zero) == (1, 1, 0)
    assert alike(first.prints or "", a)
    assert not alike(second.prints or "", c)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; a warning of the build is an error."""
    pytest.importorskip("sphinx", reason="the docs group is not installed")
    out = tmp_path_factory.mktemp("site")
    command = [forked.python(), "-m", "sphinx", "-W", "-q", "-E", "-b", "html", ROOT / "docs", out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.slow
def test_the_pages_are_built_without_a_warning_and_fetch_nothing(site: Path) -> None:
    fetched = re.compile(
        r"<(?:script|img|iframe)[^>]*src=\"https?:|<link[^>]*stylesheet[^>]*https?:"
    )
    for page in site.rglob("*.html"):
        assert not fetched.search(page.read_text(encoding="utf-8")), page.name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("command-line", ["wbcval verify", "--rerun", "3 inconclusive"]),
        ("input-tables", ["duplicate-cell", "probability_&lt;class&gt;", "exclude"]),
        ("results", ["measurements", "attainable", "sha256"]),
        ("measures", ["covering_error", "share_within_noise"]),
        ("python", ["wbcval.report", "wbcval.stats.bland_altman", "Clopper"]),
    ],
)
def test_the_reference_is_made_from_the_program(site: Path, page: str, words: list[str]) -> None:
    text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    assert "generated:" not in text
    for word in words:
        assert word in text or word in re.sub(r"<[^>]+>", "", text), word
