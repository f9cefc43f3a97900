"""A killed run goes on where it was, and ends with the bytes of an undisturbed one."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.build.cards import FIVE, card
from tests.predict.material import draw, interrupted, save
from tests.simulated import repeats
from wbcval.predict.run import Job, predict
from wbcval.values.errors import InputError

KILLS = repeats(10, 1)
FILES = ("p.parquet", "failures.csv")


@pytest.fixture
def stopped(model, cells, tmp_path, monkeypatch) -> Job:
    """A run that was interrupted after its first shard."""
    from wbcval.predict.run import _run, _units

    monkeypatch.setattr(_run, "ITEMS", 5)
    monkeypatch.setattr(_units, "_SECONDS", 0.0)
    return interrupted(Job(model, cells, tmp_path / "p.parquet", threads=1), monkeypatch)


def again(job: Job, **other) -> Job:
    from dataclasses import replace

    return replace(job, resume=True, **other)


def test_a_stopped_run_goes_on_and_leaves_nothing_behind(stopped, tmp_path):
    made = predict(again(stopped))

    undisturbed = tmp_path / "other" / "p.parquet"
    predict(Job(stopped.model, stopped.images, undisturbed))
    assert made.fresh == 16
    for name in FILES:
        assert (tmp_path / name).read_bytes() == undisturbed.with_name(name).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == sorted(FILES)
    assert not (tmp_path / "p.parquet.part").exists()


def test_an_unfinished_run_is_not_lost_by_forgetting_to_resume(stopped):
    from dataclasses import replace

    with pytest.raises(InputError, match=r"is an unfinished run\n.*--resume"):
        predict(replace(stopped, resume=False))

    assert predict(again(stopped)).fresh == 16


def test_a_half_written_shard_is_done_again(stopped):
    part = stopped.out.with_name("p.parquet.part")
    shard = next(part.glob("shard-*.arrow"))
    shard.write_bytes(shard.read_bytes()[:-20])

    assert predict(again(stopped)).fresh == 21


def test_a_renamed_shard_is_done_again(stopped):
    shard = next(stopped.out.with_name("p.parquet.part").glob("shard-*.arrow"))
    shard.rename(shard.with_name(shard.name.replace("-000000000005", "-000000000010")))

    assert predict(again(stopped)).fresh == 21


def test_shards_of_a_run_that_is_not_known_are_done_again(stopped):
    (stopped.out.with_name("p.parquet.part") / "run.json").unlink()

    assert (
        predict(again(stopped, model=save(stopped.out.with_name("o.pt"), FIVE, seed=5))).fresh == 21
    )


def test_more_images_ahead_than_there_are_end(model, cells, tmp_path):
    assert predict(Job(model, cells, tmp_path / "p.csv", batch_size=10**15)).fresh == 21


@pytest.mark.parametrize(("name", "out"), [("p.csv", "p.csv"), ("failures.csv", "p.csv")])
def test_a_run_does_not_overwrite_its_manifest(model, tmp_path, name, out):
    (tmp_path / name).write_text("image,sample_id\na.png,S1\n", encoding="utf-8")

    with pytest.raises(InputError, match="would overwrite its manifest"):
        predict(Job(model, tmp_path / name, tmp_path / out))


def test_another_model_is_refused(stopped, tmp_path):
    other = save(tmp_path / "other.pt", FIVE, seed=5)

    with pytest.raises(InputError, match="was begun with another model"):
        predict(again(stopped, model=other))


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.25, 0.25, 0.25", "0.25, 0.25, 0.5"),
        ('"stretch"', '"shorter-side"\nshorter_side = 18'),
        ('"stretch"', '"stretch"\ncrop = [16, 16]'),
        ('"stretch"', '"stretch"\nresizer = "torch"'),
        ('"stretch"', '"crop-to-fill"'),
        ('"RGB"', '"gray-as-RGB"'),
    ],
)
def test_another_card_is_refused(stopped, tmp_path, old, new):
    text = card(FIVE).replace(old, new)
    (tmp_path / "given.toml").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match="was begun with another card"):
        predict(again(stopped, card=tmp_path / "given.toml"))


def test_other_images_are_refused(stopped, tmp_path):
    folder = draw(tmp_path / "more", samples=3, each=8)

    with pytest.raises(InputError, match="was begun with another manifest"):
        predict(again(stopped, images=folder))


def test_an_image_that_changed_meanwhile_is_noticed(model, tmp_path, monkeypatch):
    folder = draw(tmp_path / "cells", samples=1, each=4)
    job = Job(model, folder, tmp_path / "p.parquet")
    from wbcval.predict.run import _run

    with monkeypatch.context() as once:
        once.setattr(_run, "write_predictions", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(InputError, match=r"cannot be written .*\n.*--resume"):
            predict(job)
    shutil.copy(folder / "S1/00.png", folder / "S1/03.png")

    with pytest.raises(InputError, match="was begun with another manifest"):
        predict(again(job))


def test_resume_without_anything_to_resume_is_a_run(model, cells, tmp_path):
    assert predict(Job(model, cells, tmp_path / "p.csv", resume=True)).fresh == 21


def test_two_runs_do_not_write_one_file(stopped):
    fcntl = pytest.importorskip("fcntl", reason="locks of files are not there on this system")
    with (stopped.out.with_name("p.parquet.part") / "lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(InputError, match="another run is writing it"):
            predict(again(stopped))


@pytest.mark.slow
def test_killed_at_random_moments(model, tmp_path):
    folder = draw(tmp_path / "cells", samples=20, each=400)
    (folder / "S7/017.png").write_bytes(b"no image")
    whole = tmp_path / "whole" / "p.parquet"
    predict(Job(model, folder, whole))
    rng = random.Random(7)  # noqa: S311 (moments, not secrets)
    out, killed = tmp_path / "killed" / "p.parquet", 0

    for _ in range(KILLS):
        process = _begin(model, folder, out)
        _wait_for_work(out, process)
        time.sleep(rng.uniform(0.0, 1.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        for path in out.parent.rglob("*.parquet"):  # never half a table
            assert path.read_bytes() == whole.read_bytes()
    finished = subprocess.run(_command(model, folder, out), capture_output=True, text=True)

    assert finished.returncode == 0, finished.stderr
    assert killed > 0
    for name in FILES:
        assert out.with_name(name).read_bytes() == whole.with_name(name).read_bytes()


def _command(model: Path, folder: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "wbcval", "predict", "--model", str(model), "--images",
            str(folder), "--out", str(out), "--resume"]  # fmt: skip


def _begin(model: Path, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _command(model, folder, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait_for_work(out: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the run has its folder, so that most kills come while it works."""
    while process.poll() is None and not (out.with_name("p.parquet.part") / "run.json").exists():
        time.sleep(0.02)
