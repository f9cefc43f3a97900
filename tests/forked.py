"""``wbcval`` and ``python`` as commands, without the two seconds that our imports take each time.

One process imports the program and waits; each command is a fork of it, with the arguments,
folder, environment and open files of whoever called. What such a fork cannot show (how a process
starts, its hash seed) is tried with new ones: ``[sys.executable, "-m", "wbcval"]``.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import io
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FDS = 3
_CAN_FORK, _BIN = hasattr(os, "fork"), Path(sys.executable).parent
_SAMPLE = Path(__file__).resolve().parents[1] / "sample_data/protocol.toml"
_CLIENT = """#!{python} -IS
import array, json, os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect({path!r})
text = json.dumps([{name!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
fds = socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", range(3))
s.sendmsg([len(text).to_bytes(8, "big")], [fds])
s.sendall(text)
answer = s.recv(8)
os._exit(int(answer) if answer else 137)
"""


@cache
def command() -> Path:
    """The path of an executable ``wbcval``; its folder holds nothing else.

    Where processes cannot be forked, it is the real one.
    """
    return _commands() / "bin" / "wbcval" if _CAN_FORK else _BIN / "wbcval"


def python() -> Path:
    """The path of an executable ``python``, in whose process the program is imported already.

    It knows ``python -``, ``-c`` and ``-m``.
    """
    return _commands() / "python" / "python" if _CAN_FORK else Path(sys.executable)


@cache
def _commands() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="wbcval-"))
    path = folder / "socket"
    server = subprocess.Popen(
        [sys.executable, "-W", "error", __file__, str(path)],
        env=os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    atexit.register(_stop, server, folder)
    for found in (folder / "bin" / "wbcval", folder / "python" / "python"):
        found.parent.mkdir()
        text = _CLIENT.format(python=sys.executable, path=str(path), name=found.name)
        found.write_text(text, encoding="utf-8")
        found.chmod(0o755)
    return folder


def wbcval(*args: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """One command in a folder, its words and exit code; warnings are errors."""
    return subprocess.run(
        [command(), *map(str, args)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=os.environ | env,
        check=False,
    )


def _stop(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.kill()
    server.communicate()
    shutil.rmtree(folder)


class _Asked(NamedTuple):
    program: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    fds: list[int]


def _serve(path: str) -> None:
    """Fork for each caller, for as long as this process is let live."""
    _import()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork but its caller
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        os.write(1, b"ready\n")
        while True:
            caller, _ = listening.accept()
            with caller, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of threads: a BLAS minds its own when forked
                asked = _asked(caller)
                if "predict" in asked.arguments:
                    import torch  # noqa: F401 (two seconds, which no other command pays)
                if os.fork() == 0:
                    _run(caller, asked)
                for fd in asked.fds:
                    os.close(fd)


def _import() -> None:
    """What every command needs: modules, rules of the tables, templates of the pages.

    A report that was made once has loaded what else a report loads.
    """
    from wbcval import cli
    from wbcval.commands import _chain, _inputs  # noqa: F401
    from wbcval.door.tables import _rules
    from wbcval.render import _shell
    from wbcval.verbs import drafting, gate, road  # noqa: F401

    cli._parser()
    for table in ("counts", "reference", "cells", "samples"):
        _rules.schema(table)
    for template in _shell._environment().list_templates(["j2"]):
        _shell._environment().get_template(template)
    unheard = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(unheard),
        contextlib.redirect_stderr(unheard),
    ):
        assert cli.main(["report", str(_SAMPLE), "--out", f"{folder}/out"]) == 1
    gc.freeze()  # a collection would copy every page that a fork shares


def _run(caller: socket.socket, asked: _Asked) -> None:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(asked.folder)
        os.environ.clear()
        os.environ.update(asked.environment)
        for number, fd in enumerate(asked.fds):
            os.dup2(fd, number)
            os.close(fd)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
        for name, number in (("stdout", 1), ("stderr", 2)):
            raw = io.FileIO(number, "wb", closefd=False)  # as with PYTHONUNBUFFERED
            setattr(sys, name, io.TextIOWrapper(raw, "utf-8", write_through=True))
        try:
            code = (_python if asked.program == "python" else _wbcval)(asked.arguments)
        except SystemExit as end:
            code = int(end.code or 0) if isinstance(end.code, int | None) else 1
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        caller.sendall(str(code).encode())
        os._exit(code)


def _wbcval(arguments: list[str]) -> int:
    from wbcval.cli import main

    sys.argv = ["wbcval", *arguments]
    return main()


def _python(arguments: list[str]) -> int:
    how, *rest = arguments
    sys.path.insert(0, "")
    if how == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [how, *rest[how == "-c" :]]
        code = rest[0] if how == "-c" else sys.stdin.read()
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    return 0


def _asked(caller: socket.socket) -> _Asked:
    size, messages, _, _ = caller.recvmsg(8, socket.CMSG_SPACE(_FDS * array.array("i").itemsize))
    fds = array.array("i")
    fds.frombytes(messages[0][2])
    with caller.makefile("rb") as stream:
        return _Asked(*json.loads(stream.read(int.from_bytes(size, "big"))), list(fds))


if __name__ == "__main__":
    _serve(sys.argv[1])
