"""Trains a model of recipes.py on generated pictures.

    python train.py fovea-x2 --data train.npy --valid valid.npy --out build/

writes build/fovea-x2.pt every 2000 steps, build/fovea-x2.csv (step, seconds, rate, loss, PSNR on
the validation pictures) and, at the end, build/fovea-x2.png (its curves). Started again, it goes on
from there.
"""

import argparse
import copy
import csv
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm

from curves import draw_curves
from degradations import DAMAGES
from model import LumaNet
from pictures.camera import retaken
from recipes import RECIPES

WARM_UP = 500  # steps over which the learning rate rises
LAST_RATE = 0.002  # the learning rate's end, as a share of its peak


class Pairs:
    """Pictures, uint8 [count, side, side], retaken, each with its damaged small version."""

    def __init__(self, pictures, recipe, seed):
        rng = np.random.default_rng(seed)
        damage = DAMAGES[recipe.damage]
        self.scale = recipe.scale
        self.high = np.stack([retaken(rng, picture) for picture in pictures])
        self.low = np.stack([damage(rng, picture, recipe.scale) for picture in self.high])

    def sample(self, rng, batch, patch):
        """`batch` random patches, flipped and turned: float32 [batch, 1, ...] inputs, targets."""
        inputs, targets = [], []
        for _ in range(batch):
            index = rng.integers(len(self.low))
            y, x = rng.integers(0, self.low.shape[1] - patch + 1, 2)
            turns, flip = int(rng.integers(4)), rng.random() < 0.5
            for planes, scale, into in ((self.low, 1, inputs), (self.high, self.scale, targets)):
                rows, columns = (slice(scale * at, scale * (at + patch)) for at in (y, x))
                piece = np.rot90(planes[index, rows, columns], turns)
                into.append(piece[:, ::-1] if flip else piece)
        return tensor(np.stack(inputs)), tensor(np.stack(targets))

    @torch.no_grad()
    def psnr(self, model):
        """Mean PSNR in dB over whole pictures, clipped to 0..1, 4 border pixels left out."""
        total = 0.0
        for low, high in zip(self.low, self.high, strict=True):
            error = model(tensor(low[None])).clamp(0, 1) - tensor(high[None])
            total += -10 * math.log10(error[..., 4:-4, 4:-4].square().mean().item())
        return total / len(self.low)


def tensor(planes):
    """uint8 [N, H, W] -> float32 [N, 1, H, W], 0..1."""
    return torch.from_numpy(planes[:, None].astype(np.float32) / 255)


def learning_rate(recipe, step):
    """A short rise, then half a cosine down to LAST_RATE of the peak."""
    fall = 0.5 + 0.5 * math.cos(math.pi * step / recipe.steps)
    return recipe.rate * min(1, (step + 1) / WARM_UP) * (LAST_RATE + (1 - LAST_RATE) * fall)


@torch.no_grad()
def follow(average, model, step):
    """Moves the averaged parameters towards the model's, more slowly as training goes on."""
    weight = 1 - min(0.999, step / (step + 10))
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), weight)


class Run:
    """A training in progress: what a checkpoint holds."""

    def __init__(self, recipe, model):
        self.recipe = recipe
        self.model = model
        self.average = copy.deepcopy(self.model)
        self.optimiser = torch.optim.Adam(self.model.parameters(), recipe.rate, foreach=True)
        self.step, self.seconds = 0, 0.0

    def save(self, path):
        partial = path.with_suffix('.partial')
        torch.save(
            {
                'settings': self.model.settings,
                'weights': self.average.state_dict(),
                'learning': self.model.state_dict(),
                'optimiser': self.optimiser.state_dict(),
                'step': self.step,
                'seconds': self.seconds,
            },
            partial,
        )
        partial.replace(path)

    def resume(self, path):
        state = torch.load(path, weights_only=True)
        self.average.load_state_dict(state['weights'])
        self.model.load_state_dict(state['learning'])
        self.optimiser.load_state_dict(state['optimiser'])
        self.step, self.seconds = state['step'], state['seconds']


