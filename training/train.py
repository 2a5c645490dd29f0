"""Trains LumaNet on generated pictures; see README.md for the commands.

Low-resolution inputs are the benchmark's: MATLAB bicubic reduction by 2, rounded to 8 bits.
Stops after --minutes at the latest: the cosine learning rate follows time, not a count of steps, so
that any budget ends with a fully annealed network.
"""

import argparse
import copy
import math
import time

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch.nn import functional

from imresize import imresize
from model import LumaNet

PATCH = 48  # low-resolution pixels per side


def photographed(rng, picture):
    """`picture`, uint8 [side, side], as a softer lens and a noisier sensor would have taken it."""
    pixels = picture.astype(np.float32)
    if rng.random() < 0.7:
        pixels = gaussian_filter(pixels, rng.uniform(0.3, 1.3))
    if rng.random() < 0.6:
        pixels += rng.normal(0, rng.uniform(0.5, 3), pixels.shape)
    return np.clip(pixels + 0.5, 0, 255).astype(np.uint8)


def pairs(high):
    """Pictures, uint8 [count, side, side], with their halves: tensors [count, 1, ...] low, high."""
    half = high.shape[1] // 2
    low = np.stack([imresize(picture, half, half) for picture in high])
    return torch.from_numpy(low)[:, None], torch.from_numpy(high)[:, None]


def sample(rng, low, high, batch):
    """`batch` random patches, flipped and turned: float32 0..1, sides PATCH and 2 * PATCH."""
    inputs, targets = [], []
    for _ in range(batch):
        index = rng.integers(len(low))
        y, x = rng.integers(0, low.shape[-1] - PATCH + 1, 2)
        turns, flip = int(rng.integers(4)), rng.random() < 0.5
        for plane, scale, into in ((low, 1, inputs), (high, 2, targets)):
            rows, columns = (
                slice(scale * y, scale * (y + PATCH)),
                slice(scale * x, scale * (x + PATCH)),
            )
            patch = torch.rot90(plane[index, :, rows, columns], turns, (1, 2))
            into.append(patch.flip(2) if flip else patch)
    return torch.stack(inputs).float() / 255, torch.stack(targets).float() / 255


@torch.no_grad()
def psnr(model, low, high):
    """Mean PSNR in dB over whole pictures, clipped to 0..1, 4 border pixels left out."""
    total = 0.0
    for x, y in zip(low, high, strict=True):
        error = model(x[None].float() / 255).clamp(0, 1) - y[None].float() / 255
        total += -10 * math.log10(error[..., 4:-4, 4:-4].square().mean().item())
    return total / len(low)


@torch.no_grad()
def follow(average, model, decay):
    """Moves the averaged parameters towards the model's."""
    for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


def train(options):
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    pictures = np.load(options.data)
    if options.photographed:
        pictures = np.stack([photographed(rng, picture) for picture in pictures])
    low, high = pairs(pictures)
    check_low, check_high = pairs(np.load(options.valid))

    model = LumaNet(options.channels, options.blocks)
    if options.start:
        model.load_state_dict(torch.load(options.start, weights_only=True)['weights'])
    average = copy.deepcopy(model)
    optimiser = torch.optim.Adam(model.parameters(), options.rate)
    start = report = time.monotonic()
    step, progress = 0, 0.0
    while progress < 1:
        progress = min(1.0, (time.monotonic() - start) / (60 * options.minutes))
        rate = options.rate * min(1, (step + 1) / 500) * (0.5 + 0.5 * math.cos(math.pi * progress))
        optimiser.param_groups[0]['lr'] = max(rate, 1e-6)
        x, y = sample(rng, low, high, options.batch)
        loss = functional.l1_loss(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        follow(average, model, min(0.999, step / (step + 10)))
        step += 1
        if time.monotonic() - report > 60 or progress == 1:
            report = time.monotonic()
            value = psnr(average, check_low, check_high)
            print(
                f'{report - start:6.0f} s  step {step:6d}  rate {rate:.1e}  {value:.3f} dB',
                flush=True,
            )
            torch.save({'settings': model.settings, 'weights': average.state_dict()}, options.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', required=True, help='.npy of training pictures (dataset.py)')
    parser.add_argument('--valid', required=True, help='.npy of pictures of other seeds')
    parser.add_argument('--out', required=True, help='checkpoint to write, about once a minute')
    parser.add_argument('--start', help='checkpoint to go on from')
    parser.add_argument(
        '--photographed', action='store_true', help='soften the pictures and add grain first'
    )
    parser.add_argument('--minutes', type=float, default=40)
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--rate', type=float, default=2e-3)
    parser.add_argument('--channels', type=int, default=16)
    parser.add_argument('--blocks', type=int, default=7)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(options)


if __name__ == '__main__':
    main()
