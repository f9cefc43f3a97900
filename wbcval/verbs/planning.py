"""How many samples a protocol needs, told before there are any (STATISTICS.md §13)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from wbcval.machine import input_json
from wbcval.protocol.types import CLASS_MEASURES, Criterion, Protocol
from wbcval.stats.acceptance import chance_to_pass, k_min, samples_to_pass
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.values.classes import FIVE
from wbcval.values.errors import InputError
from wbcval.values.measurands import Measurand, Quantity
from wbcval.values.wording import in_percent

TRUE_SHARE, POWER, CELLS = 0.98, 0.8, 200
# shares in blood of healthy adults, for whom a protocol states no clinical mix (LAB.md §5 has
# chances at 60, 30, 5 and 1 %)
_USUAL = dict(zip(FIVE, (0.60, 0.30, 0.06, 0.03, 0.005), strict=True))
_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class Needed:
    """What one criterion needs.

    Attributes:
        criterion: of the protocol.
        samples: fewest from which it passes with the power asked for; ``None``: not told.
        chances: number of samples → chance to pass, of a few numbers around it.
        said: what else a reader must know, or why no number is told.
        attainable: ``False`` where no number of samples gives that power: counting forbids it, or
            the share that is planned for.
        share: within, that is planned for: as stated, or the most that counting allows; ``None``
            where none is.
    """

    criterion: Criterion
    samples: int | None
    chances: tuple[tuple[int, float], ...] = ()
    said: str = ""
    attainable: bool = True
    share: float | None = None

    def to_json(self) -> dict[str, object]:
        """As ``--json`` prints it."""
        return {
            "criterion": self.criterion.id,
            "subject": self.criterion.subject,
            "samples": self.samples,
            "chances": [{"samples": n, "power": input_json.finite(p)} for n, p in self.chances],
            "said": self.said,
            "attainable": self.attainable,
            "true_share": self.share,
        }


def plan(
    protocol: Protocol,
    *,
    true_share: float = TRUE_SHARE,
    power: float = POWER,
    cells: int = CELLS,
) -> tuple[Needed, ...]:
    """What each criterion of a protocol needs.

    Args:
        protocol: with criteria.
        true_share: share of the samples within, of the model as it is hoped to be.
        power: chance to pass that is asked for.
        cells: of the model's differential, per sample.

    Raises:
        InputError: for a protocol without criteria, and for shares, a power or cells that are none.
    """
    for name, value, known in (
        ("--true-share", true_share, 0 < true_share <= 1),
        ("--power", power, 0 < power < 1),
    ):
        if not known:
            raise InputError(name, f"got {value:g}", "write a fraction, such as 0.9")
    if cells < 1:
        raise InputError("--cells", f"got {cells}", "write how many cells are counted of a sample")
    if not protocol.criteria:
        raise InputError("[[criterion]]", "there is none", "draft some with `wbcval init`")
    return tuple(_needed(c, protocol, true_share, power, cells) for c in protocol.criteria)


def _needed(
    c: Criterion, protocol: Protocol, true_share: float, power: float, cells: int
) -> Needed:
    if c.measure == "error" and c.statistic.base == SHARE_WITHIN and c.min is not None:
        return _of_share(c, protocol, true_share, power, cells)
    if c.measure in CLASS_MEASURES:
        return Needed(
            c, None, said="its power takes how the errors fall into samples: a pilot tells"
        )
    fewest = f"decides from {c.needed} samples on"
    return Needed(
        c, None, said=f"{fewest}; its power takes the spread of the errors: a pilot tells"
    )


def _of_share(
    c: Criterion, protocol: Protocol, true_share: float, power: float, cells: int
) -> Needed:
    least = c.min or 0.0
    best = _perfect(c, protocol, cells)
    share, noise = true_share, ""
    if best is not None and best[1] < max(least, true_share):
        p, share = best  # no model is within more often than a perfect one
        noise = (
            f"a perfect classifier of {cells} cells is within {_limit(c)} in "
            f"{in_percent(share)} of the samples with {100 * p:g} %"
        )
        if share < least:
            said = (
                f"{noise}: ask for {SHARE_WITHIN}:{c.statistic.limit:g}:or_noise, or for the bias"
            )
            return Needed(c, None, said=said, attainable=False)
        share, noise = min(share, true_share), f"{noise}, and {in_percent(share)} is planned for"
    if least >= 1:
        return _of_all(c, share)
    n = samples_to_pass(least, share, power, rule=c.rule, confidence=c.confidence)
    if n is None:
        why = f"a model with {in_percent(share)} within does not pass with this power, "
        said = _joined(why + "however many samples there are", noise)
        return Needed(c, None, said=said, attainable=False, share=share)
    n = max(n, c.needed)
    around = sorted({max(n // 2, 20), n, 2 * n})
    chances = tuple(
        (k, chance_to_pass(k, k_min(k, least, c.rule, c.confidence), share)) for k in around
    )
    poor = 1 - 2 * (1 - least)  # twice as many outside as allowed
    lucky = chance_to_pass(n, k_min(n, least, c.rule, c.confidence), poor)
    let_through = (
        f"a model with {in_percent(poor)} within would pass in {in_percent(lucky)} with {n}"
    )
    return Needed(c, n, chances, _joined(let_through if poor > 0 else "", noise), share=share)


def _of_all(c: Criterion, share: float) -> Needed:
    """Of a criterion that lets no sample be outside: more samples never help."""
    n = c.needed
    if c.rule == "demonstrated":
        said = "no number of samples demonstrates that all are within: ask for less, such as 0.95"
        return Needed(c, None, said=said, attainable=False, share=share)
    if share >= 1:
        return Needed(c, n, ((n, 1.0),), share=share)
    passes = in_percent(chance_to_pass(n, n, share))
    said = (
        f"all must be within: a model with {in_percent(share)} within passes in {passes} with {n} "
        "samples, and less often with more: ask for less, such as 0.95"
    )
    return Needed(c, None, said=said, attainable=False, share=share)


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _limit(c: Criterion) -> str:
    floor = "" if c.or_within is None else f" or {c.or_within:g} points"
    return f"{c.statistic.limit:g} %{floor}"


def _perfect(c: Criterion, protocol: Protocol, cells: int) -> tuple[float, float] | None:
    """Share of the class, and the chance that counting alone keeps a sample within the limit.

    A count is the class's share of a total: it scatters by no less than the share does.
    """
    measurand = Measurand(c.subject)
    if (
        protocol.mode == "same-cells"
        or measurand.quantity is Quantity.TOTAL
        or c.statistic.or_noise
    ):
        return None
    if measurand.quantity is Quantity.COUNT and c.or_within is not None:
        return None  # its floor is one per volume, and no total is known
    p = protocol.clinical_mix.get(measurand.cell_class, _USUAL[measurand.cell_class])
    return p, chance_within(p, cells, c.statistic.limit or 0.0, floor=c.or_within or 0.0)


def chance_within(p: float, cells: int, limit: float, *, floor: float = 0.0) -> float:
    """Chance that counting alone keeps a share within a limit of the truth (LAB.md §5).

    Args:
        p: the true share, a fraction.
        cells: that are counted.
        limit: percent of the share, inclusive.
        floor: percentage points that are within too, inclusive.

    >>> [round(100 * chance_within(p, 200, 10)) for p in (0.01, 0.05, 0.1, 0.3, 0.6)]
    [27, 37, 44, 68, 93]
    """
    off = cells * max(p * limit, floor) / 100 + _EDGE
    first, last = math.ceil(cells * p - off), math.floor(cells * p + off)
    below = special.bdtr(first - 1, cells, p) if first > 0 else 0.0
    return float(special.bdtr(min(last, cells), cells, p) - below)
