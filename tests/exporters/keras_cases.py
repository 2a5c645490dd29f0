"""The models of tests/data/exported that tf2onnx makes of Keras's networks."""

from functools import partial

import numpy as np

import keras_models

# Network, opset, whether batch and sizes are free. Together they have every opset that matters.
CHOSEN = [
    ('srcnn', 9, False),
    ('srcnn', 13, True),
    ('espcn', 11, False),
    ('espcn', 18, True),
    ('fsrcnn', 10, False),
    ('fsrcnn', 15, True),
    ('edsr', 12, False),
    ('edsr', 17, True),
    ('rcan', 15, False),
    ('rcan', 13, True),
    ('rrdb', 9, False),
    ('rrdb', 18, True),
    ('unet', 13, False),
    ('unet', 16, True),
    ('mobilenet', 11, False),
    ('mobilenet', 15, True),
    ('efficientnet', 13, False),
    ('vit', 15, False),
    ('shapes', 11, False),
    ('shapes', 17, False),
    ('lstm', 9, False),
    ('lstm', 14, True),
    ('recurrent', 13, False),
    ('conv1d', 12, False),
    ('conv1d', 15, True),
    ('volumes', 13, False),
    ('dilated', 11, False),
    ('dilated', 16, True),
]

# Exported with its input in PyTorch's order, as tf2onnx's --inputs-as-nchw does.
TURNED = [('edsr', 14, True), ('mobilenet', 13, False)]


def turned(network, opset, free):
    """A model that takes [N, C, H, W] where its layers do not."""
    model, data_sets = keras_models.export(network, free, opset, inputs_as_nchw=['input'])
    for inputs, _ in data_sets:
        inputs[0] = np.ascontiguousarray(inputs[0].transpose(0, 3, 1, 2))
    return model, data_sets


def cases():
    """Names, and functions that give a model and its data."""
    for network, opset, free in CHOSEN:
        name = f'{network}_{opset}' + '_free' * free
        yield name, partial(keras_models.export, network, free, opset)
    for network, opset, free in TURNED:
        yield f'{network}_{opset}_turned', partial(turned, network, opset, free)
