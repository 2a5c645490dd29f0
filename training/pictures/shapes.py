"""Outlines of things, as polygons and paths around (0, 0): [points, 2] pixels (x, y)."""

import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .noise import turned
from .textures import between


def leaf(rng, radius):
    """A disk, a blob, a polygon or a rectangle of about `radius` pixels."""
    kind = rng.random()
    if kind < 0.45:
        angle = np.linspace(0, 2 * np.pi, int(np.clip(radius, 12, 96)), endpoint=False)
        bumps = rng.normal(0, 0.06, (2, 4)) if kind < 0.25 else np.zeros((2, 4))
        order = np.arange(2, 6)[:, None]
        distance = 1 + bumps[0] @ np.cos(order * angle) + bumps[1] @ np.sin(order * angle)
    elif kind < 0.65:
        corner = rng.uniform(0.3, 1.2)
        angle = np.array([corner, np.pi - corner, np.pi + corner, -corner])
        distance = np.ones(4)
    else:
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        distance = rng.uniform(0.5, 1.2, angle.size)
    squeeze, turn = rng.uniform(0.2, 1), rng.choice([0, rng.uniform(0, np.pi)], p=[0.2, 0.8])
    x, y = turned(np.cos(angle) * distance, squeeze * np.sin(angle) * distance, turn)
    return radius * np.stack([x, y], axis=1)


def twig(rng, length, width):
    """A bent line that tapers to a point: hair, whiskers, grass, branches."""
    t = np.linspace(0, 1, 20)
    bend = rng.normal(0, 0.35, 2)
    path = np.stack([t - 0.5, bend[0] * t**2 + bend[1] * t**3], axis=1) * length
    across = np.gradient(path, axis=0)[:, ::-1] * [-1, 1]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    half = 0.5 * width * (1 - rng.uniform(0, 1) * t[:, None])
    return np.concatenate([path + half * across, (path - half * across)[::-1]])


def rotated(points, angle):
    """The points turned around (0, 0) by `angle` radians."""
    return np.stack(turned(points[:, 0], points[:, 1], angle), axis=1)


def lettering(rng):
    """A few lines of random letters at some angle, as a uint8 mask, 255 where there is ink."""
    font = ImageFont.load_default(size=between(rng, 12, 110))
    letters = list(string.ascii_letters + string.digits + '      .,-:!?&')
    text = '\n'.join(''.join(rng.choice(letters, 14)) for _ in range(rng.integers(1, 6)))
    stroke = int(rng.choice([0, 0, 0, 1, 2]))
    pen = ImageDraw.Draw(Image.new('L', (1, 1)))
    box = pen.multiline_textbbox((0, 0), text, font, stroke_width=stroke)
    mask = Image.new('L', (int(box[2]) + 4, int(box[3]) + 4))
    ImageDraw.Draw(mask).multiline_text((2, 2), text, 255, font, stroke_width=stroke)
    angle = rng.choice([0, 0, rng.uniform(-8, 8), rng.uniform(-90, 90)])
    slant = rng.choice([0, 0, rng.uniform(-0.4, 0.4)])
    mask = mask.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    mask = mask.transform(mask.size, Image.Transform.AFFINE, (1, slant, 0, 0, 1, 0))
    return np.asarray(mask.point(lambda value: 255 * (value > 127)))
