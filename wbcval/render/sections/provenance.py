"""Where the predictions come from, and the images that gave none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from wbcval.origin import Failure, Origin, checked
from wbcval.protocol.roles import PREDICTIONS
from wbcval.render._basis import MOST_LISTED, Selections
from wbcval.render._numbers import whole
from wbcval.render._section import Section
from wbcval.render._words import listing, plural
from wbcval.study.cross_checks import natural
from wbcval.values.wording import fixed, places_of

MANY = 0.05  # of a sample's images; beyond it, its result rests on what happened to be readable


@dataclass(frozen=True, slots=True)
class Lost:
    """Images of one sample that could not be scored; ``cells`` could (``None``: of fields)."""

    sample_id: str
    failed: int
    cells: int | None

    @property
    def share(self) -> float | None:
        """Part of its images that was lost; ``None`` of fields."""
        return None if self.cells is None else self.failed / (self.failed + self.cells)

    @property
    def said(self) -> str:
        """``3 of 40``; of fields ``3``."""
        if self.cells is None:
            return whole(self.failed)
        return f"{whole(self.failed)} of {whole(self.failed + self.cells)}"


class Origins(Selections):
    """Selections and sentences on the records of the predictions, where there are any."""

    most_listed = MOST_LISTED

    @property
    def all(self) -> tuple[Origin, ...]:
        """The records, in the order of the predictions."""
        return self.basis.study.origins

    @property
    def model(self) -> str:
        """What predicted, by name and version; "" where no record says."""
        names = (f"{o.record['model']['name']} {o.record['model']['version']}" for o in self.all)
        return ", ".join(dict.fromkeys(names))

    @property
    def card(self) -> str:
        """Whether the card was checked, in words; "" where no record says what predicted."""
        if not self.all:
            return ""
        n = checked(self.all, len(self.basis.study.protocol.inputs[PREDICTIONS]))
        return f"card checked on {whole(n)} images" if n else "card not checked"

    @cached_property
    def failures(self) -> int:
        """Images that could not be scored."""
        return sum(o.record["failures"]["n"] for o in self.all)

    @cached_property
    def first(self) -> list[Failure]:
        """Those that are named."""
        return [f for o in self.all for f in o.record["failures"]["first"]]

    @cached_property
    def lost(self) -> list[Lost]:
        """Samples that lost images, worst first."""
        failed: Counter[str] = Counter()
        cells: dict[str, int | None] = {}
        for o in self.all:
            failed.update(o.record["failures"]["samples"])
            for name in o.record["failures"]["samples"]:
                known = o.cells.get(name, 0) if o.of_cells else None
                cells[name] = known if name not in cells or known is None else cells[name]
        found = (Lost(name, n, cells[name]) for name, n in failed.items())
        return sorted(found, key=lambda s: (-s.failed, -(s.share or 0.0), natural(s.sample_id)))

    @property
    def sentence(self) -> str:
        """How many images gave no result, why, and where; "" where all did."""
        if not self.failures:
            return ""
        images = "images" if any(o.of_cells for o in self.all) else "fields"
        listed = sum(o.record["images"]["listed"] for o in self.all)
        reasons: Counter[str] = Counter()
        for o in self.all:
            reasons.update(o.record["failures"]["reasons"])
        why = ", ".join(f"{reason} {whole(n)}" for reason, n in reasons.most_common())
        return (
            f"{whole(self.failures)} of {whole(listed)} {images} could not be scored "
            f"({_percent(self.failures / listed)}): {why}; {self._where}."
        )

    @property
    def _where(self) -> str:
        worst = self.lost[0]
        if len(self.lost) == 1:
            of = "" if worst.cells is None else f" ({worst.said})"
            return f"all in {worst.sample_id}{of}"
        if worst.failed == 1:
            return f"in {plural(len(self.lost), 'sample')}, one each"
        return f"most in {worst.sample_id} ({worst.said})"

    @property
    def many(self) -> list[str]:
        """Samples with more than a few of their images lost: with how many."""
        found = [s for s in self.lost if s.share is not None and MANY < s.share < 1]
        return [f"{s.sample_id} ({s.said}, {_percent(s.share or 0.0)})" for s in found]

    @cached_property
    def gone(self) -> list[str]:
        """Samples of which no image could be scored."""
        return sorted((s.sample_id for s in self.lost if s.cells == 0), key=natural)

    @property
    def gone_text(self) -> str:
        """What became of these samples in the comparison; "" where there are none."""
        study = self.basis.study
        under = {*study.sample_ids}
        missed = [name for name in self.gone if name in under]
        absent = [name for name in self.gone if name not in under]
        said = []
        if missed:
            counted = "counted as outside" if study.protocol.missing == "outside" else "left out"
            said.append(
                f"No image of {listing(missed)} could be scored: a technical failure of the whole "
                f"sample, {counted}."
            )
        if absent:
            why = " and no true class of its cells is known," if study.mode == "same-cells" else ""
            said.append(
                f"No image of {listing(absent)} could be scored,{why} so that "
                f"{'it is' if len(absent) == 1 else 'they are'} in no figure here, and not counted "
                "as a failure either."
            )
        return " ".join(said)


def _percent(part: float) -> str:
    number = 100 * part
    return f"{fixed(number, places_of(number, significant=1 if number < 1 else 2))} %"


SECTION = Section(context={"origins": Origins})
