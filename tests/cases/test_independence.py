"""Independence of samples, images and patients is looked at (STATISTICS.md §18)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.build.protocols import called, protocol, within
from tests.cases.conftest import Report
from tests.cases.test_two_sides import FIVE, MIX
from wbcval.values.by_eye import folded

XN = "NEUT%(%),LYMPH%(%),MONO%(%),EO%(%),BASO%(%)"
WITHIN = within("NEUT%", name="c", min=0.9)
ASKED = protocol(WITHIN)


def differentials(n: int, names: list[str] | None = None) -> tuple[str, str]:
    """Counts of 400 cells, and the analyzer's shares of the same samples."""
    rng = np.random.default_rng(12)
    shares = rng.dirichlet(np.array([60, 28, 7, 3.5, 1.5]) * 4, size=n)
    counted = 100 * np.array([rng.multinomial(400, row) for row in shares]) / 400
    names = names or [f"S{i:03d}" for i in range(n)]

    def written(rows: np.ndarray, head: str, tail: str) -> str:
        lines = [
            f"{name},{','.join(f'{v:.2f}' for v in row)}{tail}"
            for name, row in zip(names, rows, strict=True)
        ]
        return "\n".join([head, *lines]) + "\n"

    return (
        written(counted, f"sample_id,{XN},n_cells", ",400"),
        written(100 * shares, f"sample_id,{XN}", ""),
    )


def copied(text: str, times: int, rename: Callable[[str, int], str]) -> str:
    head, *rows = text.splitlines()
    out = [head]
    for k in range(times):
        out += [rename(name, k) + "," + rest for name, _, rest in (r.partition(",") for r in rows)]
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("times", [2, 10])
def test_copies_of_samples_count_once(report: Report, times: int) -> None:
    """12 samples are too few for a decision, and so are they under other names."""
    model, reference = differentials(12)

    def name(sample: str, k: int) -> str:
        return sample if not k else f"X{k}-{sample}"

    once = report(p_csv=model, r_csv=reference, protocol_toml=ASKED)
    found = report(
        p_csv=copied(model, times, name), r_csv=copied(reference, times, name),
        protocol_toml=ASKED,
    )  # fmt: skip
    assert (once.code, found.code) == (3, 3)
    assert found.outcome("c")["n"] == once.outcome("c")["n"] == 12
    assert "repeated-sample" in found.console


def test_copies_of_labelled_cells_count_once(report: Report) -> None:
    rng = np.random.default_rng(5)
    drawn = rng.choice(FIVE, p=MIX, size=(6, 60)).tolist()
    rows = [
        f"S{i}-{k},{c},{label},{'neutrophil' if c % 20 == 7 else label}"
        for k in range(6) for i, cells in enumerate(drawn) for c, label in enumerate(cells)
    ]  # fmt: skip
    text = "\n".join(["sample_id,cell_id,predicted_class,true_class", *rows]) + "\n"
    asked = protocol(called(name="c", min=0.8), mode="same-cells")
    found = report(p_csv=text, protocol_toml=asked)
    assert found.outcome("c")["n"] == 360
    assert "repeated-sample" in found.console


def test_honest_samples_are_none_of_another(report: Report) -> None:
    model, reference = differentials(40)
    found = report(p_csv=model, r_csv=reference, protocol_toml=ASKED)
    assert found.outcome("c")["n"] == 40
    assert "repeated-sample" not in found.console


