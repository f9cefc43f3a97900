"""Draw leukocytes, and what is taken for them, as a Wright-Giemsa stain shows them.

A picture is a map of optical densities, (height, width, 3), filled with materials (chromatin,
granules, haemoglobin …) and turned into light by Beer and Lambert's law. One pixel is about
0.3 µm. All arithmetic is numpy's in 64 bits and all chance comes from the generator handed in, so
that the same seed gives the same pixels. No patient is behind any picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

SIDE = 64  # pixels of a cell's picture
LEUKOCYTES = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")
OTHERS = ("artefact", "platelet")
STEP = 6  # grey levels are multiples of it: files half as large, and no eye sees it in the noise

Point = tuple[float, float]  # x, y in pixels
Spot = tuple[Point, float]  # and a radius

# Optical densities of red, green, blue (natural logarithm) where a material is at its full amount.
MATERIALS: dict[str, np.ndarray] = {
    "chromatin": np.array([0.88, 1.50, 0.46]),
    "haemoglobin": np.array([0.07, 0.40, 0.36]),
    "blue": np.array([0.44, 0.31, 0.07]),  # ribosomes: lymphocyte's rim
    "grey": np.array([0.40, 0.38, 0.16]),  # monocyte's ground glass
    "lilac": np.array([0.12, 0.27, 0.10]),  # neutrophil's cytoplasm
    "azure": np.array([0.42, 0.78, 0.28]),  # fine granules, platelets
    "orange": np.array([0.09, 0.82, 0.98]),  # eosinophil's granules
    "violet": np.array([1.30, 1.75, 0.62]),  # basophil's granules, precipitate
    "dirt": np.array([1.00, 1.15, 1.05]),
}
EOSIN = ("haemoglobin", "orange")  # the red dye's; all others are the blue dye's


@dataclass(frozen=True)
class Stain:
    """How strong one smear is stained and how the camera saw it."""

    red: float = 1.0
    blue: float = 1.0
    hue: np.ndarray = field(default_factory=lambda: np.ones(3))  # factor of each channel's density
    light: np.ndarray = field(default_factory=lambda: np.array([243.0, 238.0, 240.0]))
    blur: float = 0.8  # standard deviation in pixels
    noise: float = 3.0  # of the camera, in grey levels

    @staticmethod
    def draw(rng: np.random.Generator) -> Stain:
        """One smear's stain by chance."""
        return Stain(
            red=rng.uniform(0.78, 1.25),
            blue=rng.uniform(0.78, 1.25),
            hue=rng.uniform(0.93, 1.07, 3),
            light=rng.uniform([230, 224, 226], [252, 246, 252]),
            blur=rng.uniform(0.6, 1.1),
            noise=rng.uniform(2.0, 5.0),
        )


