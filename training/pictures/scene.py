"""Scenes: layers of things in front of one another, some out of focus, in light and shade.

Dead leaves (shapes of radius density r^-3 that hide one another) share the scale invariance, the
edges and the occlusions of photographs, and nobody owns them; a restoration network trained on them
comes close to one trained on photographs (Achddou, Gousseau, Ladjal, SSVM 2021).
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from .noise import coloured_noise
from .shapes import leaf, lettering, rotated, twig
from .textures import between, texture

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


class Palette:
    """The colours of one scene: a few hues, tones around a middle grey."""

    def __init__(self, rng):
        self.rng = rng
        self.hues = rng.uniform(0, 1, rng.integers(1, 5))
        self.saturation = rng.beta(1.5, 3)
        self.middle = rng.uniform(0.3, 0.6)
        self.contrast = rng.uniform(0.1, 0.32)

    def colour(self):
        """A colour, RGB 0..1 float32: a tone whose hue leans to one of the scene's."""
        rng = self.rng
        tone = np.clip(rng.normal(self.middle, self.contrast), 0.01, 0.99)
        hue = rng.choice(self.hues) + rng.normal(0, 0.04)
        tint = np.cos(2 * np.pi * (hue + np.array([0, 1, 2]) / 3)).astype(np.float32)
        tint -= tint @ LUMA
        strength = self.saturation * rng.uniform(0, 1) * min(tone, 1 - tone)
        return np.clip(tone + strength * tint, 0, 1).astype(np.float32)


class Scene:
    """An RGB picture, [size, size, 3] float32 in 0..1, painted from back to front."""

    def __init__(self, rng, size):
        self.rng, self.size = rng, size
        self.palette = Palette(rng)
        self.textures = [texture(rng, size) for _ in range(6)]
        self.pixels = np.empty((size, size, 3), np.float32)
        self.cover = np.zeros((size, size), np.float32)
        self.paint(np.ones((size, size), bool), 0, 0)

    def material(self, height, width):
        """Colours of one thing's surface, [height, width, 3]: base, texture, shading."""
        rng = self.rng
        base = self.palette.colour()
        amount = np.zeros((height, width), np.float32)
        if rng.random() < 0.7:
            pattern = self.textures[rng.integers(len(self.textures))]
            top, left = (rng.integers(0, self.size - n + 1) for n in (height, width))
            amount += pattern[top : top + height, left : left + width]
        shade = self.shading(height, width)
        if rng.random() < 0.3:  # the texture goes from one colour to another
            towards = self.palette.colour() - base
            surface = base + np.tanh(2 * amount)[..., None] * towards
        else:
            surface = base + amount[..., None]
        return np.clip(surface + shade[..., None], 0, 1)

    def shading(self, height, width):
        """Light on a surface that is flat, slanted or round, [height, width]."""
        rng = self.rng
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, width, dtype=np.float32)
        kind = rng.random()
        if kind < 0.3:
            return np.zeros((height, width), np.float32)
        slope = rng.normal(0, 0.15, 2)
        shade = slope[0] * y + slope[1] * x
        if kind > 0.65:
            centre = rng.uniform(-0.4, 0.4, 2)
            shade = shade - rng.uniform(0.05, 0.35) * ((y - centre[0]) ** 2 + (x - centre[1]) ** 2)
        return shade.astype(np.float32)

    def paint(self, mask, left, top):
        """Covers what is set of `mask`, [height, width] bool, at (left, top) with one material."""
        height, width = mask.shape
        window = np.s_[top : top + height, left : left + width]
        self.pixels[window][mask] = self.material(height, width)[mask]
        self.cover[window][mask] = 1

    def polygon(self, points):
        """Fills a polygon, [points, 2] pixels (x, y)."""
        low = np.clip(np.floor(points.min(axis=0)).astype(int) - 1, 0, self.size)
        high = np.clip(np.ceil(points.max(axis=0)).astype(int) + 2, 0, self.size)
        if (high - low).min() <= 0:
            return
        mask = Image.new('1', tuple(int(value) for value in high - low))
        ImageDraw.Draw(mask).polygon([tuple(point) for point in points - low], fill=1)
        self.paint(np.asarray(mask), *low)

    def leaves(self, count, smallest, largest):
        """`count` leaves of radius density r^-3 between `smallest` and `largest` pixels."""
        share = self.rng.random(count)
        radii = 1 / np.sqrt(smallest**-2 + share * (largest**-2 - smallest**-2))
        for radius in radii:
            centre = self.rng.uniform(-radius / 2, self.size + radius / 2, 2)
            self.polygon(centre + leaf(self.rng, radius))

    def strands(self):
        """A bundle of twigs that lean the same way."""
        rng = self.rng
        centre, spread = rng.uniform(0, self.size, 2), between(rng, 6, 120)
        length, width = between(rng, 30, 400), between(rng, 1.2, 9)
        lean, stray = rng.uniform(0, 2 * np.pi), rng.choice([0.05, 0.3, 3])
        for _ in range(rng.integers(1, 60)):
            path = rotated(twig(rng, length, width), lean + rng.normal(0, stray))
            self.polygon(centre + rng.normal(0, spread, 2) + path)

    def railing(self):
        """Straight parallel bars or rules at even distances."""
        rng = self.rng
        gap, angle = between(rng, 5, 60), rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)])
        length, width = between(rng, 60, 900), gap * rng.uniform(0.12, 0.7)
        centre = rng.uniform(0, self.size, 2)
        bar = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [length / 2, width / 2]
        for index in range(int(rng.integers(2, 24))):
            self.polygon(centre + rotated(bar + [0, index * gap], angle))

    def lettering(self):
        """A few lines of letters."""
        mask = lettering(self.rng)[: self.size, : self.size] > 0
        left, top = (int(self.rng.integers(0, self.size - n + 1)) for n in mask.shape[::-1])
        self.paint(mask, left, top)

    def shadow(self):
        """Something outside the picture keeps the light from a part of it."""
        rng = self.rng
        mask = Image.new('L', (self.size, self.size))
        points = rng.uniform(0, self.size, 2) + leaf(rng, rng.uniform(0.1, 0.5) * self.size)
        ImageDraw.Draw(mask).polygon([tuple(point) for point in points], fill=1)
        dark = gaussian_filter(np.asarray(mask, np.float32), between(rng, 0.7, 20), truncate=2.5)
        self.pixels *= (1 - rng.uniform(0.2, 0.7) * dark)[..., None]

    def layer(self, draw, blur):
        """Adds what `draw()` paints, out of focus by a Gaussian of `blur` pixels."""
        behind, self.pixels = self.pixels, np.zeros_like(self.pixels)
        self.cover[:] = 0
        draw()
        self.defocus(blur)
        cover = gaussian_filter(self.cover, blur, truncate=2.5)
        self.pixels += behind * (1 - cover[..., None])

    def defocus(self, blur):
        """Puts all that is painted so far out of focus by a Gaussian of `blur` pixels."""
        self.pixels = gaussian_filter(self.pixels, (blur, blur, 0), truncate=2.5)

    def light(self):
        """Uneven light over the whole scene."""
        uneven = coloured_noise(self.rng, self.size, 4).astype(np.float32)
        self.pixels *= (1 + self.rng.uniform(0, 0.2) * uneven)[..., None]
        np.clip(self.pixels, 0, 1, out=self.pixels)


