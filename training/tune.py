"""Teaches a finished model to compute with bytes: quantisation-aware training.

    python tune.py fovea-x2 ../models/fovea-x2.onnx --data train.npy --valid valid.npy --out build/

starts from the .onnx of export.py, or from a checkpoint of train.py, and writes
build/fovea-x2-int8.pt, .csv and .png as train.py does. export.py makes the model of it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from export import load, load_onnx
from quantised import convolutions, quantise, ranges
from recipes import RECIPES
from train import Pairs, tensor, train

CALIBRATION = 100  # pictures from which the ranges that learning begins with are taken


def prepared(network, pairs, ends=False):
    """The collapsed network with its convolutions quantised, by what some pictures make of it.

    ends: the first and the last convolution, too.
    """
    images = (tensor(low[None]) for low in pairs.low[:CALIBRATION])
    return quantise(network, ranges(network, convolutions(network, ends), images))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model', choices=RECIPES)
    parser.add_argument('start', type=Path, help='the .onnx or the checkpoint of that model')
    parser.add_argument('--data', required=True, help='.npy of training pictures (dataset.py)')
    parser.add_argument('--valid', required=True, help='.npy of pictures of other seeds')
    parser.add_argument('--out', type=Path, required=True, help='folder of checkpoints and logs')
    parser.add_argument('--ends', action='store_true', help='first and last convolution, too')
    parser.add_argument('--steps', type=int, help="instead of the recipe's")
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    recipe = RECIPES[options.model].tuned()
    if options.steps:
        recipe = replace(recipe, steps=options.steps)
    options.out.mkdir(parents=True, exist_ok=True)
    pairs = Pairs(np.load(options.data), recipe, recipe.seed)
    valid = Pairs(np.load(options.valid), recipe, recipe.seed + 1)
    network = (load_onnx if options.start.suffix == '.onnx' else load)(options.start)
    network = prepared(network, pairs, options.ends).train()
    print(f'{options.model}: {valid.psnr(network):.3f} dB before')
    checkpoint = options.out / f'{options.model}-int8.pt'
    train(recipe, network, pairs, valid, checkpoint, compiled=False, report_steps=200)


if __name__ == '__main__':
    main()