class Canvas:
    """A picture in the making: optical density, (height, width, 3)."""

    def __init__(self, height: int, width: int, stain: Stain, rng: np.random.Generator) -> None:
        self.y, self.x = np.mgrid[0:height, 0:width].astype(np.float64)
        self.density = np.zeros((height, width, 3))
        self.stain, self.rng = stain, rng

    def lay(self, material: str, amount: np.ndarray) -> None:
        """Add a material; ``amount``, (height, width), 1 where it is at its full."""
        strength = self.stain.red if material in EOSIN else self.stain.blue
        self.density += amount[:, :, None] * (MATERIALS[material] * strength * self.stain.hue)

    def clear(self, mask: np.ndarray) -> None:
        """Take away what lies there, (height, width): 1 takes all."""
        self.density *= (1 - mask)[:, :, None]

    def disc(self, at: Point, radius: float, edge: float = 1.0) -> np.ndarray:
        """A round mask with an edge that is ``edge`` pixels soft, (height, width)."""
        return _soft(radius - np.hypot(self.x - at[0], self.y - at[1]), edge)

    def blob(
        self, at: Point, radius: float, rough: float = 0.06, long: float = 1.0, edge: float = 1.0
    ) -> np.ndarray:
        """A round thing, uneven by ``rough``, ``long`` times longer than wide, anyhow turned."""
        rng = self.rng
        turn = rng.uniform(0, 2 * np.pi)
        dx, dy = self.x - at[0], self.y - at[1]
        u = (dx * np.cos(turn) + dy * np.sin(turn)) / np.sqrt(long)
        v = (dy * np.cos(turn) - dx * np.sin(turn)) * np.sqrt(long)
        angle = np.arctan2(v, u)
        limit = radius * np.ones_like(angle)
        for k in (2, 3, 4, 5):
            limit += radius * rough * rng.normal() / (k - 1) * np.cos(k * angle + rng.uniform(0, 7))
        return _soft(limit - np.hypot(u, v), edge)

    def thread(self, start: Point, end: Point, width: float) -> np.ndarray:
        """A line with round ends, (height, width)."""
        sx, sy, dx, dy = *start, end[0] - start[0], end[1] - start[1]
        along = ((self.x - sx) * dx + (self.y - sy) * dy) / (dx * dx + dy * dy + 1e-9)
        along = np.clip(along, 0, 1)
        far = np.hypot(self.x - sx - along * dx, self.y - sy - along * dy)
        return _soft(width / 2 - far, 1.0)

    def texture(self, grain: float) -> np.ndarray:
        """Smooth noise of mean 0 and standard deviation 1; ``grain`` pixels are its spots."""
        noise = smooth(self.rng.normal(size=self.x.shape), grain)
        return (noise - noise.mean()) / noise.std()

    def picture(self, defocus: float = 0.0) -> np.ndarray:
        """What the camera sees: uint8, (height, width, 3)."""
        stain, rng = self.stain, self.rng
        height, width = self.x.shape
        uneven = rng.normal(0, 0.02, 2)
        shade = 1 + uneven[0] * (self.x / width - 0.5) + uneven[1] * (self.y / height - 0.5)
        light = stain.light * np.exp(-self.density) * shade[:, :, None]
        light = smooth(light, stain.blur + defocus)
        light += rng.normal(0, stain.noise, (height, width, 1))
        light += rng.normal(0, stain.noise * 0.4, light.shape)
        return (np.clip(np.rint(light / STEP) * STEP, 0, 252)).astype(np.uint8)


def _soft(inside: np.ndarray, edge: float) -> np.ndarray:
    """1 within, 0 outside, from the distance to the border in pixels."""
    t = np.clip(inside / (2 * edge) + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def smooth(values: np.ndarray, deviation: float) -> np.ndarray:
    """A Gaussian blur along the first two axes; ``deviation`` in pixels."""
    reach = max(1, int(np.ceil(3 * deviation)))
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * deviation**2))
    weights /= weights.sum()
    for axis in (0, 1):
        pad = [(reach, reach) if a == axis else (0, 0) for a in range(values.ndim)]
        wide = np.pad(values, pad, mode="edge")
        parts = (
            w * np.take(wide, range(i, i + values.shape[axis]), axis=axis)
            for i, w in enumerate(weights)
        )
        values = sum(parts, np.zeros_like(values))
    return values


def _polar(at: Point, radius: float, angle: float) -> Point:
    return at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle)


def red_cells(canvas: Canvas, share: float, keep_clear: list[Spot]) -> None:
    """Red cells at random places, ``share`` of the area, away from the discs ``keep_clear``."""
    rng = canvas.rng
    height, width = canvas.x.shape
    placed: list[Spot] = []
    for _ in range(int(share * height * width / 100)):
        at = (rng.uniform(-8, width + 8), rng.uniform(-8, height + 8))
        radius = rng.uniform(10.5, 12.5)
        if any(np.hypot(at[0] - p[0], at[1] - p[1]) < 0.93 * r + radius for p, r in keep_clear):
            continue
        if any(np.hypot(at[0] - p[0], at[1] - p[1]) < 0.8 * (r + radius) for p, r in placed):
            continue
        placed.append((at, radius))
        body = canvas.blob(at, radius, rough=0.03, long=rng.uniform(1.0, 1.12))
        pallor = smooth(canvas.disc(at, radius * 0.42, 2.0), 1.8)
        canvas.lay("haemoglobin", body * (1 - rng.uniform(0.35, 0.75) * pallor))


