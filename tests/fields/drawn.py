"""Smear fields of known truth, drawn from optical densities. Lengths are in red-cell diameters."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

RED = 40  # pixels, at magnification 1
HAEMOGLOBIN = np.array([0.10, 0.42, 0.42])
CHROMATIN = np.array([0.75, 1.30, 0.35])
LILAC = np.array([0.12, 0.32, 0.07])
GREY_BLUE = np.array([0.30, 0.35, 0.12])
GRANULES = np.array([0.14, 0.60, 0.32])  # eosinophil's
AZURE = np.array([0.45, 0.75, 0.25])  # platelets
EOSIN = np.array([0.03, 0.50, 0.05])  # pink precipitate

KINDS = {  # cytoplasm, its radius, then the lobes: x, y, radius
    "neutrophil": (LILAC, 0.75, [(-0.35, -0.2, 0.27), (0.05, 0.3, 0.26), (0.4, -0.15, 0.27)]),
    "eosinophil": (GRANULES, 0.8, [(-0.38, 0.0, 0.33), (0.38, 0.0, 0.33)]),
    "lymphocyte": (GREY_BLUE, 0.55, [(0.0, 0.0, 0.46)]),
    "monocyte": (GREY_BLUE, 0.95, [(-0.15, 0.0, 0.52), (0.2, 0.2, 0.45)]),
    "basophil": (LILAC, 0.7, [(-0.15, 0.0, 0.4), (0.2, 0.1, 0.4)]),
}


@dataclass
class Drawing:
    """A field of 16 × 12 red-cell diameters."""

    zoom: float = 1.0
    light: tuple[float, float, float] = (215, 218, 214)
    strength: float = 1.0  # of the stain
    seed: int = 1
    width: int = 16
    height: int = 12
    truth: list[tuple[float, float, float, float]] = field(default_factory=list)  # boxes, pixels

    def __post_init__(self) -> None:
        self.red = RED * self.zoom
        size = (round(self.height * self.red), round(self.width * self.red))
        self.y, self.x = np.mgrid[: size[0], : size[1]] / self.red
        self.density = np.zeros((*size, 3))
        self._clear: list[tuple[float, float, float]] = []

    def _fill(self, x: float, y: float, radius: float, stain: np.ndarray) -> None:
        window, disc = self._disc(x, y, radius)
        self.density[window][disc] = stain

    def _add(self, x: float, y: float, radius: float, stain: np.ndarray) -> None:
        window, disc = self._disc(x, y, radius)
        self.density[window][disc] += stain

    def _disc(self, x: float, y: float, radius: float) -> tuple[tuple[slice, slice], np.ndarray]:
        rows, columns = (
            slice(max(0, int((at - radius) * self.red)), max(0, int((at + radius) * self.red) + 2))
            for at in (y, x)
        )
        window = (rows, columns)
        return window, np.hypot(self.x[window] - x, self.y[window] - y) <= radius

    def leukocyte(self, kind: str, x: float, y: float) -> Drawing:
        """A leukocyte; two of them may touch."""
        cytoplasm, radius, lobes = KINDS[kind]
        self._fill(x, y, radius, cytoplasm)
        for dx, dy, size in lobes:
            self._fill(x + dx, y + dy, size, CHROMATIN)
        self._clear.append((x, y, radius))
        at = np.array([x - radius, y - radius, x + radius, y + radius]) * self.red
        right, bottom = self.width * self.red, self.height * self.red
        self.truth.append(tuple(np.clip(at, 0, [right, bottom, right, bottom])))
        return self

    def spot(self, x: float, y: float, radius: float, stain: np.ndarray = AZURE) -> Drawing:
        """A platelet, or another small thing."""
        self._fill(x, y, radius, stain)
        self._clear.append((x, y, radius))
        return self

    def red_cells(self, n: int = 60) -> Drawing:
        """Red cells with their pallor, some overlapping, none on what was drawn before."""
        rng = np.random.default_rng(self.seed)
        for _ in range(n):
            x, y = rng.uniform(0, self.width), rng.uniform(0, self.height)
            radius = rng.uniform(0.45, 0.53)
            if any(np.hypot(x - a, y - b) < r + radius for a, b, r in self._clear):
                continue
            self._add(x, y, radius, HAEMOGLOBIN)
            self._add(x, y, radius / 3, -0.6 * HAEMOGLOBIN)
        return self

    def pixels(self) -> np.ndarray:
        """As a camera sees it, uint8, (H, W, 3)."""
        rng = np.random.default_rng(self.seed)
        seen = np.array(self.light) * np.exp(-self.strength * self.density)
        seen = ndimage.gaussian_filter(seen, (self.zoom, self.zoom, 0))
        return (seen + rng.normal(0, 2, seen.shape)).clip(0, 255).astype(np.uint8)
