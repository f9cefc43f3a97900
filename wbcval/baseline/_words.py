"""A baseline in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from wbcval.baseline._log import Accepted, Entry, Judged
from wbcval.baseline._store import Store
from wbcval.compare import Side


def shown(store: Store) -> str:
    """What is current, what the anchor is, and how often candidates were judged."""
    now, first = store.accepted, store.anchored
    lines = [f"current: {model(now)}", *_about(now, store.current)]
    if first is now:
        lines.append("anchor: the same")
    else:
        lines += [f"anchor: {model(first)}", *_about(first, store.anchor)]
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


def _line(entry: Entry) -> tuple[str, ...]:
    said = ("", "", "", "", "")
    if isinstance(entry, Accepted):
        what = "accepted, anchor" if entry.anchor else "accepted"
        said = (what, model(entry), entry.verdict, entry.by, entry.why)
    elif isinstance(entry, Judged):
        said = ("judged", f"predictions {entry.candidate[:12]}", entry.verdict, "", "")
    return (str(entry.number), *map(plain, (entry.time, *said, entry.sha256[:12])))
