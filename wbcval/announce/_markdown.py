"""A comparison as Markdown, for a merge request and for the summary of a CI run."""

from __future__ import annotations

from collections.abc import Iterator

from wbcval._format import (
    DASH,
    MINUS,
    fixed,
    numerals,
    places,
    places_of,
)
from wbcval.announce._markdown_text import Section, bold, cells, code, page, prose, table
from wbcval.announce._order import headline, named, tally, worst_first
from wbcval.compare._types import ANCHOR, BASELINE, Change, Comparison
from wbcval.outcomes import Outcome, Status
from wbcval.protocol import CLASS_MEASURES

COMMENT = 64_000  # bytes; hosts refuse comments above 65 536 characters
_SENTENCE = 2_000  # characters of the reason
_MOVED = 20  # samples

_HEADER = ("", "what", "before → after", "change, above 0 is better", "margin", "detectable loss")
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


def _said(comparison: Comparison) -> Iterator[Section]:
    verdict = comparison.verdict
    yield Section((
        f"### wbcval gate: {verdict.decision.written}",
        "",
        f"{bold(headline(comparison))}. {prose(verdict.reason, _SENTENCE)}",
        "",
        f"Of {len(verdict.outcomes)} criteria: {tally(verdict)}.",
    ))  # fmt: skip
    if comparison.waived:
        said = "**Overridden**: the two differ in what must not differ, and were compared anyway."
        rows = tuple(f"- {bold(a.what)}: {prose(a.said)}" for a in comparison.waived)
        yield Section((said, ""), rows, "differences")
    notes = list(comparison.notes)
    if comparison.identical:
        notes.insert(0, "Both models said the same of every cell and sample.")
    if comparison.judged_before is None:
        notes.append("How often this reference set was judged before is not recorded.")
    if notes:
        yield Section(("**Note**", ""), tuple(f"- {prose(note)}" for note in notes), "notes")


def _judged(comparison: Comparison) -> Iterator[Section]:
    ranked = worst_first(comparison)
    said = _INTERVALS
    for against, title in _AGAINST.items():
        rows = [
            cells(_word(comparison, o, change), code(name), *_numbers(change, o.criterion.min),
                  _detectable(change) if o.status is Status.PASS else DASH)
            for name, o in ranked
            if (change := comparison.change_of.get(o.criterion.id)) and change.against == against
        ]  # fmt: skip
        if rows:
            yield Section(table(title, said, _HEADER), tuple(rows), "changes")
            said = ""
    own = [
        cells(_word(comparison, o, None), code(name), prose(o.message, _SENTENCE))
        for name, o in ranked
        if o.criterion.id not in comparison.change_of
    ]
    if own:
        said = (
            ""
            if comparison.candidate.declared
            else "No protocol declared them: shown, not counted."
        )
        head = table("The candidate by itself", said, ("", "criterion", "finding"))
        yield Section(head, tuple(own), "criteria")
    stopped = tuple(
        f"- {bold(comparison.word(o))} {code(name)}: {prose(o.message, _SENTENCE)}"
        for name, o in ranked
        if o.status is not Status.PASS and not o.criterion.optional
        and o.criterion.id in comparison.change_of
    )  # fmt: skip
    if stopped:
        yield Section(("#### Changes that did not pass", ""), stopped, "changes")


def _samples(comparison: Comparison) -> Iterator[Section]:
    flips = [
        cells(word, code(sample), code(f.subject), code(f.limit))
        for ids, word in (("outside_now", "✗ outside now"), ("within_now", "✓ within now"))
        for f in comparison.flips
        for sample in getattr(f, ids)
    ]
    if flips:
        head = table("Samples that crossed the limit", "", ("", "sample", "measurand", "limit, %"))
        yield Section(head, tuple(flips), "samples")
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
        yield Section(head, tuple(row for *_, row in sorted(moved)), "samples", _MOVED)
    yield from _strata(comparison)


def _strata(comparison: Comparison) -> Iterator[Section]:
    judged = {change.key for change in comparison.change_of.values()}
    within = [c for c in comparison.changes if c.key not in judged and c.change.has_interval]
    apart = sorted((c for c in within if c.direction), key=lambda c: c.change.value or 0.0)
    if not within:
        return
    said = (
        f"{len(apart)} of {len(within)} changes within strata have an interval without 0. They are "
        "not judged, nor adjusted for their number: where nothing changed, 1 in 20 would too."
    )
    header = ("", "in", "what", "before → after", "change, above 0 is better")
    rows = tuple(
        cells(f"measurably {c.direction}", code(c.stratum), code(f"{c.subject} {c.statistic}"),
              *_numbers(c, None)[:2])
        for c in apart
    )  # fmt: skip
    title = "Sites and other strata that moved"
    head = table(title, said, header) if rows else (f"#### {title}", "", said)
    yield Section(head, rows, "changes")


def _word(comparison: Comparison, outcome: Outcome, change: Change | None) -> str:
    said = [f"{outcome.status.written.split()[0]} {comparison.word(outcome)}"]
    if change is not None and outcome.status is not Status.FAIL and change.measurable_loss:
        said.append(change.measurable_loss)
    return ", ".join(said + ["optional"] * outcome.criterion.optional)


def _numbers(change: Change, least: float | None) -> tuple[str, str, str]:
    """Before and after, the change with its interval, and the margin, as a reader writes them."""
    scale, e = change.difference.factor, change.change
    if e.value is None:
        return DASH, f"not estimable: {prose(e.reason)}", _size(change, least)
    unit = _spaced(change.scale.words)
    digits = places(e, scale, least=1)
    before, after = (
        fixed(None if v is None else scale * v, digits) for v in (change.before, change.after)
    )
    bounds = (0.0,) if least is None else (0.0, least)
    value, low, high = numerals(e, change.difference.percent, *bounds)
    sign = "+" if e.value > 0 and not value.startswith(MINUS) else ""
    interval = "no interval" if e.low is None and e.high is None else f"{low} to {high}"
    points = _spaced(change.difference.words)
    return (
        f"{before}{unit} → {after}{unit}",
        f"{sign}{value}{points} ({interval})",
        _size(change, least),
    )


def _detectable(change: Change) -> str:
    if change.detectable is None:
        return DASH
    size = change.difference.factor * change.detectable
    return fixed(size, places_of(size, significant=2)) + _spaced(change.difference.words)


def _size(change: Change, least: float | None) -> str:
    if least is None:
        return DASH
    return f"{change.difference.factor * abs(least):.10g}{_spaced(change.difference.words)}"


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""
