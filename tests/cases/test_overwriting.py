"""No run deletes or overwrites what it did not write itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from wbcval.bundle import evidence
from wbcval.bundle.evidence._write import _which
from wbcval.cli import main
from wbcval.machine import folders
from wbcval.values.errors import InputError

Put = Callable[[Path], object]


def study(folder: Path, off: int = 0) -> Path:
    """A protocol and its two files; ``off`` of 12 samples are 50 % too high."""
    folder.mkdir()
    reference = [f"S{i},{10 + 0.1 * i:.2f}" for i in range(12)]
    model = [f"S{i},{(15 if i < off else 10.1) + 0.1 * i:.2f}" for i in range(12)]
    for name, rows in (("r.csv", reference), ("m.csv", model)):
        text = "\n".join(["sample_id,WBC(10^9/L)", *rows, ""])
        (folder / name).write_text(text, encoding="utf-8")
    protocol = folder / "p.toml"
    protocol.write_text(
        'mode = "different-aliquot"\n[inputs]\npredictions = ["m.csv"]\nreference = "r.csv"\n',
        encoding="utf-8",
    )
    return protocol


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    protocol = study(folder / "study")
    assert main(["report", str(protocol), "--out", str(folder / "bundle")]) == 3
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    """``study/`` and its ``bundle/``."""
    return Path(shutil.copytree(made, tmp_path / "here"))


def report(here: Path, *options: str, out: str = "bundle") -> int:
    return main(["report", str(here / "study" / "p.toml"), "--out", str(here / out), *options])


def test_the_same_study_takes_its_place_and_leaves_signed_alone(here: Path) -> None:
    signed = here / "bundle" / "signed"
    signed.mkdir()
    (signed / "scan.pdf").write_bytes(b"%PDF")
    (signed / "link").symlink_to("scan.pdf")

    assert report(here) == 3
    assert (signed / "scan.pdf").read_bytes() == b"%PDF"
    assert (signed / "link").is_symlink()
    assert evidence.verify(here / "bundle") == []
    assert names(here) == ["bundle", "study"]


@pytest.mark.parametrize(
    "put",
    [
        lambda b: (b / "thesis.docx").write_text("years"),
        lambda b: (b / "notes").mkdir(),
        lambda b: (b / ".hidden").write_text("x"),
        lambda b: (b / "signed").write_text("a file of that name"),
        lambda b: (b / "elsewhere").symlink_to(b.parent / "study"),
    ],
    ids=["a file", "a folder", "a hidden file", "signed is a file", "a link"],
)
@pytest.mark.parametrize("options", [(), ("--replace",)], ids=["", "replace"])
def test_a_file_of_somebody_else_is_never_deleted(
    here: Path, put: Put, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    put(here / "bundle")
    before = content(here)

    assert report(here, *options) == 2
    assert "would be lost" in capsys.readouterr().err
    assert content(here) == before


def test_a_file_altered_by_hand_goes_only_on_demand(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (here / "bundle" / "report.html").open("a", encoding="utf-8") as page:
        page.write("<!-- a reviewer's remark -->")

    assert report(here) == 2
    assert "report.html: was altered" in capsys.readouterr().err
    assert report(here, "--replace") == 3
    assert evidence.verify(here / "bundle") == []


def other_inputs(here: Path) -> None:
    shutil.rmtree(here / "study")
    study(here / "study", off=5)


def other_protocol(here: Path) -> None:
    with (here / "study" / "p.toml").open("a", encoding="utf-8") as text:
        text.write('[model]\nname = "another"\n')


@pytest.mark.parametrize("change", [other_inputs, other_protocol])
def test_another_study_is_replaced_only_on_demand(
    here: Path, change: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    change(here)
    before = content(here / "bundle")

    assert report(here) == 2
    assert "holds the evidence of another study" in capsys.readouterr().err
    assert content(here / "bundle") == before
    assert report(here, "--replace") in (1, 3)
    assert content(here / "bundle") != before


def test_the_file_that_was_corrected_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = here / "study" / "r.csv"
    reference.write_bytes(reference.read_bytes() + b"\n")
    assert report(here) == 2
    told = capsys.readouterr().err
    assert "(the content of r.csv has changed)" in told
    assert "if it is the same study, corrected, run this again with --replace" in told
    assert report(here, "--replace") in (1, 3)


def test_files_that_a_pattern_finds_more_or_fewer_of_are_named() -> None:
    def read(*files: str) -> dict[str, object]:
        return {"inputs": [{"role": "cells", "file": f, "sha256": "0"} for f in files]}

    assert _which(read("a.csv", "b.csv"), read("b.csv", "c.csv")) == (
        " (c.csv (cells) was not read then, a.csv (cells) is not read now)"
    )


def test_a_gates_result_is_another_study_too(here: Path) -> None:
    bundle = str(here / "bundle")
    assert main(["gate", bundle, "--baseline", bundle, "--out", str(here / "gate")]) in (0, 3)
    assert report(here, out="gate") == 2
    assert main(["gate", bundle, "--baseline", bundle, "--out", str(here / "gate")]) in (0, 3)


@pytest.mark.parametrize("options", [(), ("--replace",)], ids=["", "replace"])
def test_inputs_in_the_folder_are_never_deleted(here: Path, options: tuple[str, ...]) -> None:
    bundle = here / "bundle"
    before = content(bundle)
    as_protocol = ["report", str(bundle / "protocol.toml"), "--out", str(bundle)]
    reference = ["--reference", str(here / "study" / "r.csv"), "--mode", "same-slide"]
    as_table = ["report", "--predictions", str(bundle / "samples.csv"), *reference]
    as_table += ["--out", str(bundle)]
    as_side = ["gate", str(bundle), "--baseline", str(bundle), "--out", str(bundle)]

    for command in (as_protocol, as_table, as_side):
        assert main([*command, *options]) == 2
        assert content(bundle) == before


def test_nothing_is_written_into_a_bundle_or_a_baseline(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, base = here / "bundle", here / "base"
    protocol = str(here / "study" / "p.toml")
    accept = ["baseline", "accept", str(bundle), "--by", "A", "--why", "w", "--to"]
    assert main([*accept, str(base)]) == 0
    before = content(here)
    for inside in (bundle, base, bundle / "signed"):
        for command in (
            ["report", protocol, "--out", str(inside / "x")],
            ["gate", str(bundle), "--baseline", str(bundle), "--out", str(inside / "x")],
            ["validate", protocol, "--out", str(inside)],
            ["validate", protocol, "--out", str(inside / "x")],
            [*accept, str(inside / "x")],
            ["init", "--predictions", protocol, "--out", str(inside / "x.toml")],
        ):
            capsys.readouterr()
            assert main(command) == 2, command
            assert "would then find altered" in capsys.readouterr().err
    assert content(here) == before


def test_validate_overwrites_its_own_log_alone(here: Path) -> None:
    command = ["validate", str(here / "study" / "p.toml"), "--out", str(here / "check")]
    assert main(command) == main(command) == 0
    (here / "check" / "import-log.csv").write_text("what I found\n", encoding="utf-8")
    assert main(command) == 2
    assert (here / "check" / "import-log.csv").read_text(encoding="utf-8") == "what I found\n"
    assert names(here / "check") == ["import-log.csv"]


def test_a_link_is_followed(here: Path) -> None:
    (here / "link").symlink_to("bundle", target_is_directory=True)
    (here / "new").symlink_to("not-yet", target_is_directory=True)
    (here / "loop").symlink_to("loop")

    assert report(here, out="link") == 3
    assert report(here, out="new") == 3
    assert report(here, out="loop") == 2
    assert (here / "link").is_symlink()
    assert evidence.verify(here / "bundle") == evidence.verify(here / "not-yet") == []
    assert names(here) == ["bundle", "link", "loop", "new", "not-yet", "study"]


@pytest.mark.parametrize("step", ["mkdir", "write_bytes", "rename"])
@pytest.mark.parametrize("at", [1, 2])
def test_after_an_error_nothing_is_left_and_the_old_one_is_there(
    here: Path, monkeypatch: pytest.MonkeyPatch, step: str, at: int
) -> None:
    bundle, before, count = here / "bundle", content(here), 0
    files = {name: data for name, data in content(bundle).items() if name != "manifest.json"}
    about = evidence.read_manifest(bundle)
    real = getattr(Path, step)

    def full(path: Path, *args: object, **kwargs: object) -> object:
        nonlocal count
        if path == here and step == "mkdir":
            return real(path, *args, **kwargs)
        count += 1
        if count == at:
            raise OSError(28, "No space left on device")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(Path, step, full)
    with pytest.raises(InputError, match="no space left"):
        evidence.write(bundle, files, about)
    monkeypatch.undo()

    assert content(here) == before
    assert names(here) == ["bundle", "study"]


def test_folders_named_like_ours_are_not_ours(here: Path) -> None:
    for name in (".bundle.old", ".bundle.new-draft"):
        (here / name).mkdir()
        (here / name / "mine.txt").write_text("x", encoding="utf-8")

    assert report(here) == 2  # it would stand in the way, and says so
    folders.recover(here / "bundle")
    shutil.rmtree(here / "bundle")
    folders.recover(here / "bundle")

    assert (here / ".bundle.old" / "mine.txt").exists()
    assert (here / ".bundle.new-draft" / "mine.txt").exists()


def test_an_older_folder_with_a_readers_file_is_never_dropped(here: Path) -> None:
    shutil.copytree(here / "bundle", here / ".bundle.old")
    (here / ".bundle.old" / "notes.txt").write_text("mine", encoding="utf-8")

    assert main(["verify", str(here / "bundle")]) == 0
    assert report(here) == 2

    assert (here / ".bundle.old" / "notes.txt").exists()


def test_reading_a_bundle_deletes_nothing(here: Path) -> None:
    shutil.copytree(here / "bundle", here / ".bundle.old")
    before = content(here)

    assert main(["verify", str(here / "bundle")]) == 0

    assert content(here) == before
