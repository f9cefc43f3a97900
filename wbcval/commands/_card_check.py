"""``wbcval model check``: a card against what the user's own pipeline wrote."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from wbcval.commands import ACCEPTED, DIFFERS
from wbcval.commands._shared import path_of, progress
from wbcval.predict.cardcheck import CardOutcome, CheckedCard, check, to_write, worded
from wbcval.values.wording import all_of

_MOST = 4  # cards, and values of one axis, that are printed


def run(args: argparse.Namespace) -> int:
    """Check a card and say what came of it."""
    with progress() as tell:
        found = check(
            Path(args.model), path_of(args.card), Path(args.images), Path(args.against), tell
        )
    for line in said(found):
        print(line)
    shown = found.outcome is CardOutcome.AGREES and not found.reference.interchangeable
    return ACCEPTED if shown else DIFFERS


def said(found: CheckedCard) -> list[str]:
    """What a check came to, in lines."""
    given, reference, file = found.given, found.reference, found.file
    lines = [
        f"{file.path.name}, card {file.card_from}: {given.images} images of {reference.file}",
        f"  reference sha256 {reference.sha256}",
    ]
    if reference.labelled:
        lines.append(f"  labels: {given.labels} of {given.images} differ")
    else:
        places = "" if reference.decimals is None else f", printed to {reference.decimals} places"
        lines.append(f"  probabilities differ by up to {given.largest:.2g}{places}; "
                     f"{given.labels} of {given.images} labels differ")  # fmt: skip
    if found.refused:
        lines.append(f"  the trial refuses the card: the model {found.refused}")
    lines += _verdict(found)
    for axis, values in found.untold:
        more = f" and {len(values) - _MOST} more" if len(values) > _MOST else ""
        named = ", ".join(values[:_MOST]) + more
        own = worded(found.found[0].card, axis)
        lines.append(f"  these images do not tell {axis} {own} from {named}")
    unlike = reference.interchangeable
    if unlike and found.outcome in (CardOutcome.AGREES, CardOutcome.EXPLAINED):
        lines.append(f"  the order of {all_of(unlike)} is not shown: a card with these in any "
                     "order would do as well; give images of these classes too")  # fmt: skip
    if found.reference.coarse and not reference.labelled:
        lines.append("  with so few places unlike cards look the same: write six")
    return lines


def _verdict(found: CheckedCard) -> list[str]:
    outcome, n = found.outcome, len(found.found)
    if outcome is CardOutcome.AGREES and found.reference.labelled:
        return ["agrees in the labels alone, which wrong cards often do: give probabilities"]
    if outcome is CardOutcome.AGREES:
        return ["agrees"]
    if outcome is CardOutcome.TELLS_NOTHING:
        return ["differs in nothing, but no other card would either: the model gives these images "
                "the same answers whatever the card says, and nothing was checked"]  # fmt: skip
    tried = f"({found.passes} passes of the images)"
    if outcome is CardOutcome.NOT_EXPLAINED:
        near = found.nearest
        lines = [f"not explained: other weights, or a step outside the card {tried}"]
        if near is not None and not found.reference.labelled:
            lines.append(f"  the nearest card differs by up to {near.difference.largest:.2g}")
        if found.untried:
            lines.append(f"  not tried, as not installed: {', '.join(found.untried)}")
        return lines
    if outcome is CardOutcome.EXPLAINED:
        return [f"explained {tried}: write", *_card(found, 0)]
    left = [] if found.nearest is None else [
        "  what is left is of other weights, or of a step outside the card"]  # fmt: skip
    if outcome is CardOutcome.PROBABLY and n == 1:
        return [f"probably {tried}: write, and check again", *_card(found, 0), *left]
    head = "explained equally well by" if outcome is CardOutcome.AMBIGUOUS else "probably one of"
    lines = [f"{head} {n} cards {tried}, which these images do not tell apart:"]
    for i in range(min(n, _MOST)):
        lines += [f"  card {i + 1}:", *_card(found, i)]
    if n > _MOST:
        lines.append(f"  and {n - _MOST} more")
    other = "  give other images: of other sizes and shapes, in colour, of every class"
    return [*lines, *left, other]


def _card(found: CheckedCard, i: int) -> Sequence[str]:
    """The lines to write for one card, by table, and how near it comes."""
    lines, table = [], None
    for where, line, now in to_write(found.file.card, found.found[i].card):
        if where != table:
            lines += [f"    {where}"] if where else []
            table = where
        lines.append(f"    {line}  # instead of {now}")
    near = found.found[i].difference
    if found.reference.labelled:
        return [*lines, f"  {near.labels} of {near.images} labels then differ"]
    return [*lines, f"  then it differs by up to {near.largest:.2g}"]
