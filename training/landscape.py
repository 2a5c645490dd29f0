"""A mountain lake that exists nowhere: terrain, light, air, sky and water, for sample.py.

Terrain is a height field seen through a pinhole. Colours are linear light, float [..., 3]. Lengths
are metres: x to the right, z into the picture, height above the lake.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates, shift

from pictures.noise import coloured_noise

WIDTH, HEIGHT = 320, 214
OVERSAMPLING = 4
COLUMNS, ROWS = WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING

EYE = 9.0  # metres above the lake
FOCAL = 1.05 * COLUMNS
HORIZON = 0.53 * ROWS
SUN = np.array([-0.80, 0.36, -0.22])  # towards the sun: from the left, behind the viewer
SUN = SUN / np.linalg.norm(SUN)
SUNLIGHT = np.array([1.30, 1.02, 0.72]) * 2.3
SKYLIGHT = np.array([0.36, 0.47, 0.66]) * 0.75
HAZE = np.array([0.52, 0.64, 0.82])


def smoothstep(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, share):
    """a where share is 0, b where it is 1; share [...] spreads over the colours of a and b."""
    return a + (b - a) * np.asarray(share)[..., None]


def rgb(*levels):
    """An sRGB colour 0..255 as linear light."""
    return (np.array(levels) / 255) ** 2.2


class Terrain:
    """Height [metres] and sunlit colour on a square grid of `cells` x `cells`, `spacing` apart."""

    cells, spacing = 2048, 2.0

    def __init__(self, rng):
        self.height = self._height(rng)
        self.patches = coloured_noise(rng, self.cells, 2.4)
        self.colour = self._albedo(coloured_noise(rng, self.cells, 1.2)) * (
            self._light()[..., None] * SUNLIGHT + self._openness()[..., None] * SKYLIGHT
        )

    def _height(self, rng):
        """A lake between wooded shores, and ridges behind it."""
        span = self.cells * self.spacing
        z, x = np.mgrid[: self.cells, : self.cells].astype(np.float32) * self.spacing
        x -= span / 2
        ridges = 1 - np.abs(coloured_noise(rng, self.cells, 4.3))
        ridges += 0.4 * (1 - np.abs(coloured_noise(rng, self.cells, 3.8)))
        for left, far, wide, high in ((330, 2900, 420, 1.25), (-620, 2700, 380, 0.8)):
            ridges += high * np.exp(-np.hypot(x - left, z - far) / wide)
        rolling = coloured_noise(rng, self.cells, 3.6)
        shore = 105 + 0.2 * z + 50 * rolling
        basin = np.maximum((np.abs(x + 40) - shore) / 160, (z - 950 - 90 * rolling) / 200)
        slopes = 26 * np.tanh(basin) + 10 * smoothstep(0, 2, basin) * rolling
        mountains = smoothstep(1100, 2900, z + 0.35 * np.abs(x)) * (330 + 210 * ridges)
        return slopes + mountains.clip(0) + 5 * coloured_noise(rng, self.cells, 3.1)

    def _normal(self):
        dz, dx = np.gradient(self.height, self.spacing)
        normal = np.stack([-dx, np.ones_like(dx), -dz], axis=2)
        return normal / np.linalg.norm(normal, axis=2, keepdims=True)

    def _light(self):
        """The share of full sunlight, 0..1: Lambert's cosine where no ridge hides the sun."""
        lit = np.ones_like(self.height)
        step = 3 * self.spacing / np.hypot(SUN[0], SUN[2])
        for k in range(1, 60):
            dx, dz = SUN[0] * step * k / self.spacing, SUN[2] * step * k / self.spacing
            blocker = shift(self.height, (-dz, -dx), order=1, mode='nearest')
            above = self.height + SUN[1] * step * k - blocker
            lit = np.minimum(lit, smoothstep(-2, 2, above))
        return lit * np.clip(self._normal() @ SUN, 0, None)

    def _openness(self):
        """How much of the sky is seen, about 1: hollows are darker than ridges."""
        hollow = gaussian_filter(self.height, 6) - self.height
        return np.clip(1 - hollow / 14, 0.45, 1.25)

    def _albedo(self, grain):
        """Meadow, wood and rock by height and steepness; snow where it can lie."""
        flat = self._normal()[..., 1]
        patches = self.patches
        meadow = mix(rgb(122, 128, 62), rgb(160, 142, 78), smoothstep(-1, 1.5, patches))
        wood = mix(rgb(44, 62, 34), rgb(70, 84, 42), smoothstep(-1, 1, grain))
        rock = mix(rgb(104, 96, 90), rgb(150, 138, 126), smoothstep(-1.5, 1.5, grain + patches))
        colour = mix(meadow, wood, smoothstep(-0.3, 0.2, patches + (self.height - 30) / 60))
        bare = smoothstep(0.80, 0.66, flat) + smoothstep(260, 420, self.height + 50 * patches)
        colour = mix(colour, rock, bare.clip(0, 1))
        snow = smoothstep(430, 560, self.height + 60 * patches) * smoothstep(0.52, 0.68, flat)
        colour = mix(colour, rgb(240, 243, 250), snow)
        return colour * (1 + 0.12 * grain[..., None]).clip(0.4)

    def at(self, field, x, z):
        """`field` (height or a colour plane) at metres (x, z), linearly interpolated."""
        rows = z / self.spacing
        columns = x / self.spacing + self.cells / 2
        return map_coordinates(field, [rows, columns], order=1, mode='nearest')


