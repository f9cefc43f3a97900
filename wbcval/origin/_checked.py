"""Whether the cards behind the predictions were held against another pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from wbcval.origin._types import Origin


def checked(origins: Sequence[Origin], files: int) -> int:
    """Images on which every card was checked, the fewest of all files; 0 where one was not.

    Args:
        origins: of the files of predictions that have a record.
        files: of predictions. What has no record was not checked.
    """
    if len(origins) < files:
        return 0
    every = [o.record["card_check"]["images"] if "card_check" in o.record else 0 for o in origins]
    return min(every, default=0)
