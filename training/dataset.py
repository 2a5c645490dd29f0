"""Training images that are generated: occluding textured leaves, lines, lettering and shading.

Dead leaves (disks and polygons of radius density r^-3 that hide one another) share the scale
invariance, the edges and the occlusions of photographs, and nobody owns them; a restoration network
trained on them comes close to one trained on photographs (Achddou, Gousseau, Ladjal, SSVM 2021).

    python dataset.py --out DATA.npy --count 400

writes a uint8 array [count, SIZE, SIZE] of luma planes.
"""

import argparse
import string
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from noise import coloured_noise, turned

SIZE = 384
# Drawn at twice the size and reduced, so that edges are antialiased as a lens and sensor would.
CANVAS = 2 * SIZE


def grain(rng, size, exponent):
    """Coloured noise that often has a direction: wood, fur, brushed metal."""
    stretch, angle = rng.choice([1, 1, 2, 6]), rng.uniform(0, np.pi)
    return coloured_noise(rng, size, exponent, stretch, angle)


def waves(rng, size):
    """Bent stripes or checks, [size, size], in -1..1: fabric, feathers, bricks, fences."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    along, across = turned(x, y, rng.uniform(0, np.pi))
    period = np.exp(rng.uniform(np.log(5), np.log(60)))
    bend = rng.uniform(0, 1.5) * grain(rng, size, 3.5)
    wave = np.sin(2 * np.pi * along / period + bend)
    if rng.random() < 0.4:
        wave *= np.sin(2 * np.pi * across / (period * rng.uniform(0.5, 2)) + bend)
    sharpness = rng.choice([0, 3, 12])
    return np.tanh(sharpness * wave) if sharpness else wave


def texture(rng, size):
    """One texture around 0, [size, size] float32, amplitude up to about 0.4."""
    kind = rng.random()
    if kind < 0.55:
        pattern = 0.5 * grain(rng, size, rng.uniform(0.8, 3.5))
    elif kind < 0.85:
        pattern = waves(rng, size)
    else:
        pattern = waves(rng, size) * np.clip(grain(rng, size, 3), 0, 1)
    return (pattern * np.exp(rng.uniform(np.log(0.02), np.log(0.4)))).astype(np.float32)


def outline(rng, radius):
    """A shape of about `radius` pixels around (0, 0) as a polygon, [points, 2]."""
    kind = rng.random()
    if kind < 0.45:
        angle = np.linspace(0, 2 * np.pi, int(np.clip(radius, 12, 64)), endpoint=False)
        bumps = rng.normal(0, 0.06, (2, 4)) if kind < 0.2 else np.zeros((2, 4))
        order = np.arange(2, 6)[:, None]
        wobble = 1 + bumps[0] @ np.cos(order * angle) + bumps[1] @ np.sin(order * angle)
    else:
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
        wobble = rng.uniform(0.6, 1.2, angle.size)
    squeeze, turn = rng.uniform(0.25, 1), rng.uniform(0, np.pi)
    x, y = turned(np.cos(angle) * wobble, squeeze * np.sin(angle) * wobble, turn)
    return radius * np.stack([x, y], axis=1)


class Canvas:
    """A luma plane, [CANVAS, CANVAS] float32 in 0..1, painted from back to front."""

    def __init__(self, rng):
        self.rng = rng
        self.textures = [texture(rng, CANVAS) for _ in range(6)]
        self.contrast = rng.uniform(0.12, 0.32)
        self.pixels = np.clip(self.tone() + self.textures[0], 0, 1)

    def tone(self):
        return np.clip(self.rng.normal(0.45, self.contrast), 0.01, 0.99)

    def fill(self, mask, left, top):
        """Paints where the uint8 `mask` at (left, top) is set: one tone, texture and gradient."""
        rng = self.rng
        height, width = mask.shape
        target = self.pixels[top : top + height, left : left + width]
        inside = mask > 0
        paint = np.full(mask.shape, self.tone(), np.float32)
        if rng.random() < 0.75:
            pattern = self.textures[rng.integers(len(self.textures))]
            dy, dx = rng.integers(0, CANVAS - height + 1), rng.integers(0, CANVAS - width + 1)
            paint += pattern[dy : dy + height, dx : dx + width]
        if rng.random() < 0.6:
            slope = rng.normal(0, 0.15, 2)
            paint += slope[0] * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
            paint += slope[1] * np.linspace(-1, 1, width, dtype=np.float32)
        target[inside] = np.clip(paint[inside], 0, 1)

    def draw(self, points, paint):
        """Fills what `paint(ImageDraw, points)` draws; points are [n, 2] pixels (x, y)."""
        margin = 8
        low = np.clip(np.floor(points.min(axis=0)).astype(int) - margin, 0, CANVAS)
        high = np.clip(np.ceil(points.max(axis=0)).astype(int) + margin, 0, CANVAS)
        if (high - low).min() <= 0:
            return
        mask = Image.new('L', tuple(int(v) for v in high - low))
        paint(ImageDraw.Draw(mask), [tuple(p) for p in points - low])
        self.fill(np.asarray(mask), *low)

    def leaves(self, count, smallest, largest):
        """`count` leaves of radius density r^-3 between `smallest` and `largest` pixels."""
        u = self.rng.random(count)
        radii = 1 / np.sqrt(smallest**-2 + u * (largest**-2 - smallest**-2))
        for radius in radii:
            centre = self.rng.uniform(-radius / 2, CANVAS + radius / 2, 2)
            self.draw(centre + outline(self.rng, radius), lambda d, p: d.polygon(p, fill=255))

    def strands(self, count):
        """Bundles of thin bent lines: hair, grass, wires, twigs."""
        rng = self.rng
        start = rng.uniform(0, CANVAS, 2)
        steps = rng.normal(0, 1, (3, 2)) * rng.uniform(20, 250)
        t = np.linspace(0, 1, 24)[:, None]
        width = int(rng.integers(1, 7))
        spread = rng.uniform(4, 60)
        for _ in range(count):
            knots = steps + rng.normal(0, spread / 2, steps.shape)
            path = (
                start + rng.normal(0, spread, 2) + t * knots[0] + t**2 * knots[1] + t**3 * knots[2]
            )
            self.draw(path, lambda d, p: d.line(p, fill=255, width=width, joint='curve'))

    def lettering(self):
        """A few lines of random letters at any angle."""
        rng = self.rng
        font = ImageFont.load_default(size=float(np.exp(rng.uniform(np.log(14), np.log(90)))))
        letters = list(string.ascii_letters + string.digits + '     .,-')
        text = '\n'.join(''.join(rng.choice(letters, 12)) for _ in range(rng.integers(1, 5)))
        box = ImageDraw.Draw(Image.new('L', (1, 1))).multiline_textbbox((0, 0), text, font)
        mask = Image.new('L', (int(box[2]) + 4, int(box[3]) + 4))
        ImageDraw.Draw(mask).multiline_text((0, 0), text, fill=255, font=font)
        angle = rng.choice([0, 0, rng.uniform(-90, 90)])
        mask = mask.rotate(angle, expand=True).point(lambda v: 255 * (v > 127))
        mask = np.asarray(mask)[:CANVAS, :CANVAS]
        left, top = (int(rng.integers(0, CANVAS - extent + 1)) for extent in mask.shape[::-1])
        self.fill(mask, left, top)

    def blur(self, sigma):
        """Puts what is painted so far out of focus; `sigma` in pixels."""
        self.pixels = gaussian_filter(self.pixels, sigma)


def picture(seed):
    """One luma plane, [SIZE, SIZE] uint8; the same seed gives the same picture."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(rng)
    canvas.leaves(int(rng.integers(60, 300)), 30, 400)
    if rng.random() < 0.4:
        canvas.blur(rng.uniform(1, 8))
    smallest = np.exp(rng.uniform(np.log(2.5), np.log(20)))
    canvas.leaves(int(rng.integers(300, 2500)), smallest, 300)
    for _ in range(rng.integers(0, 6)):
        canvas.strands(int(rng.integers(1, 50)))
    for _ in range(rng.integers(0, 4)):
        canvas.lettering()
    canvas.leaves(int(rng.integers(0, 60)), 10, 300)
    return develop(rng, canvas.pixels)


