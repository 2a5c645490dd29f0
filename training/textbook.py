"""Exports the textbook networks of super-resolution in the ways in which one meets them.

    python textbook.py FOLDER

writes SRCNN and ESPCN, untrained, to FOLDER/NAME.onnx, one file for each entry of `examples`. What
makes one export differ from another is said there.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import networks
from cases import Case, export


class Srcnn(nn.Module):
    """SRCNN after bicubic enlargement: [N, 3, H, W] -> [N, 3, factor H, factor W]."""

    def __init__(self, factor, widths):
        super().__init__()
        self.factor = factor
        self.body = networks.srcnn(widths)

    def forward(self, x):
        return self.body(functional.interpolate(x, scale_factor=self.factor, mode='bicubic'))


class Enlarge(torch.autograd.Function):
    """Bicubic enlargement by scales [1, 1, vertical, horizontal] known only when the model runs.

    Traced, functional.interpolate leaves the numbers it was called with in the model. A Function
    with a `symbolic` tells the exporter itself what to write: here a Resize that reads its scales
    from the tensor, which may then be an input of the model.
    """

    @staticmethod
    def symbolic(graph, x, scales):
        region = graph.op('Constant', value_t=torch.empty(0))  # of interest; only cropping reads it
        return graph.op(
            'Resize',
            x,
            region,
            scales,
            mode_s='cubic',
            cubic_coeff_a_f=-0.75,  # PyTorch's; ONNX's default as well
            coordinate_transformation_mode_s='half_pixel',  # align_corners=False
        )

    @staticmethod
    def forward(context, x, scales):
        return functional.interpolate(x, scale_factor=scales[2:].tolist(), mode='bicubic')


class SrcnnOfAnyFactor(nn.Module):
    """SRCNN whose second input says by how much to enlarge, as Enlarge does."""

    def __init__(self, widths):
        super().__init__()
        self.body = networks.srcnn(widths)

    def forward(self, x, scales):
        return self.body(Enlarge.apply(x, scales))


def espcn(factor, widths):
    """ESPCN with ReLU and four convolutions, as PyTorch's examples have it: a luma plane
    [N, 1, H, W] -> [N, 1, factor H, factor W]."""
    convs = [
        nn.Conv2d(inputs, outputs, 3, padding=1)
        for inputs, outputs in zip(widths, [*widths[1:], factor**2], strict=True)
    ]
    convs.insert(0, nn.Conv2d(1, widths[0], 5, padding=2))
    for conv in convs[:-1]:
        nn.init.orthogonal_(conv.weight, nn.init.calculate_gain('relu'))
    nn.init.orthogonal_(convs[-1].weight)
    layers = [layer for conv in convs for layer in (conv, nn.ReLU())]
    return nn.Sequential(*layers[:-1], nn.PixelShuffle(factor))


def examples(height=224, width=224, divisor=1):
    """name -> Case. Traced at `height` x `width`, with all channels divided by `divisor`."""

    def fixed_srcnn():
        return Srcnn(3, (64 // divisor, 32 // divisor))

    def any_srcnn():
        return SrcnnOfAnyFactor((64 // divisor, 32 // divisor))

    def small_espcn():
        return espcn(3, [64 // divisor, 64 // divisor, 32 // divisor])

    color, luma = (1, 3, height, width), (1, 1, height, width)
    larger = (2, 1, height + 2, width + 3)
    batch, size = {0: 'batch'}, {2: 'height', 3: 'width'}

    def espcn_of_any_size(opset):
        free, traced = {'input': batch | size}, {'input': luma}
        return Case(small_espcn, {'input': larger}, opset, free=free, traced=traced)

    return {
        # All sizes and the factor are fixed: nothing is left to be computed at run time.
        'srcnn': Case(fixed_srcnn, {'input': color}, opset=11),
        # Without constant folding, scales are put together by a Concat in the model. Runtimes that
        # want them as constants (converters to fixed hardware do) refuse such a file.
        'srcnn_unfolded': Case(
            fixed_srcnn, {'input': color}, opset=11, free={'input': size}, folded=False
        ),
        # The factor is an input, so the size of the output is known only when the model runs.
        # Resize takes scales since opset 10, but bicubic and half-pixel ones only since 11.
        'srcnn_any_factor': Case(
            any_srcnn,
            {'input': color, 'factor': torch.tensor([1, 1, 2.5, 2])},
            opset=11,
            free={'input': size},
            traced={'factor': torch.tensor([1.0, 1, 3, 3])},
        ),
        # Before opset 11, DepthToSpace has one order of channels, which is not PixelShuffle's. That
        # becomes Reshape, Transpose, Reshape, and height and width stand in the shapes.
        'espcn_opset10': Case(
            small_espcn,
            {'input': (2, *luma[1:])},
            opset=10,
            free={'input': batch},
            traced={'input': luma},
        ),
        # With height and width free, too, these shapes take two Reshapes more.
        'espcn_opset10_any_size': espcn_of_any_size(opset=10),
        # From opset 11, one DepthToSpace does it at any size: the export to prefer. It has nothing
        # to fold: with and without constant folding the files are the same.
        'espcn': espcn_of_any_size(opset=13),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    for name, case in examples().items():
        path = folder / f'{name}.onnx'
        export(case, case.build().eval(), path)
        print(f'{path}: opset {case.opset}, {path.stat().st_size} bytes')


if __name__ == '__main__':
    main()
