"""Which files a path or a pattern names."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbcval.cli import main
from wbcval.door.importers import expand
from wbcval.values.errors import InputError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_pattern_names_its_files_in_sorted_order(tmp_path: Path) -> None:
    touch(tmp_path, "cells-b.csv", "cells-a.csv", "other.csv", ".cells-hidden.csv", "cells-c.csv/x")

    found = expand([tmp_path / "other.csv", tmp_path / "*cells-*.csv"])

    assert [path.name for path in found] == ["other.csv", "cells-a.csv", "cells-b.csv"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("**/c*.csv", ["a/b/c2.csv", "a/c1.csv"]),
        ("a/c[13].csv", ["a/c1.csv"]),
        ("a/c?.csv", ["a/c1.csv"]),
    ],
)
def test_patterns_are_those_of_a_shell(tmp_path: Path, pattern: str, names: list[str]) -> None:
    touch(tmp_path, "a/c1.csv", "a/b/c2.csv")

    found = expand([tmp_path / pattern])

    assert [str(path.relative_to(tmp_path)) for path in found] == names


def test_a_pattern_leaves_out_the_records_beside_predictions(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "a.csv.origin.json")

    assert expand([tmp_path / "a*"]) == (tmp_path / "a.csv",)


def test_a_name_that_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    touch(tmp_path, "[2026]/cells[1].csv", "[2026]/cells-1.csv", "2/cells-9.csv")

    assert expand([tmp_path / "[2026]/cells[1].csv"]) == (tmp_path / "[2026]/cells[1].csv",)
    assert expand([tmp_path / "[2026]/cells-*.csv"]) == (tmp_path / "[2026]/cells-1.csv",)


def test_a_pattern_without_a_file_is_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = main(["validate", "--predictions", "cells-*.parquet", "--mode", "same-cells"])

    assert code == 2
    said = capsys.readouterr().err
    assert "cells-*.parquet: matches no file" in said
    assert "check the pattern" in said


def test_a_file_named_twice_is_an_input_error(tmp_path: Path) -> None:
    touch(tmp_path, "cells-1.csv", "cells-2.csv")

    with pytest.raises(InputError, match=r"cells-1\.csv: is given twice"):
        expand([tmp_path / "cells-*.csv", tmp_path / "cells-1.csv"])


def test_a_file_that_is_not_there_is_left_to_the_reader(tmp_path: Path) -> None:
    assert expand([tmp_path / "cells.csv"]) == (tmp_path / "cells.csv",)
