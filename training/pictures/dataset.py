"""Generates training pictures.

    python -m pictures.dataset --out DATA.npy --count 400 [--sheet SHEET.png]

writes a uint8 array [count, SIDE, SIDE] of luma planes (full-range BT.601, as JPEG has it), and a
contact sheet of the first of them in colour.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from PIL import Image
from tqdm import tqdm

from .camera import develop
from .scene import LUMA, graphic, photograph

SIDE = 384  # divisible by 2, 3 and 4
# Drawn at twice the size and reduced, so that edges are antialiased as a lens and sensor would.
CANVAS = 2 * SIDE
SHEET = (4, 6)  # rows and columns of a contact sheet


def picture(seed):
    """One picture, [SIDE, SIDE, 3] uint8; the same seed gives the same picture."""
    rng = np.random.default_rng(seed)
    compose = graphic if rng.random() < 0.1 else photograph
    return develop(rng, compose(rng, CANVAS), SIDE)


def luma(rgb):
    """The luma plane of uint8 [H, W, 3], rounded: uint8 [H, W]."""
    return np.floor(rgb @ LUMA + 0.5).astype(np.uint8)


def luma_picture(seed):
    return luma(picture(seed))


def contact_sheet(pictures):
    """The pictures, [rows * columns, side, side, 3], side by side at half their size."""
    rows, columns = SHEET
    half = SIDE // 2
    small = [
        np.asarray(Image.fromarray(p).resize((half, half), Image.Resampling.BOX)) for p in pictures
    ]
    grid = np.stack(small).reshape(rows, columns, half, half, 3)
    return np.ascontiguousarray(grid.swapaxes(1, 2).reshape(rows * half, columns * half, 3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', help='the .npy file to write')
    parser.add_argument('--count', type=int, default=400)
    parser.add_argument('--seed', type=int, default=0, help='the first of the seeds')
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--sheet', help='the .png file to write a contact sheet to')
    options = parser.parse_args()

    with ProcessPoolExecutor(options.jobs) as pool:
        if options.sheet:
            seeds = range(options.seed, options.seed + SHEET[0] * SHEET[1])
            Image.fromarray(contact_sheet(list(pool.map(picture, seeds)))).save(options.sheet)
        if options.out:
            seeds = range(options.seed, options.seed + options.count)
            planes = tqdm(pool.map(luma_picture, seeds, chunksize=4), total=options.count)
            np.save(options.out, np.stack(list(planes)))


if __name__ == '__main__':
    main()
