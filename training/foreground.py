"""What stands before the lake in sample.py: a boat, a signpost, grass and flowers.

Everything draws on an RGBA image of [ROWS, COLUMNS] pixels with sRGB colours.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from landscape import COLUMNS, ROWS


def tint(rng, low, high, shade=1.0):
    """A random sRGB colour between two, times `shade`."""
    return tuple(int(v) for v in shade * (low + rng.random() * np.subtract(high, low)))


def boat(image, column, row, tall):
    """A sailing boat, mirrored in the water; `tall` pixels from its hull to its masthead."""
    size = int(1.2 * tall)
    layer = Image.new('RGBA', (size, size))
    draw = ImageDraw.Draw(layer)

    def at(x, y):
        return (size * (0.5 + 0.42 * x), size * (1 - 0.9 * y))

    draw.polygon([at(0.05, 0.16), at(0.05, 0.95), at(0.62, 0.17)], fill=(250, 247, 238))
    draw.polygon([at(0.03, 0.62), at(0.03, 0.95), at(0.26, 0.62)], fill=(206, 62, 46))
    draw.polygon([at(-0.03, 0.14), at(-0.03, 0.80), at(-0.72, 0.10)], fill=(214, 218, 222))
    for y in (0.3, 0.45):
        draw.line([at(0.05, y), at(0.6 - 0.65 * y, y)], fill=(190, 186, 178), width=1)
    draw.line([at(0, 0.05), at(0, 1.0)], fill=(74, 50, 34), width=3)
    draw.line([at(-0.8, 0.08), at(0, 1.0), at(0.72, 0.09)], fill=(60, 60, 64), width=1)
    draw.line([at(0, 0.15), at(0.66, 0.15)], fill=(96, 66, 40), width=2)
    hull = [at(-0.85, 0.10), at(0.75, 0.10), at(0.6, 0.0), at(-0.55, 0.0)]
    draw.polygon(hull, fill=(36, 52, 92))
    draw.line(hull[:2], fill=(236, 232, 220), width=3)

    corner = (column - size // 2, row - size)
    image.alpha_composite(
        rippled(layer.transpose(Image.Transpose.FLIP_TOP_BOTTOM)), (corner[0], row)
    )
    image.alpha_composite(layer, corner)


def rippled(layer):
    """A reflection: rows pushed sideways, the more the farther down, and half transparent."""
    pixels = np.array(layer)
    for y, row in enumerate(pixels):
        pixels[y] = np.roll(
            row,
            round(0.03 * y * np.sin(0.8 * y + 3 * np.sin(0.13 * y)) + 2 * np.sin(0.31 * y)),
            axis=0,
        )
    pixels[..., 3] = pixels[..., 3] * np.linspace(0.7, 0.25, len(pixels))[:, None]
    return Image.fromarray(pixels)


def plank(rng, width, height, colour):
    """A weathered board: grain along its length, cracks, a dark lower edge."""
    grain = np.cumsum(rng.normal(0, 0.035, height))[:, None] + rng.normal(0, 0.02, (height, width))
    for _ in range(14):
        start, row = rng.integers(width), rng.integers(height)
        grain[row, start : start + rng.integers(20, 160)] -= 0.3
    grain[-4:] -= 0.35
    grain[:3] += 0.2
    pixels = np.clip(np.array(colour) * (1 + grain[..., None]), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).convert('RGBA')


def signpost(image, rng, column, row):
    """Two lettered boards on a post; (column, row) is the top of the post."""
    post = plank(rng, 330, 22, (116, 92, 70)).rotate(90, expand=True)
    image.alpha_composite(post, (column - 11, row))
    boards = (('Fovea', 74, 300, (22, 24), 2), ('Retina 3 km', 46, 286, (-20, 116), -3))
    for text, letter, width, (dx, dy), angle in boards:
        board = plank(rng, width, letter + 14, (176, 142, 100))
        font = ImageFont.load_default(size=letter)
        draw = ImageDraw.Draw(board)
        draw.text((width / 2 + 2, letter / 2 + 8), text, (214, 182, 140), font, anchor='mm')
        draw.text((width / 2, letter / 2 + 6), text, (52, 32, 20), font, anchor='mm')
        board = board.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        image.alpha_composite(board, (column - board.width // 2 + dx, row + dy))


def blade(draw, rng, foot, length, colour, width):
    """One bent leaf of grass, tapering to its tip."""
    t = np.linspace(0, 1, 9)
    lean, droop = rng.normal(0.12, 0.28), rng.uniform(0, 0.35)
    x = foot[0] + length * (lean * t + np.sign(lean) * droop * t**2.5)
    y = foot[1] - length * (t - 0.35 * droop * t**3)
    half = 0.5 * width * (1 - t**1.6)
    outline = np.concatenate([np.stack([x - half, y], 1), np.stack([x + half, y], 1)[::-1]])
    draw.polygon([tuple(point) for point in outline], fill=colour)
    return x[-1], y[-1]


def flower(draw, rng, centre, size):
    """A daisy or a poppy seen at a slant."""
    x, y = centre
    if rng.random() < 0.65:
        for angle in np.linspace(0, 2 * np.pi, 11, endpoint=False) + rng.random():
            px, py = x + size * np.cos(angle), y + 0.65 * size * np.sin(angle)
            draw.line([(x, y), (px, py)], fill=tint(rng, (226, 226, 220), (255, 255, 255)), width=5)
        draw.ellipse([x - 4, y - 3, x + 4, y + 3], fill=(238, 186, 40))
    else:
        petal = tint(rng, (196, 36, 24), (232, 74, 40))
        draw.ellipse([x - size, y - 0.6 * size, x + size, y + 0.8 * size], fill=petal)
        lit = [x - 0.8 * size, y - 0.8 * size, x + 0.5 * size, y + 0.1 * size]
        draw.ellipse(lit, fill=(246, 106, 66))
        draw.ellipse([x - 4, y - 3, x + 3, y + 3], fill=(40, 18, 20))


def meadow(image, rng, count=5200):
    """The near bank: grass from back to front, flowers and seed heads among it."""
    draw = ImageDraw.Draw(image)
    columns = rng.uniform(-30, COLUMNS + 30, count)
    across = columns / COLUMNS
    edge = ROWS * (
        0.915
        - 0.10 * np.abs(across - 0.42) ** 1.3
        + 0.012 * np.sin(9 * across)
        + 0.006 * np.sin(31 * across)
    )
    near = np.sort(rng.random(count) ** 0.8)
    rows = edge + near * (ROWS + 40 - edge)
    soil = [(columns[i], edge[i] + 14) for i in np.argsort(columns)]
    draw.polygon([(-40, ROWS), *soil, (COLUMNS + 40, ROWS)], fill=(38, 48, 22))
    for i in range(count):
        length = (26 + 84 * near[i]) * rng.uniform(0.6, 1.25)
        dry = rng.random() < 0.18
        low, high = ((150, 128, 66), (214, 190, 112)) if dry else ((52, 84, 28), (142, 172, 66))
        shade = 0.55 + 0.45 * rng.random() if rng.random() < 0.6 else 1.0
        width = 2 + 4 * near[i]
        if rng.random() < 0.02:
            length, width, dry = 1.2 * length + 90, 2.5, True
        tip = blade(draw, rng, (columns[i], rows[i]), length, tint(rng, low, high, shade), width)
        if rng.random() < 0.016:
            flower(draw, rng, tip, rng.uniform(9, 12) * (0.6 + 0.5 * near[i]))
        elif dry and rng.random() < 0.25:
            draw.line([tip, (tip[0] + 4, tip[1] - 12)], fill=(222, 200, 138), width=3)
