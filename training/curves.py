"""Draws a training's log: loss and PSNR over the steps."""

import csv

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402


def draw_curves(log, path):
    """Reads the CSV file `log` of train.py and writes a PNG."""
    with log.open(newline='') as file:
        lines = list(csv.DictReader(file))
    steps = [int(line['step']) for line in lines]
    figure, axes = pyplot.subplots(2, 1, sharex=True, figsize=(8, 6), layout='constrained')
    axes[0].plot(steps, [float(line['loss']) for line in lines])
    axes[0].set(ylabel='L1 loss', yscale='log')
    axes[1].plot(steps, [float(line['psnr']) for line in lines])
    axes[1].set(ylabel='validation PSNR, dB', xlabel='step')
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
