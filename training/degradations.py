"""What turns a picture into the small input that a network learns to undo. Planes are uint8."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from imresize import imresize, to_u8


def bicubic(rng, picture, scale):
    """`picture`, [H, W], reduced as the benchmarks do: MATLAB's bicubic, rounded to 8 bits."""
    return imresize(picture, picture.shape[0] // scale, picture.shape[1] // scale)


def jpeg(image, quality):
    """`image`, [H, W] or RGB [H, W, 3], after JPEG compression of quality 1..95, chroma halved."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, 'JPEG', quality=quality)
    return np.asarray(Image.open(file))


def web(rng, picture, scale):
    """`picture`, [H, W], reduced and damaged as pictures on the web are.

    Some blur, one of the usual reductions, some sensor noise, and JPEG compression of quality 30 to
    95, at times twice; one picture in ten stays uncompressed.
    """
    height, width = (extent // scale for extent in picture.shape)
    pixels = picture.astype(np.float32)
    if rng.random() < 0.4:
        pixels = gaussian_filter(pixels, rng.uniform(0.2, 0.45) * scale)
    if rng.random() < 0.6:
        small = imresize(pixels, height, width)
    else:
        kernels = [Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS]
        kernel = kernels[rng.integers(len(kernels))]
        small = np.asarray(Image.fromarray(pixels).resize((width, height), kernel))
    if rng.random() < 0.3:
        small = small + rng.normal(0, rng.uniform(0.5, 4), small.shape)
    small = to_u8(small)
    if rng.random() < 0.1:
        return small
    if rng.random() < 0.2:
        small = jpeg(small, int(rng.integers(60, 96)))
    return jpeg(small, int(rng.integers(30, 96)))


DAMAGES = {'bicubic': bicubic, 'web': web}
