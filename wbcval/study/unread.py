"""Records with results that are read as no sample's: by their name, without one, or their place.

Where both sides hold them, they may be samples of the study. STATISTICS.md §18.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from wbcval.door.tables import Checked
from wbcval.study.cross_checks import named, natural, unlisted
from wbcval.study.inputs import Inputs


def no_samples(inputs: Inputs) -> list[str]:
    """Records with results on both sides, under the name of a control or a summary: by id.

    In an analyzer's export alone they are its controls. Where the model answered them too, they may
    be samples that were named so, but for a mean on both sides. Each of several records of one id.
    """
    if inputs.protocol.mode == "same-cells" or inputs.counts is None or inputs.reference is None:
        return []
    sides = [Counter(table.passed_over) for table in (inputs.counts, inputs.reference)]

    def records(name: str) -> int:
        means = min(side[name, True] for side in sides)
        return min(side[name, True] + side[name, False] for side in sides) - means

    names = {name for name, _ in sides[0]} & {name for name, _ in sides[1]}
    return [
        name if i == 0 else f"{name} ({i + 1})"
        for name in sorted(names, key=natural)
        for i in range(records(name))
    ]


def unread(inputs: Inputs, known: Collection[str]) -> dict[str, str]:
    """Records without an id, or above the column names, and which of the two: by id.

    One with an id counts where both sides hold it there, or where it has the form of the others' of
    its table: a legend above the names is none. Of those without one, a record of the model may
    be of a sample that the reference has alone, and the other way round; these are booked.

    Args:
        inputs: of all tables.
        known: samples that are booked anyway.
    """
    if inputs.protocol.mode == "same-cells" or inputs.reference is None:
        return {}
    model, truth = named(inputs), {*inputs.reference.frame["sample_id"]}
    booked = len(truth - model - unlisted(inputs)), len(model - truth)
    sides = [s for s in (inputs.counts, inputs.reference) if s is not None]
    found = {name: "above the column names" for name in _above(sides) if name not in known}
    without = [
        n - others
        for side, others in zip((inputs.counts, inputs.reference), booked, strict=True)
        if side is not None and (n := side.unread.get(("", False), 0))
    ]
    return found | {
        f"no id ({i + 1})": "a result without an id" for i in range(max(without, default=0))
    }


def _above(sides: list[Checked]) -> Iterator[str]:
    on = Counter(name for side in sides for name, _ in side.unread if name)
    alike = {name for side in sides for name, as_others in side.unread if name and as_others}
    yield from sorted((name for name in on if on[name] > 1 or name in alike), key=natural)