def _nucleus(canvas: Canvas, mask: np.ndarray, amount: float, clumps: float, grain: float) -> None:
    """Chromatin: its clumps, and a rim a little darker."""
    pattern = 1 + clumps * np.clip(canvas.texture(grain), -1.6, 1.6)
    rim = mask * (1 - smooth(mask, 1.6))
    canvas.lay("chromatin", mask * (amount * pattern + 0.5 * rim))


def _granules(
    canvas: Canvas,
    material: str,
    spots: list[Spot],
    amount: float,
    within: np.ndarray,
) -> None:
    """Round granules, each of its own depth, that do not add up where they overlap."""
    layer = np.zeros_like(within)
    for at, radius in spots:
        depth = canvas.rng.uniform(0.7, 1.15)
        layer = np.maximum(layer, depth * canvas.disc(at, radius, 0.7))
    canvas.lay(material, amount * layer * within)


def _scatter(
    canvas: Canvas, at: Point, radius: float, n: int, size: tuple[float, float]
) -> list[Spot]:
    rng = canvas.rng
    spots = []
    for _ in range(n):
        far = radius * np.sqrt(rng.uniform(0, 1))
        spots.append((_polar(at, far, rng.uniform(0, 2 * np.pi)), rng.uniform(*size)))
    return spots


def _lobes(
    canvas: Canvas, at: Point, path: float, n: int, size: float, thread: float, arc: float
) -> np.ndarray:
    """``n`` lobes on an arc of radius ``path`` about ``at``, joined by threads."""
    rng = canvas.rng
    turn = rng.uniform(0, 2 * np.pi)
    mask = np.zeros_like(canvas.x)
    last: Point | None = None
    for i in range(n):
        angle = turn + arc * (i - (n - 1) / 2) + rng.normal(0, 0.08)
        here = _polar(at, path * rng.uniform(0.82, 1.14), angle)
        lobe = canvas.blob(here, size * rng.uniform(0.82, 1.16), 0.14, rng.uniform(1.0, 1.5))
        mask = np.maximum(mask, lobe)
        if last is not None:
            mask = np.maximum(mask, canvas.thread(last, here, thread * rng.uniform(0.8, 1.4)))
        last = here
    return mask


def neutrophil(canvas: Canvas, at: Point) -> float:
    """Three to five lobes, pale lilac cytoplasm with fine granules; returns the radius."""
    rng = canvas.rng
    radius = rng.uniform(18.5, 22.5)
    body = canvas.blob(at, radius, 0.035)
    canvas.clear(body)
    canvas.lay("lilac", body * (0.85 + 0.12 * canvas.texture(2.5)))
    fine = np.clip(canvas.texture(0.7) - 0.5, 0, 2)
    canvas.lay("azure", body * fine * rng.uniform(0.10, 0.24))
    if rng.uniform() < 0.07:  # a band: one bent rod
        mask = _lobes(canvas, at, 0.5 * radius, 6, 4.3, 7.0, 0.68)
    else:
        n = int(rng.choice([2, 3, 4, 5], p=[0.05, 0.45, 0.38, 0.12]))
        size = {2: 7.2, 3: 6.5, 4: 5.8, 5: 5.1}[n] * radius / 20.5
        arc = {2: 2.1, 3: 1.62, 4: 1.38, 5: 1.2}[n] * rng.uniform(0.85, 1.05)
        mask = _lobes(canvas, at, 0.5 * radius, n, size, 1.8, arc)
    _nucleus(canvas, mask * body, rng.uniform(0.95, 1.15), 0.15, 1.3)
    return radius


def eosinophil(canvas: Canvas, at: Point) -> float:
    """Two lobes, cytoplasm packed with large orange granules; returns the radius."""
    rng = canvas.rng
    radius = rng.uniform(19.5, 23.5)
    body = canvas.blob(at, radius, 0.04)
    canvas.clear(body)
    canvas.lay("lilac", body * 0.5)
    n = 3 if rng.uniform() < 0.12 else 2
    mask = _lobes(canvas, at, 0.48 * radius, n, 7.6 if n == 2 else 6.4, 2.2, rng.uniform(1.7, 2.4))
    _nucleus(canvas, mask * body, rng.uniform(0.8, 1.0), 0.14, 1.6)
    full = rng.uniform(0.75, 1.3)  # few have lost some of their granules
    spots = _scatter(canvas, at, 0.93 * radius, int(150 * full), (1.5, 2.3))
    _granules(canvas, "orange", spots, rng.uniform(0.6, 0.9), body * (1 - 0.85 * mask))
    return radius


