"""A new anchor beside the one that ends: what both hold, and what was lost on it (§18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wbcval.bundle.read import Side
from wbcval.gating.compare import OVERRIDES, compare
from wbcval.gating.compare.alike import refuse_renamed, truths_of
from wbcval.judge.outcomes import Status
from wbcval.study.types import Study
from wbcval.values.errors import InputError


@dataclass(frozen=True)
class CommonSamples:
    """What a bundle and an anchor have in common.

    Attributes:
        shared: samples of both with one truth. changed: samples of both with another truth.
        overlap: share of the cells of the smaller one, or of its samples where there are none.
        worse: what is worse on ``shared``, by the anchor's own margins, in sentences.
        open: why it could not be compared there; "" where it could.
    """

    shared: int
    changed: int
    overlap: float
    worse: tuple[str, ...]
    open: str

    @property
    def said(self) -> str:
        """In one sentence, for the log and for each later gate."""
        parts = [f"on the {self.shared} samples both hold "]
        if self.open:
            parts[0] += f"nothing was compared ({self.open})"
        elif self.worse:
            parts[0] += f"the new one is worse: {' '.join(self.worse)}".rstrip(".")
        else:
            parts[0] += "the new one was not found worse"
        if self.changed:
            parts.append(f"the truth of {self.changed} samples changed")
        return "; ".join(parts)


def beside(side: Side, anchor: Side) -> CommonSamples:
    """Hold a bundle against the anchor that it would end, on what both share.

    By the anchor's margins, so that none is widened on the way.

    Raises:
        InputError: where the anchor's samples stand there under other ids.
    """
    ours, theirs = (truths_of(each.study) for each in (side, anchor))
    refuse_renamed(side.name, ours, theirs)
    both = [name for name in ours if name in theirs]
    whole = {*ours} == {*theirs} and {*side.study.values} == {*anchor.study.values}
    if whole and side.digests["reference"] != anchor.digests["reference"]:
        shared = []  # the cells differ, in which samples is not known
    else:
        shared = [name for name in both if ours[name] == theirs[name]]
    worse, why = _worse(side, anchor, shared)
    return CommonSamples(
        len(shared), len(both) - len(shared), overlap(side, anchor, shared),
        worse, why,
    )  # fmt: skip


def overlap(side: Side, anchor: Side, shared: Sequence[str]) -> float:
    """Share of the cells of the smaller reference set that stand in ``shared`` samples."""
    sizes = [_sizes(each.study) for each in (side, anchor)]
    least = min(sum(each.values()) for each in sizes)
    return sum(sizes[0][name] for name in shared) / least if least else 0.0


def _sizes(study: Study) -> dict[str, int]:
    if study.counts is None:
        return dict.fromkeys(study.sample_ids, 1)
    cells = study.counts.confusion.sum(axis=(1, 2))
    return dict(zip(study.sample_ids, cells.tolist(), strict=True))


def _worse(side: Side, anchor: Side, shared: Sequence[str]) -> tuple[tuple[str, ...], str]:
    if not shared:
        return (), "there are none with one truth"
    gate = anchor.protocol.gate
    cut = [
        replace(
            each,
            study=replace(each.study.at(tuple(shared)), protocol=replace(each.protocol, gate=gate)),
        )
        for each in (side, anchor)
    ]
    if cut[0].digests["predictions"] == cut[1].digests["predictions"]:
        return (), ""
    try:
        found = compare(cut[0], cut[1], allow=OVERRIDES)
    except InputError as why:
        return (), why.got
    worse = [
        f"{o.message}"
        for o in found.verdict.required
        if o.status is Status.FAIL and o.criterion.id in found.change_of
    ]
    return tuple(worse), ""
