"""Makes models from nothing: pictures, training, export.

    python make.py fovea-x2 [fovea-x3 ...] [--work ../build/training] [--out ../models]

What is there already in the working folder is taken up again: pictures, checkpoints of trainings
that were interrupted. A model that grows from another has that one trained first.
"""

import argparse
import subprocess
import sys
from functools import cache
from pathlib import Path

from recipes import RECIPES

HERE = Path(__file__).parent
VALID_SEED = 1_000_000  # far from the seeds of the training pictures
VALID_PICTURES = 16


def python(*arguments):
    subprocess.run([sys.executable, *map(str, arguments)], cwd=HERE, check=True)


def pictures(path, count, seed, jobs):
    if not path.exists():
        python(
            *('-m', 'pictures.dataset', '--out', path),
            *('--count', count, '--seed', seed, '--jobs', jobs),
        )
    return path


@cache
def make(name, work, out, jobs):
    """Trains and exports one model, after those it grows from; returns its checkpoint."""
    recipe = RECIPES[name]
    start = make(recipe.start, work, out, jobs) if recipe.start else None
    checkpoint = work / f'{name}.pt'
    python(
        *('train.py', name, '--out', work, '--threads', jobs),
        *('--data', pictures(work / f'train-{recipe.pictures}.npy', recipe.pictures, 0, jobs)),
        *('--valid', pictures(work / 'valid.npy', VALID_PICTURES, VALID_SEED, jobs)),
        *(('--start', start) if start else ()),
    )
    python('export.py', checkpoint, out / f'{name}.onnx')
    return checkpoint


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('models', nargs='+', choices=RECIPES)
    parser.add_argument('--work', type=Path, default=HERE / '../build/training')
    parser.add_argument('--out', type=Path, default=HERE / '../models')
    parser.add_argument('--jobs', type=int, default=1, help='processes and threads to use')
    options = parser.parse_args()

    work, out = options.work.resolve(), options.out.resolve()
    work.mkdir(parents=True, exist_ok=True)
    for name in options.models:
        make(name, work, out, options.jobs)


if __name__ == '__main__':
    main()
