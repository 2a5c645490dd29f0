"""What a lens, a sensor and a converter make of a scene."""

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from imresize import to_u8

KERNELS = (Image.Resampling.BOX, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


def develop(rng, scene, side):
    """A photograph of `scene`, [size, size, 3] float32 0..1: uint8 [side, side, 3].

    Gamma, the lens's softness, the antialiased reduction to `side` pixels, sharpening, grain.
    """
    gamma = rng.uniform(0.6, 1.6)
    kernel = KERNELS[rng.integers(len(KERNELS))]
    softness = rng.choice([0, rng.uniform(0.3, 1.2), rng.uniform(1, 2.8)], p=[0.3, 0.4, 0.3])
    sharpening = rng.choice([0, rng.uniform(0.2, 1)], p=[0.75, 0.25])
    planes = [
        taken(plane**gamma, side, kernel, softness, sharpening)
        for plane in np.moveaxis(scene, 2, 0)
    ]
    pixels = 255 * np.stack(planes, axis=2)
    grain = rng.choice([0, rng.uniform(0.3, 2.5)], p=[0.6, 0.4])
    if grain:
        pixels += grain * rng.normal(0, 1, (side, side, 1)).astype(np.float32)
    return to_u8(pixels)


def taken(plane, side, kernel, softness, sharpening):
    """One colour: blurred by a Gaussian of `softness` pixels, reduced to `side`, sharpened."""
    if softness:
        plane = gaussian_filter(plane, softness, truncate=3)
    plane = np.asarray(Image.fromarray(plane).resize((side, side), kernel))
    if sharpening:
        plane = plane + sharpening * (plane - gaussian_filter(plane, 1))
    return plane


def retaken(rng, plane):
    """`plane`, uint8 [H, W], as another camera would have taken it: nearly half are softer.

    The pictures of telephones and films rarely are as sharp as their pixels allow.
    """
    if rng.random() > 0.45:
        return plane
    return to_u8(gaussian_filter(plane.astype(np.float32), rng.uniform(0.3, 1.2), truncate=3))
