"""PSNR of a luma model, and of bicubic, on a folder of benchmark pairs.

    python evaluate.py CHECKPOINT_OR_ONNX FOLDER

The folder holds `NAME_HR.png` and `NAME_LR.png`. The protocol is the benchmarks': the luma model
upscales Y of full-range YCbCr, chroma goes by bicubic, the RGB result is rounded to 8 bits, two
pixels are shaved from each border, and PSNR is taken on the BT.601 luma
Y = 16 + 65.481 R + 128.553 G + 24.966 B, averaged over the images.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from imresize import imresize

SCALE = 2


def luma_model(path):
    """A function float32 [H, W] -> [2H, 2W] from an .onnx file or a checkpoint of train.py."""
    if path.suffix == '.onnx':
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
        return lambda y: session.run(None, {'input': y[None, None]})[0][0, 0]

    import torch

    from export import load

    model = load(path).requires_grad_(False)
    return lambda y: model(torch.from_numpy(y)[None, None])[0, 0].numpy()


def to_u8(values):
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def upscale(image, model):
    """Doubles an RGB or grey PIL image as a browser would: model on Y, bicubic on Cb and Cr."""
    luma, *chroma = np.moveaxis(np.asarray(image.convert('RGB').convert('YCbCr')), 2, 0)
    bigger = [to_u8(255 * model(luma.astype(np.float32) / 255))]
    bigger += [imresize(plane, SCALE * plane.shape[0], SCALE * plane.shape[1]) for plane in chroma]
    return np.asarray(Image.fromarray(np.stack(bigger, axis=2), 'YCbCr').convert('RGB'))


def bicubic(image):
    rgb = np.asarray(image.convert('RGB'))
    return imresize(rgb, SCALE * rgb.shape[0], SCALE * rgb.shape[1])


def measured_luma(rgb, grey):
    """The plane PSNR is taken on, of uint8 [H, W, 3].

    BT.601 studio-range luma, rounded as MATLAB's rgb2ycbcr does for uint8. Files stored as grey
    are measured at their full range instead, as in the published figures.
    """
    if grey:
        return rgb[..., 0].astype(np.float64)
    return np.floor(16 + rgb @ np.array([65.481, 128.553, 24.966]) / 255 + 0.5)


def psnr(result, truth, grey):
    """PSNR in dB of two uint8 [H, W, 3], by the protocol above."""
    height, width = np.minimum(result.shape, truth.shape)[:2]
    result, truth = (measured_luma(image[:height, :width], grey) for image in (result, truth))
    error = (result - truth)[SCALE:-SCALE, SCALE:-SCALE]
    return 10 * np.log10(255**2 / np.mean(error**2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model', type=Path, help='.onnx, or a checkpoint of train.py')
    parser.add_argument('folder', type=Path)
    options = parser.parse_args()

    model = luma_model(options.model)
    scores = []
    for path in sorted(options.folder.glob('*_HR.png')):
        large = Image.open(path)
        small = Image.open(path.with_name(path.name.replace('_HR', '_LR')))
        truth, grey = np.asarray(large.convert('RGB')), large.mode == 'L'
        results = upscale(small, model), bicubic(small)
        scores.append([psnr(result, truth, grey) for result in results])
        print(f'{path.stem:24s} model {scores[-1][0]:.2f}  bicubic {scores[-1][1]:.2f} dB')
    ours, theirs = np.mean(scores, axis=0)
    print(f'{"mean":24s} model {ours:.2f}  bicubic {theirs:.2f} dB')


if __name__ == '__main__':
    main()
