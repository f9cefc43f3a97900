"""GitHub workflow commands, which put the verdict on the page of a run."""

from wbcval.gating.ci_outputs._announced import Announced
from wbcval.gating.ci_outputs._order import headline, worst_first
from wbcval.judge.outcomes import Decision, Status
from wbcval.judge.tally import tally
from wbcval.values.one_line import one_line

_SHOWN = 9  # GitHub shows ten of a kind in a step; the first line is the summary
_TITLE, _MESSAGE = 60, 1_000  # characters
_SUMMARY = {Decision.ACCEPTED: "notice"}  # any other verdict stops the build


def annotations(comparison: Announced) -> str:
    """A summary line, the worst outcomes that did not pass, and what is said aloud; nine of these.

    Optional outcomes are left out. ``::error`` for what failed, ``::warning`` for what could not be
    decided; the summary is an error whenever the verdict is not *accepted*, since then the build
    stops.
    """
    verdict = comparison.verdict
    stopped = [
        (name, o)
        for name, o in worst_first(comparison)
        if o.status is not Status.PASS and not o.criterion.optional
    ]
    room = max(_SHOWN - len(comparison.aloud), 1)
    left_out = f" {room} of {len(stopped)} are shown here." if len(stopped) > room else ""
    lines = [
        _command(
            _SUMMARY.get(verdict.decision, "error"),
            f"wbcval gate: {verdict.decision}",
            f"{headline(comparison)}: {tally(verdict)}.{left_out} {verdict.reason}"
            f" {verdict.covered}",
        )
    ]
    lines += [
        _command(
            "error" if o.status is Status.FAIL else "warning",
            f"{comparison.word(o)}: {name}",
            o.message,
        )
        for name, o in stopped[:room]
    ]
    lines += [_command("warning", "wbcval gate", said) for said in comparison.aloud[:_SHOWN]]
    return "".join(f"{line}\n" for line in lines)


def _command(level: str, title: str, message: str) -> str:
    shown = _escaped(one_line(title, _TITLE)).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={shown}::{_escaped(one_line(message, _MESSAGE))}"


def _escaped(text: str) -> str:
    """By the rules of the runner; ``one_line`` has left no line break to escape."""
    return text.replace("%", "%25")
