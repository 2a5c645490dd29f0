"""Paints the demo's sample picture: ours from the first pixel, with much fine detail to enlarge.

python sample.py ../demo/public/samples/sample.png
"""

import argparse

import numpy as np
from PIL import Image, ImageDraw

import foreground
import landscape
from landscape import COLUMNS, EYE, FOCAL, HEIGHT, HORIZON, ROWS, WIDTH, hazed, rgb


def srgb(colour):
    """Linear light, float [..., 3] -> uint8 sRGB."""
    return (255 * np.clip(colour, 0, 1) ** (1 / 2.2) + 0.5).astype(np.uint8)


def linear(image):
    """Linear light, float [ROWS, COLUMNS, 3], of an sRGB image."""
    return (np.asarray(image) / 255) ** 2.2


def ink(colour):
    """`colour` as ImageDraw wants it."""
    return tuple(int(level) for level in srgb(colour))


def project(x, height, z):
    """Where a point in metres falls: (column, row) in pixels."""
    return COLUMNS / 2 + FOCAL * x / z, HORIZON + FOCAL * (EYE - height) / z


def conifer(draw, rng, foot, tall, colour):
    """A fir of `tall` pixels standing at the pixel `foot`, lit from the left."""
    column, row = foot
    tiers = int(np.clip(tall / 5, 3, 14))
    half = tall * rng.uniform(0.15, 0.22)
    left, right = [], []
    for tier in range(tiers):
        top, bottom = row - tall * (1 - tier / tiers), row - tall * (1 - (tier + 1.25) / tiers)
        reach = half * (tier + 1) / tiers * rng.uniform(0.8, 1.2, 2)
        left += [(column - reach[0] * 0.35, top), (column - reach[0], min(bottom, row))]
        right += [(column + reach[1] * 0.35, top), (column + reach[1], min(bottom, row))]
    tip = [(column, row - tall * 1.06)]
    draw.polygon(tip + right + left[::-1], fill=ink(colour * 0.45))
    draw.polygon(tip + [(column + half * 0.1, row)] + left[::-1], fill=ink(colour))


def forest(rng, terrain, view, image):
    """Firs on the wooded shores, far ones first, hidden where a hill stands before them."""
    draw = ImageDraw.Draw(image)
    count = 26000
    z = np.sort(rng.uniform(120, 1500, count))[::-1]
    x = rng.uniform(-0.55, 0.55, count) * z
    height = terrain.at(terrain.height, x, z)
    clearing = terrain.at(terrain.patches, x, z)
    grows = (height > 1.5) & (height < 60) & (clearing > rng.uniform(-0.6, 0.5, count))
    for i in np.flatnonzero(grows):
        column, row = project(x[i], height[i], z[i])
        nearer = np.searchsorted(view.steps, z[i] * 0.98) - 1
        hidden = view.skyline[nearer, int(np.clip(column, 0, COLUMNS - 1))]
        if (height[i] - EYE) / z[i] < hidden - 4 / FOCAL:
            continue
        green = rgb(*rng.uniform((52, 74, 34), (92, 108, 52)))
        conifer(draw, rng, (column, row), FOCAL * rng.uniform(9, 22) / z[i], hazed(green, z[i]))


def paint(rng):
    """The whole picture, RGB of [ROWS, COLUMNS] pixels."""
    terrain = landscape.Terrain(rng)
    view = landscape.look(terrain)
    picture = landscape.sky(rng)
    lake = landscape.ground(terrain, view, picture)
    image = Image.fromarray(srgb(picture))
    forest(rng, terrain, view, image)
    picture = linear(image)
    landscape.water(rng, view, lake, picture)
    image = Image.fromarray(srgb(picture)).convert('RGBA')
    foreground.boat(image, int(0.27 * COLUMNS), int(0.60 * ROWS), 150)
    foreground.signpost(image, rng, int(0.80 * COLUMNS), int(0.615 * ROWS))
    foreground.meadow(image, rng)
    return image.convert('RGB')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out')
    parser.add_argument('--full', help='also write the picture at four times the size here')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    image = paint(np.random.default_rng(options.seed))
    if options.full:
        image.save(options.full)
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(options.out)


if __name__ == '__main__':
    main()
