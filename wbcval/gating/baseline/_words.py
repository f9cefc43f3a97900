"""A baseline in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from wbcval.bundle.read import Side
from wbcval.gating.baseline._log import Accepted, Entry, Judged
from wbcval.gating.baseline._store import Store
from wbcval.gating.compare import name_of, needs_of, needs_said
from wbcval.stats.equal_model import POWER


def shown(store: Store) -> str:
    """What is current, what the anchor is, and how often candidates were judged."""
    now, first = store.accepted, store.anchored
    lines = [f"current: {model(now)}", *_about(now, store.current)]
    if first is now:
        lines.append("anchor: the same")
    else:
        lines += [f"anchor: {model(first)}", *_about(first, store.anchor)]
    lines += _needs(store.current)
    lines.append(f"judged on this reference set: {store.judged} times, as far as recorded")
    lines.append(f"size: {size(store)}")
    return "\n".join(lines)


def logged(entries: Iterable[Entry]) -> str:
    """A line per entry."""
    header = ("entry", "time", "what", "model", "verdict", "by", "why", "sha256")
    rows = [header, *(_line(entry) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def model(entry: Accepted) -> str:
    """Name and version of the model."""
    name, version = entry.model.get("name", ""), entry.model.get("version", "")
    return plain(f"{name or 'a model without a name'} {version}".strip())


def size(store: Store) -> str:
    """Of all its files."""
    return f"{store.size / 1000:.0f} kB"


def plain(text: str) -> str:
    r"""On one line, whatever is not printed as itself escaped: nothing steers a terminal.

    >>> plain("first\nrelease"), plain("\x1b[2Jgone"), plain("Zoë 白")
    ('first\\nrelease', '\\x1b[2Jgone', 'Zoë 白')
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _about(entry: Accepted, side: Side) -> list[str]:
    study = side.study
    cells = 0 if study.counts is None else int(study.counts.confusion.sum())
    return [
        f"  accepted {plain(entry.time)} by {plain(entry.by)} (entry {entry.number})",
        f"  why: {plain(entry.why)}",
        f"  verdict of its bundle: {plain(entry.verdict)}",
        f"  {len(study.sample_ids)} samples; {', '.join(study.measurands)}; "
        f"{cells} cells with a true class",
    ]


def _needs(side: Side) -> list[str]:
    """What the gate will ask of an equal model on these samples, the most first."""
    found = needs_of(side)
    if not found:
        return []
    shares = " / ".join(f"{100 * n.disagree:g}" for n in found[0].needs)
    lines = [
        needs_said(found),
        f"samples for a chance of {100 * POWER:g} % where it differs in {shares} %:",
    ]
    for a in found:
        needed = " / ".join("none" if n.needed is None else str(n.needed) for n in a.needs)
        lines.append(
            f"  {name_of(a.row)}, margin {a.row.margin:g}: {needed} (held by {a.usual.samples})"
        )
    return lines


def _line(entry: Entry) -> tuple[str, ...]:
    said = ("", "", "", "", "")
    if isinstance(entry, Accepted):
        what = "accepted, anchor" if entry.anchor else "accepted"
        said = (what, model(entry), entry.verdict, entry.by, entry.why)
    elif isinstance(entry, Judged):
        said = ("judged", f"predictions {entry.candidate[:12]}", entry.verdict, "", "")
    return (str(entry.number), *map(plain, (entry.time, *said, entry.sha256[:12])))
