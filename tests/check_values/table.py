"""The trial in words: statistic × data set × digits agreed, and the rest with its reason."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.check_values.trial import ALL_DIGITS, Aside, Trial


def printed(trial: Trial) -> str:
    """The whole report, as text."""
    lines = ["Digits agreed, of the worst figure of each data set (17: to the last bit)", ""]
    lines += _digits(trial)
    for title, asides in (("Left out", trial.left_out), ("Waiting", trial.waiting)):
        lines += ["", title, "", *_aside(asides)]
    for title, wrong in (
        ("Beyond tolerance", [str(row) for row in trial.rows if not row.holds]),
        ("Neither compared nor left out", trial.forgotten),
        ("Rules that nothing uses", trial.unused),
    ):
        if wrong:
            lines += ["", title, "", *wrong]
    lines += ["", *(f"{count:6d} {name}" for name, count in trial.counts().items())]
    return "\n".join(lines) + "\n"


def _digits(trial: Trial) -> Iterator[str]:
    worst: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in trial.rows:
        of_data = worst[row.entry.stat, row.entry.package]
        name = row.entry.data.id
        of_data[name] = min(row.digits, of_data.get(name, ALL_DIGITS))
    for (stat, package), of_data in sorted(worst.items()):
        yield f"{stat}, {package}: {min(of_data.values()):.1f}"
        yield from _wrapped(f"{name} {digits:.1f}" for name, digits in of_data.items())


def _aside(asides: Iterable[Aside]) -> Iterator[str]:
    groups: dict[tuple[str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for each in asides:
        of = each.entry.stat, each.entry.package, each.why
        keys, names = groups.setdefault(of, ({}, {}))
        keys[each.key or "all"] = names[each.entry.data.id] = None
    for (stat, package, why), (keys, names) in sorted(groups.items()):
        yield f"{stat}, {package}: {why}"
        yield from _wrapped(["figures:", *keys])
        yield from _wrapped(["data:", *names])


def _wrapped(words: Iterable[str]) -> list[str]:
    return textwrap.wrap(
        "  ".join(words), 100, initial_indent="    ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
