"""What was compared: the sides of a comparison beside each other."""

from __future__ import annotations

from wbcval.bundle.read import Side
from wbcval.judge.outcomes import Decision, Outcome, Status
from wbcval.render._basis import ComparisonBasis
from wbcval.render._numbers import whole
from wbcval.render._section import Section
from wbcval.render._words import listing, plural, product

REUSED = 5  # judgements on one reference set; more: what passes may be fitted to it (§12)
_DIGITS = 16  # of a hash, in the table; the whole one stands under Provenance
_EXITS = {
    Decision.ACCEPTED: "the candidate may replace the baseline.",
    Decision.REJECTED: "the candidate must not replace the baseline.",
    Decision.INCONCLUSIVE: "not a pass: these data do not show that the candidate may replace the "
    "baseline. Judge more samples, or let a person decide and put it on record.",
}


class SidesSection:
    """Selections and sentences on candidate, baseline and anchor."""

    def __init__(self, basis: ComparisonBasis) -> None:
        self.comparison = basis.comparison

    @property
    def all(self) -> list[tuple[str, Side]]:
        """What each side is, and the side."""
        c = self.comparison
        found = [("Candidate", c.candidate), ("Baseline", c.baseline)]
        return [*found, ("Anchor", c.anchor)] if c.anchor is not None else found

    @property
    def heading(self) -> str:
        """Candidate against baseline; by the names of their folders where the models' are equal."""
        c = self.comparison
        ours, theirs = model(c.candidate), model(c.baseline)
        if ours == theirs:
            ours, theirs = f"{ours} ({c.candidate.name})", f"{theirs} ({c.baseline.name})"
        return f"{ours} against {theirs}"

    @property
    def exit_meaning(self) -> str:
        """The exit code and what follows."""
        verdict = self.comparison.verdict
        return f"Exit code {verdict.exit_code}: {_EXITS[verdict.decision]}"

    @property
    def judged(self) -> str:
        """How often this reference set was judged, this time included."""
        before = self.comparison.judged_before
        if before is None:
            return "How often it was judged is not recorded."
        return f"Judged {plural(before + 1, 'time')}, this one included, as far as recorded."

    @property
    def reused(self) -> bool:
        """Whether so many judged on this reference that a pass may be fitted to it."""
        return (self.comparison.judged_before or 0) + 1 > REUSED

    @property
    def absolute(self) -> list[Outcome]:
        """The candidate by itself: criteria that either side declared, judged anew."""
        c = self.comparison
        return [o for o in c.verdict.outcomes if o.criterion.id not in c.change_of]

    def baseline_outcome(self, outcome: Outcome) -> Outcome | None:
        """The same criterion as it was judged on the baseline."""
        wanted = outcome.criterion.id
        return next(
            (o for o in self.comparison.baseline.outcomes if o.criterion.id == wanted), None
        )

    @property
    def absolute_sentence(self) -> str:
        """How many of the criteria the candidate passes."""
        counted = [o for o in self.absolute if not o.criterion.optional]
        others = len(self.absolute) - len(counted)
        if not counted:
            shown = f"; {plural(others, 'is', 'are')} shown, not counted" if others else ""
            return f"No criterion of the candidate by itself decides here{shown}."
        passed = sum(o.status is Status.PASS for o in counted)
        more = f" {plural(others, 'optional one is', 'optional ones are')} shown, not counted."
        return (
            f"The candidate passes {passed} of {len(counted)} required criteria of its own, which "
            f"block as well.{more if others else ''}"
        )

    @property
    def common(self) -> int:
        """Samples that candidate and baseline share."""
        c = self.comparison
        return len({*c.candidate.study.sample_ids} & {*c.baseline.study.sample_ids})

    @property
    def pairing(self) -> str:
        """How the two sides were compared, in one sentence."""
        if self.comparison.identical:
            return (
                "Identical: both said the same of every cell and sample (equal digests of all "
                "predictions), so that every change is 0 and needs no interval."
            )
        if self.comparison.paired:
            return f"Compared sample by sample, on the {plural(self.common, 'sample')} both have."
        return (
            "Compared unpaired, each side by its own interval. This is weaker: what is hard in a "
            "sample for both models does not cancel, so that intervals are wider and less is shown."
        )

    @property
    def facts(self) -> list[tuple[str, list[str], str]]:
        """Rows of the table of sides: what, one text per side, class of the cells."""
        studies = [side.study for _, side in self.all]
        origins = [side.provenance for _, side in self.all]
        cells = [0 if s.counts is None else int(s.counts.confusion.sum()) for s in studies]
        return [
            ("Model", [model(side) for _, side in self.all], ""),
            ("Read from", [side.name for _, side in self.all], ""),
            *self._origins,
            ("Samples", [whole(len(s.sample_ids)) for s in studies], ""),
            ("Cells with a true class", [whole(n) if n else "none" for n in cells], ""),
            ("Measurands", [listing(s.measurands, 11) for s in studies], ""),
            ("Mode", [o["mode"] for o in origins], ""),
            ("Class roll-up", [o["rollup"] or "full" for o in origins], ""),
            ("Digest of the predictions", self._digests("predictions"), "hash"),
            ("Digest of the reference", self._digests("reference"), "hash"),
            ("Protocol, sha256", [_start(o["protocol_sha256"]) for o in origins], "hash"),
            ("Made", [f"{o['created']} by wbcval {o['wbcval_version']}" for o in origins], ""),
        ]

    @property
    def _origins(self) -> list[tuple[str, list[str], str]]:
        """Rows on how the predictions were made, where any side says so."""
        if not any(side.predicted_by for _, side in self.all):
            return []
        models = [
            ", ".join(dict.fromkeys(_start(p.sha256) for p in side.predicted_by))
            for _, side in self.all
        ]
        unscored = [side.unscored for _, side in self.all]
        return [
            ("Files of the model, sha256", [text or "not recorded" for text in models], "hash"),
            (
                "Images that could not be scored",
                [f"{whole(u[0])} of {whole(u[1])}" if u else "not recorded" for u in unscored],
                "",
            ),
        ]

    def _digests(self, of: str) -> list[str]:
        return [_start(side.digests[of]) for _, side in self.all]


def _start(digest: str | None) -> str:
    return digest[:_DIGITS] if digest else "none given"


def model(side: Side) -> str:
    """Name and version of a side's model, by protocol or record; or the name of its folder."""
    names = ", ".join(dict.fromkeys(p.model for p in side.predicted_by))
    return product(side.protocol.model, names or side.name)


SECTION = Section(context={"sides": SidesSection})
