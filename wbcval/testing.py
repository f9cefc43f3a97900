"""A verdict as an assertion, for a model's own test suite.

In a file that pytest collects::

    from pathlib import Path

    import wbcval
    from wbcval.testing import assert_accepted

    def test_the_model_meets_its_protocol():
        assert_accepted(wbcval.report(wbcval.load(Path("protocol.toml"))))

    def test_the_gate_let_this_model_pass():
        assert_accepted(Path("wbcval-gate"))
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from wbcval.bundle import evidence
from wbcval.judge.outcomes import Decision, Status, Verdict
from wbcval.verbs.road import verify


class HasVerdict(Protocol):
    """Anything with a verdict: :class:`wbcval.Report`, or a comparison of two models."""

    @property
    def verdict(self) -> Verdict:
        """What was decided, and why."""


def assert_accepted(
    made: HasVerdict | str | os.PathLike[str], *, allow_inconclusive: bool = False
) -> None:
    """Pass where the verdict is *accepted*.

    Args:
        made: a report, a comparison, or the folder that ``wbcval report`` or ``wbcval gate`` wrote.
            A folder's files are first held against its manifest, and what it says of itself
            against its tables.
        allow_inconclusive: let *inconclusive* pass too: nothing failed, and something could not be
            decided.

    Raises:
        AssertionError: where it is not; the message is the reason and, in a sentence each, what
            failed or could not be decided. Also where a file of the folder is not as written.
        InputError: where the folder is none of these.
    """
    __tracebackhide__ = True  # pytest then shows the test's own line
    verdict = _read(Path(made)) if isinstance(made, str | os.PathLike) else made.verdict
    good = {Decision.ACCEPTED, Decision.INCONCLUSIVE} if allow_inconclusive else {Decision.ACCEPTED}
    if verdict.decision not in good:
        raise AssertionError("\n".join(_lines(verdict)))


def _lines(verdict: Verdict) -> list[str]:
    stopped = [
        o for o in verdict.outcomes if o.status is not Status.PASS and not o.criterion.optional
    ]
    said = [f"{o.status.written}: {o.criterion.id}: {o.message}" for o in stopped]
    return [f"{verdict.headline}: {verdict.reason}", *said, *filter(None, [verdict.covers])]


def _read(folder: Path) -> Verdict:
    altered = verify(folder)
    if altered:
        files = "\n".join(f"{d.name} {d.what}" for d in altered)
        raise AssertionError(f"{folder} is not as it was written, so its verdict is none\n{files}")
    return evidence.told_of(folder).verdict
