"""A command is a file: it says what it takes, and costs nothing until it runs."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from wbcval import cli, commands

LIGHT = {"wbcval", "wbcval.cli", "wbcval.machine", "wbcval.machine.console", "wbcval.values",
         "wbcval.values.errors", "wbcval.commands", "wbcval.commands._arguments"}  # fmt: skip


def test_every_file_is_a_command_and_every_command_a_file() -> None:
    files = {info.name for info in pkgutil.iter_modules(commands.__path__)}

    assert {name for name in files if not name.startswith("_")} == {*commands.VERBS}, (
        "write it into VERBS of wbcval/commands/__init__.py, at its place in the help"
    )


@pytest.mark.parametrize("name", commands.VERBS)
def test_a_command_says_what_it_takes(name: str) -> None:
    verb = import_module(f"wbcval.commands.{name}")

    assert [*inspect.signature(verb.arguments).parameters] == ["parser"]
    assert [*inspect.signature(verb.run).parameters] == ["args"]
    assert "\n" not in verb.HELP
    assert "exit codes: " in verb.EPILOG or "ends with 0" in verb.EPILOG or "steps" in help_of(name)


def help_of(name: str, *words: str) -> str:
    (verbs,) = (a for a in cli._parser(*words)._actions if a.dest == "command")
    return str(verbs.choices[name].format_help())  # type: ignore[index, union-attr]


@pytest.mark.parametrize("name", commands.VERBS)
def test_the_words_given_make_the_arguments_of_their_command_alone(name: str) -> None:
    other = next(verb for verb in commands.VERBS if verb != name)

    assert help_of(name, (name, "x")) == help_of(name)
    assert help_of(other, (name, "x")) != help_of(other)


@pytest.mark.parametrize("words", [(), commands.VERBS], ids=["the help", "every command's help"])
def test_no_command_imports_what_it_needs_before_it_runs(words: tuple[str, ...]) -> None:
    code = f"import sys; from wbcval import cli; cli._parser({words}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {*done.stdout.split()}

    of_roles = {"wbcval.protocol", "wbcval.protocol.roles", "typing"} if words else set()
    ours = {name for name in loaded if name.partition(".")[0] == "wbcval"}
    assert ours - of_roles == LIGHT | {f"wbcval.commands.{name}" for name in commands.VERBS}
    assert not (loaded - of_roles) & {"numpy", "tqdm", "typing", "pathlib", "json"}
