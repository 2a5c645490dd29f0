"""Makes models from nothing: pictures, training, export.

    python make.py fovea-x2 [fovea-x3 ...] [--int8] [--work ../build/training] [--out ../models]

What is there already in the working folder is taken up again: pictures, checkpoints of trainings
that were interrupted. A model that grows from another has that one trained first. With --int8 it
is the twin that computes with bytes that is made, of the finished model in the output folder.
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
        *('train.py', name, *learning(recipe, work, jobs)),
        *(('--start', start) if start else ()),
    )
    python('export.py', checkpoint, out / f'{name}.onnx')
    return checkpoint


def make_int8(name, work, out, jobs):
    """Makes the twin of a model, after that model where it is missing."""
    finished = out / f'{name}.onnx'
    if not finished.exists():
        make(name, work, out, jobs)
    python('tune.py', name, finished, *learning(RECIPES[name].tuned(), work, jobs))
    python('export.py', work / f'{name}-int8.pt', out / f'{name}-int8.onnx')


def learning(recipe, work, jobs):
    """Arguments of train.py and tune.py."""
    return (
        *('--out', work, '--threads', jobs),
        *('--data', pictures(work / f'train-{recipe.pictures}.npy', recipe.pictures, 0, jobs)),
        *('--valid', pictures(work / 'valid.npy', VALID_PICTURES, VALID_SEED, jobs)),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('models', nargs='+', choices=RECIPES)
    parser.add_argument('--work', type=Path, default=HERE / '../build/training')
    parser.add_argument('--out', type=Path, default=HERE / '../models')
    parser.add_argument('--int8', action='store_true', help='the twins that compute with bytes')
    parser.add_argument('--jobs', type=int, default=1, help='processes and threads to use')
    options = parser.parse_args()

    work, out = options.work.resolve(), options.out.resolve()
    work.mkdir(parents=True, exist_ok=True)
    for name in options.models:
        (make_int8 if options.int8 else make)(name, work, out, options.jobs)


if __name__ == '__main__':
    main()