@pytest.mark.parametrize(
    "other", ["s003", "S 003", "S3", "\N{CYRILLIC CAPITAL LETTER DZE}003", "\uff33003"]
)
def test_ids_that_look_alike_are_refused(report: Report, other: str) -> None:
    names = [f"S{i:03d}" for i in range(24)]
    names[20] = other
    model, reference = differentials(24, names)
    found = report(p_csv=model, r_csv=reference, protocol_toml=ASKED)
    assert found.code == 2
    assert "ids-alike" in found.console
    assert "'S003'" in found.console


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("S1", "S10"),
        ("A-1", "B-1"),
        ("2024-01", "2024-10"),
        ("S1O", "S10"),
        ("1 11", "11 1"),
        ("P1 012", "P10 12"),
    ],
)
def test_ids_that_differ_are_not_folded_into_one(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_twenty_samples_of_one_patient_are_not_twenty(report: Report) -> None:
    model, reference = differentials(40)
    samples = "sample_id,patient_id\n" + "".join(f"S{i:03d},P{i % 4}\n" for i in range(40))
    asked = ASKED.replace("[[criterion]]", 'samples = "s.csv"\n[[criterion]]')
    found = report(p_csv=model, r_csv=reference, s_csv=samples, protocol_toml=asked)
    assert found.outcome("c")["status"] == "inconclusive"
    assert "fewer than 20 patients" in found.console


def test_one_patient_in_two_spellings_is_one(report: Report) -> None:
    model, reference = differentials(40)
    samples = "sample_id,patient_id\n" + "".join(
        f"S{i:03d},{'P' if i % 2 else 'p '}{i // 2 % 15}\n" for i in range(40)
    )
    asked = ASKED.replace("[[criterion]]", 'samples = "s.csv"\n[[criterion]]')
    found = report(p_csv=model, r_csv=reference, s_csv=samples, protocol_toml=asked)
    assert "taken as one patient" in found.console
    assert found.outcome("c")["status"] == "inconclusive"


@pytest.mark.parametrize(("name", "code"), [("{}", 3), ("S{:03d}", 0), ("2027-{}", 0)])
def test_rows_that_were_numbered_and_sorted_may_be_paired_by_rank(
    name: str, code: int, report: Report
) -> None:
    """Two tables of other samples altogether, each sorted by its own value."""
    rng = np.random.default_rng(3)
    model, reference = (np.sort(rng.uniform(40, 75, 60)) for _ in range(2))
    tables = [
        "sample_id,NEUT%(%)\n"
        + "".join(f"{name.format(i)},{v:.1f}\n" for i, v in enumerate(side, 1))
        for side in (model, reference)
    ]
    found = report(p_csv=tables[0], r_csv=tables[1], protocol_toml=ASKED)
    assert found.code == code
    assert ("but the ids are row numbers" in found.console) == (code == 3)
    assert ("samples not paired by rank" in found.console) == (code == 0)


def cells(images: Callable[[int], str], boxes: bool = False) -> str:
    rng = np.random.default_rng(5)
    rows = [
        f"S{i // 30},{i},{images(i)},{label},{label if i % 25 else 'monocyte'}"
        + (",0,0,9,9" if boxes else "")
        for i, label in enumerate(rng.choice(FIVE, p=MIX, size=300))
    ]
    head = "sample_id,cell_id,image,predicted_class,true_class"
    return "\n".join([head + (",x_min,y_min,x_max,y_max" if boxes else ""), *rows]) + "\n"


@pytest.mark.parametrize(
    ("every", "boxes", "code"), [(1, False, (0, 1, 3)), (10, False, (2,)), (10, True, (0, 1, 3))]
)
def test_one_image_is_one_cell(
    report: Report, every: int, boxes: bool, code: tuple[int, ...]
) -> None:
    text = cells(lambda i: f"{i // every}.png", boxes)
    asked = protocol(called(name="c", min=0.8), mode="same-cells")
    found = report(p_csv=text, protocol_toml=asked)
    assert found.code in code
    assert ("one-image-as-several-cells" in found.console) is (found.code == 2)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("seed", range(4))
def test_copies_under_other_ids_never_lead_to_acceptance(report: Report, seed: int) -> None:
    """Whichever samples of a study that is not accepted are copied, and however often."""
    rng = np.random.default_rng(seed)
    model, reference = differentials(int(rng.integers(8, 19)))
    take = {f"S{i:03d}" for i in rng.integers(0, 8, size=5)}
    often = int(rng.integers(2, 8))

    def more(text: str) -> str:
        rows = [row for row in text.splitlines()[1:] if row.partition(",")[0] in take]
        return text + "".join(f"{'XYZUVWQ'[k]}-{row}\n" for k in range(often) for row in rows)

    asked = ASKED + WITHIN.replace('"c"', '"d"').replace("NEUT%", "LYMPH%").replace("0.9", "0.6")
    before = report(p_csv=model, r_csv=reference, protocol_toml=asked)
    after = report(p_csv=more(model), r_csv=more(reference), protocol_toml=asked)
    assert before.code == after.code == 3


@pytest.mark.parametrize(("columns", "code"), [("both", 3), ("true", 1)])
def test_labels_sorted_within_each_sample(report: Report, columns: str, code: int) -> None:
    """Half of the labels are right; sorted, each column by itself, nearly all agree by rank."""
    rng = np.random.default_rng(15)
    rows = ["sample_id,cell_id,true_class,predicted_class"]
    for i in range(40):
        true = rng.choice(5, 100, p=MIX)
        called = rng.permutation(true)
        order = np.argsort(true, kind="stable")
        called = np.sort(called) if columns == "both" else called[order]
        flipped = rng.random(100) < 0.02  # the sides are not equal
        called = np.sort(np.where(flipped, 1, called)) if columns == "both" else called
        rows += [
            f"S{i:02d},{k},{FIVE[t]},{FIVE[c]}"
            for k, (t, c) in enumerate(zip(true[order], called, strict=True))
        ]

    found = report("--predictions", "c.csv", "--mode", "same-cells", c_csv="\n".join(rows) + "\n")

    assert found.code == code
    assert ("paired by rank" in found.console) == (columns == "both")


@pytest.mark.parametrize(("of_one", "doubted"), [(41, True), (10, False)])
def test_one_patient_with_most_of_the_samples_decides_nothing(
    report: Report, of_one: int, doubted: bool
) -> None:
    model, reference = differentials(60)
    patients = [f"S{i:03d},P{max(i - of_one + 1, 0)}" for i in range(60)]
    found = report(
        p_csv=model, r_csv=reference, s_csv="\n".join(["sample_id,patient_id", *patients]) + "\n",
        protocol_toml=ASKED.replace("[inputs]", '[inputs]\nsamples = "s.csv"'),
    )  # fmt: skip
    said = "or weigh like fewer than 10" in found.console
    assert said == doubted  # 20 patients, and 51


def oversampled(times: int) -> str:
    """Cells of 25 samples, half of the monocytes missed; the found ones listed again."""
    rng, names = np.random.default_rng(40), list(FIVE)
    lines, n = ["sample_id,cell_id,true_class,predicted_class," + ",".join(
        f"probability_{name}" for name in names)], 0  # fmt: skip
    mono = names.index("monocyte")
    for s in range(25):
        for true in rng.choice(5, 200, p=MIX):
            called = 1 if true == mono and rng.random() < 0.5 else true
            values = rng.dirichlet([0.3] * 5) * 0.4
            values[called] += 0.6
            copies = times if true == called == mono else 1
            for _ in range(copies):
                lines.append(",".join((f"S{s}", str(n), names[true], names[called],
                                       *(repr(float(v)) for v in values))))  # fmt: skip
                n += 1
    return "\n".join(lines) + "\n"


def test_cells_that_are_listed_again_are_no_further_cells(report: Report) -> None:
    """Half of the monocytes are found; listed six times each, 86 % are."""
    arguments = ("--predictions", "p.csv", "--mode", "same-cells")
    assert report(*arguments, p_csv=oversampled(1)).code == 1
    again = report(*arguments, p_csv=oversampled(6))
    assert again.code == 3
    assert "list each cell once" in again.console
    page = (again.bundle / "report.html").read_text(encoding="utf-8")
    assert "cells have every probability of another cell of their sample" in page


def balanced(
    samples: int, wrong: int, uneven: int = 0, whose: Callable[[int], int] = lambda _: 0
) -> str:
    """20 cells in each sample, four of each class; of the uneven ones all are neutrophils.

    Of the first ``wrong`` samples one cell is miscalled; ``whose``: of which true class it is.
    """
    lines = ["sample_id,cell_id,true_class,predicted_class"]
    for s in range(samples):
        for i in range(20):
            true = FIVE[0] if s < uneven else FIVE[i % 5]
            called = FIVE[(i + 1) % 5] if i == whose(s) % 5 and s < wrong else true
            lines.append(f"S{s:02d},S{s:02d}-{i},{true},{called}")
    return "\n".join(lines) + "\n"


def test_samples_put_together_by_hand_are_no_copies(report: Report) -> None:
    """As many cells of each class in each: that a good model counts them alike tells nothing."""
    found = report("--predictions", "m.csv", "--mode", "same-cells", m_csv=balanced(40, wrong=4))
    assert found.code == 0
    assert "the 40 samples of one mix of true cells are each of other cells" in found.console


@pytest.mark.parametrize("kinds", [1, 2])
def test_one_sample_listed_again_has_the_same_mistakes(report: Report, kinds: int) -> None:
    """By labels alone: each of 40 lists has one mistake, of one kind, or of two kinds in turn."""
    table = balanced(40, wrong=40, whose=lambda s: s * kinds // 40)
    asked = protocol(called(name="c", min=0.9), mode="same-cells")
    found = report(p_csv=table, protocol_toml=asked)
    honest = balanced(40, wrong=40, whose=lambda s: s)  # as many mistakes, of five kinds
    other = report(p_csv=honest, protocol_toml=asked)

    assert (found.code, other.code) == (3 if kinds == 1 else 0, 0)
    assert ("the very mistakes of another one" in found.console) == (kinds == 1)
    accounts = found.results["scope"]["ledger"]["accounts"]
    assert {a["judged"] for a in accounts if a["subject"] == "all"} == {40, 800}  # none is dropped


def of_one(samples: int, shared: Callable[[np.random.Generator, np.ndarray], np.ndarray]) -> str:
    """200 cells in each sample, of which every 25th neutrophil is called monocyte."""
    rng = np.random.default_rng(8)
    pool = rng.permutation(np.repeat(FIVE, np.rint(np.array(MIX) * 200 * samples).astype(int)))
    lines, n = ["sample_id,cell_id,true_class,predicted_class"], 0
    for s in range(samples):
        for true in shared(rng, pool[s * 200 : (s + 1) * 200] if s else pool[:200]):
            n += true == FIVE[0]
            called = "monocyte" if true == FIVE[0] and n % 25 == 0 else true
            lines.append(f"S{s:02d},{len(lines)},{true},{called}")
    return "\n".join(lines) + "\n"


def drawn_again(rng: np.random.Generator, _: np.ndarray) -> np.ndarray:
    return rng.choice(FIVE, 200, p=MIX)


def cut_up(_: np.random.Generator, own: np.ndarray) -> np.ndarray:
    return own


def patients(rng: np.random.Generator, _: np.ndarray) -> np.ndarray:
    return rng.choice(FIVE, 200, p=rng.dirichlet(np.array(MIX) * 35))


OF_ONE = "the samples are of different blood (their mixes differ less than those of patients)"


@pytest.mark.parametrize(("shared", "told"), [(drawn_again, 1), (cut_up, 1), (patients, 0)])
def test_one_blood_under_many_ids_is_told(
    report: Report,
    shared: Callable[[np.random.Generator, np.ndarray], np.ndarray],
    told: int,
) -> None:
    asked = protocol(called(name="c", min=0.9), mode="same-cells")
    found = report(p_csv=of_one(40, shared), protocol_toml=asked)
    assert found.code == 0
    assert found.console.splitlines()[0].count(OF_ONE) == told


def test_one_tube_measured_forty_times_is_one_blood(report: Report) -> None:
    """On an analyzer, and on forty smears of it."""
    rng = np.random.default_rng(2)
    tube = np.array([57.0, 31.0, 7.5, 3.5, 1.0])
    lines: list[list[str]] = [[f"sample_id,{XN},n_cells"], [f"sample_id,{XN}"]]
    for i in range(40):
        counted = rng.multinomial(200, tube / 100) / 2
        analyzer = rng.multinomial(10_000, tube / 100) / 100
        lines[0].append(f"S{i:02d}," + ",".join(f"{v:.1f}" for v in counted) + ",200")
        lines[1].append(f"S{i:02d}," + ",".join(f"{v:.1f}" for v in analyzer))
    model, reference = ("\n".join(side) + "\n" for side in lines)
    asked = protocol(within("NEUT%", "20", name="c", min=0.9))
    found = report(p_csv=model, r_csv=reference, protocol_toml=asked)
    assert OF_ONE in found.console.splitlines()[0]


def test_samples_of_several_mixes_are_taken_for_copies_as_before(report: Report) -> None:
    found = report(
        "--predictions", "m.csv", "--mode", "same-cells", m_csv=balanced(40, wrong=4, uneven=8)
    )
    assert found.code == 3
    assert "with every value of another one" in found.console


def labelled(samples: int, cells: int, seed: int) -> list[str]:
    """Rows of patients that differ, 97 % of the cells called right."""
    rng = np.random.default_rng(seed)
    rows = []
    for s in range(samples):
        true = rng.choice(5, cells, p=rng.dirichlet(np.array(MIX) * 25))
        called = np.where(rng.random(cells) < 0.97, true, (true + 1) % 5)
        rows += [
            f"S{s:03d},{k},{FIVE[t]},{FIVE[c]}"
            for k, (t, c) in enumerate(zip(true, called, strict=True))
        ]
    return rows


EQUAL = "samples with every value of another one are each of other blood"


@pytest.mark.representatives(2)
@pytest.mark.parametrize(("samples", "cells"), [(200, 3), (400, 5), (300, 1)])
@pytest.mark.parametrize("seed", range(2))
def test_small_samples_are_equal_by_chance(
    report: Report, samples: int, cells: int, seed: int
) -> None:
    """Right answers repeat and mistakes do not: counted once, 97 % of the cells were 85 %."""
    head = "sample_id,cell_id,true_class,predicted_class"
    text = "\n".join([head, *labelled(samples, cells, seed)]) + "\n"
    found = report(p_csv=text, protocol_toml=protocol(called(name="c"), mode="same-cells"))
    assert found.code in (0, 3)
    assert found.outcome("c")["n"] == samples * cells
    assert EQUAL in found.console.splitlines()[0]


@pytest.mark.representatives(3)
@pytest.mark.parametrize("digits", ["{:.0f}", "{:.1f}"])
@pytest.mark.parametrize("level", [1, 4])
@pytest.mark.parametrize("seed", range(2))
def test_whole_numbers_are_equal_by_chance(
    report: Report, digits: str, level: int, seed: int
) -> None:
    """WBC as 7 or 7.0: 300 samples, or with four times as many."""
    rng = np.random.default_rng(seed)
    blood = level * np.exp(rng.normal(np.log(7.5), 0.45, 300))
    sides = [np.round(blood * rng.normal(1, cv, 300)) for cv in (0.015, 0.01)]
    tables = [
        "sample_id,WBC(10^9/L)\n"
        + "".join(f"S{i:03d},{digits.format(v)}\n" for i, v in enumerate(side))
        for side in sides
    ]
    asked = protocol(within("WBC", "25", name="c", min=0.9))
    found = report(p_csv=tables[0], r_csv=tables[1], protocol_toml=asked)
    assert found.outcome("c")["n"] == 300
    assert found.code != 1


def test_what_fails_with_copies_counted_once_is_not_decided(report: Report) -> None:
    """20 samples without a mistake, three times again, and 20 with 15 % of them: 93 % or 97 %."""
    rows = [row.split(",") for row in labelled(40, 60, 1)]
    right = [[name, k, true, true] for name, k, true, _ in rows[:1200]]
    wrong = [[*row[:3], row[2] if i % 7 else "monocyte"] for i, row in enumerate(rows[1200:])]
    again = [[f"{x}{name}", *row] for x in "XYZ" for name, *row in right]
    asked = protocol(called(name="c", min=0.95), mode="same-cells")

    def table(*parts: list[list[str]]) -> str:
        head = "sample_id,cell_id,true_class,predicted_class"
        return "\n".join([head, *(",".join(row) for part in parts for row in part)]) + "\n"

    once = report(p_csv=table(right, wrong), protocol_toml=asked)
    found = report(p_csv=table(right, wrong, again), protocol_toml=asked)
    assert (once.code, found.code) == (1, 3)
    assert once.outcome("c")["n"] == found.outcome("c")["n"] == 2400
    assert "60 with every value of another one" in found.console
