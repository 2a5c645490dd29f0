"""Draws what a model makes of three places of a picture, beside bicubic and the original.

    python sample.py sample.png --full lake.png
    python crops.py lake.png ../models/fovea-x2.onnx crops.png
    python crops.py lake.png ../models/fovea-x2-web.onnx crops.png --jpeg 50 --reduce 1

The places are chosen for the demo's sample picture.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from degradations import jpeg
from evaluate import LumaModel, enlarged, measure
from imresize import imresize, to_u8

# The centres of the sign, the boat and the meadow, as shares of the sample picture.
PLACES = ((0.76, 0.775), (0.275, 0.51), (0.6, 0.92))
CROP = 96  # pixels of the original
ZOOM = 2
GAP = 8
CAPTION = 36


def columns(high, model, quality):
    """Captions with pictures, uint8 [H, W, 3] of the same size."""
    low = imresize(high, high.shape[0] // model.scale, high.shape[1] // model.scale)
    if quality is not None:
        low = jpeg(low, quality)
    by_bicubic = to_u8(enlarged(low.astype(np.float64), model.scale))
    by_model = model(low)
    repeated = low.repeat(model.scale, axis=0).repeat(model.scale, axis=1)
    return {
        'input': repeated,
        f'bicubic, {decibels(by_bicubic, high, model)}': by_bicubic,
        f'{model.name}, {decibels(by_model, high, model)}': by_model,
        'original': high,
    }


def decibels(result, high, model):
    return f'{measure(result, high, False, model.scale)[0]:.1f} dB'


def sheet(pictures):
    """A PIL image: a column per picture under its caption, a row per place."""
    step = CROP * ZOOM + GAP
    size = (len(pictures) * step - GAP, CAPTION + len(PLACES) * step - GAP)
    canvas = Image.new('RGB', size, 'white')
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=15)
    for column, (caption, pixels) in enumerate(pictures.items()):
        pen.text((column * step + step // 2, CAPTION // 2), caption, 'black', font, anchor='mm')
        for row, place in enumerate(PLACES):
            sides = zip(place, pixels.shape[1::-1], strict=True)
            x, y = (int(share * side) - CROP // 2 for share, side in sides)
            crop = Image.fromarray(pixels[y : y + CROP, x : x + CROP])
            crop = crop.resize((CROP * ZOOM, CROP * ZOOM), Image.Resampling.NEAREST)
            canvas.paste(crop, (column * step, CAPTION + row * step))
    return canvas


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('picture', type=Path)
    parser.add_argument('model', type=Path)
    parser.add_argument('out', type=Path)
    parser.add_argument('--jpeg', type=int, help='compress the input at this quality first')
    parser.add_argument('--reduce', type=int, default=2, help='makes the original sharp')
    options = parser.parse_args()

    model = LumaModel(options.model)
    full = np.asarray(Image.open(options.picture).convert('RGB'))
    step = options.reduce * model.scale
    sides = [extent // step * model.scale for extent in full.shape[:2]]
    sheet(columns(imresize(full, *sides), model, options.jpeg)).save(options.out)


if __name__ == '__main__':
    main()
