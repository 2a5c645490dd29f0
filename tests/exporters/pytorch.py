"""Networks of PyTorch, and the ways in which PyTorch exports them."""

import copy
import io
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

sys.path.append(str(Path(__file__).parents[2] / 'training'))

import networks
import pieces
import restoration
import sequences
import vision
from fixtures import few_values


@dataclass
class Network:
    """A network and what it is run on.

    build: makes it.
    inputs: name -> a shape for random numbers of 0..1, or the data.
    free: name -> {axis: what it is called}: the axes that an export may leave open.
    others: inputs of other sizes for the free axes.
    pick: of its outputs, those that are exported; all when None.
    """

    build: object
    inputs: dict
    free: dict = field(default_factory=dict)
    others: tuple = ()
    pick: tuple | None = None


class Picked(nn.Module):
    """Some of the outputs of another module."""

    def __init__(self, module, indices):
        super().__init__()
        self.module, self.indices = module, indices

    def forward(self, *inputs):
        found = self.module(*inputs)
        return tuple(found[i] for i in self.indices)


def sample(inputs, generator):
    """Data for a Network's inputs: hundredths of 256, exact in float16 as well."""
    found = []
    for value in inputs.values():
        if isinstance(value, tuple):
            value = torch.from_numpy(generator.integers(0, 257, value).astype(np.float32) / 256)
        found.append(value)
    return tuple(found)


def spread(module, generator):
    """Gives all parameters and statistics values that show when they are misread."""
    for name, value in [*module.named_parameters(), *module.named_buffers()]:
        if not value.is_floating_point() or name.split('.')[-1] in ('mean', 'frequencies'):
            continue
        if name.endswith('running_var'):
            drawn = generator.integers(4, 13, value.shape) / 8
        elif value.dim() < 2:
            drawn = generator.integers(-8, 9, value.shape) / 16 + (value.abs().max().item() == 1)
        else:
            drawn = few_values(value.detach().numpy(), generator)
        value.data.copy_(torch.from_numpy(np.asarray(drawn)).to(value.dtype))


def make(network, name):
    """The module with weights, and a generator for its data; both depend on the name only."""
    seed = zlib.crc32(name.encode())
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    module = network.build()
    if network.pick is not None:
        module = Picked(module, network.pick)
    spread(module, generator)
    return module.eval(), generator


def cast(values, dtype):
    """Floating point tensors in another type; others as they are."""
    return tuple(
        value.to(dtype) if isinstance(value, torch.Tensor) and value.is_floating_point() else value
        for value in values
    )


def flat(outputs):
    """Outputs as a list, whatever they are packed in."""
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    return [value for item in outputs for value in flat(item)]


def expected(module, inputs, dtype=torch.float32):
    """What PyTorch computes in double precision, rounded once."""
    exact = copy.deepcopy(module).double()
    previous = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            outputs = exact(*copy.deepcopy(cast(inputs, torch.float64)))
    finally:
        torch.set_default_dtype(previous)
    return [value.numpy() for value in cast(flat(outputs), dtype)]


def data_sets(network, module, generator, free, dtype=torch.float32):
    """Inputs and outputs, for other sizes too if there may be any."""
    found = []
    for inputs in (network.inputs, *(network.others if free else ())):
        values = cast(sample(inputs, generator), dtype)
        arrays = [np.asarray(v.numpy() if isinstance(v, torch.Tensor) else v) for v in values]
        found.append((arrays, expected(module, values, dtype)))
    return found


def export_traced(network, module, values, opset, free, script=False, **options):
    """By torch.jit: what exporters wrote for years."""
    stream = io.BytesIO()
    torch.onnx.export(
        torch.jit.script(module) if script else module,
        values,
        stream,
        opset_version=opset,
        dynamo=False,
        input_names=list(network.inputs),
        dynamic_axes=network.free if free else None,
        **options,
    )
    return onnx.load_from_string(stream.getvalue())


def export_dynamo(network, module, values, opset, free, **options):
    """By torch.export: the default of today."""
    shapes = None
    if free:
        # torch.export takes a size of 1 for one that is always 1.
        values = cast(sample(network.others[0], np.random.default_rng(1)), values[0].dtype)
        dims = {
            title: torch.export.Dim.DYNAMIC
            for axes in network.free.values()
            for title in axes.values()
        }
        shapes = tuple(
            {axis: dims[title] for axis, title in network.free.get(name, {}).items()} or None
            for name in network.inputs
        )
    program = torch.onnx.export(
        module,
        values,
        opset_version=opset,
        dynamo=True,
        verbose=False,
        input_names=list(network.inputs),
        dynamic_shapes=shapes,
        **options,
    )
    return program.model_proto


def picture(height, width, channels=3, n=1):
    return {'input': (n, channels, height, width)}


IMAGE = {'input': {0: 'batch', 2: 'height', 3: 'width'}}
SIZE = {'input': {2: 'height', 3: 'width'}}


