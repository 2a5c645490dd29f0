"""MATLAB's `imresize(..., 'bicubic')`, by which super-resolution benchmarks are defined."""

import numpy as np


def _cubic(x):
    """Keys' cubic convolution kernel, a = -0.5 (IEEE ASSP 29(6), 1981); 0 outside (-2, 2)."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def resize_matrix(length, out_length):
    """The [out_length, length] float64 matrix that resizes one axis.

    Downscaling widens the kernel by the scale (antialiasing); borders are mirrored with the edge
    sample repeated, and every row sums to 1.
    """
    scale = out_length / length
    stretch = max(1.0, 1.0 / scale)
    centre = (np.arange(out_length) + 0.5) / scale - 0.5
    taps = int(np.ceil(4 * stretch)) + 2
    source = np.floor(centre - 2 * stretch)[:, None].astype(int) + np.arange(taps)
    weight = _cubic((centre[:, None] - source) / stretch)
    weight /= weight.sum(axis=1, keepdims=True)

    mirrored = source % (2 * length)
    mirrored = np.where(mirrored < length, mirrored, 2 * length - 1 - mirrored)
    matrix = np.zeros((out_length, length))
    np.add.at(matrix, (np.arange(out_length)[:, None], mirrored), weight)
    return matrix


def imresize(image, height, width):
    """Resizes [H, W] or [H, W, C] to `height` x `width`.

    uint8 in gives uint8 out, rounded and clipped after each of the two passes as in MATLAB;
    anything else gives float64.
    """
    finish = to_u8 if image.dtype == np.uint8 else np.asarray
    rows = resize_matrix(image.shape[0], height)
    columns = resize_matrix(image.shape[1], width)
    out = finish(np.einsum('yh,hw...->yw...', rows, image.astype(np.float64), optimize=True))
    return finish(np.einsum('xw,yw...->yx...', columns, out.astype(np.float64), optimize=True))


def to_u8(values):
    """Values 0..255 as uint8, rounded and clipped."""
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)
