"""Which cells a folder or a zip archive holds."""

from __future__ import annotations

import os
import struct
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from wbcval.predict.images import Cell, Listing, Unreadable, listed
from wbcval.values.errors import InputError

TREE = {
    "S2/b.PNG": b"2b",
    "S1/a.jpg": b"1a",
    "deep/er/S3/z.tiff": b"3z",
    "top.webp": b"t",
    "S1/a b ü.bmp": b"1ab",
    "notes.txt": b"no image",
    "S1/.hidden.png": b"",
    ".git/x.png": b"",
    "__MACOSX/S1/._a.jpg": b"",
}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    def made(files: Mapping[str, bytes]) -> Path:
        for name, data in files.items():
            path = tmp_path / "cells" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path / "cells"

    return made


@pytest.fixture
def packed(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    def made(files: Mapping[str, bytes]) -> Path:
        path = tmp_path / "cells.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path

    return made


def cells(listing: Listing) -> list[tuple[str, str]]:
    return [(c.sample_id, *c.images) for c in map(listing.cell, range(len(listing)))]


@pytest.fixture(params=["folder", "zip"])
def tree(request: pytest.FixtureRequest) -> Callable[[Mapping[str, bytes]], Path]:
    """A tree of files, as a folder or packed."""
    made: Callable[[Mapping[str, bytes]], Path] = request.getfixturevalue(
        {"folder": "folder", "zip": "packed"}[request.param]
    )
    return made


def test_the_sample_is_the_folder_an_image_lies_in(
    tree: Callable[[Mapping[str, bytes]], Path],
) -> None:
    listing = listed(tree(TREE))

    assert cells(listing) == [
        ("S1", "S1/a b ü.bmp"),
        ("S1", "S1/a.jpg"),
        ("S2", "S2/b.PNG"),
        ("S3", "deep/er/S3/z.tiff"),
        ("cells", "top.webp"),
    ]
    assert listing.cell(1) == Cell("S1", "", ("S1/a.jpg",), "")
    assert (listing.has_cell_ids, listing.has_truth) == (False, False)
    assert listing.remarks == ("1 file is no image by its suffix and was not read",)
    for cell in map(listing.cell, range(len(listing))):
        assert listing.read(cell.images[0]) == TREE[cell.images[0]]


def test_kind_and_name(folder: Callable[..., Path], packed: Callable[..., Path]) -> None:
    one, other = listed(folder(TREE)), listed(packed(TREE))

    assert (one.kind, one.name) == ("folder", "cells")
    assert (other.kind, other.name) == ("zip", "cells.zip")


@pytest.mark.parametrize("i", [-1, 5])
def test_there_is_no_cell_outside(folder: Callable[..., Path], i: int) -> None:
    with pytest.raises(IndexError):
        listed(folder(TREE)).cell(i)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.txt": b""}, "holds no image"),
        ({"a/S1/x.png": b"", "c/S1/y.png": b""}, "one sample 'S1'"),
        ({"cells/x.png": b"", "y.png": b""}, "one sample 'cells'"),
        ({"S1/x\ny.png": b""}, "line break"),
        ({"S1/x\x1fy.png": b""}, "control character"),
        ({"S1/x\u2028y.png": b""}, "line break"),
        ({"S1 /x.png": b""}, "begins or ends with a space"),
        ({" x.png": b""}, "begins or ends with a space"),
    ],
)
def test_what_would_not_be_told_apart_is_refused(
    tree: Callable[..., Path], files: Mapping[str, bytes], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        listed(tree(files))


def test_planes_need_a_manifest(tree: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="upper, lower"):
        listed(tree(TREE), ("upper", "lower"))


def test_the_fingerprint_changes_with_every_change(folder: Callable[..., Path]) -> None:
    root = folder(TREE)
    os.utime(root / "S1/a.jpg", ns=(0, 10**18))
    prints = [listed(root).fingerprint]
    assert listed(root).fingerprint == prints[0]

    (root / "notes.txt").write_bytes(b"changed, and no image")
    assert listed(root).fingerprint == prints[0]
    os.utime(root / "S1/a.jpg", ns=(0, 10**18 + 1))
    prints.append(listed(root).fingerprint)
    (root / "S1/a.jpg").write_bytes(b"longer")
    os.utime(root / "S1/a.jpg", ns=(0, 10**18 + 1))
    prints.append(listed(root).fingerprint)
    (root / "S1/a.jpg").rename(root / "S1/c.jpg")
    prints.append(listed(root).fingerprint)
    (root / "S1/c.jpg").unlink()
    prints.append(listed(root).fingerprint)

    assert len(set(prints)) == len(prints) == 5


def test_the_fingerprint_of_an_archive_is_that_of_its_bytes(packed: Callable[..., Path]) -> None:
    path = packed(TREE)
    first = listed(path).fingerprint
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)

    assert listed(path).fingerprint != first


