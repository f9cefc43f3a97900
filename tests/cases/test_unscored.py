"""What a record says could not be scored reaches the verdict, whichever table holds the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.build.protocols import accept
from tests.cases.conftest import Report
from tests.cases.test_ledger import (
    cells,
    protocol,
    sensitivity,
    shares,
    within,
)
from tests.origin.make_origin import make_record, stage, write_csv, write_parquet
from wbcval.bundle import evidence
from wbcval.bundle.read import FILES, side_of
from wbcval.origin import Record
from wbcval.values.errors import InputError

CLASSES = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]
ONE_STAGE = [stage("differentiation", CLASSES)]
ACCURACY = sensitivity("all", statistic="accuracy")


def record(predicted: int, failed: Mapping[str, int], fields: int | None = None) -> Record:
    """Of cells, or of so many fields."""
    made = make_record(predicted, failed, stages=ONE_STAGE)
    if fields is not None:
        images = {**made["images"], "kind": "fields", "listed": fields}
        made = make_record(predicted, failed, stages=ONE_STAGE, images=images)
    return made


def apart(
    table: str, lost: Callable[[Sequence[str]], bool]
) -> tuple[str, str, str, dict[str, int]]:
    """Predictions of the cells that are not lost, labels of these, labels of all, the lost."""
    predicted = ["sample_id,cell_id,predicted_class"]
    seen, all_ = ["sample_id,cell_id,true_class"], ["sample_id,cell_id,true_class"]
    failed: dict[str, int] = {}
    for row in (line.split(",") for line in table.splitlines()[1:]):
        sample, cell, true, called = row
        all_.append(f"{sample},{cell},{true}")
        if lost(row):
            failed[sample] = failed.get(sample, 0) + 1
            continue
        predicted.append(f"{sample},{cell},{called}")
        seen.append(f"{sample},{cell},{true}")
    texts = ["\n".join(rows) + "\n" for rows in (predicted, seen, all_)]
    return texts[0], texts[1], texts[2], failed


def table() -> str:
    """A model that errs now and then."""
    return cells(24, 100, lambda t, i: (t, "lymphocyte" if i % 30 == 7 else t))


def monocytes(row: Sequence[str]) -> bool:
    return row[2] == "monocyte" and int(row[1]) % 10 > 0


def labelled() -> str:
    lymphocytes = sensitivity("lymphocyte", name="lymphocytes")
    return protocol(ACCURACY, lymphocytes, mode="same-cells", reference="r.csv")


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_labels_that_leave_out_what_failed_do_not_hide_it(
    write: Callable[..., Path], report: Report, tmp_path: Path
) -> None:
    predicted, seen, whole, failed = apart(table(), monocytes)
    n, lost = predicted.count("\n") - 1, sum(failed.values())
    path = write(
        tmp_path / ("m.csv" if write is write_csv else "m.parquet"), predicted, record(n, failed)
    )
    text = labelled().replace("m.csv", path.name)

    hidden = report(protocol_toml=text, r_csv=seen)

    assert lost > 0.05 * (n + lost)
    assert (hidden.code, hidden.account("all", "cells")["lost"]) == (3, lost)
    assert f"of {n + lost} cells, {lost} without a model result" in hidden.console
    # where the labels name them they are misses of their class, and counted once
    named = report(protocol_toml=text, r_csv=whole)
    assert (named.code, named.account("all", "cells")["lost"]) == (0, 0)
    assert named.account("all", "cells")["judged"] == n + lost
    assert (
        named.account("monocyte", "cells")["judged"] > hidden.account("monocyte", "cells")["judged"]
    )


def test_a_study_may_say_that_lost_images_are_of_no_class(report: Report, tmp_path: Path) -> None:
    predicted, seen, _, failed = apart(table(), monocytes)
    write_csv(tmp_path / "m.csv", predicted, record(predicted.count("\n") - 1, failed))
    accepts = accept("lost", "all") + accept("lost", "lymphocyte")

    found = report(protocol_toml=labelled() + accepts, r_csv=seen)

    assert found.code == 0


@pytest.mark.representatives(2)
@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_counts_what_no_label_names(seed: int, report: Report, tmp_path: Path) -> None:
    """Labels of some of the lost images, drawn: the others are lost, and all add up."""
    rng = np.random.default_rng(seed)
    rate = rng.choice([0.01, 0.04, 0.2])
    predicted, seen, whole, failed = apart(cells(8, 60), lambda _: rng.random() < rate)
    kept = set(seen.splitlines())
    some = [line for line in whole.splitlines() if line in kept or rng.random() < 0.5]
    n, lost = predicted.count("\n") - 1, sum(failed.values())
    write_csv(tmp_path / "m.csv", predicted, record(n, failed))

    found = report(protocol_toml=labelled(), r_csv="\n".join(some) + "\n")

    told = found.account("all", "cells")
    unnamed = n + lost - (len(some) - 1)
    assert (told["listed"], told["judged"], told["lost"]) == (n + lost, len(some) - 1, unnamed)
    flagged = "lost" in found.results["measurements"][-1]["flags"]
    assert flagged == (unnamed > 0.05 * (n + lost))


@pytest.mark.parametrize(("lost", "code"), [(3, 0), (48, 3)])
def test_fields_that_could_not_be_read_are_counted_as_fields(
    lost: int, code: int, report: Report, tmp_path: Path
) -> None:
    all_cells = table()
    predicted, *_ = apart(all_cells, lambda _: False)
    failed = {f"S{i:03}": -(-(lost - i) // 24) for i in range(min(lost, 24))}
    made = record(predicted.count("\n") - 1, failed, fields=72)
    write_parquet(tmp_path / "m.parquet", predicted, made)
    counts: dict[str, list[str]] = {}
    for row in all_cells.splitlines()[1:]:
        counts.setdefault(row.split(",")[0], []).append(row.split(",")[2])
    rng = np.random.default_rng(5)
    percent = [100 * v.count("neutrophil") / len(v) + rng.uniform(-2, 2) for v in counts.values()]
    text = protocol(within()).replace("m.csv", "m.parquet")
    text += accept("nearer_than_counting", "NEUT%")  # by 2 points at most

    found = report(protocol_toml=text, r_csv=shares(percent))

    told = found.account("all", "fields")
    assert (told["listed"], told["judged"], told["lost"]) == (72, 72 - lost, lost)
    said = f"of 72 fields, {lost} without a model result"
    assert said in found.console
    assert said in found.first_screen
    assert found.code == code, found.console
    assert evidence.verify(found.bundle) == []
    files = {name: (found.bundle / name).read_bytes() for name in FILES}
    results = json.loads(files["results.json"])
    (row,) = (a for a in results["scope"]["ledger"]["accounts"] if a["of"] == "fields")
    row |= {"listed": 72 - lost, "lost": 0}
    with pytest.raises(InputError, match=r"does not add up: all, .* fields listed, and 72 by"):
        side_of("forged", files | {"results.json": json.dumps(results).encode()})


def test_cells_that_failed_within_fields_are_no_fields(report: Report, tmp_path: Path) -> None:
    all_cells = table()
    predicted, *_ = apart(all_cells, lambda _: False)
    made = record(predicted.count("\n") - 1, {"S000": 5}, fields=72)
    made["failures"]["fields"] = {"S000": 1}
    write_parquet(tmp_path / "m.parquet", predicted, made)

    found = report(
        protocol_toml=protocol(within()).replace("m.csv", "m.parquet"), r_csv=shares([60.0] * 24)
    )

    assert found.account("all", "fields")["lost"] == 1
    assert found.account("all", "cells")["lost"] == 4
