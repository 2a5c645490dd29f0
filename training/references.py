"""Exports small networks with random weights, and what PyTorch says they compute.

    python references.py ../tests/data/torch

writes, for each case, a folder with model.onnx and float32 in_NAME.npy and out_NAME.npy for each
graph input and output. Outputs are computed in float64 and rounded once, so that a difference
is the error of whoever is compared. The same versions of PyTorch and NumPy give the same files.
"""

import argparse
import copy
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch

import networks
import textbook
from cases import Case, export, sample
from half import halve

FREE_IMAGE = {'input': {2: 'height', 3: 'width'}}

CASES = {
    'srcnn': Case(networks.srcnn, {'input': (1, 3, 13, 17)}, 9),
    'espcn_reshape': Case(networks.espcn, {'input': (1, 1, 15, 14)}, 10),
    'espcn': Case(networks.espcn, {'input': (1, 1, 15, 14)}, 13, free=FREE_IMAGE),
    'fsrcnn': Case(networks.fsrcnn, {'input': (2, 1, 9, 14)}, 11),
    'upconv': Case(networks.upconv, {'input': (1, 3, 16, 19)}, 7),
    'compact': Case(networks.Compact, {'input': (1, 3, 8, 7)}, 14, free=FREE_IMAGE),
    'rrdb_upsample': Case(networks.Rrdb, {'input': (1, 3, 9, 10)}, 9),
    'rrdb': Case(networks.Rrdb, {'input': (1, 3, 9, 10)}, 16),
    'mobile': Case(networks.mobile, {'input': (1, 3, 21, 18)}, 14),
    'batch_norm': Case(networks.batch_norm, {'input': (2, 3, 11, 9)}, 12),
    'unet': Case(networks.UNet, {'input': (1, 3, 14, 18)}, 15),
    'rcan': Case(networks.rcan, {'input': (1, 3, 9, 13)}, 13),
    'nafnet': Case(networks.NafBlock, {'input': (1, 8, 11, 13)}, 18),
    'swin': Case(networks.SwinBlock, {'input': (1, 3, 8, 12)}, 17),
    'swin_decomposed': Case(networks.SwinBlock, {'input': (1, 3, 8, 12)}, 13),
    'swin_gelu': Case(networks.SwinBlock, {'input': (1, 3, 8, 8)}, 20),
    'interpolate': Case(
        networks.Interpolations,
        {'input': (1, 2, 6, 8)},
        13,
        outputs=tuple(f'output{i}' for i in range(6)),
    ),
    'pad': Case(
        networks.Pads,
        {'input': (1, 2, 7, 6)},
        13,
        outputs=('reflect', 'replicate', 'constant', 'crop'),
    ),
    'conv1d': Case(networks.conv1d, {'input': (2, 3, 37)}, 13),
    'conv3d': Case(networks.conv3d, {'input': (1, 2, 5, 9, 8)}, 13),
    'any_size': Case(
        networks.AnySize,
        {'input': (1, 1, 13, 19)},
        14,
        free={'input': {0: 'batch', 2: 'height', 3: 'width'}},
        traced={'input': (1, 1, 16, 24)},
    ),
    'merge': Case(
        networks.Merge,
        {'image': (1, 3, 7, 9), 'mask': (1, 1, 7, 9)},
        16,
        outputs=('chosen', 'share'),
    ),
    'compact_half': Case(networks.Compact, {'input': (1, 3, 8, 7)}, 14, free=FREE_IMAGE, half=True),
    **{
        f'textbook_{name}': case
        for name, case in textbook.examples(height=9, width=11, divisor=8).items()
    },
}


def randomise(model):
    """Gives every parameter and statistic a value that shows when it is misread."""
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        if value.dtype != torch.float32:
            continue
        if name.endswith('running_var'):
            value.data.uniform_(0.5, 1.5)
        elif value.dim() < 2 or value.shape[0] == 1:
            value.data.add_(torch.randn_like(value), alpha=0.3)


def write(name, case, folder):
    """Writes the files of one case below `folder`."""
    torch.manual_seed(zlib.crc32(name.encode()))
    model = case.build().eval()
    randomise(model)
    if case.half:
        for value in model.parameters():
            value.data.copy_(value.half())
    inputs = {key: sample(value) for key, value in case.inputs.items()}
    with torch.no_grad():
        outputs = copy.deepcopy(model).double()(*(value.double() for value in inputs.values()))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / 'model.onnx'
    export(case, model, path)
    if case.half:
        onnx.save(halve(onnx.load(path)), path)
    for prefix, names, values in (('in', inputs, inputs.values()), ('out', case.outputs, outputs)):
        for key, value in zip(names, values, strict=True):
            np.save(folder / f'{prefix}_{key}.npy', value.float().numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path)
    parser.add_argument('names', nargs='*', help='the cases to write; all when none is named')
    options = parser.parse_args()
    for name in options.names or CASES:
        print(name, flush=True)
        write(name, CASES[name], options.folder / name)


if __name__ == '__main__':
    main()