def develop(rng, pixels):
    """Light, lens and sensor: [CANVAS, CANVAS] float32 -> [SIZE, SIZE] uint8."""
    light = 1 + rng.uniform(0, 0.2) * grain(rng, CANVAS, 4)
    pixels = np.clip(pixels * light, 0, 1) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.5:
        pixels = gaussian_filter(pixels, rng.uniform(0.3, 1.6))
    kernel = [Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS]
    image = Image.fromarray(pixels.astype(np.float32)).resize((SIZE, SIZE), kernel[rng.integers(3)])
    sensor = rng.choice([0, 0, rng.uniform(0, 1.5)])
    pixels = np.asarray(image) * 255 + rng.normal(0, 1, (SIZE, SIZE)) * sensor
    return np.clip(pixels + 0.5, 0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', required=True, help='the .npy file to write')
    parser.add_argument('--count', type=int, default=400)
    parser.add_argument('--seed', type=int, default=0, help='the first of the seeds')
    parser.add_argument('--jobs', type=int, default=1)
    options = parser.parse_args()

    seeds = range(options.seed, options.seed + options.count)
    with ProcessPoolExecutor(options.jobs) as pool:
        pictures = list(pool.map(picture, seeds, chunksize=4))
    np.save(options.out, np.stack(pictures))


if __name__ == '__main__':
    main()
