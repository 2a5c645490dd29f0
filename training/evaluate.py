"""PSNR and SSIM of luma models, and of bicubic, on a folder of pictures.

    python evaluate.py FOLDER CHECKPOINT_OR_ONNX...

The folder holds pairs `NAME_HR.png` and `NAME_LR.png`, or pictures that are reduced by MATLAB's
bicubic. The protocol is the benchmarks': the luma model upscales Y of full-range YCbCr, chroma
goes by bicubic, the RGB result is rounded to 8 bits, `scale` pixels are shaved from each border,
and PSNR and SSIM are taken on the BT.601 luma Y = 16 + 65.481 R + 128.553 G + 24.966 B, averaged
over the pictures. `npm run evaluate` does the same through Fovea's own engine.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import correlate1d

from degradations import jpeg
from imresize import imresize, to_u8
from pictures.scene import LUMA


class LumaModel:
    """A model: `scale`, and float32 [H, W] -> [scale H, scale W] when called."""

    def __init__(self, path):
        self.name = path.stem
        if path.suffix == '.onnx':
            import onnxruntime

            session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
            properties = session.get_modelmeta().custom_metadata_map
            # Earlier files have a property for each.
            self.scale = int(
                json.loads(properties['fovea'])['scale']
                if 'fovea' in properties
                else properties['fovea.scale']
            )
            self.run = lambda y: session.run(None, {'input': y[None, None]})[0][0, 0]
        else:
            import torch

            from export import load

            network = load(path).requires_grad_(False)
            self.scale = network.settings['scale']
            self.run = lambda y: network(torch.from_numpy(y)[None, None])[0, 0].numpy()

    def __call__(self, image):
        """Enlarges an RGB picture, uint8 [H, W, 3], as a browser would: chroma by bicubic."""
        luma = image @ LUMA
        larger = 255 * self.run((luma / 255).astype(np.float32))
        chroma = enlarged(image - luma[..., None], self.scale)
        return to_u8(larger[..., None] + chroma)


def enlarged(image, scale):
    return imresize(image, scale * image.shape[0], scale * image.shape[1])


def pairs(folder, scale):
    """(name, low, high, grey) of each picture: uint8 [H, W, 3], and whether it is stored grey."""
    paths = sorted(folder.glob('*_HR.png')) or sorted(folder.glob('*.png'))
    for path in paths:
        image = Image.open(path)
        high, grey = np.asarray(image.convert('RGB')), image.mode == 'L'
        partner = path.with_name(path.name.replace('_HR', '_LR'))
        if partner != path and partner.exists():
            low = np.asarray(Image.open(partner).convert('RGB'))
            high = high[: scale * low.shape[0], : scale * low.shape[1]]
        else:
            high = high[: high.shape[0] // scale * scale, : high.shape[1] // scale * scale]
            low = imresize(high, high.shape[0] // scale, high.shape[1] // scale)
        yield path.stem.removesuffix('_HR'), low, high, grey


def measured_luma(rgb, grey):
    """The plane that is measured, of uint8 [H, W, 3].

    BT.601 studio-range luma, rounded as MATLAB's rgb2ycbcr does for uint8. Files stored as grey
    are measured at their full range instead, as in the published figures.
    """
    if grey:
        return rgb[..., 0].astype(np.float64)
    return np.floor(16 + rgb @ np.array([65.481, 128.553, 24.966]) / 255 + 0.5)


def psnr(result, truth):
    """PSNR in dB of two float64 planes, 0..255."""
    return 10 * np.log10(255**2 / np.mean((result - truth) ** 2))


def ssim(result, truth):
    """Mean SSIM of two float64 planes, 0..255, by an 11x11 Gaussian window of deviation 1.5.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE
    TIP 13(4), 2004; only where the whole window lies inside.
    """
    window = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(plane):
        return correlate1d(correlate1d(plane, window, 0), window, 1)[5:-5, 5:-5]

    mean_r, mean_t = mean(result), mean(truth)
    var_r, var_t = mean(result**2) - mean_r**2, mean(truth**2) - mean_t**2
    covariance = mean(result * truth) - mean_r * mean_t
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return np.mean(
        (2 * mean_r * mean_t + c1)
        * (2 * covariance + c2)
        / ((mean_r**2 + mean_t**2 + c1) * (var_r + var_t + c2))
    )


def measure(result, truth, grey, border):
    """(PSNR, SSIM) of two uint8 [H, W, 3], by the protocol above."""
    planes = [
        measured_luma(image, grey)[border:-border, border:-border] for image in (result, truth)
    ]
    return psnr(*planes), ssim(*planes)


def evaluate(model, folder, quality=None):
    """Rows (name, model's PSNR, SSIM, bicubic's PSNR, SSIM) of the pictures of a folder."""
    rows = []
    for name, low, high, grey in pairs(folder, model.scale):
        seen = low if quality is None else jpeg(low, quality)
        ours, theirs = model(seen), to_u8(enlarged(seen.astype(np.float64), model.scale))
        rows.append(
            (name, *(v for r in (ours, theirs) for v in measure(r, high, grey, model.scale)))
        )
    if not rows:
        raise SystemExit(f'No PNG pictures in {folder}.')
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path)
    parser.add_argument('models', type=Path, nargs='+', help='.onnx, or a checkpoint of train.py')
    parser.add_argument('--jpeg', type=int, help='compress the inputs at this quality first')
    options = parser.parse_args()

    for path in options.models:
        model = LumaModel(path)
        rows = evaluate(model, options.folder, options.jpeg)
        rows.append(('mean', *np.mean([row[1:] for row in rows], axis=0)))
        for name, *values in rows:
            ours, ours_ssim, theirs, theirs_ssim = values
            print(
                f'{name:20s} {model.name} {ours:.2f} dB {ours_ssim:.4f}  '
                f'bicubic {theirs:.2f} dB {theirs_ssim:.4f}'
            )


if __name__ == '__main__':
    main()