def new_model(recipe, start=None):
    """A network that has learned nothing, or what the network of the checkpoint `start` has."""
    torch.manual_seed(recipe.seed)
    model = LumaNet(recipe.scale, recipe.channels, recipe.blocks)
    if start is not None:
        inherit(model, torch.load(start, weights_only=True)['weights'])
    return model


def inherit(model, weights):
    """Takes over another model's parameters, but for a last layer of another scale."""
    own = model.state_dict()
    fitting = {name: value for name, value in weights.items() if value.shape == own[name].shape}
    model.load_state_dict(own | fitting)


def train(recipe, model, pairs, valid, checkpoint, compiled=True, report_steps=2000):
    """Trains `model` to the end of the recipe, from `checkpoint` on where that exists.

    Every `report_steps` it adds to the log and writes the checkpoint.
    """
    run = Run(recipe, model)
    if checkpoint.exists():
        run.resume(checkpoint)
    forward = torch.compile(run.model) if compiled else run.model
    log = checkpoint.with_suffix('.csv')
    since, losses = time.monotonic(), []
    with tqdm(total=recipe.steps, initial=run.step, unit='step', mininterval=10) as bar:
        while run.step < recipe.steps:
            losses.append(learn(run, forward, pairs))
            bar.update()
            if run.step % report_steps == 0 or run.step == recipe.steps:
                run.seconds += time.monotonic() - since
                note(log, run, np.mean(losses), valid.psnr(run.average))
                run.save(checkpoint)
                since, losses = time.monotonic(), []
    draw_curves(log, checkpoint.with_suffix('.png'))


def learn(run, forward, pairs):
    """One step; returns its loss. What it learns from depends on the seed and the step alone."""
    recipe = run.recipe
    rate = learning_rate(recipe, run.step)
    run.optimiser.param_groups[0]['lr'] = rate
    rng = np.random.default_rng((recipe.seed, run.step))
    low, high = pairs.sample(rng, recipe.batch, recipe.patch)
    mixed = run.step < (1 - recipe.full_precision) * recipe.steps
    with torch.autocast('cpu', torch.bfloat16, enabled=mixed):
        result = forward(low)
    loss = functional.l1_loss(result.float(), high)
    run.optimiser.zero_grad()
    loss.backward()
    run.optimiser.step()
    follow(run.average, run.model, run.step)
    run.step += 1
    return loss.item()


def note(log, run, loss, psnr):
    """Adds a line to the log, a CSV file."""
    line = {
        'step': run.step,
        'seconds': round(run.seconds),
        'rate': f'{run.optimiser.param_groups[0]["lr"]:.2e}',
        'loss': f'{loss:.6f}',
        'psnr': f'{psnr:.3f}',
    }
    with log.open('a', newline='') as file:
        writer = csv.DictWriter(file, line.keys())
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model', choices=RECIPES)
    parser.add_argument('--data', required=True, help='.npy of training pictures (dataset.py)')
    parser.add_argument('--valid', required=True, help='.npy of pictures of other seeds')
    parser.add_argument('--out', type=Path, required=True, help='folder of checkpoints and logs')
    parser.add_argument('--start', type=Path, help='checkpoint of the model that it grows from')
    parser.add_argument('--steps', type=int, help="instead of the recipe's")
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--no-compile', action='store_true', help='do without torch.compile')
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    recipe = RECIPES[options.model]
    if options.steps:
        recipe = replace(recipe, steps=options.steps)
    options.out.mkdir(parents=True, exist_ok=True)
    if (recipe.start is None) != (options.start is None):
        parser.error(f'--start: {options.model} grows from {recipe.start or "nothing"}')
    pairs = Pairs(np.load(options.data), recipe, recipe.seed)
    valid = Pairs(np.load(options.valid), recipe, recipe.seed + 1)
    checkpoint = options.out / f'{options.model}.pt'
    model = new_model(recipe, options.start)
    train(recipe, model, pairs, valid, checkpoint, not options.no_compile)


if __name__ == '__main__':
    main()
