"""From a path to a checked table, by the part that the file plays."""

from __future__ import annotations

from pathlib import Path

from wbcval.door.tables._open import Opened
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.machine import plugins


def kind_of(path: Path, options: ReadOptions | None = None) -> str:
    """What a file holds, told by its columns: ``cells``, ``counts``, ``reference``, ``samples``.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    return Opened(path, options or ReadOptions(), batch_rows=1).kind


def read(path: Path, role: str, options: ReadOptions | None = None) -> Checked:
    """Read and check a whole file.

    Args:
        path: the file.
        role: of :data:`wbcval.protocol.roles.ROLES`; ``predictions`` are cells or sample counts,
            told by their columns.
        options: what the protocol says about it.

    Returns:
        The clean rows with findings; where a finding is an error, the frame is empty or of no use.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    found: Checked = plugins.named("wbcval.door.tables.roles", role).read(
        path, options or ReadOptions()
    )
    return found