def basophil(canvas: Canvas, at: Point) -> float:
    """Coarse dark granules that hide the nucleus; returns the radius."""
    rng = canvas.rng
    radius = rng.uniform(17.0, 21.0)
    body = canvas.blob(at, radius, 0.05)
    canvas.clear(body)
    canvas.lay("lilac", body * 1.2)
    mask = _lobes(
        canvas, at, 0.35 * radius, int(rng.choice([2, 3])), 7.8, 5.0, rng.uniform(1.4, 2.2)
    )
    _nucleus(canvas, smooth(mask, 1.0) * body, rng.uniform(0.5, 0.68), 0.15, 1.6)
    spots = _scatter(canvas, at, 0.95 * radius, int(rng.integers(32, 62)), (1.5, 2.9))
    _granules(canvas, "violet", spots, rng.uniform(0.55, 0.8), body)
    return radius


def lymphocyte(canvas: Canvas, at: Point) -> float:
    """A round dense nucleus and a thin blue rim; one in three is large; returns the radius."""
    rng = canvas.rng
    large = rng.uniform() < 0.33
    radius = rng.uniform(17.0, 23.5) if large else rng.uniform(13.0, 16.5)
    body = canvas.blob(at, radius, 0.05 if large else 0.03)
    canvas.clear(body)
    grey = rng.uniform(0, 0.7) if large else 0.0
    canvas.lay("blue", body * rng.uniform(0.5, 1.1) * (1 - grey))
    canvas.lay("grey", body * grey)
    inner = radius * (rng.uniform(0.66, 0.8) if large else rng.uniform(0.82, 0.92))
    middle = _polar(at, (radius - inner) * rng.uniform(0.1, 0.7), rng.uniform(0, 2 * np.pi))
    mask = canvas.blob(middle, inner, 0.03, rng.uniform(1.0, 1.12))
    if rng.uniform() < 0.3:  # a notch
        dent = _polar(middle, inner * 1.12, rng.uniform(0, 2 * np.pi))
        mask *= 1 - canvas.disc(dent, inner * rng.uniform(0.3, 0.6), 1.5)
    amount = rng.uniform(0.68, 0.95) if large else rng.uniform(0.85, 1.1)
    _nucleus(canvas, mask * body, amount, rng.uniform(0.13, 0.22), rng.uniform(1.3, 2.4))
    if large and rng.uniform() < 0.4:
        spots = _scatter(canvas, at, 0.9 * radius, int(rng.integers(3, 9)), (0.8, 1.3))
        _granules(canvas, "azure", spots, 0.9, body * (1 - mask))
    return radius


def monocyte(canvas: Canvas, at: Point) -> float:
    """Large; folded nucleus of lacy chromatin, grey-blue cytoplasm, vacuoles; the radius."""
    rng = canvas.rng
    radius = rng.uniform(18.0, 26.5)
    body = canvas.blob(at, radius, 0.07)
    canvas.clear(body)
    blue = rng.uniform(0, 0.45)
    ground = body * (1 + 0.10 * canvas.texture(1.2))
    canvas.lay("grey", ground * rng.uniform(0.7, 1.15) * (1 - blue))
    canvas.lay("blue", ground * blue)
    turn = rng.uniform(0, 2 * np.pi)
    inner = radius * rng.uniform(0.64, 0.74)
    middle = _polar(at, 0.12 * radius, turn)
    mask = canvas.blob(middle, inner, 0.06, rng.uniform(1.1, 1.35))
    fold = (0.12, 0.3) if rng.uniform() < 0.25 else (0.3, 0.62)  # one in four is hardly folded
    for _ in range(1 if rng.uniform() < 0.7 else 2):
        angle = turn + np.pi + rng.normal(0, 0.5)
        size = inner * rng.uniform(*fold)
        mask *= 1 - canvas.disc(_polar(middle, inner * rng.uniform(0.75, 1.05), angle), size, 1.2)
    _nucleus(canvas, mask * body, rng.uniform(0.6, 0.85), rng.uniform(0.16, 0.28), 1.2)
    for _ in range(int(rng.integers(0, 7))):
        hole = canvas.disc(
            _polar(at, radius * rng.uniform(0.35, 0.85), rng.uniform(0, 2 * np.pi)),
            rng.uniform(1.2, 2.4),
        )
        canvas.clear(0.7 * hole * body * (1 - 0.8 * mask))
    return radius


