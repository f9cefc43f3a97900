"""Where a leukocyte lies in a field, and what is said where that cannot be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels, half-open: ``x_max`` and ``y_max`` are the first outside."""

    x_min: int
    y_min: int
    x_max: int
    y_max: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.x_max - self.x_min

    @property
    def height(self) -> int:
        """In pixels."""
        return self.y_max - self.y_min


class Unscaled(ValueError):  # noqa: N818 (what the field is)
    """Something is stained like nuclei, and no red cells tell how large it is."""
