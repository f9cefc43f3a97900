"""Standard output and error that do not take what is written: never a verdict, never silence."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.material import write_study
from wbcval.cli import main

UNWRITTEN = 74


class Broken(io.StringIO):
    """A pipe nobody reads, or a full disk, which shows at the end only."""

    def __init__(self, *, at_the_end: bool) -> None:
        super().__init__()
        self.at_the_end = at_the_end

    def write(self, text: str) -> int:
        if self.at_the_end:
            return len(text)
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        if self.at_the_end:
            raise OSError(28, "No space left on device")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write_study(tmp_path)
    return tmp_path


def commands(folder: Path) -> list[list[str]]:
    """A call of each verb that has something to say."""
    protocol = str(folder / "protocol.toml")
    return [
        ["validate", protocol],
        ["report", protocol, "--out", str(folder / "b")],  # rejected: 1
        ["gate", str(folder / "b"), "--baseline", str(folder / "b"), "--out", str(folder / "g")],
        ["verify", str(folder / "b")],
        ["baseline", "accept", str(folder / "b"), "--by", "x", "--why", "y", "--to",
         str(folder / "k"), "--although-rejected"],
        ["baseline", "show", str(folder / "k")],
        ["baseline", "log", str(folder / "k")],
        ["init", "--predictions", str(folder / "counts.csv"), "--reference",
         str(folder / "reference.csv"), "--out", str(folder / "p.toml")],
    ]  # fmt: skip


@pytest.mark.parametrize("at_the_end", [False, True])
def test_no_verb_ends_with_a_verdict_it_could_not_say(
    study: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    at_the_end: bool,
) -> None:
    for args in commands(study):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", Broken(at_the_end=at_the_end))
            assert main(args) == UNWRITTEN, (args, capsys.readouterr().err)
        assert "could not be written" in capsys.readouterr().err
        if args[0] == "init":
            (study / "p.toml").unlink(missing_ok=True)


def test_an_error_that_cannot_be_said_is_no_silence(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Broken(at_the_end=False))

    assert main(["validate", str(study / "gone.toml")]) == UNWRITTEN


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_closed_stream_is_said_before_the_work(
    study: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(sys, name, None)

    assert main(["report", str(study / "protocol.toml"), "--out", str(study / "b")]) == UNWRITTEN
    assert not (study / "b").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
@pytest.mark.parametrize("words", ["--help > /dev/full", "--version > /dev/full", "--help >&-",
                                   "gate 2> /dev/full", "report --help | true"])  # fmt: skip
def test_words_of_the_parser_count_too(words: str) -> None:
    line = f'set -o pipefail; "{sys.executable}" -m wbcval {words}'

    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONUTF8": "1"})  # fmt: skip

    assert done.returncode == UNWRITTEN, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_no_text_moves_the_cursor_or_turns_the_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nasty = "\x1b[1A\x1b[2KACCEPTED\u202e\x9b8m\u2066"
    text = f'mode = "same-cells"\n[inputs]\npredictions = [{json.dumps(nasty)}]\n'
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")

    assert main(["report", str(tmp_path / "p.toml")]) == 2
    said = "".join(capsys.readouterr())
    assert not set(said) & set(nasty) - set("[ACCEPTED128mAK")
    assert "\\x1b[1A" in said
    assert "\\u202e" in said


def test_stopping_has_a_code_of_its_own(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wbcval.study.inputs.expand", stop)

    assert main(["validate", str(study / "protocol.toml")]) == 130
    assert "stopped" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(13, "Permission denied", "/x/y"), "/x/y: permission denied"),
        (OSError(28, "No space left on device"), "no space left"),
        (MemoryError(), "memory"),
    ],
)
def test_what_the_system_refuses_is_no_fault_of_the_program(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: Exception, says: str,
) -> None:  # fmt: skip
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("wbcval.verbs.road.read_inputs", fail)

    assert main(["validate", str(study / "protocol.toml")]) == 2
    assert says in capsys.readouterr().err
