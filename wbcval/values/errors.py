"""Errors a person can act on: each says where, what was got, and what to do."""

from __future__ import annotations

TYPE_CHECKING = False  # as in the package itself: importing typing takes time
if TYPE_CHECKING:
    from wbcval.values.reasons import Reason


class WbcvalError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(WbcvalError):
    """An input or a call that cannot be used: exit code 2.

    Args:
        where: file, row, column or option, as the user knows it.
        got: what was found there.
        advice: what to do about it.
    """

    def __init__(self, where: str, got: str, advice: str) -> None:
        self.where, self.got, self.advice = where, got, advice
        super().__init__(f"{where}: {got}\n  {advice}" if advice else f"{where}: {got}")

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str]]:
        return type(self), (self.where, self.got, self.advice)  # from another process, whole


class NotEstimable(WbcvalError):  # noqa: N818 (the name is a contract)
    """A statistic that these data do not determine, with the reason.

    Raised by functions of :mod:`wbcval.stats`; ``evaluate`` keeps the reason as a value.
    """

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason)


def install(extra: str) -> str:
    """What to do where the packages of an extra are absent.

    ``wbcval`` stands on no package index: who asks one for that name gets whatever a stranger put
    there.
    """
    return f"pip install '.[{extra}]' in a checkout of wbcval, or with its wheel for the dot"