def test_relative_paths_have_a_name_too(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder({"x.png": b""})
    for here, path in ((root, "."), (root.parent, "cells/"), (root, "../cells")):
        monkeypatch.chdir(here)
        assert cells(listed(Path(path))) == [("cells", "x.png")]


def test_bytes_that_are_no_utf8(folder: Callable[..., Path]) -> None:
    root = folder({"S1/x.png": b""})
    name = os.fsencode(root) + b"/S1/\xff.png"
    Path(os.fsdecode(name)).touch()

    with pytest.raises(InputError, match="no UTF-8") as caught:
        listed(root)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    str(caught.value).encode()


@pytest.mark.parametrize("target", [".", "S1", ".."])
def test_a_link_that_leads_round_is_refused(folder: Callable[..., Path], target: str) -> None:
    root = folder({"in/S1/x.png": b""})
    (root / "in" / "again").symlink_to(target)

    with pytest.raises(InputError, match="one folder, by a link"):
        listed(root)


def test_links_to_other_folders_and_files_are_followed(
    folder: Callable[..., Path], tmp_path: Path
) -> None:
    root = folder({"S1/x.png": b"x"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "y.png").write_bytes(b"y")
    (root / "S2").symlink_to(tmp_path / "elsewhere")
    (root / "S1" / "gone.png").symlink_to("nowhere")

    listing = listed(root)

    assert cells(listing) == [("S1", "S1/gone.png"), ("S1", "S1/x.png"), ("S2", "S2/y.png")]
    assert listing.read("S2/y.png") == b"y"
    with pytest.raises(Unreadable) as caught:
        listing.read("S1/gone.png")
    assert caught.value.reason == "missing"


def test_what_is_no_regular_file_is_not_opened(folder: Callable[..., Path]) -> None:
    root = folder({"S1/x.png": b"", "S1/dir.png/y.png": b""})
    os.mkfifo(root / "S1" / "pipe.png")
    listing = listed(root)
    assert cells(listing) == [
        ("dir.png", "S1/dir.png/y.png"), ("S1", "S1/pipe.png"), ("S1", "S1/x.png"),
    ]  # fmt: skip

    for image, detail in (("S1/pipe.png", "no regular file"), ("S1/dir.png", "folder")):
        with pytest.raises(Unreadable, match=detail) as caught:
            listing.read(image)
        assert caught.value.reason == "unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(folder: Callable[..., Path]) -> None:
    root = folder({"S1/x.png": b"", "S2/y.png": b""})
    (root / "S1/x.png").chmod(0)
    with pytest.raises(Unreadable, match="permission denied"):
        listed(root).read("S1/x.png")
    (root / "S2").chmod(0)
    try:
        with pytest.raises(InputError, match="permission denied"):
            listed(root)
    finally:
        (root / "S2").chmod(0o700)


def test_a_file_above_the_limit_is_not_read(
    folder: Callable[..., Path], packed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbcval.predict.images._listing.MOST_BYTES", 100)
    monkeypatch.setattr("wbcval.predict.images._zip.MOST_BYTES", 100)
    files = {"S1/x.png": bytes(101), "S1/y.png": bytes(100)}

    for listing in (listed(folder(files)), listed(packed(files))):
        assert listing.read("S1/y.png") == bytes(100)
        with pytest.raises(Unreadable) as caught:
            listing.read("S1/x.png")
        assert caught.value.reason == "too large"


def test_a_path_that_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        listed(tmp_path / "nowhere")


def test_an_archive_that_is_broken(tmp_path: Path, packed: Callable[..., Path]) -> None:
    data = packed(TREE).read_bytes()
    for broken in (data[: len(data) // 2], b"PK\x03\x04", b"", b"no archive"):
        path = tmp_path / "broken.zip"
        path.write_bytes(broken)
        with pytest.raises(InputError, match="broken zip"):
            listed(path)


def test_an_empty_archive_holds_no_image(packed: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="holds no image"):
        listed(packed({}))


def test_an_archive_that_holds_a_name_twice(packed: Callable[..., Path]) -> None:
    path = packed({"S1/x.png": b"1", "S1/y.png": b"2"})
    path.write_bytes(path.read_bytes().replace(b"S1/y.png", b"S1/x.png"))

    with pytest.raises(InputError, match="twice"):
        listed(path)


@pytest.mark.parametrize("name", ["../x.png", "/x.png", "a//x.png", "S1\\x.png", "./x.png"])
def test_an_archive_of_odd_paths(packed: Callable[..., Path], name: str) -> None:
    with pytest.raises(InputError, match="holds the path"):
        listed(packed({name: b""}))


def test_an_archive_with_a_member_without_a_name(packed: Callable[..., Path]) -> None:
    path = packed({"S1/x.png": b"1", "S1/y.png": b"2"})
    path.write_bytes(path.read_bytes().replace(b"S1/y.png", b"\0" + b"1/y.png"))

    listing = listed(path)

    assert cells(listing) == [("S1", "S1/x.png")]
    assert listing.remarks == ("1 file is no image by its suffix and was not read",)


def test_names_that_are_no_utf8_are_read_as_zipfile_reads_them(
    packed: Callable[..., Path],
) -> None:
    path = packed({"S1/xy.png": b"1"})
    path.write_bytes(path.read_bytes().replace(b"S1/xy.png", b"S1/x\x81.png"))  # of code page 437

    listing = listed(path)

    assert cells(listing) == [("S1", "S1/xü.png")]
    assert listing.read("S1/xü.png") == b"1"


def test_a_name_that_was_changed_in_the_table_of_contents_alone(
    packed: Callable[..., Path],
) -> None:
    path = packed({"S1/x.png": b"1"})
    data = path.read_bytes()
    at = data.rindex(b"S1/x.png")
    path.write_bytes(data[:at] + b"S2" + data[at + 2 :])  # would be another sample's

    with pytest.raises(Unreadable, match="in the archive"):
        listed(path).read("S2/x.png")


def _patched(path: Path, offset: int, form: str, value: int) -> None:
    """Change a field of the first member's entry in the table of contents and before it."""
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    struct.pack_into(form, data, central + offset, value)
    struct.pack_into(form, data, offset - 2, value)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("offset", "form", "value", "reason"),
    [
        (8, "<H", 1, "encrypted"),
        (10, "<H", 12, "unsupported"),  # bzip2
        (10, "<H", 99, "unsupported"),
        (16, "<I", 1, "corrupt"),  # check sum
        (24, "<I", 4, "corrupt"),  # says it is shorter
        (24, "<I", 5000, "truncated"),  # says it is longer
        (24, "<I", 1 << 29, "too large"),
    ],
)
def test_members_that_cannot_be_had(
    packed: Callable[..., Path], offset: int, form: str, value: int, reason: str
) -> None:
    path = packed({"S1/x.png": bytes(1000), "S1/y.png": b"good"})
    _patched(path, offset, form, value)
    listing = listed(path)

    with pytest.raises(Unreadable) as caught:
        listing.read("S1/x.png")

    assert caught.value.reason == reason
    assert listing.read("S1/y.png") == b"good"


def test_a_member_that_lies_about_its_size_takes_no_memory(packed: Callable[..., Path]) -> None:
    path = packed({"S1/x.png": bytes(50_000_000)})
    _patched(path, 24, "<I", 1000)
    listing = listed(path)
    tracemalloc.start()

    with pytest.raises(Unreadable):
        listing.read("S1/x.png")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_damaged_members_are_failures_of_their_own(packed: Callable[..., Path]) -> None:
    path = packed({"S1/x.png": os.urandom(999), "S1/y.png": b"good"})
    data = path.read_bytes()
    for at in range(30, 900, 50):
        path.write_bytes(data[:at] + bytes([data[at] ^ 8]) + data[at + 1 :])
        listing = listed(path)
        with pytest.raises(Unreadable, match="in the archive"):
            listing.read("S1/x.png")
        assert listing.read("S1/y.png") == b"good"


def test_an_archive_is_read_from_many_threads(packed: Callable[..., Path]) -> None:
    files = {f"S{i % 7}/{i}.png": os.urandom(100 + i * 37) for i in range(300)}
    listing = listed(packed(files))
    names = [listing.cell(i).images[0] for i in range(len(listing))] * 4
    begin = threading.Barrier(6)

    def read(part: int) -> bool:
        begin.wait()
        return all(listing.read(name) == files[name] for name in names[part::6])

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(read, range(6)))


def test_what_is_not_in_an_archive_is_missing(packed: Callable[..., Path]) -> None:
    listing = listed(packed(TREE))
    for image in ("S1/a", "zzz.png", "notes.txt", "0"):
        with pytest.raises(Unreadable, match="missing"):
            listing.read(image)


def _held(make: Callable[[], Listing]) -> tuple[Listing, int]:
    """A listing, and the bytes that live as long as it."""
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    listing = make()
    python, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return listing, python + pa.total_allocated_bytes() - before


def test_many_cells_take_little_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = [f"S{i // 500:04}/cell-{i:08}.png" for i in range(20_000)]
    monkeypatch.setattr("wbcval.predict.images._folder._walk", lambda root: (names, 0))
    monkeypatch.setattr("wbcval.predict.images._folder.stat_of", lambda path: [1, 2])

    listing, held = _held(lambda: listed(tmp_path))

    assert len(listing) == 20_000
    assert held / 20_000 < 60
    assert listing.cell(19_999).images == (names[-1],)


@pytest.mark.further
def test_many_members_take_little_memory(packed: Callable[..., Path]) -> None:
    path = packed({f"S{i // 500:04}/cell-{i:08}.png": b"x" for i in range(10_000)})

    listing, held = _held(lambda: listed(path))

    assert held / 10_000 < 120
    assert listing.read("S0019/cell-00009999.png") == b"x"