def hazed(colour, distance):
    """What is left of `colour` seen through `distance` metres of air."""
    share = 1 - np.exp(-((np.asarray(distance) / 4600) ** 1.5))
    return mix(colour, HAZE, share)


def sky(rng):
    """[ROWS, COLUMNS, 3]: deeper blue upwards, a bank of fair-weather clouds."""
    y, x = np.mgrid[:ROWS, :COLUMNS].astype(np.float32)
    up = (HORIZON - y) / HORIZON
    colour = mix(HAZE * 1.05, rgb(150, 186, 226), smoothstep(0, 0.45, up))
    colour = mix(colour, rgb(74, 124, 196), smoothstep(0.3, 1.1, up))
    field = coloured_noise(rng, 1024, 3.0)
    depth = 1 / (up.clip(0) + 0.16)
    rows, columns = 260 * depth, (x - COLUMNS / 2) * depth * 0.45
    cover = map_coordinates(field, [rows, columns], order=1, mode='wrap')
    lower = map_coordinates(field, [rows - 14, columns + 16], order=1, mode='wrap')
    amount = smoothstep(-0.3, 1.0, cover) * smoothstep(0.02, 0.2, up)
    shade = smoothstep(-0.5, 0.7, cover - lower)
    return mix(colour, mix(rgb(196, 200, 214), rgb(255, 248, 238), shade), 0.92 * amount)


@dataclass
class View:
    """What the eye sees of the terrain."""

    distance: np.ndarray  # [ROWS, COLUMNS] metres, inf where there is sky
    skyline: np.ndarray  # [distances, COLUMNS]: highest slope up to each distance
    steps: np.ndarray  # [distances] metres


def look(terrain):
    """Casts a ray through every pixel; the first ground whose slope reaches the ray's is seen."""
    steps = np.geomspace(30, 4000, 2200).astype(np.float32)
    across = (np.arange(COLUMNS) + 0.5 - COLUMNS / 2) / FOCAL
    heights = terrain.at(
        terrain.height, steps[:, None] * across, np.repeat(steps[:, None], COLUMNS, 1)
    )
    skyline = np.maximum.accumulate((heights.clip(0) - EYE) / steps[:, None], axis=0)
    slopes = (HORIZON - np.arange(ROWS) - 0.5) / FOCAL
    distance = np.full((ROWS, COLUMNS), np.inf, np.float32)
    for column in range(COLUMNS):
        seen = np.searchsorted(skyline[:, column], slopes)
        found = seen < len(steps)
        distance[found, column] = steps[seen[found]]
    return View(distance, skyline, steps)


def ground(terrain, view, picture):
    """Paints the land over the sky; returns where the lake is seen, bool [ROWS, COLUMNS]."""
    rows, columns = np.nonzero(np.isfinite(view.distance))
    z = view.distance[rows, columns]
    x = z * (columns + 0.5 - COLUMNS / 2) / FOCAL
    land = np.stack([terrain.at(terrain.colour[..., c], x, z) for c in range(3)], axis=1)
    picture[rows, columns] = hazed(land, z)
    lake = np.zeros((ROWS, COLUMNS), bool)
    lake[rows, columns] = terrain.at(terrain.height, x, z) <= 0
    return lake


def water(rng, view, lake, picture):
    """Fills the lake with what it mirrors, broken by ripples that grow towards the viewer."""
    rows, columns = np.nonzero(lake)
    z = np.minimum(view.distance[rows, columns], 3000)
    x = z * (columns + 0.5 - COLUMNS / 2) / FOCAL
    waves = coloured_noise(rng, 1024, 2.6)
    ripple = map_coordinates(waves, [z / 0.5, x / 1.4], order=1, mode='wrap')
    gust = smoothstep(-0.4, 1.2, map_coordinates(waves, [z / 9, x / 30], order=1, mode='wrap'))
    below = rows + 0.5 - HORIZON
    tilt = (0.06 + 0.12 * gust) * ripple * np.minimum(below, 160)
    mirrored = np.clip(HORIZON - below - tilt, 0, HORIZON - 1)
    seen = [
        map_coordinates(picture[..., c], [mirrored, columns + 0.15 * tilt], order=1, mode='nearest')
        for c in range(3)
    ]
    depth = 0.12 + 0.55 * smoothstep(0, 400, below)
    picture[rows, columns] = mix(np.stack(seen, axis=1) * 0.9, rgb(22, 74, 88), depth)