def platelet(canvas: Canvas, at: Point) -> float:
    """A clump of platelets, now and then one giant; returns the radius."""
    rng = canvas.rng
    if rng.uniform() < 0.2:
        spots = [(at, rng.uniform(8.0, 12.0))]
    else:
        n = int(rng.integers(4, 13))
        spots = _scatter(canvas, at, rng.uniform(6.0, 13.0), n, (3.0, 5.2))
    for here, radius in spots:
        body = canvas.blob(here, radius, 0.09, rng.uniform(1.0, 1.3))
        canvas.clear(0.8 * body)
        canvas.lay("blue", 0.4 * body)
        core = canvas.blob(here, radius * 0.72, 0.12, edge=2.0)
        canvas.lay("azure", core * np.clip(0.75 + 0.45 * canvas.texture(1.0), 0, 2))
    return max(np.hypot(p[0] - at[0], p[1] - at[1]) + r for p, r in spots)


def artefact(canvas: Canvas, at: Point) -> float:
    """A smudged nucleus, precipitate of the stain, or dirt; returns the radius."""
    rng = canvas.rng
    kind = rng.uniform()
    if kind < 0.5:  # torn chromatin without a border
        radius = rng.uniform(15.0, 23.0)
        edge = rng.uniform(1.5, 4.0)
        body = smooth(canvas.blob(at, radius * 0.85, 0.2, rng.uniform(1.1, 1.9), edge), edge / 2)
        canvas.clear(0.9 * body)
        strands = np.clip(0.75 + rng.uniform(0.1, 0.4) * canvas.texture(2.4), 0.05, 2)
        canvas.lay("chromatin", body * strands * rng.uniform(0.45, 0.95))
        return radius
    if kind < 0.85:  # precipitate
        radius = rng.uniform(9.0, 20.0)
        spots = _scatter(canvas, at, radius, int(rng.integers(8, 45)), (0.9, 2.9))
        _granules(canvas, "violet", spots, rng.uniform(0.6, 1.1), np.ones_like(canvas.x))
        return radius
    radius = rng.uniform(8.0, 15.0)
    grain = canvas.blob(at, radius, 0.22, rng.uniform(1.2, 2.4))
    canvas.lay("dirt", grain * (rng.uniform(0.5, 1.2) + 0.2 * canvas.texture(2.0)))
    return radius


PAINTERS: dict[str, Callable[[Canvas, Point], float]] = {
    "neutrophil": neutrophil,
    "eosinophil": eosinophil,
    "basophil": basophil,
    "lymphocyte": lymphocyte,
    "monocyte": monocyte,
    "artefact": artefact,
    "platelet": platelet,
}


def cell(name: str, stain: Stain, rng: np.random.Generator) -> np.ndarray:
    """One cell in the middle, more or less, with its neighbours: uint8, (SIDE, SIDE, 3)."""
    canvas = Canvas(SIDE, SIDE, stain, rng)
    at = (SIDE / 2 + rng.normal(0, 2.0), SIDE / 2 + rng.normal(0, 2.0))
    room = {"lymphocyte": 15.0, "monocyte": 21.0, "artefact": 8.0, "platelet": 10.0}.get(name, 18.0)
    red_cells(canvas, rng.uniform(0.2, 1.6), [(at, room)])
    PAINTERS[name](canvas, at)
    defocus = rng.uniform(0.9, 2.8) if rng.uniform() < 0.12 else rng.uniform(0, 0.5)
    return canvas.picture(defocus)