def image(build, one, two=None, free=IMAGE, channels=3):
    """A network from pictures, with sizes for two of them."""
    others = (picture(*two, channels, 2 if 0 in free['input'] else 1),) if two else ()
    return Network(build, picture(*one, channels), free if two else {}, others)


def piece(function, *shapes, **names):
    inputs = {f'input{i}' if i else 'input': shape for i, shape in enumerate(shapes)}
    return Network(lambda: pieces.Piece(function), {**inputs, **names})


def integers(*values):
    return torch.tensor(values)


BOXES = torch.tensor(
    [[0, 0, 4, 4], [0.5, 0, 4, 4], [3, 3, 8, 7], [0, 5, 3, 8], [3, 3, 7.5, 7], [1, 1, 2, 2]]
)

RESTORATION = {
    'srcnn': image(networks.srcnn, (13, 17), (9, 8)),
    'espcn': image(networks.espcn, (12, 11), (9, 14), channels=1),
    'fsrcnn': image(networks.fsrcnn, (9, 12), (7, 8), channels=1),
    'edsr': image(restoration.Edsr, (7, 6), (5, 8)),
    'rcan': image(restoration.Rcan, (9, 8), (6, 11)),
    'rrdbnet': image(restoration.RrdbNet, (8, 12), (10, 6)),
    'srvgg': image(restoration.SrVggNetCompact, (6, 5), (4, 7), SIZE),
    'rlfn': image(restoration.Rlfn, (16, 15), (15, 17), SIZE),
    'safmn': image(restoration.Safmn, (16, 24)),
    'imdn': image(restoration.Imdn, (9, 8), (6, 11)),
    'upconv': image(restoration.UpConv, (14, 16), (17, 13)),
    'cunet': image(restoration.CuNet, (26, 28), (28, 26), SIZE),
    'swinir': image(restoration.SwinIr, (6, 7), (8, 13)),
    'nafnet': image(networks.NafBlock, (9, 8), (6, 11), channels=8),
    'any_size': image(networks.AnySize, (13, 19), (9, 10), channels=1),
}

VISION = {
    'mobilenet': image(vision.MobileNetV2, (20, 17), (14, 18)),
    'resnet': image(vision.ResNet, (20, 17), (16, 21)),
    'efficientnet': image(vision.EfficientNet, (15, 12), (14, 18)),
    'unet': image(vision.UNet, (13, 14), (10, 11)),
    'unet_transposed': image(lambda: vision.UNet(False), (13, 14), (10, 11)),
    'vit': Network(
        vision.VisionTransformer, picture(16, 16), {'input': {0: 'batch'}}, (picture(16, 16, n=3),)
    ),
    'timm_attention': Network(
        vision.TimmAttention,
        {'input': (1, 5, 12)},
        {'input': {0: 'batch', 1: 'tokens'}},
        ({'input': (2, 7, 12)},),
    ),
    'causal_attention': Network(
        lambda: vision.TimmAttention(causal=True),
        {'input': (1, 5, 12)},
        {'input': {0: 'batch', 1: 'tokens'}},
        ({'input': (2, 7, 12)},),
    ),
    'cross_attention': Network(
        vision.CrossAttention,
        {
            'memory': (5, 2, 12),
            'padding': torch.tensor([[False] * 5, [False] * 3 + [True] * 2]),
        },
    ),
    'transformer': Network(
        vision.TransformerLayers,
        {'source': (1, 5, 12), 'target': (1, 4, 12)},
        {'source': {0: 'batch', 1: 'length'}, 'target': {0: 'batch', 1: 'made'}},
        ({'source': (2, 3, 12), 'target': (2, 6, 12)},),
    ),
    'decoder': Network(
        vision.RotaryDecoder,
        {'tokens': integers([3, 1, 19, 0, 7])},
        {'tokens': {0: 'batch', 1: 'length'}},
        ({'tokens': integers([2, 2, 5], [11, 4, 9])},),
    ),
}

SERIES = {'input': {0: 'batch', 1: 'length'}}


def recurrent(kind, **options):
    """One of PyTorch's recurrent layers, for series of free length."""
    return Network(
        lambda: sequences.Recurrent(kind, **options),
        {'input': (2, 4, 5)},
        SERIES,
        ({'input': (3, 6, 5)},),
    )


SEQUENCES = {
    'lstm': recurrent(nn.LSTM),
    'lstm_one_way': recurrent(nn.LSTM, layers=1, bidirectional=False),
    'lstm_unbiased': recurrent(nn.LSTM, layers=1, bias=False),
    'gru': recurrent(nn.GRU),
    'gru_time_first': recurrent(nn.GRU, batch_first=False, layers=1),
    'rnn': recurrent(nn.RNN, layers=1, nonlinearity='relu'),
    'continued': Network(
        sequences.Continued,
        {'input': (3, 2, 4), 'hidden': (1, 2, 5), 'cell': (1, 2, 5)},
        {'input': {0: 'length'}},
        ({'input': (5, 2, 4), 'hidden': (1, 2, 5), 'cell': (1, 2, 5)},),
    ),
    'cells': Network(sequences.Cells, {'input': (3, 2, 4)}),
}

