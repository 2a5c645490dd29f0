"""The models of tests/data/exported that PyTorch exports."""

import copy
from functools import partial

import numpy as np
import onnxruntime
import torch

import pytorch
from pytorch import PIECES, RESTORATION, SCRIPTED, SEQUENCES, VISION, Network

NETWORKS = {**RESTORATION, **VISION, **SEQUENCES, **SCRIPTED}

# By torch.jit.trace: network, opset, whether the sizes are free.
TRACED = [
    ('srcnn', 9, False),
    ('espcn', 11, True),
    ('fsrcnn', 10, True),
    ('edsr', 13, True),
    ('rcan', 12, False),
    ('rcan', 16, True),
    ('rrdbnet', 9, False),
    ('rrdbnet', 11, True),
    ('srvgg', 14, True),
    ('rlfn', 11, False),
    ('rlfn', 17, True),
    ('safmn', 16, False),
    ('imdn', 13, False),
    ('imdn', 18, True),
    ('upconv', 9, True),
    ('cunet', 11, False),
    ('cunet', 17, True),
    ('swinir', 16, True),
    ('nafnet', 15, True),
    ('any_size', 12, True),
    ('mobilenet', 9, False),
    ('mobilenet', 13, True),
    ('resnet', 11, True),
    ('efficientnet', 20, True),
    ('unet', 11, True),
    ('unet_transposed', 22, False),
    ('vit', 14, True),
    ('timm_attention', 14, True),
    ('causal_attention', 17, True),
    ('cross_attention', 13, False),
    ('transformer', 18, False),
    ('decoder', 16, True),
    ('lstm', 9, False),
    ('lstm', 14, True),
    ('lstm_one_way', 11, True),
    ('lstm_unbiased', 13, False),
    ('gru', 10, False),
    ('gru', 15, True),
    ('gru_time_first', 13, True),
    ('rnn', 12, False),
    ('continued', 15, True),
    ('cells', 13, False),
]

# By torch.export.
DYNAMO = [
    ('srcnn', 18, True),
    ('espcn', 20, True),
    ('fsrcnn', 21, False),
    ('edsr', 18, False),
    ('rcan', 20, True),
    ('rrdbnet', 18, True),
    ('srvgg', 22, True),
    ('rlfn', 18, True),
    ('imdn', 21, False),
    ('upconv', 19, True),
    ('cunet', 18, True),
    ('swinir', 20, False),
    ('nafnet', 23, True),
    ('any_size', 18, True),
    ('mobilenet', 18, True),
    ('resnet', 21, False),
    ('efficientnet', 24, True),
    ('unet', 20, True),
    ('vit', 20, False),
    ('timm_attention', 23, True),
    ('causal_attention', 18, True),
    ('cross_attention', 20, False),
    ('transformer', 18, False),
    ('decoder', 18, True),
    ('decoder', 23, False),
    ('lstm', 18, False),
    ('gru', 20, False),
    ('trips', 18, False),
    ('convolutions', 18, False),
]

# By torch.jit.script.
SCRIPT = [
    ('trips', 11, True),
    ('trips', 17, True),
    ('while', 13, True),
    ('branch', 11, True),
    ('branch', 20, True),
    ('convolutions', 13, True),
    ('growing', 16, True),
    ('edsr', 13, True),
    ('srvgg', 11, False),
    ('mobilenet', 17, True),
]

# With weights and pictures of float16.
HALF = [
    ('srcnn', 13, False),
    ('edsr', 18, True),
    ('srvgg', 11, True),
    ('unet', 13, True),
    ('mobilenet', 17, False),
    ('vit', 18, False),
    ('lstm', 14, False),
]

# By the older exporter with options, and without the newer one's optimisations.
OPTIONS = {
    'rcan_unfolded': ('rcan', 11, True, {'do_constant_folding': False}),
    'rlfn_overridable': ('rlfn', 11, True, {'keep_initializers_as_inputs': True}),
    'resnet_preserved': ('resnet', 13, True, {'training': torch.onnx.TrainingMode.PRESERVE}),
    'unet_preserved': (
        'unet',
        17,
        False,
        {'training': torch.onnx.TrainingMode.PRESERVE, 'do_constant_folding': False},
    ),
    'espcn_functions': ('espcn', 15, True, {'export_modules_as_functions': {torch.nn.Conv2d}}),
}

# Opsets in which each piece is traced and exported.
PIECE_OPSETS = {'traced': (11, 17), 'dynamo': (18, 23)}


def export(way, name, network, opset, free, half=False, **options):
    """A model of a network, and its data."""
    dtype = torch.half if half else torch.float32
    module, generator = pytorch.make(network, name)
    module = module.to(dtype)
    sets = pytorch.data_sets(network, module, generator, free, dtype)
    values = tuple(
        torch.from_numpy(value) if isinstance(value, np.ndarray) and value.ndim else int(value)
        for value in sets[0][0]
    )
    exporter = pytorch.export_dynamo if way == 'dynamo' else pytorch.export_traced
    model = exporter(network, module, copy.deepcopy(values), opset, free, **options)
    read = {value.name for value in model.graph.input}
    kept = [i for i, title in enumerate(network.inputs) if title in read]
    return model, [([inputs[i] for i in kept], outputs) for inputs, outputs in sets]


def agrees(model, data_sets):
    """Whether onnxruntime computes from a model what PyTorch does, but for rounding."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in session.get_inputs()]
    for inputs, outputs in data_sets:
        for found, wanted in zip(
            session.run(None, dict(zip(names, inputs, strict=False))), outputs, strict=True
        ):
            if found.shape != wanted.shape or found.dtype != wanted.dtype:
                return False
            if not np.allclose(found, wanted, rtol=1e-3, atol=1e-3, equal_nan=True):
                return False
    return True


def piece(way, name, opset):
    """A model of those of a piece's functions that this exporter can write, and writes rightly; or
    nothing."""
    network = PIECES[name]
    module, generator = pytorch.make(network, name)
    with torch.no_grad():
        count = len(pytorch.flat(module(*pytorch.sample(network.inputs, generator))))
    single = Network(network.build, network.inputs)
    kept = []
    for i in range(count):
        single.pick = (i,) if count > 1 else None
        try:
            if agrees(*export(way, name, single, opset, False)):
                kept.append(i)
        except Exception as error:
            print(f'  without {i}: {type(error).__name__}')
    if not kept:
        return None
    single.pick = tuple(kept) if count > 1 else None
    return export(way, name, single, opset, False)


def cases():
    """Names, and functions that give a model and its data."""
    for way, table in (('traced', TRACED), ('dynamo', DYNAMO), ('script', SCRIPT)):
        for name, opset, free in table:
            title = f'{name}_{way}_{opset}' + '_free' * free
            options = {'script': True} if way == 'script' else {}
            yield title, partial(export, way, name, NETWORKS[name], opset, free, **options)
    for name, opset, dynamo in HALF:
        way = 'dynamo' if dynamo else 'traced'
        title = f'{name}_half_{opset}'
        yield title, partial(export, way, name, NETWORKS[name], opset, False, half=True)
    for title, (name, opset, free, options) in OPTIONS.items():
        yield title, partial(export, 'traced', name, NETWORKS[name], opset, free, **options)
    for way, opsets in PIECE_OPSETS.items():
        for number, name in enumerate(PIECES):
            opset = opsets[number % len(opsets)]
            yield f'piece_{name}_{way}_{opset}', partial(piece, way, name, opset)
