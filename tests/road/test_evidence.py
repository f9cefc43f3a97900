"""A run killed at any moment leaves the old bundle or the new one: tried."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wbcval.bundle import evidence
from wbcval.bundle.evidence._verify import altered
from wbcval.values.errors import InputError

# one process imports; each attempt is a fork of it, which writes until it is killed
WRITERS = """
import hashlib, os, sys
from pathlib import Path
from wbcval.bundle import evidence
out = Path(sys.argv[1])
for word in map(str.strip, sys.stdin):
    pid = os.fork()
    number = 0
    if pid == 0:
        print(os.getpid(), flush=True)
    while pid == 0:
        number += 1
        files = {f"part{i}.txt": (f"{word} {number} {i}\\n" * 500).encode() for i in range(8)}
        about = {"format": evidence.FORMAT, "outputs":
                 {n: hashlib.sha256(t).hexdigest() for n, t in files.items()}}
        evidence.write(out, files, about)
        if number == 1:
            print("wrote", flush=True)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_killed_at_any_moment(tmp_path: Path) -> None:
    out, rng = tmp_path / "bundle", random.Random(7)  # noqa: S311
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(out)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writers:  # fmt: skip
        asked, told = writers.stdin, writers.stdout
        assert asked is not None
        assert told is not None
        for attempt in range(15):
            asked.write(f"{attempt}\n")
            asked.flush()
            pid = int(told.readline())
            assert told.readline() == "wrote\n"  # a slow machine has written one, too
            time.sleep(rng.uniform(0.02, 0.12))
            os.kill(pid, signal.SIGKILL)
            assert told.readline() == "dead\n"
            evidence.recover(out)  # what the next run does first
            assert altered(out) == []
            first = {p.read_text(encoding="utf-8").split(" ")[1] for p in out.glob("part*.txt")}
            assert len(first) == 1  # all parts of one and the same run
            left = {p.name for p in tmp_path.iterdir()}
            assert left == {"bundle"}, left
        asked.close()


def test_between_the_two_renames_the_old_bundle_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    evidence.write(out, {}, {"format": evidence.FORMAT, "outputs": {}})
    out.rename(tmp_path / ".bundle.old")
    (tmp_path / ".bundle.new-999999999").mkdir()
    evidence.recover(out)
    assert evidence.is_bundle(out)
    assert [p.name for p in tmp_path.iterdir()] == ["bundle"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="not overwritten"):
        evidence.check_target(tmp_path / "bundle")


def test_additions_to_a_bundle_are_seen(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    evidence.write(out, {"a.txt": b"a"}, {"format": evidence.FORMAT, "outputs": {
        "a.txt": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}})  # fmt: skip
    assert altered(out) == []  # sha256("a"), FIPS 180-4 test value
    (out / "b.txt").write_text("b", encoding="utf-8")
    (out / "a.txt").unlink()
    assert {d.name: d.what for d in altered(out)} == {
        "a.txt": "is missing",
        "b.txt": "is not in the manifest",
    }


@pytest.mark.parametrize("epoch", ["x", "1e9", "99999999999999999"])
def test_source_date_epoch_must_be_seconds(monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(InputError, match="seconds since 1970"):
        evidence.created()