SCRIPTED = {
    'trips': Network(
        sequences.Trips, {'input': (3, 4)}, {'input': {0: 'length'}}, ({'input': (5, 4)},)
    ),
    'while': Network(
        sequences.While,
        {'input': (3, 4), 'limit': torch.tensor([1.5])},
        {'input': {0: 'rows'}},
        ({'input': (2, 4), 'limit': torch.tensor([0.25])},),
    ),
    'branch': Network(
        sequences.Branch,
        {'input': (3, 4)},
        {'input': {0: 'rows'}},
        ({'input': (2, 4)}, {'input': torch.zeros(1, 4)}),
    ),
    'convolutions': Network(
        sequences.LoopOfConvolutions,
        {'input': (1, 2, 5, 6), 'times': 3},
        {'input': {2: 'height'}},
        ({'input': (1, 2, 4, 6), 'times': 0},),
    ),
    'growing': Network(
        sequences.Growing, {'input': (4, 3)}, {'input': {0: 'rows'}}, ({'input': (6, 3)},)
    ),
}

PIECES = {
    'interpolations': piece(pieces.interpolations, (1, 2, 6, 8)),
    'nearest_exact': piece(pieces.nearest_exact, (1, 2, 6, 8)),
    'antialiased': piece(pieces.antialiased, (1, 2, 6, 8)),
    'like_another': piece(pieces.like_another, (1, 2, 6, 8), (1, 2, 9, 7)),
    'pooled': piece(pieces.pooled, (1, 2, 8, 8)),
    'pooled_with_indices': piece(pieces.pooled_with_indices, (1, 2, 6, 8)),
    'unpooled': piece(pieces.unpooled, (1, 2, 6, 8)),
    'grid_sampled': piece(pieces.grid_sampled, (1, 2, 6, 8), (1, 4, 5, 2)),
    'transformed': piece(
        pieces.transformed,
        (1, 2, 6, 8),
        theta=torch.tensor([[[0.75, -0.25, 0.125], [0.25, 0.75, 0.0]]]),
    ),
    'rolled': piece(pieces.rolled, (1, 2, 5, 6)),
    'einsums': piece(pieces.einsums, (2, 3, 4, 5), (3, 6, 5)),
    'unfolded': piece(pieces.unfolded, (1, 2, 8, 9)),
    'shuffled': piece(pieces.shuffled, (1, 8, 4, 6)),
    'normalised': Network(pieces.Normalised, {'input': (2, 4, 6, 5)}),
    'reparametrised': Network(pieces.Reparametrised, {'input': (1, 3, 4, 5)}),
    'convolutions': Network(pieces.Convolutions, {'input': (1, 4, 6, 7)}),
    'padded': piece(pieces.padded, (1, 2, 5, 6)),
    'activations': piece(pieces.activations, (2, 4, 3)),
    'arithmetic': piece(pieces.arithmetic, (2, 3, 4), (3, 1)),
    'reductions': piece(pieces.reductions, (2, 3, 4)),
    'comparisons': piece(pieces.comparisons, (2, 3, 4), (3, 4)),
    'moved': piece(pieces.moved, (2, 4, 6)),
    'indexed': piece(pieces.indexed, (4, 5), index=integers(2, 0, 3)),
    'written': piece(pieces.written, (4, 5), index=integers(2, 0, 3)),
    'masked_rows': piece(pieces.masked_rows, (4, 5)),
    'sorted_values': piece(pieces.sorted_values, (3, 6)),
    'unique_values': piece(pieces.unique_values, (3, 6)),
    'made': piece(pieces.made, (3, 4)),
    'rounded_sizes': piece(pieces.rounded_sizes, (1, 2, 6, 9)),
    'products': piece(pieces.products, (2, 3, 4), (2, 4, 5)),
    'spectra': piece(pieces.spectra, (1, 48)),
    'fourier': piece(pieces.fourier, (2, 3, 8)),
    'quantised': piece(pieces.quantised, (2, 3, 4)),
    'bucketed': piece(pieces.bucketed, (3, 4)),
    'integers': piece(pieces.integers, (3, 4)),
    'losses': Network(pieces.Losses, {'input': (3, 4), 'target': integers(2, 0, 3)}),
    'of_three_axes': piece(pieces.of_three_axes, (1, 2, 4, 4, 6)),
    'of_one_axis': piece(pieces.of_one_axis, (1, 2, 8)),
    'bag': Network(pieces.Bag, {'input': integers([1, 0, 8], [3, 3, 2])}),
    'suppressed': piece(
        pieces.suppressed, BOXES, torch.tensor([0.9, 0.8, 0.75, 0.6, 0.95, 0.3])
    ),
    'aligned': piece(
        pieces.aligned, (1, 2, 6, 8), torch.tensor([[0.0, 1, 1, 9, 7], [0.0, 0, 2, 6, 10]])
    ),
    'deformed': Network(
        pieces.Deformed, {'input': (1, 3, 5, 6), 'offset': (1, 18, 5, 6), 'mask': (1, 9, 5, 6)}
    ),
}  # fmt: skip