def photograph(rng, size):
    """A scene of many things near and far, [size, size, 3] float32."""
    scene = Scene(rng, size)
    scene.leaves(int(rng.integers(20, 200)), 30, 0.6 * size)
    if rng.random() < 0.4:
        scene.defocus(between(rng, 0.8, 8))
    smallest = between(rng, 2.5, 30)

    def things():
        scene.leaves(int(rng.integers(50, 1200)), smallest, 0.4 * size)
        for _ in range(rng.integers(0, 7)):
            (scene.strands, scene.railing, scene.lettering)[rng.choice(3, p=[0.6, 0.2, 0.2])]()

    things()
    if rng.random() < 0.35:
        scene.layer(things, between(rng, 0.5, 4))
    for _ in range(rng.integers(0, 3)):
        scene.shadow()
    if rng.random() < 0.3:
        scene.layer(
            lambda: scene.leaves(int(rng.integers(1, 8)), 40, 0.4 * size), between(rng, 1, 10)
        )
    scene.light()
    return scene.pixels


def graphic(rng, size):
    """Flat colours, lines and letters, as on signs, slides and in comics."""
    scene = Scene(rng, size)
    scene.textures = [0 * field for field in scene.textures]
    scene.palette.contrast = 0.35
    scene.paint(np.ones((size, size), bool), 0, 0)
    scene.leaves(int(rng.integers(5, 120)), 12, 0.5 * size)
    for _ in range(rng.integers(2, 14)):
        (scene.lettering, scene.railing, scene.strands)[rng.choice(3, p=[0.6, 0.2, 0.2])]()
    return scene.pixels
