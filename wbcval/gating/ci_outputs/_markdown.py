"""A comparison as Markdown, for a merge request and for the summary of a CI run."""

from __future__ import annotations

from collections.abc import Iterator

from wbcval.gating.ci_outputs._announced import Announced
from wbcval.gating.ci_outputs._markdown_text import (
    MarkdownSection,
    bold,
    cells,
    code,
    page,
    prose,
    table,
)
from wbcval.gating.ci_outputs._order import headline, worst_first
from wbcval.gating.compare.types import ANCHOR, BASELINE, Change, Comparison
from wbcval.gating.compare.written import exactly, lower_bounds, plain, shown, size, unit_of
from wbcval.judge.outcomes import Outcome, Status
from wbcval.judge.tally import named, tally
from wbcval.protocol.types import CLASS_MEASURES
from wbcval.values.told import MOST_TOLD
from wbcval.values.wording import DASH, with_unit

COMMENT = 64_000  # bytes; hosts refuse comments above 65 536 characters
_MOVED = 20  # samples

_HEADER = (
    "",
    "what",
    "before → after",
    "change, above 0 is better",
    "lower bound: losses spread / whole samples fail (could have, unseen)",
    "margin",
    "detectable loss",
)
_AGAINST = {BASELINE: "Against the baseline", ANCHOR: "Against the anchor, the first one accepted"}
_INTERVALS = (
    "Intervals are two-sided, 95 %. Detectable: the smallest true loss that would not have passed, "
    "with a chance of 80 %."
)


def markdown(comparison: Comparison, limit: int = COMMENT) -> str:
    """The verdict in words, then what it rests on, each table with the worst first.

    Args:
        limit: bytes of UTF-8. Where it is reached, rows are left out and their number is said;
            the verdict, its reason and the counts are always there. GitHub's step summary takes
            1 MiB.

    Raises:
        ValueError: for a limit that does not hold even these.
    """
    return page([*_said(comparison), *_judged(comparison), *_samples(comparison)], limit)


def holds(summary: str, comparison: Announced) -> bool:
    """Whether it opens with the verdict, and says all that is said aloud, or that some is not."""
    opening = "\n".join((*_verdict(comparison).head, ""))
    spoken, lines = _aloud(comparison), {*summary.splitlines()}
    shown = sum(row in lines for row in spoken.rows)
    cut = spoken.left_out(len(spoken.rows) - shown).strip() in lines
    return summary.startswith(opening) and (shown == len(spoken.rows) or cut)


def _verdict(comparison: Announced) -> MarkdownSection:
    verdict = comparison.verdict
    return MarkdownSection((
        f"### wbcval gate: {verdict.decision.written}",
        "",
        f"{bold(headline(comparison))}. {prose(verdict.reason, MOST_TOLD)}",
        "",
        *(f"- {prose(each.said, MOST_TOLD)}" for each in verdict.told),
        *([""] if verdict.told else []),
        f"Of {len(verdict.outcomes)} criteria: {tally(verdict)}.",
    ))  # fmt: skip


def _aloud(comparison: Announced) -> MarkdownSection:
    rows = tuple(f"- {prose(said, MOST_TOLD)}" for said in comparison.aloud)
    return MarkdownSection(("**Aloud**", ""), rows, "sentences")


def _said(comparison: Comparison) -> Iterator[MarkdownSection]:
    yield _verdict(comparison)
    if comparison.waived:
        said = "**Overridden**: the two differ in what must not differ, and were compared anyway."
        rows = tuple(f"- {bold(a.what)}: {prose(a.said)}" for a in comparison.waived)
        yield MarkdownSection((said, ""), rows, "differences")
    if comparison.aloud:
        yield _aloud(comparison)
    notes = list(comparison.notes)
    if comparison.identical:
        notes.insert(0, "Both models said the same of every cell and sample.")
    if comparison.judged_before is None:
        notes.append("How often this reference set was judged before is not recorded.")
    if notes:
        yield MarkdownSection(
            ("**Note**", ""), tuple(f"- {prose(note)}" for note in notes), "notes"
        )


def _judged(comparison: Comparison) -> Iterator[MarkdownSection]:
    ranked = worst_first(comparison)
    said = _INTERVALS
    for against, title in _AGAINST.items():
        rows = [
            cells(_word(comparison, o, change), code(name), *_numbers(change, o.criterion.min),
                  _bounds(change, o.criterion.min), _margin(change, o.criterion.min),
                  _detectable(change) if o.status is Status.PASS else DASH)
            for name, o in ranked
            if (change := comparison.change_of.get(o.criterion.id)) and change.against == against
        ]  # fmt: skip
        if rows:
            yield MarkdownSection(table(title, said, _HEADER), tuple(rows), "changes")
            said = ""
    own = [
        cells(_word(comparison, o, None), code(name), prose(o.message, MOST_TOLD))
        for name, o in ranked
        if o.criterion.id not in comparison.change_of
    ]
    if own:
        said = (
            ""
            if comparison.candidate.declared
            else "No protocol declared them: optional ones are shown, not counted."
        )
        head = table("The candidate by itself", said, ("", "criterion", "finding"))
        yield MarkdownSection(head, tuple(own), "criteria")
    stopped = tuple(
        f"- {bold(comparison.word(o))} {code(name)}: {prose(o.message, MOST_TOLD)}"
        for name, o in ranked
        if o.status is not Status.PASS and not o.criterion.optional
        and o.criterion.id in comparison.change_of
    )  # fmt: skip
    if stopped:
        yield MarkdownSection(("#### Changes that did not pass", ""), stopped, "changes")


def _samples(comparison: Comparison) -> Iterator[MarkdownSection]:
    flips = [
        cells(word, code(sample), code(f.subject), code(f.statistic.rest))
        for ids, word in (("outside_now", "✗ outside now"), ("within_now", "✓ within now"))
        for f in comparison.flips
        for sample in getattr(f, ids)
    ]
    if flips:
        head = table("Samples that crossed the limit", "", ("", "sample", "measurand", "limit, %"))
        yield MarkdownSection(head, tuple(flips), "samples")
    names = dict(zip((o.criterion.id for o in comparison.verdict.outcomes),
                     named(comparison.verdict.outcomes), strict=True))  # fmt: skip
    moved = [
        (-m.lost, m.sample_id, cells(code(m.sample_id), code(names[key]), prose(m.said)))
        for key, change in comparison.change_of.items()
        if change.against == BASELINE and change.measure in CLASS_MEASURES
        and change.subject != "all"  # all classes together say it a second time
        for m in change.moved
    ]  # fmt: skip
    if moved:
        head = table("Samples that lost most cells", "", ("sample", "of", "right, before → after"))
        yield MarkdownSection(head, tuple(row for *_, row in sorted(moved)), "samples", _MOVED)
    yield from _strata(comparison)


def _strata(comparison: Comparison) -> Iterator[MarkdownSection]:
    judged = {change.key for change in comparison.change_of.values()}
    within = [c for c in comparison.changes if c.key not in judged and c.change.has_interval]
    apart = sorted((c for c in within if c.direction), key=lambda c: c.change.value or 0.0)
    if not within:
        return
    said = (
        f"{len(apart)} of {len(within)} changes within strata were shown, their number considered "
        "(Holm). They are not judged."
    )
    header = ("", "in", "what", "before → after", "change, above 0 is better")
    rows = tuple(
        cells(f"measurably {c.direction}", code(c.stratum), code(f"{c.subject} {c.statistic}"),
              *_numbers(c, None))
        for c in apart
    )  # fmt: skip
    title = "Sites and other strata that moved"
    head = table(title, said, header) if rows else (f"#### {title}", "", said)
    yield MarkdownSection(head, rows, "changes")


def _word(comparison: Comparison, outcome: Outcome, change: Change | None) -> str:
    said = [f"{outcome.status.symbol} {comparison.word(outcome)}"]
    if change is not None and outcome.status is not Status.FAIL and change.measurable_loss:
        said.append(change.measurable_loss)
    return ", ".join(said + ["optional"] * outcome.criterion.optional)


def _numbers(change: Change, least: float | None) -> tuple[str, str]:
    """Before and after, and the change with its interval, as a reader writes them."""
    if change.change.value is None:
        return DASH, f"not estimable: {prose(change.change.reason)}"
    told = shown(change, None if least is None else abs(least))
    return (
        plain(f"{told.before} → {told.after}"),
        plain(f"{told.change} ({told.interval or 'no interval'})"),
    )


def _bounds(change: Change, least: float | None) -> str:
    told = None if least is None else lower_bounds(change, abs(least))
    if told is None:
        return DASH
    return plain(with_unit(f"{told.spread} / {told.whole}", unit_of(change))) + (
        f" ({told.unseen} %)"
    )


def _margin(change: Change, least: float | None) -> str:
    return DASH if least is None else plain(exactly(change, abs(least)))


def _detectable(change: Change) -> str:
    if change.detectable is None:
        return DASH
    return plain(size(change, change.detectable))
